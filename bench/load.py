"""The load: keep-alive connections that each ask, wait for the answer, and ask again.

Owns bytes on the wire and counting. Leaves what is asked to ``scenarios``: a talk is a generator that yields requests
and gets answers, so that a chain (a refresh token bought with the one before) reads like one. Written by hand over
asyncio's protocols, because a general HTTP client would need more of its core than the server of its own.
"""

import asyncio
import re
import time
from array import array
from collections.abc import AsyncIterator, Callable, Generator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import NamedTuple, Protocol, cast

from msgspec import Struct

_LENGTH = re.compile(rb"\r\ncontent-length: (\d+)\r\n", re.IGNORECASE)
_STATUS = slice(9, 12)
_EXPECTED = frozenset({b"200", b"302", b"303"})
_SHOWN_BYTES = 400
_TELL_S = 0.1
_LOOK_AGAIN_S = 0.02
_PREPARE_LIMIT_S = 60.0


class Answer(NamedTuple):
    """A response. ``head`` without the empty line behind it."""

    status: bytes
    head: bytes
    body: bytes


Talk = Generator[bytes, Answer, None]


class UnexpectedAnswer(Exception):
    """The server refused: there is nothing to measure."""


class Measurement(Struct, frozen=True):
    """What one run of one scenario against one server took."""

    answers: int
    wall_s: float
    cpu_s: float
    """On the processor, all threads of the server's process."""
    waits_s: tuple[float, ...]
    """Every answer's time, from the last byte of the request to the last byte of the answer; sorted."""
    database_cpu_s: float = 0.0
    """What a database server took meanwhile."""


class _Tally:
    """Shared by the connections of one run."""

    def __init__(self) -> None:
        self.answers = 0
        self.unprepared = 0
        """Connections that have not got what they need before what is measured."""
        self.waits_s = array("d")
        self.failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def fail(self, error: Exception) -> None:
        if not self.failed.done():
            self.failed.set_exception(error)


class _Connection(asyncio.Protocol):
    def __init__(self, talk: Talk, tally: _Tally, answers_before: int) -> None:
        self._answers_before = answers_before
        self._talk = talk
        self._tally = tally
        self._unread = b""
        self._asked_at = 0.0
        self._write: Callable[[bytes], None]

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._write = cast("asyncio.Transport", transport).write
        self._ask(next(self._talk))

    def _ask(self, request: bytes) -> None:
        self._asked_at = time.perf_counter()
        self._write(request)

    def data_received(self, data: bytes) -> None:
        data = self._unread + data
        end = data.find(b"\r\n\r\n")
        length = _LENGTH.search(data, 0, end + 2) if end >= 0 else None
        if length is None or len(data) < end + 4 + int(length[1]):
            if end >= 0 and length is None:
                self._tally.fail(UnexpectedAnswer("an answer without Content-Length"))
            self._unread = data
            return
        self._unread = b""
        self._tally.waits_s.append(time.perf_counter() - self._asked_at)
        self._tally.answers += 1
        self._answers_before -= 1
        if self._answers_before == 0:
            self._tally.unprepared -= 1
        answer = Answer(data[_STATUS], data[:end], data[end + 4 :])
        if answer.status not in _EXPECTED:
            self._tally.fail(UnexpectedAnswer(data[:_SHOWN_BYTES].decode("latin-1")))
            return
        try:
            self._ask(self._talk.send(answer))
        except (UnexpectedAnswer, ValueError) as error:  # asyncio would print it and go on
            self._tally.fail(error)

    def connection_lost(self, exc: Exception | None) -> None:
        self._tally.fail(exc or UnexpectedAnswer("the server closed a connection"))


class Server(Protocol):
    """What is under load, as far as it matters here."""

    port: int

    def cpu_s(self) -> float:
        """Processor time so far."""
        ...


async def measure(
    server: Server,
    talks: Sequence[Talk],
    *,
    ramp_s: float,
    wall_s: float,
    answers_before: int = 0,
    database_cpu_s: Callable[[], float] | None = None,
) -> Measurement:
    """Let every talk run on its own connection; count ``wall_s`` seconds, beginning ``ramp_s`` after each connection
    got as many answers as it needs before what is measured.

    Raises ``UnexpectedAnswer`` as soon as the server refuses anything, and ``OSError`` when it is not there.
    """
    database = database_cpu_s or _no_time
    async with _talking(server, talks, answers_before) as tally:
        await _prepared(tally)
        await _pass(ramp_s, tally)
        answers, cpu_s, database_s, began = tally.answers, server.cpu_s(), database(), time.perf_counter()
        await _pass(wall_s, tally)
        if tally.answers == answers:
            raise UnexpectedAnswer(f"no answer within {wall_s:.1f} s")
        return Measurement(
            answers=tally.answers - answers,
            wall_s=time.perf_counter() - began,
            cpu_s=server.cpu_s() - cpu_s,
            waits_s=tuple(sorted(tally.waits_s[answers:])),
            database_cpu_s=database() - database_s,
        )


async def ask(server: Server, talks: Sequence[Talk], answers: int, tell: Callable[[int], None]) -> None:
    """Let every talk run until there were so many answers; ``tell`` hears about ten times a second how many.

    Raises like ``measure``.
    """
    async with _talking(server, talks) as tally:
        while tally.answers < answers:
            before = tally.answers
            await _pass(_TELL_S, tally)
            tell(tally.answers - before)


@asynccontextmanager
async def _talking(server: Server, talks: Sequence[Talk], answers_before: int = 0) -> AsyncIterator[_Tally]:
    loop = asyncio.get_running_loop()
    tally = _Tally()
    tally.unprepared = len(talks) if answers_before else 0
    transports = []
    try:
        for talk in talks:
            transport, _ = await loop.create_connection(
                partial(_Connection, talk, tally, answers_before), "127.0.0.1", server.port
            )
            transports.append(transport)
        yield tally
    finally:
        tally.failed.cancel()
        for transport in transports:
            transport.abort()


async def _prepared(tally: _Tally) -> None:
    deadline = time.monotonic() + _PREPARE_LIMIT_S
    while tally.unprepared:
        await _pass(_LOOK_AGAIN_S, tally)
        if time.monotonic() > deadline:
            raise UnexpectedAnswer(f"{tally.unprepared} connections had no sign-in after {_PREPARE_LIMIT_S:.0f} s")


def _no_time() -> float:
    return 0.0


async def _pass(seconds: float, tally: _Tally) -> None:
    """Wait, or raise what went wrong meanwhile."""
    await asyncio.wait([tally.failed], timeout=seconds)
    if tally.failed.done():
        tally.failed.result()
