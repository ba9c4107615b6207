"""What most platforms have in common: the parameters of RFC 6749 under their own names."""

from lingpai.client.platforms.platform import Pairs
from lingpai.oauth.names import AUTHORIZATION_CODE, REFRESH_TOKEN

CLIENT: Pairs = (("client_id", "client_id"), ("client_secret", "client_secret"))
CODE: Pairs = (("code", "code"), ("redirect_uri", "redirect_uri"), ("code_verifier", "code_verifier"))
REFRESH: Pairs = (("refresh_token", "refresh_token"),)

BY_CODE: Pairs = (("grant_type", AUTHORIZATION_CODE),)
BY_REFRESH: Pairs = (("grant_type", REFRESH_TOKEN),)

BEARER = (("Authorization", "Bearer ", "access_token"),)
