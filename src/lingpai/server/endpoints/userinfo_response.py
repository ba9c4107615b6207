"""UserInfo in the form a client registered for: JSON, signed, encrypted, or both.

Spec: OpenID Connect Core 1.0 §5.3.2
"""

import msgspec
from starlette.responses import Response

from lingpai.server.http import json_response
from lingpai.server.storage.records import Client
from lingpai.server.tokens.encryption import Envelopes
from lingpai.server.tokens.keyring import Keyring


class UserInfoResponses:
    """Writes them."""

    def __init__(self, keyring: Keyring, envelopes: Envelopes, *, issuer: str) -> None:
        self._keyring = keyring
        self._envelopes = envelopes
        self._issuer = issuer

    async def write(self, client: Client, claims: dict[str, object], now: int) -> Response:
        """The answer. Raises ``OAuthError`` when it should be encrypted and there is no key to do it with."""
        envelope = await self._envelopes.for_userinfo(client, now)
        alg = client.userinfo_signed_response_alg
        if not alg and envelope is None:
            return json_response(msgspec.json.encode(claims))
        # Signed, it says by whom and for whom; but it has no exp, so that it never passes for an ID Token.
        said = {**claims, "iss": self._issuer, "aud": client.client_id} if alg else claims
        payload = msgspec.json.encode(said)
        if alg:
            payload = self._keyring.current.signer(alg).sign("JWT", payload).encode("ascii")
        text = payload.decode("ascii") if envelope is None else envelope.close(payload, is_jwt=bool(alg))
        response = json_response(text.encode("ascii"))
        response.headers["content-type"] = "application/jwt"
        return response
