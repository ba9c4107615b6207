"""Introspection: what a token stands for now, told only to whom it concerns.

A caller may ask about tokens issued to itself and, as a resource server, about tokens that are for it. About every
other token the answer is the same as about none (CVE-2026-58425).

Spec: RFC 7662 §2
"""

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from lingpai.dialects import qq
from lingpai.oauth.errors import OAuthError, UnauthorizedClient
from lingpai.server.client_auth import ClientAuthentication
from lingpai.server.clock import Clock
from lingpai.server.endpoints import paths
from lingpai.server.endpoints.token import refuse
from lingpai.server.http import check_no_query, find_header, json_response, read_form, remember_client
from lingpai.server.storage.records import Client
from lingpai.server.tokens.catalog import Catalog
from lingpai.server.tokens.issuer import authentication_claims, subject_of
from lingpai.server.tokens.lookup import LiveToken, TokenLookup
from lingpai.server.tokens.openids import PeopleIds

_INACTIVE = b'{"active":false}'


class IntrospectionEndpoint:
    """``POST /oauth2/introspect``."""

    def __init__(
        self,
        client_auth: ClientAuthentication,
        lookup: TokenLookup,
        catalog: Catalog,
        people: PeopleIds,
        clock: Clock,
        *,
        issuer: str,
    ) -> None:
        self._people = people
        self._client_auth = client_auth
        self._lookup = lookup
        self._catalog = catalog
        self._clock = clock
        self._issuer = issuer

    async def handle(self, request: Request) -> Response:
        """The claims of a token in force, or ``{"active":false}``. Spec: RFC 7662 §2.2"""
        try:
            check_no_query(request)
            params = await read_form(request)
            now = self._clock()
            header = find_header(request, b"authorization")
            caller = await self._client_auth.authenticate(header, params, now, path=paths.INTROSPECT)
            remember_client(request, caller)
            if caller.token_endpoint_auth_method == "none":
                raise UnauthorizedClient("a client without credentials may not introspect")
            live = await self._lookup.get_live(params.require("token"), now)
        except OAuthError as error:
            return refuse(request, error)
        if live is None or not self._concerns(caller, live):
            return json_response(_INACTIVE)
        claims = self._claims(live)
        if qq.NAME in live.client.dialects and live.account is not None:
            # What its calls of APIs name the person by.
            claims["openid"] = await self._people.openid(live.client, live.account.id)
        return json_response(msgspec.json.encode(claims))

    def _concerns(self, caller: Client, live: LiveToken) -> bool:
        servers = (self._catalog.resource_servers.get(audience) for audience in live.token.audience)
        is_for_caller = any(server is not None and caller.client_id in server.client_ids for server in servers)
        return is_for_caller or live.token.client_id == caller.client_id

    def _claims(self, live: LiveToken) -> dict[str, object]:
        token, account = live.token, live.account
        claims: dict[str, object] = {
            "active": True,
            "iss": self._issuer,
            "client_id": token.client_id,
            "token_type": "DPoP" if token.jkt else "Bearer",
            "sub": subject_of(token),
            "aud": token.audience[0] if len(token.audience) == 1 else token.audience,
            "scope": str(live.scope),
            "iat": token.issued_at,
            "exp": token.expires_at,
            "jti": token.jti or token.token_id.hex(),
        }
        if token.jkt:
            claims["cnf"] = {"jkt": token.jkt}
        if token.act is not None:
            claims["act"] = token.act
        if account is not None:
            claims["username"] = account.username
        return claims | authentication_claims(token)
