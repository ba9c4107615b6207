"""Revocation: an application gives back what it no longer needs.

A refresh token takes its whole family with it; an access token goes alone. A token of another client, or no token at
all, is answered with success and nothing happens (DOT#727): the caller learns nothing.

Spec: RFC 7009 §2
"""

from starlette.requests import Request
from starlette.responses import Response

from lingpai.oauth.errors import OAuthError
from lingpai.server import audit
from lingpai.server.audit import Audit
from lingpai.server.client_auth import ClientAuthentication
from lingpai.server.clock import Clock
from lingpai.server.endpoints import paths
from lingpai.server.endpoints.token import refuse
from lingpai.server.http import NO_STORE, check_no_query, read_form, remember_client
from lingpai.server.storage.records import Client
from lingpai.server.storage.spent import Spent
from lingpai.server.storage.token_families import TokenFamilies
from lingpai.server.tokens.lookup import TokenLookup


class RevocationEndpoint:
    """``POST /oauth2/revoke``."""

    def __init__(
        self,
        client_auth: ClientAuthentication,
        lookup: TokenLookup,
        families: TokenFamilies,
        spent: Spent,
        audit_log: Audit,
        clock: Clock,
    ) -> None:
        self._client_auth = client_auth
        self._lookup = lookup
        self._families = families
        self._spent = spent
        self._audit = audit_log
        self._clock = clock

    async def handle(self, request: Request) -> Response:
        """200 with an empty body once the token is dead. Spec: RFC 7009 §2.2"""
        try:
            check_no_query(request)
            params = await read_form(request)
            now = self._clock()
            header = request.headers.get("authorization")
            caller = await self._client_auth.authenticate(header, params, now, path=paths.REVOKE)
            remember_client(request, caller)
            # The hint would only say where to look first; the token itself says what it is (RFC 7009 §2.1).
            await self._revoke(params.require("token"), caller, now)
        except OAuthError as error:
            return refuse(request, error)
        return Response(status_code=200, headers=NO_STORE)

    async def _revoke(self, text: str, caller: Client, now: int) -> None:
        refresh_token = self._lookup.open_refresh_token(text)
        if refresh_token is not None:
            if refresh_token.client_id != caller.client_id:
                return
            account_id, family_id = refresh_token.account_id, refresh_token.family_id
            if await self._families.revoke(account_id, family_id, reason=audit.TOKEN_REVOKED, now=now):
                await self._audit.record(
                    audit.TOKEN_REVOKED,
                    now=now,
                    account_id=account_id,
                    client_id=caller.client_id,
                    kind="refresh_token",
                )
            return
        access_token = self._lookup.open_access_token(text, now)
        if access_token is not None and access_token.client_id == caller.client_id:
            await self._spent.record("access_token", access_token.token_id, access_token.expires_at)
