"""The PostgreSQL driver: reads on a few shared connections, and everything waiting to be written as one transaction.

Owns the connections of every event loop, reconnecting, and the translation of PostgreSQL's errors. Leaves the wire to
``postgres_pipe``, what a transaction is made of to ``postgres_writer``, and SQL and its meaning to the repositories.
Several processes on several machines may share the database; each is as good as any other.
"""

import asyncio
import secrets
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import psycopg
from msgspec import Struct
from psycopg.conninfo import conninfo_to_dict

from lingpai.server.storage.driver import Row, Statement, StorageUnavailable, Value
from lingpai.server.storage.postgres_pipe import Pipe, is_unprepared, unavailable, write_step
from lingpai.server.storage.postgres_writer import Work, Writer, is_own_fault, write_work

_BUSY = 2
"""Answers a connection may owe before a further one is opened."""
_DELAY_S = 0.05
_DELAY_LIMIT_S = 1.0


class PostgresSettings(Struct, frozen=True):
    """How a process uses the server. ``prepare``: keep statements prepared where the server's connections are ours."""

    readers: int = 4
    connect_timeout_s: int = 3
    statement_timeout_s: float = 5.0
    lock_timeout_s: float = 2.0
    prepare: bool = True


class PostgresDriver:
    """One PostgreSQL database. Connections are opened when they are needed, per event loop."""

    def __init__(self, url: str, settings: PostgresSettings | None = None) -> None:
        """Raises ``ValueError`` for what is no URL of PostgreSQL."""
        self._settings = settings or PostgresSettings()
        self._connection_info = _connection_info(url, self._settings)
        self._pools: dict[asyncio.AbstractEventLoop, _Pool] = {}
        self._closed = False

    async def fetch_one(self, sql: str, args: Sequence[Value] = ()) -> Row | None:
        """The first row: what is asked for by its key, and planned once for all keys."""
        rows = await self._fetch(sql, args, planned_once=True)
        return rows[0] if rows else None

    async def fetch_all(self, sql: str, args: Sequence[Value] = ()) -> list[Row]:
        """All rows."""
        return await self._fetch(sql, args, planned_once=False)

    async def _fetch(self, sql: str, args: Sequence[Value], *, planned_once: bool) -> list[Row]:
        """Asked once more when the connection turns out to be dead: to read twice harms nobody."""
        if not sql.startswith(("SELECT", "WITH")):
            raise StorageUnavailable("readonly: only transact writes")
        step, pool = write_step(sql, args), self._pool()
        for is_last in (False, True):
            pipe = await pool.reader()
            try:
                outcome = await pipe.read(step, planned_once=planned_once)
                if is_unprepared(outcome.error):
                    outcome = await pipe.read(step, planned_once=planned_once)
            except StorageUnavailable:
                if is_last or pipe.is_silent:
                    raise
                await pool.close_idle()
                continue
            if outcome.error is None:
                return outcome.rows or []
            if is_own_fault(outcome.error) and not isinstance(outcome.error, psycopg.errors.UndefinedTable):
                raise outcome.error
            if is_last or not isinstance(outcome.error, psycopg.errors.AdminShutdown):
                raise unavailable(outcome.error)
        raise AssertionError  # the second turn returns or raises

    async def transact(self, statements: Sequence[Statement]) -> list[Row] | None:
        """Queue for the next transaction and wait until it is committed. A caller that goes away does not undo it."""
        work = write_work(statements)
        return await self._pool().write(work)

    def version(self) -> object:
        """Unknown: other servers commit too, and asking whether they did costs as much as reading."""
        return None

    async def close(self) -> None:
        """Commit what was accepted, then close every connection."""
        self._closed = True
        here = asyncio.get_running_loop()
        pools, self._pools = self._pools, {}
        for loop, pool in pools.items():
            if loop is here:
                await pool.close()
            elif not loop.is_running():  # closed or standing still: nobody there would ever close it
                pool.abandon()
            else:
                await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(pool.close(), loop))

    def _pool(self) -> "_Pool":
        loop = asyncio.get_running_loop()
        pool = self._pools.get(loop)
        if pool is None:
            if self._closed:
                raise StorageUnavailable("the database is closed")
            for other in [other for other in self._pools if other.is_closed()]:
                self._pools.pop(other).abandon()
            pool = self._pools[loop] = _Pool(self._connection_info, self._settings)
        return pool


