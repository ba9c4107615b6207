"""APIs in QQ Connect's manner in a service of its own: an ASGI application around ``lingpai.dialects.openapi``.

Owns reading a call from ASGI and proving its token by introspection. The same list of endpoints can be served by the
authorization server itself (its setting ``openapi``), for clients that know only one host.
"""

import logging
import re
from collections.abc import Sequence

from lingpai.client.transport import system_clock
from lingpai.dialects.base import WireBody
from lingpai.dialects.openapi import (
    Caller,
    OpenApiEndpoint,
    OpenApiRefused,
    OpenApiRequest,
    Upload,
    answer,
    asked_format,
    refusal,
)
from lingpai.dialects.qq_errors import RET_BUSY, RET_NO_SUCH_API, RET_PARAMETER_INVALID, RET_TOKEN_INVALID
from lingpai.dialects.qq_openapi import write_refusal
from lingpai.dialects.qq_params import FORM, MULTIPART, merge_params, read_multipart
from lingpai.guard.access_token import TokenCheck
from lingpai.guard.asgi import Clock, Connection, Receive, Send
from lingpai.guard.errors import TokenCheckUnavailable
from lingpai.oauth.errors import InvalidRequest, OAuthError

FORM_LIMIT_BYTES = 65_536
_BEARER = re.compile(r"\s*(?:bearer|oauth2?)\s+([\w.~+/=-]{1,16384})\s*", re.IGNORECASE)


class OpenApi:
    """``await app(scope, receive, send)``. ``check``: an ``Introspector`` of the authorization server."""

    def __init__(self, endpoints: Sequence[OpenApiEndpoint], check: TokenCheck, *, clock: Clock = system_clock) -> None:
        self._endpoints = {endpoint.path: endpoint for endpoint in endpoints}
        self._check = check
        self._clock = clock

    async def __call__(self, scope: Connection, receive: Receive, send: Send) -> None:
        """Answer one call. The status is 200 always."""
        endpoint = self._endpoints.get(scope["path"])
        if endpoint is None:
            await _send(write_refusal(RET_NO_SUCH_API), send)
            return
        try:
            endpoint.check_method(scope["method"])
            request = await _read(endpoint, scope, receive)
        except InvalidRequest as error:
            refused = OpenApiRefused(RET_PARAMETER_INVALID, error.description)
            await _send(refusal(endpoint, refused, asked_format(endpoint, None)), send)
            return
        except OpenApiRefused as refused:
            await _send(refusal(endpoint, refused, asked_format(endpoint, None)), send)
            return
        await _send(await answer(endpoint, request, self.prove), send)

    async def prove(self, access_token: str) -> Caller:
        """Whose the token is. Raises ``OpenApiRefused``."""
        try:
            token = await self._check.check(access_token, self._clock())
        except TokenCheckUnavailable as error:
            logging.getLogger("lingpai.guard").warning("access tokens cannot be checked: %s", error.detail)
            raise OpenApiRefused(RET_BUSY) from error
        except OAuthError as error:
            raise OpenApiRefused(RET_TOKEN_INVALID) from error
        openid, username = token.claims.get("openid"), token.claims.get("username")
        if token.subject is None or token.client_id is None or not isinstance(openid, str):
            raise OpenApiRefused(RET_TOKEN_INVALID)  # a machine's, or of an application that knows nobody by openid
        name = username if isinstance(username, str) else ""
        return Caller(token.client_id, openid, token.subject, name, token.scope)


async def _read(endpoint: OpenApiEndpoint, connection: Connection, receive: Receive) -> OpenApiRequest:
    headers = {name.lower(): value.decode("latin-1") for name, value in reversed(connection["headers"])}
    content_type = headers.get(b"content-type", "")
    media_type = content_type.partition(";")[0].strip().lower()
    fields, files = b"", dict[str, Upload]()
    if media_type == MULTIPART and endpoint.upload_limit_bytes:
        body = await _read_body(receive, endpoint.upload_limit_bytes)
        fields, found = read_multipart(content_type, body)
        files.update(found)
    elif media_type == FORM:
        fields = await _read_body(receive, FORM_LIMIT_BYTES)
    bearer = _BEARER.fullmatch(headers.get(b"authorization", ""))
    query: bytes = connection["query_string"]
    return OpenApiRequest(merge_params(query, fields), files, bearer[1] if bearer else "")


async def _read_body(receive: Receive, limit_bytes: int) -> bytes:
    body, more = bytearray(), True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise InvalidRequest("the body ended early")
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > limit_bytes:
            raise InvalidRequest(f"the body is longer than {limit_bytes} bytes")
    return bytes(body)


async def _send(body: WireBody, send: Send) -> None:
    headers = [("content-type", body.content_type), ("content-length", str(len(body.body)))]
    headers += [("x-content-type-options", "nosniff"), *body.headers]
    raw = [(name.encode("ascii"), value.encode("latin-1")) for name, value in headers]
    await send({"type": "http.response.start", "status": body.status, "headers": raw})
    await send({"type": "http.response.body", "body": body.body})
