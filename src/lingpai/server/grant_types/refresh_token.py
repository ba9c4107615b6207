"""``grant_type=refresh_token``: one atomic step to the next generation.

A token one generation behind, within the retry window, is a lost answer: the same successor is issued again and
nothing is written. Anything older is a replay and ends the family.

Spec: RFC 6749 §6; RFC 9700 §4.14.2; docs/decisions/0001
"""

from typing import ClassVar

import msgspec

from lingpai.crypto.digest import equal
from lingpai.oauth.errors import InvalidGrant
from lingpai.oauth.scope import Scope, parse_scope, scope_of
from lingpai.server import audit
from lingpai.server.audit import Audit
from lingpai.server.grant_types.base import TokenRequest, narrowed_resource, narrowed_scope
from lingpai.server.policy import check_resource
from lingpai.server.storage.records import TokenFamily
from lingpai.server.storage.token_families import Bought, TokenFamilies
from lingpai.server.tokens.authorization import Authorization
from lingpai.server.tokens.catalog import Catalog
from lingpai.server.tokens.id_token import SignInFacts
from lingpai.server.tokens.issuer import Issuer
from lingpai.server.tokens.lookup import TokenLookup
from lingpai.server.tokens.sealed import RefreshToken
from lingpai.server.tokens.subjects import Subjects

_DEAD = "refresh_token is not valid: it is unknown, expired, revoked, used or not for this client"


class RefreshTokenGrant:
    """Refresh tokens for tokens."""

    name: ClassVar[str] = "refresh_token"
    parameters: ClassVar[frozenset[str]] = frozenset({"refresh_token", "scope", "resource"})

    def __init__(
        self,
        lookup: TokenLookup,
        catalog: Catalog,
        families: TokenFamilies,
        issuer: Issuer,
        subjects: Subjects,
        audit_log: Audit,
        *,
        lifetime_s: int,
        retry_window_s: int,
    ) -> None:
        self._lookup = lookup
        self._catalog = catalog
        self._families = families
        self._issuer = issuer
        self._subjects = subjects
        self._audit = audit_log
        self._lifetime_s = lifetime_s
        self._retry_window_s = retry_window_s

    async def authorize(self, request: TokenRequest) -> Authorization:
        """The next generation of the family. Raises ``InvalidGrant``; ends the family on a replay."""
        token = self._lookup.open_refresh_token(request.params.require("refresh_token"))
        if token is None:
            raise InvalidGrant(_DEAD, detail="the refresh token does not open")
        if token.client_id != request.client.client_id:
            raise InvalidGrant(_DEAD, detail=f"the refresh token belongs to client {token.client_id}")
        if token.jkt and not equal(token.jkt, request.jkt):
            raise InvalidGrant("the refresh token is bound to a DPoP key, and the proof is of another one or missing")
        # Everything that can be refused is refused before the token is spent.
        scope = narrowed_scope(request.params, parse_scope(token.scope))
        resource = narrowed_resource(request.params, token.resource)
        check_resource(request.client, resource)
        self._catalog.check_resources(resource)
        bought = await self._rotate(token, request) or await self._retry(token, request)
        return self._authorization(token, bought, scope, resource, request)

    async def _rotate(self, token: RefreshToken, request: TokenRequest) -> Bought | None:
        client, now = request.client, request.now
        refresh_lifetime_s = client.refresh_token_lifetime_s or self._lifetime_s
        return await self._families.rotate(
            token.account_id,
            token.family_id,
            token.client_id,
            generation=token.generation,
            now=now,
            expires_at=now + max(refresh_lifetime_s, self._issuer.lifetime_s(client)),
        )

    async def _retry(self, token: RefreshToken, request: TokenRequest) -> Bought:
        """A lost answer, a replay, or simply dead: the row says which. Spec: RFC 9700 §4.14.2"""
        now = request.now
        alive = await self._families.get_alive(token.account_id, token.family_id, now)
        if alive is None or alive.family.expires_at <= now or alive.family.client_id != token.client_id:
            raise InvalidGrant(_DEAD, detail="the family or its grant is not in force")
        if self._is_lost_answer(token, alive.family, now):
            return Bought(alive.permissions, alive.grant_expires_at)
        behind = alive.family.generation - token.generation
        # Of replays that arrive together one revokes, and that one is kept: nobody fills the audit log with them.
        if await self._families.revoke(token.account_id, token.family_id, reason=audit.REFRESH_TOKEN_REPLAYED, now=now):
            await self._audit.record(
                audit.REFRESH_TOKEN_REPLAYED,
                now=now,
                account_id=token.account_id,
                client_id=token.client_id,
                ip=request.ip,
                generations_behind=behind,
            )
        raise InvalidGrant(
            "refresh_token was used before: a newer one was issued for it, so all tokens of this sign-in are revoked",
            detail=f"replayed, {behind} generations behind",
        )

    def _is_lost_answer(self, token: RefreshToken, family: TokenFamily, now: int) -> bool:
        one_behind = family.generation == token.generation + 1
        return one_behind and now - family.rotated_at < self._retry_window_s

    def _authorization(
        self, token: RefreshToken, bought: Bought, scope: Scope, resource: tuple[str, ...], request: TokenRequest
    ) -> Authorization:
        held = scope & scope_of(bought.permissions)
        if not held:
            raise InvalidGrant("none of the permissions is granted any more", detail="the grant was narrowed")
        subject = self._subjects.subject(request.client, token.account_id)
        return Authorization(
            client=request.client,
            subject="" if request.client.subject_type == "public" else subject,
            userinfo_claims=token.userinfo_claims,
            # As at first, but without the nonce. Spec: OpenID Connect Core 1.0 §12.2
            id_token=SignInFacts(subject=subject, auth_time=token.auth_time, acr=token.acr, sid=token.sid),
            account_id=token.account_id,
            family_id=token.family_id,
            scope=held,
            resource=resource,
            not_after=bought.grant_expires_at,
            jkt=request.jkt,
            refresh_token=msgspec.structs.replace(token, generation=token.generation + 1),
            auth_time=token.auth_time,
            acr=token.acr,
        )
