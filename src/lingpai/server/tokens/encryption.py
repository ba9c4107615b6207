"""What a client wants encrypted: its ID Tokens, its UserInfo. Which key of it, and the envelope.

Owns finding the key before anything is spent for an answer nobody could read. Leaves where keys of others come from to
``foreign_jwks`` and the arithmetic to ``crypto.jwe``.

Spec: OpenID Connect Core 1.0 §10.2; OpenID Connect Core 1.0 §16.14
"""

from msgspec import Struct

from lingpai.crypto.jwe import ALGS, DEFAULT_ENC, ENCS, EncryptionKey, encrypt, key_for
from lingpai.crypto.jwk import InvalidJwk
from lingpai.oauth.errors import InvalidRequest, TemporarilyUnavailable
from lingpai.server.storage.records import Client
from lingpai.server.tokens.foreign_jwks import ForeignJwks, KeysUnavailable


class Envelope(Struct, frozen=True):
    """Closed, only the client opens it."""

    key: EncryptionKey
    alg: str
    enc: str

    def close(self, payload: bytes, *, is_jwt: bool) -> str:
        """``payload`` as a JWE. Raises ``InvalidRequest`` for a key nothing can be encrypted with."""
        try:
            return encrypt(payload, self.key, self.alg, self.enc, content_type="JWT" if is_jwt else "")
        except InvalidJwk as error:
            raise InvalidRequest("the key this client registered for encryption cannot be used") from error


class Envelopes:
    """Gets them ready."""

    def __init__(self, foreign_jwks: ForeignJwks) -> None:
        self._foreign_jwks = foreign_jwks

    async def for_id_token(self, client: Client, now: int) -> Envelope | None:
        """``None``: the client wants its ID Tokens only signed. Raises ``OAuthError`` when there is no key.

        Spec: OpenID Connect Dynamic Client Registration 1.0 §2
        """
        alg, enc = client.id_token_encrypted_response_alg, client.id_token_encrypted_response_enc
        return await self._envelope(client, alg, enc, now) if alg else None

    async def for_userinfo(self, client: Client, now: int) -> Envelope | None:
        """The same for UserInfo."""
        alg, enc = client.userinfo_encrypted_response_alg, client.userinfo_encrypted_response_enc
        return await self._envelope(client, alg, enc, now) if alg else None

    async def _envelope(self, client: Client, alg: str, enc: str, now: int) -> Envelope:
        enc = enc or DEFAULT_ENC
        if alg not in ALGS or enc not in ENCS:
            raise InvalidRequest("this client is registered for an encryption that does not exist here")
        owner, jwks = f"client {client.client_id}", client.jwks or {"keys": []}
        try:
            keys = await self._foreign_jwks.encryption_keys_of(owner, jwks, client.jwks_uri, now=now)
        except KeysUnavailable as error:
            raise TemporarilyUnavailable("the keys of this client cannot be had", detail=error.reason) from error
        key = key_for(keys, alg)
        if key is None:
            raise InvalidRequest(f"this client has no key for {alg}, which it wants its answers encrypted with")
        return Envelope(key, alg, enc)
