"""Rows from one database to another, whatever kind each is, until both hold the same: for moving, backup and restore.

Owns reading a table in the order of its key from either kind, and writing only what differs: so a copy that was
interrupted goes on where it was, and a second pass costs no more than reading. Leaves schemas to ``migrate``, and when
to copy what to ``moving``.
"""

import hashlib
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

import msgspec
from msgspec import Struct

from lingpai.server.storage.driver import Row

_BATCH_ROWS = 1000


class Table(Struct, frozen=True):
    """A table with its columns, those of its primary key first."""

    name: str
    columns: tuple[str, ...]
    key_count: int

    @property
    def key(self) -> tuple[str, ...]:
        """The columns of the primary key."""
        return self.columns[: self.key_count]


class Sum(Struct, frozen=True):
    """What a table holds: how many rows, and a digest over all of them in the order of the key."""

    rows: int
    digest: str


class Side(Protocol):
    """One of the two databases. ``rows`` reads as of the moment ``begin`` was called; writing is seen by others."""

    def begin(self) -> None:
        """Read the state of now from here on."""
        ...

    def tables(self) -> list[Table]:
        """Every table but Alembic's and our own marks, by name."""
        ...

    def count(self, table: Table) -> int:
        """How many rows."""
        ...

    def rows(self, table: Table) -> Iterator[Row]:
        """Every row in the order of the key."""
        ...

    def delete(self, table: Table, keys: Sequence[Row]) -> None:
        """Delete the rows with these keys."""
        ...

    def insert(self, table: Table, rows: Sequence[Row]) -> bool:
        """Add rows, all or (``False``: something unique is taken) none."""
        ...

    def finish(self) -> None:
        """Make what was written durable, and numbers go on behind those that were copied."""
        ...

    def close(self) -> None:
        """Close every connection."""
        ...


def reconcile(source: Side, target: Side, table: Table, report: Callable[[int], None] = lambda _rows: None) -> int:
    """Make ``table`` of the target hold what the source's does; returns how many rows were written or deleted.

    ``report`` is told how many rows of the source were gone through.
    """
    changes, taken = 0, []
    insert: list[Row] = []
    delete: list[Row] = []
    seen = 0
    for old, new in _differences(source.rows(table), target.rows(table), table.key_count):
        if new is not None:
            seen += 1
        if old == new:
            pass
        else:
            changes += 1
            if old is not None:
                delete.append(old[: table.key_count])
            if new is not None:
                insert.append(new)
        if len(insert) + len(delete) >= _BATCH_ROWS or seen >= _BATCH_ROWS:
            taken += _write(target, table, insert, delete)
            report(seen)
            insert, delete, seen = [], [], 0
    taken += _write(target, table, insert, delete)
    report(seen)
    # What held a unique value these want has been deleted or changed by now.
    if taken and not target.insert(table, taken):
        raise ValueError(f"{table.name}: a value that must be unique is there twice")
    return changes


def sum_up(side: Side, table: Table) -> Sum:
    """What the table holds."""
    digest, count = hashlib.sha256(), 0
    for row in side.rows(table):
        digest.update(msgspec.msgpack.encode(row))
        count += 1
    return Sum(rows=count, digest=digest.hexdigest())


def _write(target: Side, table: Table, insert: list[Row], delete: list[Row]) -> list[Row]:
    """Returns the rows that could not be written yet."""
    if delete:
        target.delete(table, delete)
    if insert and not target.insert(table, insert):
        return insert
    return []


def _differences(
    source: Iterator[Row], target: Iterator[Row], key_count: int
) -> Iterator[tuple[Row | None, Row | None]]:
    """Pairs (what the target has, what the source has) by key; ``None``: it has none."""
    new, old = next(source, None), next(target, None)
    while new is not None or old is not None:
        if old is None or (new is not None and new[:key_count] < old[:key_count]):
            yield None, new
            new = next(source, None)
        elif new is None or old[:key_count] < new[:key_count]:
            yield old, None
            old = next(target, None)
        else:
            yield old, new
            new, old = next(source, None), next(target, None)