class _Pool:
    """The connections of one event loop."""

    def __init__(self, connection_info: dict[str, Any], settings: PostgresSettings) -> None:
        self._connection_info = connection_info
        self._settings = settings
        self._readers: list[Pipe] = []
        self._connecting = asyncio.Lock()
        self._delay_s = _DELAY_S
        self._away: tuple[float, StorageUnavailable] | None = None
        self._writer = Writer(
            self.connect, statement_timeout_s=settings.statement_timeout_s, lock_timeout_s=settings.lock_timeout_s
        )

    async def write(self, work: Work) -> list[Row] | None:
        return await self._writer.write(work)

    async def reader(self) -> Pipe:
        """The connection that owes the fewest answers; one more while all are busy and there may be more."""
        if (idle := self._least_busy()) is not None and (idle.waiting < _BUSY or self._connecting.locked()):
            return idle
        if idle is not None and len(self._readers) >= self._settings.readers:
            return idle
        async with self._connecting:
            if (idle := self._least_busy()) is not None and idle.waiting < _BUSY:
                return idle
            pipe = await self.connect()
            self._readers.append(pipe)
            return pipe

    async def close_idle(self) -> None:
        """One was cut off: those nobody has used since were too, most likely, and would fail the next who asks."""
        for pipe in [pipe for pipe in self._readers if not pipe.waiting]:
            await pipe.close()

    def _least_busy(self) -> Pipe | None:
        best: Pipe | None = None
        for pipe in self._readers:
            if pipe.broken is not None:
                self._readers = [other for other in self._readers if other.broken is None]
                return self._least_busy()
            if best is None or pipe.waiting < best.waiting:
                best = pipe
        return best

    async def connect(self) -> Pipe:
        """A new connection. While the server is away, tries wait for longer and longer and are refused at once."""
        loop = asyncio.get_running_loop()
        if self._away is not None and loop.time() < self._away[0]:
            raise self._away[1]
        try:
            connection = await psycopg.AsyncConnection.connect(**self._connection_info, autocommit=True)
        except (psycopg.Error, OSError) as error:
            refusal = unavailable(error)
            # Not all servers at the same moment, when it comes back.
            wait_s = self._delay_s * (500 + secrets.randbelow(500)) / 1000
            self._away = (loop.time() + wait_s, refusal)
            self._delay_s = min(self._delay_s * 2, _DELAY_LIMIT_S)
            raise refusal from None
        self._away, self._delay_s = None, _DELAY_S
        silence_s = self._settings.statement_timeout_s + 1
        return Pipe(connection, silence_s=silence_s, prepare=self._settings.prepare)

    async def close(self) -> None:
        await self._writer.close()
        for pipe in self._readers:
            await pipe.close()

    def abandon(self) -> None:
        self._writer.abandon()
        for pipe in self._readers:
            pipe.abandon()


def _connection_info(url: str, settings: PostgresSettings) -> dict[str, Any]:
    """What libpq is told. Its complaints about a URL quote all of it, password included: they are not passed on."""
    found: dict[str, Any] | None = None
    with suppress(psycopg.Error):
        found = {name: str(value) for name, value in conninfo_to_dict(url).items()}
    if found is None or not url.startswith(("postgresql://", "postgres://")):
        raise ValueError("database must look like postgresql://user@host/database")
    defaults = {"application_name": "lingpai", "connect_timeout": str(settings.connect_timeout_s)}
    return defaults | found | {"client_encoding": "UTF8"}
