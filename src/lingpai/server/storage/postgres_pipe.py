"""One connection to PostgreSQL on which many callers' statements travel at once, answered in the order they were sent.

Owns the wire: values to and from PostgreSQL's binary form, sending without waiting (libpq's pipeline mode), noticing
that the connection is gone or silent. Leaves transactions, retries and the number of connections to ``postgres``.

It works on psycopg's libpq layer: a query through a cursor costs a round trip and ten times the processor time.
Statements stay prepared on the server until it shows that something between us and it (a PgBouncer before 1.21) hands
our connection to others: then one call fails with ``is_unprepared``, and from then on nothing is left on the server.
"""

import asyncio
import hashlib
import struct
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from typing import NamedTuple

import psycopg
from msgspec import Struct
from psycopg import pq
from psycopg.adapt import Transformer
from psycopg.errors import lookup

from lingpai.server.storage.driver import Row, StorageUnavailable, Value

_BINARY = pq.Format.BINARY
_INT8, _FLOAT8, _TEXT, _BYTEA, _UNKNOWN = 20, 701, 25, 17, 0
_pack_int = struct.Struct("!q").pack
_pack_float = struct.Struct("!d").pack


class Step(NamedTuple):
    """A statement ready for the wire."""

    sql: str
    values: Sequence[bytes | None] = ()
    types: tuple[int, ...] = ()


class Outcome(Struct, frozen=True):
    """What one statement did. ``rows`` is ``None`` where it returns none; ``skipped``: one before it had failed."""

    rows: list[Row] | None = None
    touched: int = 0
    error: psycopg.Error | None = None
    skipped: bool = False


class _Awaited:
    """Statements that were sent together, up to one synchronisation point."""

    def __init__(self, answer: "asyncio.Future[list[Outcome]]", sent_at: float) -> None:
        self.answer = answer
        self.sent_at = sent_at
        self.outcomes: list[Outcome] = []
        self.prepares: deque[tuple[str, tuple[int, ...]] | None] = deque()
        """What each answer is to: the preparing of a statement, or (``None``) its execution."""
        self.unprepared: Outcome | None = None


class Pipe:
    """An open connection, of one event loop. ``send`` from that loop only."""

    def __init__(self, connection: psycopg.AsyncConnection[Row], *, silence_s: float, prepare: bool) -> None:
        """``silence_s``: how long the server may leave the oldest question unanswered before it is given up."""
        self._connection = connection
        self._libpq = connection.pgconn
        self._libpq.nonblocking = 1
        self._libpq.enter_pipeline_mode()
        self._silence_s = silence_s
        self.prepares = prepare
        """Whether statements stay prepared on the server. Turns ``False`` where that proves impossible."""
        self._names: dict[tuple[str, tuple[int, ...]], bytes] = {}
        self._prepared: set[tuple[str, tuple[int, ...]]] = set()
        self._awaited: deque[_Awaited] = deque()
        self._loop = asyncio.get_running_loop()
        self._socket = self._libpq.socket
        self._transformer = Transformer(connection)
        self._watch: asyncio.TimerHandle | None = None
        self._writes = False
        self.broken: StorageUnavailable | None = None
        self.is_silent = False
        self._loop.add_reader(self._socket, self._read)

    @property
    def waiting(self) -> int:
        """How many answers are still to come."""
        return len(self._awaited)

    def send(self, steps: Sequence[Step]) -> "asyncio.Future[list[Outcome]]":
        """Send statements; the answer has one outcome for each. After one that fails the rest are skipped.

        Outside of ``BEGIN`` they are one transaction. Raises ``StorageUnavailable`` when the connection is broken.
        """
        if self.broken is not None:
            raise self.broken
        awaited = _Awaited(self._loop.create_future(), self._loop.time())
        self._awaited.append(awaited)
        try:
            for step in steps:
                self._send_one(awaited, step)
            self._libpq.pipeline_sync()
            self._flush()
        except psycopg.OperationalError as error:
            self._break(error)
        if self._watch is None and self._awaited:
            self._watch = self._loop.call_later(self._silence_s, self._look_for_silence)
        return awaited.answer

    async def read(self, step: Step, *, planned_once: bool) -> Outcome:
        """Send one statement. ``planned_once``: with the same plan every time, where it stays prepared."""
        steps = (_PLANNED_ONCE, step) if planned_once and self.prepares else (step,)
        outcomes = await self.send(steps)
        return next((outcome for outcome in outcomes if outcome.error is not None), outcomes[-1])

    async def close(self) -> None:
        """Close at once; who still waits is refused."""
        self._break(psycopg.OperationalError("the connection was closed"))
        with suppress(psycopg.Error):
            await self._connection.close()

    def abandon(self) -> None:
        """Close the socket of a pipe whose event loop is gone."""
        self._libpq.finish()

    def _send_one(self, awaited: _Awaited, step: Step) -> None:
        sql, values, types = step
        formats = [_BINARY] * len(values)
        key = (sql, types)
        if key in self._prepared:
            awaited.prepares.append(None)
            self._libpq.send_query_prepared(self._names[key], values, formats, _BINARY)
            return
        if self.prepares and values and key not in self._names:
            # Prepared now and used from the next time on, once the server has said that it is.
            self._names[key] = name = statement_name(sql, types)
            awaited.prepares.append(key)
            self._libpq.send_prepare(name, sql.encode(), types)
        awaited.prepares.append(None)
        self._libpq.send_query_params(sql.encode(), values, types, formats, _BINARY)

    def _flush(self) -> None:
        left = self._libpq.flush()
        if left and not self._writes:
            self._writes = True
            self._loop.add_writer(self._socket, self._write)
        elif not left and self._writes:
            self._writes = False
            self._loop.remove_writer(self._socket)

    def _write(self) -> None:
        try:
            self._flush()
        except psycopg.OperationalError as error:
            self._break(error)

    def _read(self) -> None:
        try:
            self._libpq.consume_input()
            if self._writes:
                self._flush()
            separated = False
            while self._awaited and not self._libpq.is_busy():
                result = self._libpq.get_result()
                if result is not None:
                    self._take(result)
                elif separated:
                    break
                separated = result is None  # two answers are separated by one None; two are an end
            while self._libpq.notifies() is not None:
                pass
        except psycopg.OperationalError as error:
            self._break(error)

    def _take(self, result: pq.abc.PGresult) -> None:
        awaited = self._awaited[0]
        if result.status == pq.ExecStatus.PIPELINE_SYNC:
            self._awaited.popleft()
            if not awaited.answer.done():
                awaited.answer.set_result(awaited.outcomes)
            return
        key = awaited.prepares.popleft()
        outcome = self._outcome(result)
        if is_unprepared(outcome.error):
            self.prepares = False
            self._prepared.clear()
        if key is None:
            awaited.outcomes.append(awaited.unprepared or outcome)
            awaited.unprepared = None
        elif result.status == pq.ExecStatus.COMMAND_OK:
            if self.prepares:
                self._prepared.add(key)
        else:
            del self._names[key]
            awaited.unprepared = outcome  # its execution is only skipped; this says why

    def _outcome(self, result: pq.abc.PGresult) -> Outcome:
        status = result.status
        if status == pq.ExecStatus.TUPLES_OK:
            self._transformer.set_pgresult(result)
            rows: list[Row] = self._transformer.load_rows(0, result.ntuples, tuple)
            return Outcome(rows, len(rows))
        if status == pq.ExecStatus.COMMAND_OK:
            return Outcome(None, result.command_tuples or 0)
        if status == pq.ExecStatus.PIPELINE_ABORTED:
            return Outcome(skipped=True)
        state = (result.error_field(pq.DiagnosticField.SQLSTATE) or b"58000").decode()
        # The primary message alone: the detail quotes whole rows.
        message = (result.error_field(pq.DiagnosticField.MESSAGE_PRIMARY) or b"").decode(errors="replace")
        return Outcome(error=_error(state, message))

    def _look_for_silence(self) -> None:
        self._watch = None
        if not self._awaited:
            return
        left_s = self._awaited[0].sent_at + self._silence_s - self._loop.time()
        if left_s <= 0:
            self.is_silent = True
            self._break(psycopg.OperationalError(f"no answer within {self._silence_s:g} s"))
        else:
            self._watch = self._loop.call_later(left_s, self._look_for_silence)

    def _break(self, error: psycopg.Error) -> None:
        if self.broken is not None:
            return
        self.broken = unavailable(error)
        self._loop.remove_reader(self._socket)
        if self._writes:
            self._loop.remove_writer(self._socket)
        if self._watch is not None:
            self._watch.cancel()
        for awaited in self._awaited:
            if not awaited.answer.done():
                awaited.answer.set_exception(self.broken)
                awaited.answer.exception()  # whoever waited may have gone away
        self._awaited.clear()
        self._libpq.finish()


