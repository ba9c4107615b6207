"""The ASGI callable: one dictionary of paths, one error boundary, one log line per request.

Owns dispatch, request ids, CORS on the endpoints that browsers of other origins may call, and turning whatever escapes
a handler into a clear answer. Leaves every decision to the handlers.
"""

import os
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from urllib.parse import urlsplit

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from lingpai.dialects import standard
from lingpai.oauth.errors import OAuthError, ServerError, TemporarilyUnavailable
from lingpai.server.endpoints.public_document import PublicDocument
from lingpai.server.http import (
    Handler,
    MethodNotAllowed,
    find_client_address,
    raw_headers,
    remember_client_address,
    write_body,
)
from lingpai.server.log import Logger, RequestLine, bind_request_id, log_request
from lingpai.server.path_patterns import PathPatterns, is_pattern
from lingpai.server.storage.driver import StorageUnavailable

_CORS = {
    "access-control-allow-origin": "*",
    "access-control-expose-headers": "WWW-Authenticate, DPoP-Nonce, X-Request-Id",
}
_RAW_CORS = raw_headers(_CORS.items())
_PREFLIGHT = {
    "access-control-allow-headers": "Authorization, Content-Type, DPoP",
    "access-control-max-age": "7200",
}
_RETRY_AFTER_S = 5
_LOGGER_NAME = "lingpai.server"


class Route(Struct, frozen=True):
    """What answers at a path. ``machine``: errors are JSON, not a page; ``cors``: scripts of any origin may call it;
    ``document``: what ``GET`` answers to everybody.
    """

    methods: Mapping[str, Handler]
    machine: bool = False
    cors: bool = False
    document: Callable[[], PublicDocument] | None = None


class Problems(Struct, frozen=True):
    """Draws the page for what no handler answered: (request, status, request id) -> response."""

    draw: Callable[[Request, int, str], Response]


