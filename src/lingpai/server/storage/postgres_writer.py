"""Group commit on PostgreSQL: everybody who waits shares one transaction, and nobody suffers from what another does.

Owns what a transaction is made of and who is undone alone. A batch is sent as one pipeline; only when somebody in it
lost after writing something, or failed, is it rolled back and sent again with that one behind a savepoint. Nobody is
answered before the commit.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial

import psycopg
from msgspec import Struct

from lingpai.server.storage.driver import Row, Statement, StorageUnavailable
from lingpai.server.storage.postgres_commit import find_out, run_of
from lingpai.server.storage.postgres_pipe import Outcome, Pipe, Step, is_unprepared, unavailable, write_step

_BATCH_LIMIT = 256
_ATTEMPTS = 6
_SUSPECTS_LIMIT = 3
"""After so many who had to be undone, a batch is not tried together any more."""
_HURRIED_S = 0.05
_OWN_CLASSES = ("0A", "21", "22", "23", "42", "54")
_REPEATABLE = (psycopg.errors.SerializationFailure, psycopg.errors.DeadlockDetected)
_BEGIN, _COMMIT, _ROLLBACK = Step("BEGIN"), Step("COMMIT"), Step("ROLLBACK")
_SAVEPOINT, _UNDO = Step("SAVEPOINT caller"), Step("ROLLBACK TO SAVEPOINT caller")
_RELEASE = Step("RELEASE SAVEPOINT caller")
_LIMITS = """SELECT set_config('statement_timeout', $1, true), set_config('lock_timeout', $2, true),
set_config('plan_cache_mode', $3, true), CAST(pg_current_xact_id() AS text)"""
_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended($1, 5))"

_Verdict = tuple[list[Row] | None, Exception | None]


class Work(Struct, frozen=True, eq=False):
    """One caller's statements. ``expected``: rows of each step, ``None`` any number, ``-1`` a step of our own."""

    steps: tuple[Step, ...]
    expected: tuple[int | None, ...]


class _Waiting(Struct, frozen=True, eq=False):
    work: Work
    answer: "asyncio.Future[list[Row] | None]"


class _Again(Exception):
    """Nothing was committed and the same may succeed at once."""


def write_work(statements: Sequence[Statement]) -> Work:
    """Statements ready for the wire. Raises what is wrong with a value PostgreSQL cannot hold."""
    steps: list[Step] = []
    expected: list[int | None] = []
    for statement in statements:
        if statement.counts:
            # Statements see what was committed before they began: two that count side by side would both find room.
            steps.append(write_step(_LOCK, (statement.counts,)))
            expected.append(-1)
        steps.append(write_step(statement.sql, statement.args))
        expected.append(statement.expect_rows)
    return Work(tuple(steps), tuple(expected))


def is_own_fault(error: psycopg.Error) -> bool:
    """Whether one caller's statement or value is wrong, as opposed to the database failing."""
    state = error.sqlstate or ""
    return state[:2] in _OWN_CLASSES or state == "08P01"  # too few values for a statement


