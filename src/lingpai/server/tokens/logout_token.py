"""Logout tokens: signed word to an application that a session has ended.

Spec: OpenID Connect Back-Channel Logout 1.0 §2.4
"""

import msgspec

from lingpai.crypto.digest import new_id
from lingpai.server.storage.records import Client
from lingpai.server.tokens.keyring import Keyring

_LIFETIME_S = 120
_EVENT = "http://schemas.openid.net/event/backchannel-logout"

_json = msgspec.json.Encoder()


def mint_logout_token(keyring: Keyring, client: Client, *, issuer: str, subject: str, sid: str, now: int) -> str:
    """A token for one delivery. Its type keeps it from ever passing for an ID Token (GHSA-7fpj-9hr8-28vh)."""
    claims = {
        "iss": issuer,
        "aud": client.client_id,
        "iat": now,
        "exp": now + _LIFETIME_S,
        "jti": new_id().hex(),
        "sub": subject,
        "sid": sid,
        "events": {_EVENT: {}},
    }
    return keyring.current.signer(client.id_token_signed_response_alg).sign("logout+jwt", _json.encode(claims))
