"""Somebody else at the same database: holds it, looks into it, and counts what was committed."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Protocol

import psycopg
from psycopg.sql import SQL


class Foreign(Protocol):
    """What tests ask of somebody else."""

    def lock(self) -> Any:
        """Nobody writes to ``heartbeat`` as long as this context lasts."""
        ...

    def query(self, sql: str) -> list[Any]:
        """What is committed."""
        ...

    def commits(self) -> int:
        """How many transactions were committed, counted from some moment."""
        ...


class ForeignToSQLite:
    """A process with the file open."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @contextmanager
    def lock(self) -> Iterator[None]:
        with closing(sqlite3.connect(self._path, isolation_level=None)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            yield
            connection.execute("ROLLBACK")

    def query(self, sql: str) -> list[Any]:
        with closing(sqlite3.connect(self._path)) as connection:
            return connection.execute(sql).fetchall()

    def commits(self) -> int:
        """In the write-ahead log: a frame that ends one holds the size of the database, the others 0."""
        log = self._path.with_name(f"{self._path.name}-wal").read_bytes()
        salt, page_size = log[16:24], int.from_bytes(log[8:12])
        frames = [log[at : at + 24] for at in range(32, len(log), 24 + page_size)]
        return sum(frame[8:16] == salt and frame[4:8] != b"\0\0\0\0" for frame in frames)


class ForeignToPostgreSQL:
    """A session at the server."""

    def __init__(self, url: str) -> None:
        self._url = url

    @contextmanager
    def lock(self) -> Iterator[None]:
        with psycopg.connect(self._url) as connection:
            connection.execute("LOCK TABLE heartbeat IN EXCLUSIVE MODE")
            yield
            connection.rollback()

    def query(self, sql: str) -> list[Any]:
        with psycopg.connect(self._url) as connection:
            return connection.execute(SQL(sql)).fetchall()

    def commits(self) -> int:
        """By the number the next transaction will have."""
        return int(self.query("SELECT CAST(CAST(pg_snapshot_xmax(pg_current_snapshot()) AS text) AS bigint)")[0][0])
