"""From a token string to what it still stands for: is its family, grant, account and client in force?

Owns opening both forms of access token and the one joined read. Leaves who may ask to the endpoints.

Spec: RFC 7662 §2.2; RFC 9068 §4
"""

from typing import Annotated

import msgspec
from msgspec import Struct

from lingpai.crypto.digest import digest
from lingpai.crypto.jws import InvalidJws, verify
from lingpai.crypto.jwt import InvalidJwt, check_claims
from lingpai.crypto.seal import Unsealable
from lingpai.oauth.scope import Scope, parse_scope, scope_of
from lingpai.server.storage.clients import Clients
from lingpai.server.storage.records import Account, Client, TokenFamily
from lingpai.server.storage.spent import Spent
from lingpai.server.storage.token_families import TokenFamilies
from lingpai.server.tokens.keyring import SIGNING_ALGS, Keyring
from lingpai.server.tokens.sealed import (
    ACCESS_TOKEN,
    ACCESS_TOKEN_ID,
    REFRESH_TOKEN,
    AccessToken,
    AccessTokenId,
    RefreshToken,
    open_value,
)

_OPENED_LIMIT_COUNT = 2048


class _SignedClaims(Struct, frozen=True):
    """What our own signed tokens always have. Spec: RFC 9068 §2.2"""

    sub: str
    client_id: str
    scope: str
    aud: str | Annotated[tuple[str, ...], msgspec.Meta(min_length=1)]
    jti: str
    iat: int
    exp: int
    cnf: dict[str, str] = {}
    act: dict[str, object] | None = None
    auth_time: int = 0
    acr: str = ""


class LiveToken(Struct, frozen=True):
    """An access token in force. ``scope`` is cut down to what the grant holds now."""

    token: AccessToken
    scope: Scope
    granted: Scope
    """Everything the grant holds now, this token's or not."""
    account: Account | None
    family: TokenFamily | None
    client: Client
    """Whose token it is."""


class TokenLookup:
    """Opens tokens and asks whether they are in force."""

    def __init__(
        self, keyring: Keyring, families: TokenFamilies, clients: Clients, spent: Spent, *, issuer: str
    ) -> None:
        self._keyring = keyring
        self._families = families
        self._clients = clients
        self._spent = spent
        self._issuer = issuer
        # A resource server asks about the same token again and again; opening it gives the same under the same keys.
        self._opened: dict[bytes, AccessToken] = {}
        self._opened_with = keyring.current

    def open_access_token(self, text: str, now: int) -> AccessToken | None:
        """The claims of a token of ours that has not expired; ``None`` for anything else. No storage is asked."""
        keys = self._keyring.current
        if keys is not self._opened_with:
            self._opened.clear()
            self._opened_with = keys
        # A digest, because the token itself would be worth stealing.
        key = digest(text)
        token = self._opened.get(key)
        if token is None:
            token = self._open(text, now)
            if token is None:
                return None
            if len(self._opened) >= _OPENED_LIMIT_COUNT:
                self._opened.clear()
            self._opened[key] = token
        return token if token.expires_at > now else None

    def _open(self, text: str, now: int) -> AccessToken | None:
        try:
            if text.count(".") == 2:
                return self._open_signed(text, now)
            return open_value(self._keyring.current.sealer, ACCESS_TOKEN, text, AccessToken)
        except (Unsealable, InvalidJws, InvalidJwt, msgspec.ValidationError):
            return None

    def open_refresh_token(self, text: str) -> RefreshToken | None:
        """The family and generation of a refresh token of ours; ``None`` for anything else."""
        try:
            return open_value(self._keyring.current.sealer, REFRESH_TOKEN, text, RefreshToken)
        except Unsealable:
            return None

    async def get_live(self, text: str, now: int) -> LiveToken | None:
        """The access token if everything it hangs on is in force: one joined read."""
        token = self.open_access_token(text, now)
        if token is None:
            return None
        scope = parse_scope(token.scope)
        if token.account_id is None or token.family_id is None:
            return await self._get_live_of_client(token, scope)
        alive = await self._families.get_alive(token.account_id, token.family_id, now, token.token_id)
        if alive is None:
            return None
        client: Client | None = alive.client
        if token.client_id != alive.client.client_id:
            # An exchanged token (RFC 8693) is of another client than its family: that one must be in force too.
            client = await self._get_client(token.client_id)
        if client is None:
            return None
        granted = scope_of(alive.permissions)
        return LiveToken(token, scope & granted, granted, alive.account, alive.family, client)

    async def _get_live_of_client(self, token: AccessToken, scope: Scope) -> LiveToken | None:
        client = await self._get_client(token.client_id)
        if client is None or await self._spent.is_spent("access_token", token.token_id):
            return None
        if token.subject and await self._get_client(token.subject) is None:
            return None
        return LiveToken(token, scope & parse_scope(client.scope), Scope(), None, None, client)

    async def _get_client(self, client_id: str) -> Client | None:
        client = await self._clients.get(client_id)
        return client if client is not None and client.disabled_at is None else None

    def _open_signed(self, text: str, now: int) -> AccessToken:
        keys = self._keyring.current
        _, document = verify(text, keys.public_keys, typ=("at+jwt",), algs=SIGNING_ALGS)
        claims = msgspec.convert(document, _SignedClaims)
        audience = (claims.aud,) if isinstance(claims.aud, str) else claims.aud
        check_claims(document, issuer=self._issuer, audience=audience[0], now=now)
        reference = open_value(keys.sealer, ACCESS_TOKEN_ID, claims.jti, AccessTokenId)
        return AccessToken(
            token_id=reference.token_id,
            account_id=reference.account_id,
            family_id=reference.family_id,
            client_id=claims.client_id,
            jti=claims.jti,
            scope=claims.scope,
            audience=audience,
            issued_at=claims.iat,
            expires_at=claims.exp,
            jkt=claims.cnf.get("jkt", ""),
            act=claims.act,
            subject="" if claims.sub in (claims.client_id, (reference.account_id or b"").hex()) else claims.sub,
            auth_time=claims.auth_time,
            acr=claims.acr,
        )
