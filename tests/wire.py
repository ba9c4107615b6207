"""Requests byte for byte: what no well-behaved HTTP client sends (broken escapes, raw bytes, repeated headers).

Speaks ASGI to the application, so nothing between the test and the server mends the request.
"""

from collections.abc import Sequence
from typing import Any

import httpx2
from starlette.types import ASGIApp, Message

FORM = ("content-type", "application/x-www-form-urlencoded")


async def send(
    app: ASGIApp,
    method: str,
    path: str,
    *,
    query: bytes = b"",
    body: bytes = b"",
    headers: Sequence[tuple[str, str | bytes]] = (),
    scheme: str = "http",
    root_path: str = "",
    address: str = "127.0.0.1",
) -> httpx2.Response:
    """Send exactly these bytes; the body in pieces of 64 KiB, as a server would hand them over."""
    scope: dict[str, Any] = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": scheme,
        "path": path,
        "raw_path": path.encode("latin-1", "replace"),
        "root_path": root_path,
        "query_string": query,
        "headers": [(name.encode(), value.encode() if isinstance(value, str) else value) for name, value in headers],
        "server": ("localhost", 4000),
        "client": (address, 50000),
    }
    pieces = [body[start : start + 65_536] for start in range(0, len(body), 65_536)] or [b""]
    answer: list[Message] = []

    async def receive() -> Message:
        piece = pieces.pop(0) if pieces else b""
        return {"type": "http.request", "body": piece, "more_body": bool(pieces)}

    async def write(message: Message) -> None:
        answer.append(message)

    await app(scope, receive, write)
    start, *rest = answer
    content = b"".join(message.get("body", b"") for message in rest)
    return httpx2.Response(start["status"], headers=start["headers"], content=content)