class Writer:
    """One connection that writes, for one event loop."""

    def __init__(
        self, connect: Callable[[], Awaitable[Pipe]], *, statement_timeout_s: float, lock_timeout_s: float
    ) -> None:
        self._connect = connect
        self._pipe: Pipe | None = None
        self._run = ""
        self._waiting: list[_Waiting] = []
        self._task: asyncio.Task[None] | None = None
        self._closed = False
        self._statement_timeout_s = statement_timeout_s
        self._lock_timeout_s = lock_timeout_s

    async def write(self, work: Work) -> list[Row] | None:
        """Wait for the transaction that holds ``work``. Raises ``StorageUnavailable``, or what is wrong with it."""
        if self._closed:
            raise StorageUnavailable("the database is closed")
        waiting = _Waiting(work, asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        if self._task is None:
            # It starts once everybody who is ready now has come this far. Held here, and ended in ``close``.
            self._task = asyncio.get_running_loop().create_task(self._write_waiting())
        return await waiting.answer

    async def close(self) -> None:
        """Commit what was accepted."""
        self._closed = True
        if self._task is not None:
            await self._task
        if self._pipe is not None:
            await self._pipe.close()

    def abandon(self) -> None:
        """Let go of a connection whose event loop is gone."""
        if self._pipe is not None:
            self._pipe.abandon()

    async def _write_waiting(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[:_BATCH_LIMIT], self._waiting[_BATCH_LIMIT:]
            # In one order everywhere, so that two servers that want the same rows wait for each other in a line.
            batch.sort(key=_order)
            try:
                verdicts = await self._commit(batch)
            except Exception as error:
                refused = error if isinstance(error, StorageUnavailable) else unavailable(error)
                verdicts = dict.fromkeys(batch, (None, refused))
            for waiting, (rows, problem) in verdicts.items():
                if waiting.answer.done():  # the caller was cancelled; its write stands
                    continue
                if problem is None:
                    waiting.answer.set_result(rows)
                else:
                    waiting.answer.set_exception(problem)
        self._task = None

    async def _commit(self, batch: list[_Waiting]) -> dict[_Waiting, _Verdict]:
        for attempt in range(_ATTEMPTS):
            try:
                pipe = await self._connected()
                limits_s = self._lock_timeout_s, _HURRIED_S
                usual, hurried = (_write_limits(self._statement_timeout_s, limit_s, pipe) for limit_s in limits_s)
                ask = partial(find_out, run=self._run, reconnect=self._connected, within_s=self._statement_timeout_s)
                return await _Transaction(pipe, (usual, hurried), batch, ask).run()
            except _Again as again:
                if attempt == _ATTEMPTS - 1:
                    raise StorageUnavailable(f"given up after {_ATTEMPTS} attempts: {again}") from None
                await asyncio.sleep(0.002 * 2**attempt)
        raise AssertionError  # the last turn returns or raises

    async def _connected(self) -> Pipe:
        if self._pipe is None or self._pipe.broken is not None:
            self._pipe = await self._connect()
            self._run = await run_of(self._pipe)
        return self._pipe


class _Transaction:
    """One batch on its way, from BEGIN to COMMIT."""

    def __init__(
        self,
        pipe: Pipe,
        limits: tuple[Step, Step],
        batch: list[_Waiting],
        find_out: Callable[[str], Awaitable[str | None]],
    ) -> None:
        """``limits``: those to begin with, and those once somebody waited for a lock in vain. ``find_out``: says what
        became of a transaction whose COMMIT was not answered.
        """
        self._pipe = pipe
        self._limits, self._hurried = limits
        self._batch = batch
        self._find_out_by_xid = find_out
        self._xid = ""
        self._verdicts: dict[_Waiting, _Verdict] = {}

    async def run(self) -> dict[_Waiting, _Verdict]:
        """Commit, and say to each caller what became of its statements."""
        alone: list[_Waiting] = []
        try:
            while (suspect := await self._run_together(alone)) is not None:
                alone.append(suspect)
                if len(alone) > _SUSPECTS_LIMIT:
                    alone = self._batch
                await self._pipe.send((_ROLLBACK,))
            for waiting in alone:
                await self._run_alone(waiting)
        except StorageUnavailable as error:
            if self._pipe.broken is None or self._pipe.is_silent:
                raise
            raise _Again(str(error)) from None  # the connection died before COMMIT: nothing was written
        await self._end()
        return self._verdicts

    async def _run_together(self, alone: list[_Waiting]) -> _Waiting | None:
        """Send everybody but those ``alone``; returns somebody who must be undone alone, if there is one."""
        together = [waiting for waiting in self._batch if waiting not in alone]
        steps = [_BEGIN, self._limits, *(step for waiting in together for step in waiting.work.steps)]
        begun, limits, *outcomes = await self._pipe.send(steps)
        for outcome in (begun, limits):
            if outcome.error is not None:
                await self._give_up(outcome.error)
        self._xid = (limits.rows or [("",)])[0][-1] if limits.rows else ""
        at = 0
        for waiting in together:
            mine = outcomes[at : at + len(waiting.work.steps)]
            at += len(mine)
            verdict, is_dirty = await self._judge(waiting.work, mine)
            if is_dirty:
                return waiting
            self._verdicts[waiting] = verdict
        return None

    async def _run_alone(self, waiting: _Waiting) -> None:
        saved, *outcomes = await self._pipe.send((_SAVEPOINT, *waiting.work.steps))
        if saved.error is not None:
            await self._give_up(saved.error)
        verdict, is_dirty = await self._judge(waiting.work, outcomes)
        self._verdicts[waiting] = verdict
        for outcome in await self._pipe.send((_UNDO, _RELEASE) if is_dirty else (_RELEASE,)):
            if outcome.error is not None:
                await self._give_up(outcome.error)

    async def _judge(self, work: Work, outcomes: list[Outcome]) -> tuple[_Verdict, bool]:
        """What one caller is told, and whether what it did must be undone. Raises when the database failed."""
        rows: list[Row] = []
        has_lost = False
        for outcome, expected in zip(outcomes, work.expected, strict=True):
            if outcome.error is not None:
                return await self._judge_error(outcome.error), True
            if expected == -1:
                continue
            has_lost = has_lost or expected not in (None, outcome.touched)
            rows = rows if outcome.rows is None else outcome.rows
        is_dirty = has_lost and any(outcome.touched for outcome in outcomes)
        return (None if has_lost else rows, None), is_dirty

    async def _judge_error(self, error: psycopg.Error) -> _Verdict:
        if isinstance(error, psycopg.errors.UniqueViolation):
            return None, None
        if is_own_fault(error) and not is_unprepared(error):
            return None, error
        if isinstance(error, psycopg.errors.LockNotAvailable | psycopg.errors.QueryCanceled):
            # Somebody outside holds what this caller needs. The others go on, and none of them waits as long again.
            self._limits = self._hurried
            return None, unavailable(error)
        await self._give_up(error)
        raise AssertionError  # it raises

    async def _give_up(self, error: psycopg.Error) -> None:
        """Leave the transaction because the database failed."""
        if isinstance(error, _REPEATABLE) or is_unprepared(error):
            await self._pipe.send((_ROLLBACK,))
            raise _Again(str(error))
        await self._pipe.close()  # shutting down, or a standby now: the next connection finds who writes
        raise unavailable(error)

    async def _end(self) -> None:
        try:
            (outcome,) = await self._pipe.send((_COMMIT,))
        except StorageUnavailable as error:
            await self._find_out(error)
            return
        if outcome.error is not None:
            await self._give_up(outcome.error)

    async def _find_out(self, error: StorageUnavailable) -> None:
        """The connection died under COMMIT: ask the server what became of it. Unless it says, nobody is told success.

        Raises ``_Again`` when it was not committed, ``error`` when there is nobody to ask.
        """
        status = await self._find_out_by_xid(self._xid)
        if status == "aborted":
            raise _Again(str(error))
        if status != "committed":
            raise error


def _write_limits(statement_timeout_s: float, lock_timeout_s: float, pipe: Pipe) -> Step:
    """For one transaction only: behind PgBouncer the connection is somebody else's afterwards."""
    limits = (str(int(statement_timeout_s * 1000)), str(int(lock_timeout_s * 1000)))
    return write_step(_LIMITS, (*limits, _plan_mode(pipe)))


def _plan_mode(pipe: Pipe) -> str:
    """PostgreSQL's ``plan_cache_mode`` for statements that look rows up by their keys.

    Left to itself it plans most of them anew at every execution, because a plan for all keys looks as if it would read
    every partition; and to plan takes five times as long as to execute.
    """
    return "force_generic_plan" if pipe.prepares else "auto"


def _order(waiting: _Waiting) -> tuple[str, list[bytes]]:
    step = waiting.work.steps[0]
    return step.sql, [value or b"" for value in step.values]
