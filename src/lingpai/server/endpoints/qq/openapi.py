"""APIs in QQ Connect's manner served by this server itself: the HTTP around ``dialects.openapi``, and our proof."""

from starlette.requests import Request
from starlette.responses import Response

from lingpai.dialects.base import WireBody
from lingpai.dialects.openapi import (
    Caller,
    OpenApiEndpoint,
    OpenApiRefused,
    OpenApiRequest,
    asked_format,
    refusal,
    result,
)
from lingpai.dialects.qq import NAME
from lingpai.dialects.qq_errors import (
    ACCESS_TOKEN_REVOKED,
    RET_CLIENT_MAY_NOT,
    RET_NO_SUCH_API,
    RET_PARAMETER_INVALID,
    RET_TOKEN_INVALID,
    RET_TOKEN_REVOKED,
    ret_text,
)
from lingpai.dialects.qq_openapi import write_refusal
from lingpai.oauth.errors import InvalidRequest
from lingpai.oauth.scope import parse_scope
from lingpai.server.authorization.qq import Refused
from lingpai.server.authorization.request import only_value
from lingpai.server.clock import Clock
from lingpai.server.endpoints.qq.answers import note_refusal
from lingpai.server.endpoints.qq.me import live_token
from lingpai.server.endpoints.qq.params import read_openapi_request
from lingpai.server.http import read_query, remember_client, write_body
from lingpai.server.tokens.lookup import TokenLookup
from lingpai.server.tokens.openids import PeopleIds


class TokenProof:
    """Whose an access token is, from our own records."""

    def __init__(self, lookup: TokenLookup, people: PeopleIds, clock: Clock) -> None:
        self._lookup = lookup
        self._people = people
        self._clock = clock

    async def prove(self, request: Request, access_token: str) -> Caller:
        """The caller. Raises ``OpenApiRefused``."""
        try:
            live = await live_token(self._lookup, access_token, self._clock())
        except Refused as refused:
            revoked = refused.number == ACCESS_TOKEN_REVOKED
            raise OpenApiRefused(RET_TOKEN_REVOKED if revoked else RET_TOKEN_INVALID) from refused
        remember_client(request, live.client)
        if live.account is None or live.token.jkt:
            raise OpenApiRefused(RET_TOKEN_INVALID)
        if NAME not in live.client.dialects:
            raise OpenApiRefused(RET_CLIENT_MAY_NOT)
        return Caller(
            client_id=live.client.client_id,
            openid=await self._people.openid(live.client, live.account.id),
            subject=live.account.id.hex(),
            username=live.account.username,
            scope=live.scope,
            client_scope=parse_scope(live.client.scope),
        )


class OpenApiHost:
    """One API as a route."""

    def __init__(self, endpoint: OpenApiEndpoint, proof: TokenProof) -> None:
        self._endpoint = endpoint
        self._proof = proof

    async def handle(self, request: Request) -> Response:
        """The answer. The status is 200 always."""
        endpoint = self._endpoint
        format_ = only_value(read_query(request), "format")
        try:
            endpoint.check_method("GET" if request.method == "HEAD" else request.method)
            sent = await read_openapi_request(request, endpoint.upload_limit_bytes)
            format_ = sent.params.get("format")
            return write_body(await self._result(request, sent))
        except InvalidRequest as error:
            refused = OpenApiRefused(RET_PARAMETER_INVALID, error.description)
        except OpenApiRefused as error:
            refused = error
        note_refusal(request, refused.ret, refused.msg or ret_text(refused.ret))
        return write_body(refusal(endpoint, refused, asked_format(endpoint, format_)))

    async def _result(self, request: Request, sent: OpenApiRequest) -> WireBody:
        async def prove(access_token: str) -> Caller:
            return await self._proof.prove(request, access_token)

        return await result(self._endpoint, sent, prove)


async def no_such_api(_request: Request) -> Response:
    """For the APIs of QQ that nobody serves here: old SDKs read a number, not a page."""
    return write_body(write_refusal(RET_NO_SUCH_API))
