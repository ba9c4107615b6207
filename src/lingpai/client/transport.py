"""What both shells share about talking HTTP with httpx2.

Owns: what is sent beside the request (nothing), how much of an answer is read and how long; the machine's clock.
Leaves: the loops that wait to ``sync`` and ``aio``.
"""

import time

import httpx2

from lingpai.client.errors import ServerUnreachable
from lingpai.client.http_request import HttpRequest
from lingpai.dialects.base import WireBody

TIMEOUT_S = 10.0

# What httpx2 raises when there is no answer, not what it raises when it is used wrongly.
TRANSPORT_ERRORS = (httpx2.HTTPError, httpx2.InvalidURL)


def system_clock() -> int:
    """Epoch seconds, for applications that give no clock of their own."""
    return int(time.time())  # noqa: TID251  the client library cannot use the server's clock, and has to ask somebody


def prepare(http: httpx2.Client | httpx2.AsyncClient, request: HttpRequest, timeout_s: float) -> httpx2.Request:
    """The request as httpx2 sends it."""
    # A small compressed answer could unpack to gigabytes; we ask for none, and refuse it in `finish`.
    headers = [*request.headers, ("Accept-Encoding", "identity")]
    prepared = http.build_request(request.method, request.url, headers=headers, content=request.body, timeout=timeout_s)
    # A cookie that came with one person's tokens must not travel with the next person's.
    prepared.headers.pop("Cookie", None)
    return prepared


def unreachable(request: HttpRequest, error: Exception) -> ServerUnreachable:
    """Say which address failed and how, without the query and without what was sent."""
    return ServerUnreachable(f"{request.method} {request.place}: {type(error).__name__}")


class AnswerReader:
    """Collects the chunks of one answer; raises ``ServerUnreachable`` when it is too long or takes too long."""

    def __init__(self, request: HttpRequest, timeout_s: float) -> None:
        self._request = request
        self._timeout_s = timeout_s
        self._chunks: list[bytes] = []
        self._size_bytes = 0
        self._started = time.monotonic()

    def feed(self, chunk: bytes) -> None:
        """Take the next chunk."""
        self._size_bytes += len(chunk)
        if self._size_bytes > self._request.limit_bytes:
            raise ServerUnreachable(f"{self._request.place} answered more than {self._request.limit_bytes} bytes")
        if time.monotonic() - self._started > self._timeout_s:
            # httpx2 limits the wait for each chunk only: one byte every nine seconds would hold us for ever.
            raise ServerUnreachable(f"{self._request.place} took more than {self._timeout_s} s to answer")
        self._chunks.append(chunk)

    def finish(self, response: httpx2.Response) -> WireBody:
        """The whole answer."""
        if response.headers.get("Content-Encoding", "identity").lower() != "identity":
            raise ServerUnreachable(f"{self._request.place} answered compressed, which was not asked for")
        return WireBody(
            response.status_code,
            response.headers.get("Content-Type", ""),
            b"".join(self._chunks),
            tuple(response.headers.multi_items()),
        )