def statement_name(sql: str, types: tuple[int, ...]) -> bytes:
    """By what it says: on a connection shared with others, a name must never stand for somebody else's statement."""
    return b"lingpai_" + hashlib.sha256(f"{types} {sql}".encode()).hexdigest()[:32].encode()


def is_unprepared(error: psycopg.Error | None) -> bool:
    """Whether a prepared statement was not there, or there already: nothing was done, and it works when repeated."""
    return isinstance(error, psycopg.errors.InvalidSqlStatementName | psycopg.errors.DuplicatePreparedStatement)


def unavailable(error: Exception) -> StorageUnavailable:
    """What a caller is told of a failure that is not its own."""
    return StorageUnavailable(f"{type(error).__name__}: {str(error).strip()}")


def _error(state: str, message: str) -> psycopg.Error:
    try:
        kind: type[psycopg.Error] = lookup(state)
    except KeyError:  # newer than psycopg
        kind = psycopg.DatabaseError
    error = kind(message)
    error.sqlstate = state
    return error


def write_step(sql: str, args: Sequence[Value] = ()) -> Step:
    """The statement with its values, whose types are said and not guessed: an integer is always one of 64 bits.

    Raises ``psycopg.DataError`` or ``UnicodeError`` for a value PostgreSQL cannot hold.
    """
    values: list[bytes | None] = []
    types: list[int] = []
    for arg in args:
        value, oid = _encode(arg)
        values.append(value)
        types.append(oid)
    return Step(sql, values, tuple(types))


def _encode(arg: Value) -> tuple[bytes | None, int]:
    if isinstance(arg, bytes):
        return arg, _BYTEA
    if isinstance(arg, str):
        return arg.encode(), _TEXT
    if isinstance(arg, int):
        try:
            return _pack_int(arg), _INT8
        except struct.error:
            raise psycopg.DataError("an integer of more than 64 bits") from None
    if arg is None:
        return None, _UNKNOWN
    return _pack_float(arg), _FLOAT8


_PLANNED_ONCE = write_step("SELECT set_config('plan_cache_mode', $1, true)", ("force_generic_plan",))
