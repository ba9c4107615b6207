import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from bench.load import Talk, UnexpectedAnswer, measure

GOOD = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Stub:
    """A server that always answers the same, in our own process."""

    def __init__(self, answer: bytes) -> None:
        self._answer = answer
        self.port = 0
        self.asked: list[bytes] = []
        self._open = 0
        self._none_open = asyncio.Event()
        self._server: asyncio.Server

    def cpu_s(self) -> float:
        return 0.0

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open += 1
        self._none_open.clear()
        with contextlib.suppress(ConnectionError):
            while request := await reader.read(65_536):
                self.asked.append(request)
                for half in (self._answer[:20], self._answer[20:]):  # answers may come in pieces
                    writer.write(half)
                    await writer.drain()
                    await asyncio.sleep(0)
        writer.close()
        self._open -= 1
        if not self._open:
            self._none_open.set()

    async def stop(self) -> None:
        self._server.close()
        await self._none_open.wait()


Serve = Callable[[bytes], Awaitable[Stub]]


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    started: list[Stub] = []

    async def start(answer: bytes) -> Stub:
        started.append(Stub(answer))
        await started[-1].start()
        return started[-1]

    yield start
    for stub in started:
        await stub.stop()


def chain() -> Talk:
    number = 0
    while True:
        answer = yield b"GET /%d HTTP/1.1\r\n\r\n" % number
        assert answer.body == b"ok"
        number += 1


async def test_every_connection_asks_the_next_thing_once_it_has_the_answer(serve: Serve) -> None:
    stub = await serve(GOOD)
    one = await measure(stub, [chain(), chain()], ramp_s=0.02, wall_s=0.1)
    assert one.answers > 2
    assert len(one.waits_s) == one.answers
    assert stub.asked.count(b"GET /0 HTTP/1.1\r\n\r\n") == 2
    assert stub.asked.count(b"GET /1 HTTP/1.1\r\n\r\n") == 2


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        pytest.param(b"HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n", "500", id="a refusal"),
        pytest.param(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "Length", id="an unknown end"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok", "no answer", id="half an answer"),
    ],
)
async def test_what_is_no_answer_ends_the_run(serve: Serve, answer: bytes, why: str) -> None:
    stub = await serve(answer)
    with pytest.raises(UnexpectedAnswer, match=why):
        await measure(stub, [chain()], ramp_s=0.02, wall_s=0.1)
