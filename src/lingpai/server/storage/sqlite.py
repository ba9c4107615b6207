"""The SQLite driver: reads inline, one writer thread that commits everything waiting as one durable transaction.

Owns connections, the writer thread and the translation of SQLite's errors. Leaves SQL and its meaning to the
repositories. ``synchronous=FULL``: with ``NORMAL`` a power cut can bring a redeemed code back to life; group commit
pays for it (docs/decisions/0002).
"""

import asyncio
import contextlib
import functools
import queue
import re
import sqlite3
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from lingpai.server.storage.audit_chain import hash_of_next
from lingpai.server.storage.driver import Row, Statement, StorageUnavailable, Value

_BATCH_LIMIT = 256
"""Callers after which a batch takes no more that are already waiting."""
_BUSY_TIMEOUT_S = 5.0
_TAKEN = frozenset({sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY, sqlite3.SQLITE_CONSTRAINT_UNIQUE})


class _Work(NamedTuple):
    statements: Sequence[Statement]
    loop: asyncio.AbstractEventLoop
    answer: "asyncio.Future[list[Row] | None]"


class _Done(NamedTuple):
    work: _Work
    rows: list[Row] | None
    error: Exception | None


class SQLiteDriver:
    """One SQLite file. Several processes may share it; each has one writer. Spec: docs/decisions/0002"""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._local = threading.local()
        self._readers: list[sqlite3.Connection] = []
        self._queue: queue.SimpleQueue[list[_Work] | None] = queue.SimpleQueue()
        self._closed = False
        try:
            self._writer = _connect(path)
        except sqlite3.DatabaseError as error:
            raise _unavailable(error) from error
        self._thread = threading.Thread(target=self._write_until_closed, name="lingpai-writer", daemon=True)
        self._thread.start()

    async def fetch_one(self, sql: str, args: Sequence[Value] = ()) -> Row | None:
        """The first row. Runs inline: a point read takes 6 µs, a hop to a thread ten times that."""
        try:
            row: Row | None = self._reader().execute(_numbered(sql), args).fetchone()
            return row
        except sqlite3.DatabaseError as error:
            raise _unavailable(error) from error

    async def fetch_all(self, sql: str, args: Sequence[Value] = ()) -> list[Row]:
        """All rows, inline."""
        try:
            return self._reader().execute(_numbered(sql), args).fetchall()
        except sqlite3.DatabaseError as error:
            raise _unavailable(error) from error

    async def transact(self, statements: Sequence[Statement]) -> list[Row] | None:
        """Queue for the writer and wait until it is on disk. A caller that goes away does not undo it."""
        if self._closed:
            raise StorageUnavailable("the database is closed")
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[list[Row] | None] = loop.create_future()
        waiting = self._waiting(loop)
        if not waiting:
            # Handed over once everybody who is ready now has come this far: the writer wakes once, for all of them.
            loop.call_soon(self._hand_over, waiting)
        waiting.append(_Work(statements, loop, answer))
        return await answer

    def version(self) -> object:
        """SQLite's own count of what others committed, our writer among them. Asked once per turn of the event loop,
        and a commit of our own is answered in a later turn (docs/decisions/0010).
        """
        if self._closed:
            return None
        local, loop = self._local, asyncio.get_running_loop()
        known: tuple[asyncio.AbstractEventLoop, object] | None = getattr(local, "version", None)
        if known is not None and known[0] is loop:
            return known[1]
        reader = self._reader()
        try:
            # The number means something on its own connection only.
            version = (id(reader), reader.execute("PRAGMA data_version").fetchone()[0])
        except sqlite3.DatabaseError:
            return None  # whoever then reads is told what is wrong
        local.version = (loop, version)
        loop.call_soon(self._forget_version, local)
        return version

    @staticmethod
    def _forget_version(local: threading.local) -> None:
        local.version = None

    async def close(self) -> None:
        """Commit what was accepted, stop the writer, close every connection."""
        if self._closed:
            return
        self._hand_over(self._waiting(asyncio.get_running_loop()))
        self._closed = True
        self._queue.put(None)
        await asyncio.get_running_loop().run_in_executor(None, self._thread.join)
        for connection in (*self._readers, self._writer):
            connection.close()

    def _waiting(self, loop: asyncio.AbstractEventLoop) -> list[_Work]:
        """What ``loop`` has accepted and not handed over yet. A loop has one thread, a thread one loop at a time."""
        known: tuple[asyncio.AbstractEventLoop, list[_Work]] | None = getattr(self._local, "waiting", None)
        if known is None or known[0] is not loop:
            known = self._local.waiting = (loop, [])
        return known[1]

    def _hand_over(self, waiting: list[_Work]) -> None:
        if self._closed:  # meanwhile, by another thread
            _resolve([_Done(work, None, StorageUnavailable("the database is closed")) for work in waiting])
        elif waiting:
            self._queue.put(waiting.copy())
        waiting.clear()

    def _reader(self) -> sqlite3.Connection:
        if self._closed:
            raise StorageUnavailable("the database is closed")
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = _connect(self._path)
            connection.execute("PRAGMA query_only=ON")
            self._readers.append(connection)
        return connection

    def _write_until_closed(self) -> None:
        while (first := self._queue.get()) is not None:
            batch, last = first, False
            while len(batch) < _BATCH_LIMIT and not self._queue.empty():
                more = self._queue.get()
                if more is None:
                    last = True
                    break
                batch += more
            try:
                done = self._commit(batch)
            except Exception as error:
                done = self._start_over(batch, error)
            _answer(done)
            if last:
                return

    def _start_over(self, batch: list[_Work], error: Exception) -> list[_Done]:
        """A connection that cannot even roll back is thrown away: nothing was committed, and the thread lives on."""
        with contextlib.suppress(sqlite3.Error):
            self._writer.close()
        with contextlib.suppress(sqlite3.Error):
            self._writer = _connect(self._path)
        refused = StorageUnavailable(f"{type(error).__name__}: {error}")
        return [_Done(work, None, refused) for work in batch]

    def _commit(self, batch: list[_Work], *, savepoints: bool = False) -> list[_Done]:
        """All of it or nothing. ``savepoints``: one per caller even where SQLite should not need it."""
        try:
            self._writer.execute("BEGIN IMMEDIATE")
            run_single = self._run_all if savepoints else self._run_one
            done = [(run_single if len(work.statements) == 1 else self._run_all)(work) for work in batch]
            self._writer.execute("COMMIT")
        except _Again:
            self._writer.execute("ROLLBACK")
            return self._commit(batch, savepoints=True)
        except sqlite3.Error as error:
            # Disk full, locked for too long, read-only: nobody in the batch is told it succeeded.
            if self._writer.in_transaction:
                self._writer.execute("ROLLBACK")
            refused = StorageUnavailable(f"{type(error).__name__}: {error}")
            return [_Done(work, None, refused) for work in batch]
        return done

    def _run_one(self, work: _Work) -> _Done:
        """A caller with one statement, which SQLite undoes by itself when it fails: no savepoint, half the calls.

        Raises ``_Again`` for whatever is neither done nor undone by that.
        """
        statement = work.statements[0]
        try:
            returned, touched = _execute(self._writer, statement)
        except sqlite3.IntegrityError as error:
            if error.sqlite_errorcode not in _TAKEN:
                raise _Again from error
            return _Done(work, None, None)
        except Exception as error:
            if _is_of_the_database(error):
                raise
            raise _Again from error
        if statement.expect_rows in (None, touched):
            return _Done(work, returned or [], None)
        if touched:
            raise _Again
        return _Done(work, None, None)

    def _run_all(self, work: _Work) -> _Done:
        """One caller's statements inside the batch, undone alone when they lose or fail."""
        execute = self._writer.execute
        execute("SAVEPOINT caller")
        rows: list[Row] = []
        try:
            for statement in work.statements:
                returned, touched = _execute(self._writer, statement)
                rows = rows if returned is None else returned
                if statement.expect_rows is not None and touched != statement.expect_rows:
                    return self._undo(work, None)
        except sqlite3.IntegrityError as error:
            if error.sqlite_errorcode == sqlite3.SQLITE_CONSTRAINT_TRIGGER:
                raise  # the file was moved: its triggers let nobody write (``copying``)
            return self._undo(work, None if error.sqlite_errorcode in _TAKEN else error)
        except Exception as error:
            if _is_of_the_database(error):
                raise
            # A value or statement SQLite cannot take: this caller's own, and it must not end the writer for all others.
            return self._undo(work, error)
        execute("RELEASE caller")
        return _Done(work, rows, None)

    def _undo(self, work: _Work, error: Exception | None) -> _Done:
        self._writer.execute("ROLLBACK TO caller")
        self._writer.execute("RELEASE caller")
        return _Done(work, None, error)