class SQLiteSide:
    """A file. It is read on one connection and written on another, so that reading does not see the writing."""

    def __init__(self, path: Path) -> None:
        self._reader = sqlite3.connect(path, isolation_level=None, timeout=30)
        self._writer = sqlite3.connect(path, isolation_level=None, timeout=30)

    def begin(self) -> None:
        """Read the state of now from here on."""
        if self._reader.in_transaction:
            self._reader.execute("ROLLBACK")
        self._reader.execute("BEGIN")

    def tables(self) -> list[Table]:
        """Every table but Alembic's and SQLite's, by name."""
        names = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"
        found = [name for (name,) in self._reader.execute(names) if name != "alembic_version"]
        return [self._table(name) for name in found]

    def _table(self, name: str) -> Table:
        columns = self._reader.execute(f"SELECT name, pk FROM pragma_table_info('{name}')").fetchall()
        key = sorted(((place, column) for column, place in columns if place))
        return make_table(name, [column for _, column in key], [column for column, _ in columns])

    def count(self, table: Table) -> int:
        """How many rows."""
        count: int = self._reader.execute(f"SELECT count(*) FROM {table.name}").fetchone()[0]
        return count

    def rows(self, table: Table) -> Iterator[Row]:
        """Every row in the order of the key."""
        key = ", ".join(table.key)
        yield from self._reader.execute(f"SELECT {', '.join(table.columns)} FROM {table.name} ORDER BY {key}")

    def delete(self, table: Table, keys: Sequence[Row]) -> None:
        """Delete the rows with these keys."""
        self._begin_writing()
        where = " AND ".join(f"{column} = ?" for column in table.key)
        self._writer.executemany(f"DELETE FROM {table.name} WHERE {where}", keys)

    def insert(self, table: Table, rows: Sequence[Row]) -> bool:
        """Add rows, all or (``False``: something unique is taken) none."""
        self._begin_writing()
        self._writer.execute("SAVEPOINT batch")
        try:
            places = ", ".join("?" * len(table.columns))
            insert = f"INSERT INTO {table.name} ({', '.join(table.columns)}) VALUES ({places})"
            self._writer.executemany(insert, rows)
        except sqlite3.IntegrityError:
            self._writer.execute("ROLLBACK TO batch")
            return False
        finally:
            self._writer.execute("RELEASE batch")
        return True

    def finish(self) -> None:
        """Commit."""
        if self._writer.in_transaction:
            self._writer.execute("COMMIT")

    def lock(self) -> None:
        """Nobody writes from here on; everybody reads. Raises ``sqlite3.OperationalError`` when it is not to be had."""
        self._writer.execute("BEGIN IMMEDIATE")

    def refuse_writing(self, why: str) -> None:
        """Let nobody ever write again, servers that run now included; ends ``lock``."""
        text = why.replace("'", "''")
        for table in self.tables():
            for verb in ("INSERT", "UPDATE", "DELETE"):
                head = f"CREATE TRIGGER IF NOT EXISTS moved_{table.name}_{verb.lower()} BEFORE {verb} ON {table.name}"
                self._writer.execute(f"{head} BEGIN SELECT RAISE(ABORT, '{text}'); END")
        self._writer.execute("COMMIT")

    def close(self) -> None:
        """Close both connections; what was not finished is undone."""
        self._reader.close()
        self._writer.close()

    def _begin_writing(self) -> None:
        if not self._writer.in_transaction:
            self._writer.execute("BEGIN IMMEDIATE")


def make_table(name: str, key: Sequence[str], columns: Sequence[str]) -> Table:
    """A table whose other columns are in the same order whatever the database."""
    return Table(name, (*key, *sorted(set(columns) - set(key))), len(key))


def backup_file(source: Path, target: Path, report: Callable[[int, int], Any] = lambda _left, _all: None) -> None:
    """A consistent copy of a file that others write to meanwhile. Raises ``sqlite3.Error``, ``FileExistsError``."""
    target.touch(0o600, exist_ok=False)
    reader, writer = sqlite3.connect(source, timeout=30), sqlite3.connect(target)
    try:
        # Everything in one step: between steps, whoever writes would make it begin anew.
        reader.backup(writer, progress=lambda _status, left, all_pages: report(left, all_pages))
        if writer.execute("PRAGMA integrity_check").fetchone() != ("ok",):
            raise sqlite3.DatabaseError("the copy is damaged")
    finally:
        reader.close()
        writer.close()
