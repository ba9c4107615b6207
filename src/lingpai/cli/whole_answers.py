"""uvicorn's HTTP protocol, but head and body of an answer leave together.

uvicorn writes them one after the other, which is two packets, two system calls and two awakenings of whoever waits for
the answer: a tenth of the time of a short request.
"""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

_LAST_REQUEST_S = 0.5


class JoinedWrites(asyncio.Transport):
    """Passes on what was written once everybody who is ready now has run. What uvicorn uses of a transport, no more."""

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__()
        self._transport = transport
        self._loop = loop
        self._waiting: list[bytes | bytearray | memoryview] = []

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Keep it, and see to it that it is sent."""
        if not self._waiting:
            self._loop.call_soon(self._send)
        self._waiting.append(data)

    def _send(self) -> None:
        if self._waiting and not self._transport.is_closing():
            self._transport.write(b"".join(self._waiting))
        self._waiting.clear()

    def close(self) -> None:
        """Send what was written, then close."""
        self._send()
        self._transport.close()

    def is_closing(self) -> bool:
        """As the transport says."""
        return self._transport.is_closing()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """As the transport says."""
        return self._transport.get_extra_info(name, default)

    def pause_reading(self) -> None:
        """Take no more from the other side for now."""
        self._transport.pause_reading()

    def resume_reading(self) -> None:
        """Take more again."""
        self._transport.resume_reading()


class WholeAnswers(HttpToolsProtocol):
    """For ``uvicorn.Config(http=WholeAnswers)``."""

    _is_leaving = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn narrows it
        """Write through ``JoinedWrites`` from the first byte on."""
        super().connection_made(JoinedWrites(transport, self.loop))

    def shutdown(self) -> None:
        """Leave after what was asked. Who may be asking just now gets a moment, and an answer that is the last.

        uvicorn closes at once where nobody asks; a request on its way would be lost.
        """
        self._is_leaving = True
        if self._is_idle():
            self.loop.call_later(_LAST_REQUEST_S, self._close_idle)
        else:
            super().shutdown()

    def on_headers_complete(self) -> None:
        """As uvicorn does; once we are leaving, the connection ends with the answer."""
        super().on_headers_complete()
        if self._is_leaving and self.cycle is not None:
            self.cycle.keep_alive = False

    def _is_idle(self) -> bool:
        return getattr(self.cycle, "response_complete", True)  # there is none before the first request

    def _close_idle(self) -> None:
        if self._is_idle() and not self.transport.is_closing():
            self.transport.close()
