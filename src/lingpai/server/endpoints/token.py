"""The token endpoint: the phases every grant type goes through, in one order, once.

Leaves the proof to ``grant_types``, who is calling to ``client_auth``, minting to ``tokens.issuer`` and the bytes to
the dialect.

Spec: RFC 6749 §3.2; RFC 6749 §5
"""

from collections.abc import Mapping, Sequence
from types import ModuleType

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from lingpai.dialects import standard
from lingpai.oauth.challenge import write_challenge
from lingpai.oauth.errors import InvalidClient, OAuthError, UnsupportedGrantType
from lingpai.oauth.names import CLIENT_CREDENTIALS, TOKEN_EXCHANGE
from lingpai.oauth.params import Params
from lingpai.server.client_auth import ClientAuthentication
from lingpai.server.clock import Clock
from lingpai.server.endpoints import paths
from lingpai.server.endpoints.dpop import DpopCheck
from lingpai.server.grant_types.base import GrantType, TokenRequest
from lingpai.server.http import check_no_query, client_address, find_header, read_form, remember_client, write_body
from lingpai.server.policy import check_binding, check_grant_type
from lingpai.server.storage.records import Client
from lingpai.server.tokens.encryption import Envelopes
from lingpai.server.tokens.issuer import Issuer

_WITHOUT_ID_TOKEN = frozenset({CLIENT_CREDENTIALS, TOKEN_EXCHANGE})


class TokenEndpoint:
    """``POST /oauth2/token``."""

    def __init__(
        self,
        client_auth: ClientAuthentication,
        dpop: DpopCheck,
        grant_types: Sequence[GrantType],
        issuer: Issuer,
        envelopes: Envelopes,
        clock: Clock,
    ) -> None:
        self._client_auth = client_auth
        self._dpop = dpop
        self._grant_types: Mapping[str, GrantType] = {grant_type.name: grant_type for grant_type in grant_types}
        self._issuer = issuer
        self._envelopes = envelopes
        self._clock = clock

    async def handle(self, request: Request) -> Response:
        """Tokens, or the error of RFC 6749 §5.2."""
        now = self._clock()
        try:
            response = await self._issue(request, now)
        except OAuthError as error:
            response = refuse(request, error)
        self._dpop.offer_nonce(request, response, now)
        return response

    async def _issue(self, request: Request, now: int) -> Response:
        check_no_query(request)
        params = await read_form(request)
        header = find_header(request, b"authorization")
        client = await self._client_auth.authenticate(header, params, now, path=paths.TOKEN)
        remember_client(request, client)
        grant_type = self._grant_type_for(client, params)
        jkt = await self._dpop.jkt(request, paths.TOKEN, now)
        check_binding(client, jkt)
        token_request = TokenRequest(client, params, client_address(request), now, jkt)
        # Before anything is spent: an ID Token that cannot be encrypted would be lost with the code.
        envelope = None if grant_type.name in _WITHOUT_ID_TOKEN else await self._envelopes.for_id_token(client, now)
        tokens = self._issuer.issue(await grant_type.authorize(token_request), now)
        if envelope is not None and tokens.id_token is not None:
            sealed = envelope.close(tokens.id_token.encode("ascii"), is_jwt=True)
            tokens = msgspec.structs.replace(tokens, id_token=sealed)
        return write_body(standard.write_tokens(tokens))

    def _grant_type_for(self, client: Client, params: Params) -> GrantType:
        grant_type = self._grant_types.get(params.require("grant_type"))
        if grant_type is None:
            raise UnsupportedGrantType("grant_type is not supported here")
        check_grant_type(client, grant_type.name)
        return grant_type


def refuse(request: Request, error: OAuthError, dialect: ModuleType = standard) -> Response:
    """The error for whoever calls a back-channel endpoint; what only the operator may know goes to the log line."""
    request.scope["lingpai.outcome"] = error.code
    request.scope["lingpai.detail"] = error.detail or error.description
    request.scope["lingpai.description"] = error.description
    response = write_body(dialect.write_error(error))
    if isinstance(error, InvalidClient):
        response.headers["www-authenticate"] = write_challenge("Basic", realm="lingpai", charset="UTF-8")
    return response
