"""The databases whole servers are tested on: an SQLite file, or PostgreSQL where the environment says so.

``TEST_DATABASE=postgresql`` (``make test-postgresql``) gives every ``World`` a PostgreSQL database of its own.
What tests look at behind the server's back they look at through this module.
"""

import atexit
import functools
import os
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from lingpai.server.database_url import is_postgresql, sqlite_path
from lingpai.server.storage import migrate
from tests import postgresql

VARIABLE = "TEST_DATABASE"
Rows = list[tuple[Any, ...]]


def new_database(folder: Path) -> str:
    """The URL of a database for one server; ``folder`` is where a file would lie."""
    if os.environ.get(VARIABLE) != "postgresql":
        return f"sqlite:///{folder}/lingpai.db"
    url = postgresql.new_database(_server(), template=_template())
    atexit.register(postgresql.drop_database, _server(), url)
    return url


@functools.cache
def _server() -> str:
    """Started once and ended with the tests."""
    stack = ExitStack()
    atexit.register(stack.close)
    return stack.enter_context(postgresql.any_server(by_socket=True))


@functools.cache
def _template() -> str:
    url = postgresql.new_database(_server())
    migrate.upgrade(url)
    atexit.register(postgresql.drop_database, _server(), url)
    return url


def table_names(url: str) -> list[str]:
    """Every table, Alembic's too."""
    if is_postgresql(url):
        return [*postgresql.tables(url), "alembic_version"]
    with closing(sqlite3.connect(sqlite_path(url))) as file:
        return [name for (name,) in file.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]


def read_tables(url: str) -> dict[str, Rows]:
    """Every row of every table."""
    names = table_names(url)
    if is_postgresql(url):
        with psycopg.connect(url) as connection:
            select = sql.SQL("SELECT * FROM {}")
            return {name: connection.execute(select.format(sql.Identifier(name))).fetchall() for name in names}
    with closing(sqlite3.connect(sqlite_path(url))) as file:
        return {name: file.execute(f"SELECT * FROM {name}").fetchall() for name in names}  # noqa: S608 - our own tables


class RowCounter:
    """Counts the rows of every table there is at the first time. Its connection stays open: tests count often.

    Without ``heartbeat``, whose few rows are made when they are first needed.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._query = ""
        self._connection: psycopg.Connection[Any] | sqlite3.Connection | None = None

    def count(self) -> dict[str, int]:
        """Table -> rows."""
        if self._connection is None:
            counts = (
                sql.SQL("SELECT {}, count(*) FROM {}").format(sql.Literal(name), sql.Identifier(name))
                for name in table_names(self._url)
                if name != "heartbeat"
            )
            self._query = sql.SQL(" UNION ALL ").join(counts).as_string()
            self._connection = (
                psycopg.connect(self._url, autocommit=True)
                if is_postgresql(self._url)
                else sqlite3.connect(sqlite_path(self._url), isolation_level=None)
            )
        return dict(self._connection.execute(self._query).fetchall())

    def close(self) -> None:
        """Close the connection, which the next count opens again."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def stored_bytes(url: str) -> bytes:
    """What a thief of the disk has. Of a file all of it, with its log, so deleted rows count too."""
    if not is_postgresql(url):
        path = sqlite_path(url)
        return b"".join(file.read_bytes() for file in path.parent.glob(f"{path.name}*"))
    values = (value for rows in read_tables(url).values() for row in rows for value in row)
    return b"\n".join(value if isinstance(value, bytes) else str(value).encode() for value in values)


@contextmanager
def locked(url: str) -> Iterator[None]:
    """Another program holds the database: what is written is refused, what is read is read."""
    if is_postgresql(url):
        with psycopg.connect(url) as connection:
            names = sql.SQL(", ").join(map(sql.Identifier, postgresql.tables(url)))
            connection.execute(sql.SQL("LOCK TABLE {} IN EXCLUSIVE MODE").format(names))
            yield
            connection.rollback()
        return
    with closing(sqlite3.connect(sqlite_path(url), isolation_level=None)) as connection_to_file:
        connection_to_file.execute("BEGIN EXCLUSIVE")
        yield
        connection_to_file.execute("ROLLBACK")
