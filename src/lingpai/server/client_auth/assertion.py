"""``client_secret_jwt`` and ``private_key_jwt``: a client proves itself by signing a short-lived assertion.

Which of the two is checked is what the client registered, never what the assertion's header says; the one knows only
secrets, the other only public keys. An assertion counts once, whichever process of ours it is shown to.

Spec: RFC 7523 §2.2; RFC 7523 §3; OpenID Connect Core 1.0 §9; RFC 9700 §2.5
"""

from collections.abc import Collection, Mapping
from typing import NoReturn

from lingpai.crypto.compact import InvalidJws, read_kid
from lingpai.crypto.digest import keyed_digest
from lingpai.crypto.hmac_jws import HMAC_ALGS, verify_hmac
from lingpai.crypto.jws import verify
from lingpai.crypto.jwt import InvalidJwt
from lingpai.crypto.seal import Unsealable
from lingpai.oauth.assertion import LIFETIME_LIMIT_S, PUBLIC_KEY_ALGS, check_assertion
from lingpai.oauth.errors import InvalidClient
from lingpai.oauth.names import CLIENT_SECRET_JWT, PRIVATE_KEY_JWT
from lingpai.server.client_auth.credentials import ASSERTION_LIMIT_BYTES
from lingpai.server.client_auth.secret import REFUSED, is_alive, open_client_secret
from lingpai.server.storage.records import Client
from lingpai.server.storage.spent import Spent
from lingpai.server.tokens.foreign_jwks import ForeignJwks, KeysUnavailable

ALGS: Mapping[str, tuple[str, ...]] = {CLIENT_SECRET_JWT: HMAC_ALGS, PRIVATE_KEY_JWT: PUBLIC_KEY_ALGS}
"""Method -> what its assertions may be signed with."""

_TYPES = ("", "jwt", "client-authentication+jwt")
"""Most libraries say ``JWT`` or nothing: every other type is a token made for something else."""


class AssertionCheck:
    """Checks client assertions. ``audience``: our names at every endpoint, the issuer identifier first of all."""

    def __init__(
        self,
        foreign_jwks: ForeignJwks,
        spent: Spent,
        *,
        secret_key: bytes,
        audience: Collection[str],
        lifetime_limit_s: int = LIFETIME_LIMIT_S,
    ) -> None:
        self._foreign_jwks = foreign_jwks
        self._spent = spent
        self._secret_key = secret_key
        self._audience = frozenset(audience)
        self._lifetime_limit_s = lifetime_limit_s

    async def check(self, client: Client, assertion: str, *, url: str, now: int) -> None:
        """Raise ``InvalidClient`` unless ``client`` signed this for us and it is shown for the first time.

        ``url``: the endpoint it is shown at, which it may be addressed to (RFC 9126 §2).
        """
        try:
            claims = await self._verified(client, assertion, now)
        except (InvalidJws, KeysUnavailable) as error:
            _refuse(client, error.reason)
        try:
            found = check_assertion(
                claims,
                issuer=client.client_id,
                audience=self._audience | {url},
                now=now,
                lifetime_limit_s=self._lifetime_limit_s,
            )
        except InvalidJwt as error:
            # Said only to whoever has the key.
            _refuse(client, error.reason, f"client_assertion: {error.reason}")
        if found.subject != client.client_id:
            _refuse(client, "sub is not the client", "client_assertion: sub is not the client_id")
        spent_id = keyed_digest(b"client_assertion", client.client_id, found.jti)
        if not await self._spent.record("client_assertion", spent_id, found.forget_at):
            _refuse(client, "jti was used before", "client_assertion: jti was used before; make a new one")

    async def _verified(self, client: Client, assertion: str, now: int) -> dict[str, object]:
        method = client.token_endpoint_auth_method
        only = client.token_endpoint_auth_signing_alg
        algs = (only,) if only in ALGS[method] else () if only else ALGS[method]
        if method == CLIENT_SECRET_JWT:
            return verify_hmac(
                assertion, self._secrets(client, now), typ=_TYPES, algs=algs, limit_bytes=ASSERTION_LIMIT_BYTES
            )
        keys = await self._foreign_jwks.keys_of(
            f"client {client.client_id}", client.jwks, client.jwks_uri, kid=read_kid(assertion), now=now
        )
        return verify(assertion, keys, typ=_TYPES, algs=algs, limit_bytes=ASSERTION_LIMIT_BYTES)[1]

    def _secrets(self, client: Client, now: int) -> list[bytes]:
        living = [known for known in client.client_secrets if known.sealed and is_alive(known, now)]
        try:
            secrets = [open_client_secret(self._secret_key, client.client_id, known) for known in living]
        except Unsealable as error:
            raise InvalidJws("its client_secret is sealed under another master key") from error
        if not secrets:
            raise InvalidJws("it has no living client_secret that was kept for client_secret_jwt; give it a new one")
        return secrets


def _refuse(client: Client, reason: str, description: str = REFUSED) -> NoReturn:
    raise InvalidClient(description, detail=f"client_assertion of {client.client_id}: {reason}")
