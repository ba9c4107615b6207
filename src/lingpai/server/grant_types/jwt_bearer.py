"""``grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer``: an issuer we trust vouches for one of our people.

Nobody is asked: an operator decided which issuer may say this, through which applications, for at most what. The person
sees the result as a grant like any other and can end it; then no assertion brings it back. There is no refresh token:
for the next token the application brings the next assertion.

Spec: RFC 7523 §2.1; RFC 7523 §3; RFC 7521 §4.1
"""

from collections.abc import Collection
from typing import ClassVar

from lingpai.crypto.compact import InvalidJws, read_kid, read_unproven_claims
from lingpai.crypto.digest import keyed_digest
from lingpai.crypto.jws import verify
from lingpai.crypto.jwt import InvalidJwt
from lingpai.oauth.assertion import PUBLIC_KEY_ALGS, Assertion, check_assertion
from lingpai.oauth.errors import InvalidGrant, InvalidScope
from lingpai.oauth.names import JWT_BEARER
from lingpai.oauth.params import Params
from lingpai.oauth.scope import Scope, parse_scope
from lingpai.server.accounts.account import canonical_username
from lingpai.server.grant_types.base import TokenRequest, narrowed_scope
from lingpai.server.policy import check_resource
from lingpai.server.storage.accounts import Accounts
from lingpai.server.storage.records import Account, Client, TrustedIssuer
from lingpai.server.storage.trusted_issuers import TrustedIssuers
from lingpai.server.tokens.authorization import Authorization
from lingpai.server.tokens.catalog import Catalog
from lingpai.server.tokens.foreign_jwks import ForeignJwks, KeysUnavailable
from lingpai.server.tokens.implied_grant import ImpliedGrants
from lingpai.server.tokens.redemption import Credential, Redemption

_TYPES = ("", "jwt", "authorization-grant+jwt")
_LIMIT_BYTES = 8192
_ID_DIGITS = 32
_NOT_ACCEPTED = "the assertion is not one this client can use here"


class JwtBearerGrant:
    """An assertion for tokens. ``audience``: our names, the issuer identifier and the token endpoint."""

    name: ClassVar[str] = JWT_BEARER
    parameters: ClassVar[frozenset[str]] = frozenset({"assertion", "scope", "resource"})

    def __init__(
        self,
        issuers: TrustedIssuers,
        foreign_jwks: ForeignJwks,
        accounts: Accounts,
        implied: ImpliedGrants,
        catalog: Catalog,
        redemption: Redemption,
        *,
        audience: Collection[str],
    ) -> None:
        self._issuers = issuers
        self._foreign_jwks = foreign_jwks
        self._accounts = accounts
        self._implied = implied
        self._catalog = catalog
        self._redemption = redemption
        self._audience = frozenset(audience)

    async def authorize(self, request: TokenRequest) -> Authorization:
        """Tokens for whom the assertion names. Raises ``InvalidGrant`` for all that is wrong with it."""
        params, client, now = request.params, request.client, request.now
        resource = params.get_all("resource")
        check_resource(client, resource)
        self._catalog.check_resources(resource)
        issuer, assertion = await self._proven(params.require("assertion"), client.client_id, now)
        scope = _scope(params, issuer, client)
        account = await self._account(assertion.subject)
        grant = await self._implied.allow(account.id, client, scope, now)
        credential = Credential(
            family_id=keyed_digest(b"jwt-bearer", issuer.issuer, assertion.jti)[:16],
            account_id=account.id,
            grant_id=grant.id,
            scope=scope,
            resource=resource,
            refresh=False,
            expires_at=assertion.forget_at,
        )
        authorization = await self._redemption.redeem(client, credential, resource=resource, jkt=request.jkt, now=now)
        if authorization is None:
            raise InvalidGrant("the assertion was used before, or the person's permission has ended")
        return authorization

    async def _proven(self, text: str, client_id: str, now: int) -> tuple[TrustedIssuer, Assertion]:
        """The assertion and who made it. Spec: RFC 7523 §3"""
        try:
            named = read_unproven_claims(text, limit_bytes=_LIMIT_BYTES).get("iss")
            issuer = await self._issuers.get(named) if isinstance(named, str) and named.isprintable() else None
            if issuer is None or client_id not in issuer.client_ids:
                raise InvalidGrant(_NOT_ACCEPTED, detail="its iss is not trusted, or not for this client")
            keys = await self._foreign_jwks.keys_of(
                f"issuer {issuer.issuer}", issuer.jwks, issuer.jwks_uri, kid=read_kid(text), now=now
            )
            _, claims = verify(text, keys, typ=_TYPES, algs=PUBLIC_KEY_ALGS, limit_bytes=_LIMIT_BYTES)
        except (InvalidJws, KeysUnavailable) as error:
            raise InvalidGrant(_NOT_ACCEPTED, detail=error.reason) from error
        try:
            return issuer, check_assertion(claims, issuer=issuer.issuer, audience=self._audience, now=now)
        except InvalidJwt as error:
            raise InvalidGrant(f"assertion: {error.reason}") from error

    async def _account(self, subject: str) -> Account:
        """The person: by username, or by the public ``sub`` of our own tokens."""
        found = [await self._by_id(subject), await self._by_username(subject)]
        ids = {account.id for account in found if account is not None}
        account = found[0] or found[1]
        # Whoever takes somebody's public id for a username must not become them, nor they him.
        if account is None or len(ids) > 1 or account.disabled_at is not None:
            raise InvalidGrant("the assertion's sub is nobody who has an account here")
        return account

    async def _by_id(self, subject: str) -> Account | None:
        try:
            return await self._accounts.get(bytes.fromhex(subject)) if len(subject) == _ID_DIGITS else None
        except ValueError:
            return None

    async def _by_username(self, subject: str) -> Account | None:
        try:
            return await self._accounts.get_by_username(canonical_username(subject))
        except ValueError:
            return None


def _scope(params: Params, issuer: TrustedIssuer, client: Client) -> Scope:
    """What is asked for, within what the issuer is trusted with and what the client registered."""
    most = parse_scope(issuer.scope) & parse_scope(client.scope)
    if not most:
        raise InvalidScope("the issuer is trusted with nothing this client is registered for")
    return narrowed_scope(params, most)
