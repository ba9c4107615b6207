"""What a server under test does wrong on demand, and what it was asked.

Owns the list of faults and the answers they make, in the shape the caller would get them in. Around the application,
so the server itself does not know.
"""

import asyncio
from collections.abc import Iterable, MutableMapping
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from msgspec import Struct
from starlette.types import ASGIApp, Receive, Scope, Send

from lingpai.dialects import qq, qq_openapi
from lingpai.dialects.base import WireBody

_QQ_OAUTH = ("/oauth2.0/token", "/oauth2.0/me")
_QQ_WAP = ("/moc2/token", "/moc2/me")
_UNAUTHORIZED = frozenset({"invalid_client", "invalid_token"})


class Seen(Struct, frozen=True):
    """A request as it came."""

    method: str
    path: str
    query: dict[str, str]


class _Fault(Struct):
    path: str
    left: int | None
    error: int | str | None = None
    body: WireBody | None = None
    delay_s: float = 0.0


class Faults:
    """Faults by path, the newest first. ``times``: for how many requests; ``None``: until ``mend``."""

    def __init__(self) -> None:
        self.seen: list[Seen] = []
        """Every request since the start, or since it was cleared."""
        self._faults: list[_Fault] = []

    def fail(self, path: str, error: int | str, *, times: int | None = 1) -> None:
        """Refuse at ``path``: by a number (``error``, an API's ``ret``) as QQ Connect does, by a name as RFC 6749."""
        if path.endswith("/authorize"):
            raise ValueError("what goes wrong there is a page or a callback: use sign_in_and_refuse, or change its URL")
        self._add(_Fault(path, times, error=error))

    def answer(
        self,
        path: str,
        body: bytes | str,
        *,
        status: int = 200,
        content_type: str = "text/html",
        times: int | None = 1,
    ) -> None:
        """Answer ``body`` at ``path``, whatever it is."""
        raw = body.encode() if isinstance(body, str) else body
        self._add(_Fault(path, times, body=WireBody(status, content_type, raw)))

    def slow(self, path: str, seconds: float, *, times: int | None = 1) -> None:
        """Wait so long before answering at ``path``."""
        self._add(_Fault(path, times, delay_s=seconds))

    def mend(self) -> None:
        """No more faults."""
        self._faults.clear()

    def around(self, app: ASGIApp) -> ASGIApp:
        """The application, with the faults."""

        async def faulty(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http":
                await app(scope, receive, send)
                return
            query = dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True))
            self.seen.append(Seen(scope["method"], scope["path"], query))
            fault = self._take(scope["path"])
            if fault is not None and fault.delay_s:
                await asyncio.sleep(fault.delay_s)
            body = None if fault is None else _body_of(fault, query)
            if body is None:
                await app(scope, receive, send)
            else:
                await _send(body, send)

        return faulty

    def _add(self, fault: _Fault) -> None:
        if not fault.path.startswith("/"):
            raise ValueError("path is that of the URL, such as /oauth2.0/token")
        self._faults.insert(0, fault)

    def _take(self, path: str) -> _Fault | None:
        fault = next((fault for fault in self._faults if fault.path == path), None)
        if fault is not None and fault.left is not None:
            fault.left -= 1
            if fault.left <= 0:
                self._faults.remove(fault)
        return fault


def _body_of(fault: _Fault, query: MutableMapping[str, str]) -> WireBody | None:
    if fault.body is not None or fault.error is None:
        return fault.body
    if isinstance(fault.error, str):
        status = 401 if fault.error in _UNAUTHORIZED else 400
        return WireBody(status, "application/json", msgspec.json.encode({"error": fault.error}))
    if fault.path in _QQ_OAUTH:
        return qq.write_error(fault.error, shape="json" if query.get("fmt") == "json" else "jsonp")
    if fault.path in _QQ_WAP:
        return qq.write_error(fault.error, shape="query")
    return qq_openapi.write_refusal(fault.error, format="xml" if query.get("format") == "xml" else "json")


async def _send(body: WireBody, send: Send) -> None:
    headers: Iterable[tuple[str, str]] = (("content-type", body.content_type), *body.headers)
    raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]
    start: dict[str, Any] = {"type": "http.response.start", "status": body.status, "headers": raw}
    await send(start)
    await send({"type": "http.response.body", "body": body.body})
