"""Asking this very server over its own front door, without a network: what the sandbox shows is what really happens."""

from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any
from urllib.parse import urlsplit

from msgspec import Struct

from lingpai.oauth.params import encode_params

AsgiApp = Callable[[MutableMapping[str, Any], Callable[[], Awaitable[Any]], Callable[[Any], Awaitable[None]]], Any]


class Answer(Struct, frozen=True):
    """What came back."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


async def post_form(
    app: AsgiApp, url: str, fields: Mapping[str, str], headers: Mapping[str, str], *, ip: str
) -> Answer:
    """``POST`` a form to our own ``url`` for somebody at ``ip``."""
    parts = urlsplit(url)
    body = encode_params(fields.items()).encode()
    given = {"host": parts.netloc, "content-type": "application/x-www-form-urlencoded", **headers}
    scope: dict[str, Any] = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": parts.scheme,
        "path": parts.path,
        "raw_path": parts.path.encode(),
        "root_path": "",
        "query_string": b"",
        "headers": [(name.lower().encode(), value.encode("latin-1")) for name, value in given.items()],
        "client": (ip, 0),
        "server": (parts.hostname, parts.port or 443),
    }
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    await app(scope, receive, send)
    start = next(message for message in sent if message["type"] == "http.response.start")
    return Answer(
        status=start["status"],
        headers=tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in start["headers"]),
        body=b"".join(message.get("body", b"") for message in sent if message["type"] == "http.response.body"),
    )
