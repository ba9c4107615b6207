"""What most platforms have in common: the parameters of RFC 6749 under their own names, and the calls with them."""

from lingpai.client.platforms.platform import Call, Pairs, Reader
from lingpai.oauth.names import AUTHORIZATION_CODE, REFRESH_TOKEN

CLIENT: Pairs = (("client_id", "client_id"), ("client_secret", "client_secret"))
CODE: Pairs = (("code", "code"), ("redirect_uri", "redirect_uri"), ("code_verifier", "code_verifier"))
REFRESH: Pairs = (("refresh_token", "refresh_token"),)

BY_CODE: Pairs = (("grant_type", AUTHORIZATION_CODE),)
BY_REFRESH: Pairs = (("grant_type", REFRESH_TOKEN),)

BEARER = (("Authorization", "Bearer ", "access_token"),)


def token_call(endpoint: str, read: Reader, *, post: bool = False) -> Call:
    """A code becomes tokens, without PKCE. ``post``: not in the address but in a form."""
    params = (*CLIENT, ("code", "code"), ("redirect_uri", "redirect_uri"))
    return _call(endpoint, read, BY_CODE, params, post=post)


def refresh_call(endpoint: str, read: Reader, *, post: bool = False) -> Call:
    """A refresh token becomes new ones."""
    return _call(endpoint, read, BY_REFRESH, (*CLIENT, *REFRESH), post=post)


def _call(endpoint: str, read: Reader, fixed: Pairs, params: Pairs, *, post: bool) -> Call:
    if post:
        return Call(endpoint=endpoint, method="POST", carrier="form", fixed=fixed, params=params, read=read)
    return Call(endpoint=endpoint, fixed=fixed, params=params, read=read)