class App:
    """``await app(scope, receive, send)``."""

    def __init__(  # noqa: PLR0913 - each is one thing it needs of whoever builds it
        self,
        routes: Mapping[str, Route],
        problems: Problems,
        log: Logger,
        *,
        issuer: str,
        trusted_proxies: Sequence[str],
        start: Callable[[], Awaitable[None]],
        close: Callable[[], Awaitable[None]],
        is_fresh: Callable[[], bool],
        freshen: Callable[[], Awaitable[None]],
        observe: Callable[[Scope, str, int, str], None],
    ) -> None:
        self._routes = {path: route for path, route in routes.items() if not is_pattern(path)}
        self._patterns = PathPatterns((path, route) for path, route in routes.items() if is_pattern(path))
        self._documents = {path: route.document for path, route in routes.items() if route.document and route.cors}
        self._problems = problems
        self._log = log
        self._base_path = urlsplit(issuer).path
        self._trusted_proxies = trusted_proxies
        self._start = start
        self._close = close
        self._is_fresh = is_fresh
        self._freshen = freshen
        self._observe = observe

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one HTTP request, or the life of the process. Anything else is refused."""
        if scope["type"] == "http":
            if await self._sends_document(scope, send):
                return
            request = Request(scope, receive)
            response = await self._respond(request)
            try:
                await response(scope, receive, send)
            except StorageUnavailable as error:  # in what is done after the answer
                self._log.error("storage unavailable", reason=str(error), endpoint=scope["path"])
        elif scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1000})

    async def _sends_document(self, scope: Scope, send: Send) -> bool:
        """The short way of what everybody asks for and is the same for everybody. Whatever is not as plain as can be,
        another method, a condition, a path below another, takes the way of all others, to the same answer.
        """
        document = self._documents.get(scope["path"])
        if document is None or scope["method"] != "GET" or scope.get("root_path") or not self._is_fresh():
            return False
        for name, _ in scope["headers"]:
            if name == b"if-none-match":
                return False
        began = time.perf_counter()
        request_id, found = _new_request_id(), document()
        headers = [*found.headers, (b"content-length", b"%d" % len(found.body)), (b"x-request-id", request_id.encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers + _RAW_CORS})
        await send({"type": "http.response.body", "body": found.body})
        ms = round((time.perf_counter() - began) * 1000, 2)
        line = RequestLine(request_id=request_id, endpoint=scope["path"], outcome="200", ms=ms)
        log_request(_LOGGER_NAME, line)
        return True

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        try:
            await self._start()
        except StorageUnavailable as error:
            await send({"type": "lifespan.startup.failed", "message": str(error)})
            return
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self._close()
        await send({"type": "lifespan.shutdown.complete"})

    async def _respond(self, request: Request) -> Response:
        began = time.perf_counter()
        request_id = _new_request_id()
        request.scope["lingpai.reference"] = request_id
        bind_request_id(request_id)
        remember_client_address(request, find_client_address(request, self._trusted_proxies))
        path = self._path(request.scope)
        route = self._routes.get(path)
        endpoint = path
        if route is None and (found := self._patterns.find(path)) is not None:
            endpoint, route, request.scope["path_params"] = found
        response = await self._guarded(request, path, route, request_id)
        response.raw_headers.append((b"x-request-id", request_id.encode()))
        if route is not None and route.cors:
            response.raw_headers += _RAW_CORS
        if route is not None:
            self._observe(request.scope, endpoint, response.status_code, request_id)
        self._note(request, endpoint if route else "(no such path)", response, request_id, began)
        return response

    async def _guarded(self, request: Request, path: str, route: Route | None, request_id: str) -> Response:
        """The only place that catches everything."""
        if route is None:
            return self._problems.draw(request, 404, request_id)
        request.scope["path"] = path
        try:
            return await self._dispatch(request, route, request_id)
        except StorageUnavailable as error:
            self._log.error("storage unavailable", reason=str(error), endpoint=path)
            failure: OAuthError = TemporarilyUnavailable("the server cannot reach its database; try again")
        except Exception:
            self._log.exception("unexpected error", endpoint=path)
            failure = ServerError(f"unexpected error; the operator finds it under {request_id}")
        if not route.machine:
            return self._problems.draw(request, failure.status, request_id)
        response = write_body(standard.write_error(failure))
        if isinstance(failure, TemporarilyUnavailable):
            response.headers["retry-after"] = str(_RETRY_AFTER_S)
        return response

    async def _dispatch(self, request: Request, route: Route, request_id: str) -> Response:
        method = "GET" if request.method == "HEAD" else request.method
        handler = route.methods.get(method)
        if handler is not None:
            await self._freshen()
            return await handler(request)
        allow = ", ".join([*route.methods, "OPTIONS"])
        if method == "OPTIONS":
            preflight = {**_PREFLIGHT, "access-control-allow-methods": allow} if route.cors else {}
            return Response(status_code=204, headers={"allow": allow, **preflight})
        if route.machine:
            refused = MethodNotAllowed(f"this endpoint takes {' or '.join(route.methods)}")
            response = write_body(standard.write_error(refused))
        else:
            response = self._problems.draw(request, 405, request_id)
        response.headers["allow"] = allow
        return response

    def _path(self, scope: Scope) -> str:
        """The path below where we are mounted and below the issuer's own path, whichever of them is still there."""
        path: str = scope["path"]
        for prefix in (scope.get("root_path", ""), self._base_path):
            if prefix and path.startswith(prefix + "/"):
                path = path[len(prefix) :]
        # A well-known document's suffix is the issuer's path (RFC 8414 §3.1).
        if self._base_path and path.startswith("/.well-known/"):
            path = path.removesuffix(self._base_path)
        return path

    def _note(self, request: Request, endpoint: str, response: Response, request_id: str, began: float) -> None:
        line = RequestLine(
            request_id=request_id,
            endpoint=endpoint,
            client_id=request.scope.get("lingpai.client_id"),
            outcome=request.scope.get("lingpai.outcome", str(response.status_code)),
            reason=request.scope.get("lingpai.detail"),
            ms=round((time.perf_counter() - began) * 1000, 2),
        )
        log_request(_LOGGER_NAME, line)


def _new_request_id() -> str:
    return os.urandom(8).hex()