class _Again(Exception):
    """One statement did more than it may, or failed as it should not: nothing but a savepoint undoes that alone."""


def _execute(connection: sqlite3.Connection, statement: Statement) -> tuple[list[Row] | None, int]:
    """What it returned (``None``: it has no RETURNING clause) and how many rows it touched."""
    cursor = connection.execute(_numbered(statement.sql), statement.args)
    if cursor.description is None:
        return None, cursor.rowcount
    returned = cursor.fetchall()
    return returned, len(returned)


def _is_of_the_database(error: Exception) -> bool:
    """Whether the file or its disk failed, so that nobody's statement can go on; else it is one caller's mistake."""
    if isinstance(error, sqlite3.ProgrammingError | sqlite3.DataError | sqlite3.InterfaceError):
        return False
    # Python's own refusals (a text that is no UTF-8) have no code of SQLite's.
    code: int = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
    return isinstance(error, sqlite3.Error) and code != sqlite3.SQLITE_ERROR


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(
        path, isolation_level=None, check_same_thread=False, timeout=_BUSY_TIMEOUT_S, cached_statements=256
    )
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "temp_store=MEMORY", "cache_size=-8000"):
        connection.execute(f"PRAGMA {pragma}")
    connection.create_function("audit_chain", 2, hash_of_next, deterministic=True)
    return connection


@functools.cache
def _numbered(sql: str) -> str:
    """``$1`` as PostgreSQL writes it -> ``?1`` as SQLite does. SQL texts are constants, so the cache is bounded."""
    return re.sub(r"\$(\d+)", r"?\1", sql)


def _unavailable(error: sqlite3.DatabaseError) -> StorageUnavailable:
    """What a caller is told. A wrong statement is no failure of the database: that error is raised as it is."""
    if isinstance(error, sqlite3.ProgrammingError | sqlite3.IntegrityError):
        raise error
    return StorageUnavailable(f"{type(error).__name__}: {error}")


def _answer(done: list[_Done]) -> None:
    """Wake the callers: one hop per event loop, not one per caller."""
    by_loop: dict[asyncio.AbstractEventLoop, list[_Done]] = {}
    for item in done:
        by_loop.setdefault(item.work.loop, []).append(item)
    for loop, items in by_loop.items():
        if not loop.is_closed():
            loop.call_soon_threadsafe(_resolve, items)


def _resolve(items: list[_Done]) -> None:
    for work, rows, error in items:
        if work.answer.done():  # the caller was cancelled; its write stands
            continue
        if error is None:
            work.answer.set_result(rows)
        else:
            work.answer.set_exception(error)
