"""QQ Connect's token endpoint: GET or POST, the secret among the parameters, a query string for an answer.

Owns the order of the checks and the number each failure gets. The grant types, the client's proof and the minting are
those of ``/oauth2/token``; ``wiring`` gives them this dialect's lifetimes.
"""

from collections.abc import Mapping, Sequence

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from lingpai.dialects import qq
from lingpai.dialects.qq_errors import (
    CLIENT_ID_WRONG,
    CLIENT_SECRET_MISSING,
    CODE_MISSING,
    GRANT_TYPE_WRONG,
    REDIRECT_URI_WRONG,
    REFRESH_TOKEN_MISSING,
    REFRESH_TOKEN_WRONG,
)
from lingpai.oauth.errors import OAuthError
from lingpai.oauth.names import AUTHORIZATION_CODE, REFRESH_TOKEN
from lingpai.oauth.params import Params
from lingpai.server.authorization.qq import Refused, check_client, check_marked
from lingpai.server.client_auth import ClientAuthentication
from lingpai.server.clock import Clock
from lingpai.server.endpoints.qq import paths
from lingpai.server.endpoints.qq.answers import asked_shape, number_of, refuse
from lingpai.server.endpoints.qq.params import read_params
from lingpai.server.grant_types.base import GrantType, TokenRequest
from lingpai.server.http import client_address, remember_client, write_body
from lingpai.server.policy import check_binding, check_grant_type
from lingpai.server.storage.clients import Clients
from lingpai.server.storage.records import Client
from lingpai.server.storage.token_families import TokenFamilies
from lingpai.server.tokens.authorization import Authorization
from lingpai.server.tokens.issuer import Issuer
from lingpai.server.tokens.lookup import TokenLookup
from lingpai.server.tokens.openids import PeopleIds

# What a grant type must not see: here it means something else, or nothing.
_FOREIGN = frozenset({"scope", "resource"})
_CREDENTIALS = {AUTHORIZATION_CODE: ("code", CODE_MISSING), REFRESH_TOKEN: ("refresh_token", REFRESH_TOKEN_MISSING)}


class QqTokenEndpoint:
    """``GET`` and ``POST /oauth2.0/token``, ``/moc2/token``."""

    def __init__(  # noqa: PLR0913 - each is one thing it uses
        self,
        client_auth: ClientAuthentication,
        clients: Clients,
        grant_types: Sequence[GrantType],
        issuer: Issuer,
        lookup: TokenLookup,
        families: TokenFamilies,
        people: PeopleIds,
        clock: Clock,
        *,
        chain_s: int,
    ) -> None:
        self._client_auth = client_auth
        self._clients = clients
        self._grant_types: Mapping[str, GrantType] = {grant_type.name: grant_type for grant_type in grant_types}
        self._issuer = issuer
        self._lookup = lookup
        self._families = families
        self._people = people
        self._clock = clock
        self._chain_s = chain_s

    async def handle(self, request: Request) -> Response:
        """Tokens, or a number. The status is 200 either way."""
        params = Params({})
        detail = ""
        try:
            params = await read_params(request)
            return await self._issue(request, params)
        except Refused as error:
            refused = error
        except OAuthError as error:
            refused, detail = number_of(error, params.get("grant_type") or ""), error.detail
        return refuse(request, refused, asked_shape(request, params, default="jsonp"), detail=detail)

    async def _issue(self, request: Request, params: Params) -> Response:
        now = self._clock()
        grant_type = self._grant_type(params)
        client = await self._authenticated(request, params, now)
        check_grant_type(client, grant_type.name)
        check_binding(client, "")
        name, missing = _CREDENTIALS[grant_type.name]
        if name not in params:
            raise Refused(missing)
        if grant_type.name == AUTHORIZATION_CODE and "redirect_uri" not in params:
            raise Refused(REDIRECT_URI_WRONG)
        own = grant_type.parameters - _FOREIGN
        seen = Params({name: params.get_all(name) for name in params if name in own})
        chain_ends_at = await self._chain_end(params, now) if grant_type.name == REFRESH_TOKEN else None
        authorization = await grant_type.authorize(TokenRequest(client, seen, client_address(request), now))
        authorization = _until(authorization, chain_ends_at)
        tokens = self._issuer.issue(authorization, now)
        if params.get("need_openid") == "1" and authorization.account_id is not None:
            openid = await self._people.openid(client, authorization.account_id)
            tokens = msgspec.structs.replace(tokens, extra={"openid": openid})
        return write_body(qq.write_tokens(tokens, shape=asked_shape(request, params, default="query")))

    def _grant_type(self, params: Params) -> GrantType:
        grant_type = self._grant_types.get(params.get("grant_type") or "")
        if grant_type is None:
            raise Refused(GRANT_TYPE_WRONG)
        return grant_type

    async def _authenticated(self, request: Request, params: Params, now: int) -> Client:
        client_id = params.get("client_id")
        if client_id is None:
            raise Refused(CLIENT_ID_WRONG)
        check_client(await self._clients.get(client_id), client_id)
        if "client_secret" not in params:
            raise Refused(CLIENT_SECRET_MISSING)
        proof = Params({"client_id": (client_id,), "client_secret": params.get_all("client_secret")})
        client = await self._client_auth.authenticate(None, proof, now, path=paths.TOKEN)
        remember_client(request, client)
        check_marked(client)
        return client

    async def _chain_end(self, params: Params, now: int) -> int | None:
        """Until when the sign-in behind a refresh token can be prolonged; what is no token of ours is refused later."""
        token = self._lookup.open_refresh_token(params.get("refresh_token") or "")
        family = None if token is None else await self._families.get(token.account_id, token.family_id)
        if family is None:
            return None
        ends_at = family.created_at + self._chain_s
        if ends_at <= now:
            raise Refused(REFRESH_TOKEN_WRONG)
        return ends_at


def _until(authorization: Authorization, ends_at: int | None) -> Authorization:
    if ends_at is None:
        return authorization
    not_after = ends_at if authorization.not_after is None else min(authorization.not_after, ends_at)
    return msgspec.structs.replace(authorization, not_after=not_after)
