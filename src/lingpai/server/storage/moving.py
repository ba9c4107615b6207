"""A whole database to another place: moved while it is served from, backed up, restored.

Owns the order of steps and what each refuses. Nothing is deleted anywhere: a move leaves the file behind, closed for
writing, and goes on where it was when it is started again.
"""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from msgspec import Struct

from lingpai.server.database_url import database_name, is_postgresql, sqlite_path
from lingpai.server.storage import migrate
from lingpai.server.storage.copying import Side, SQLiteSide, Sum, Table, backup_file, reconcile, sum_up


class CopyRefused(Exception):
    """It cannot be done like this; nothing was changed. The message says what to do."""


class Copied(Struct, frozen=True):
    """A table that is the same on both sides."""

    table: str
    sum: Sum


Progress = Callable[[str, str, int], Callable[[int], None]]
"""Who is told how far it is: a phase begins with a table of so many rows; the answer hears how many more are done."""


def move(source_url: str, target_url: str, progress: Progress) -> list[Copied]:
    """Copy an SQLite file that is served from to an empty PostgreSQL database, then close the file for writing.

    Everything is copied while others write; then nobody does, until what changed meanwhile was copied too and both
    sides were compared. Raises ``CopyRefused``, ``StorageUnavailable`` and the databases' own errors.
    """
    _check_schema(source_url)
    if is_postgresql(source_url) or not is_postgresql(target_url):
        raise CopyRefused("only an SQLite file moves, and only to PostgreSQL")
    migrate.upgrade(target_url)
    from lingpai.server.storage.copying_postgres import PostgresSide  # noqa: PLC0415 - an extra

    with closing(SQLiteSide(sqlite_path(source_url))) as source, closing(PostgresSide(target_url)) as target:
        source.begin()
        if not target.mark(str(sqlite_path(source_url).resolve())):
            raise CopyRefused(f"{database_name(target_url)} is not empty: make a new database")
        _copy(source, target, "copying", progress)
        source.lock()
        _copy(source, target, "catching up", progress)
        copied = _compare(source, target, progress)
        target.unmark()
        source.refuse_writing(f"moved to {database_name(target_url)}")
    return copied


def backup(source_url: str, file: Path, progress: Progress) -> list[Copied]:
    """Write everything, as of one moment, into a new SQLite file; from PostgreSQL too. Others go on writing."""
    _check_schema(source_url)
    if file.exists():
        raise CopyRefused(f"{file} exists: name another file")
    part = file.with_name(f"{file.name}.part")
    part.unlink(missing_ok=True)
    if is_postgresql(source_url):
        part.touch(0o600)
        copied = _copy_whole(source_url, f"sqlite:///{part}", progress)
        with closing(sqlite3.connect(part)) as written:
            written.execute("PRAGMA journal_mode=DELETE")
    else:
        backup_file(sqlite_path(source_url), part)
        with closing(SQLiteSide(part)) as made:
            copied = [Copied(table.name, sum_up(made, table)) for table in made.tables()]
    part.replace(file)
    return copied


def restore(file: Path, target_url: str, progress: Progress) -> list[Copied]:
    """Fill an empty database with what a backup holds."""
    if not file.is_file():
        raise CopyRefused(f"there is no file {file}")
    _check_schema(f"sqlite:///{file}")
    if not is_postgresql(target_url) and sqlite_path(target_url).exists():
        raise CopyRefused(f"{sqlite_path(target_url)} exists: move it away first")
    if is_postgresql(target_url) and migrate.check(target_url).current is not None:
        with closing(_open_side(target_url)) as target:
            target.begin()
            if any(target.count(table) for table in target.tables()):
                raise CopyRefused(f"{database_name(target_url)} is not empty: make a new database")
    migrate.make_folder(target_url)
    return _copy_whole(f"sqlite:///{file}", target_url, progress)


def database_errors() -> tuple[type[Exception], ...]:
    """What either database may raise on the way."""
    try:
        import psycopg  # noqa: PLC0415 - an extra
    except ImportError:
        return (sqlite3.Error,)
    return (sqlite3.Error, psycopg.Error)


def _open_side(url: str) -> Side:
    if is_postgresql(url):
        from lingpai.server.storage.copying_postgres import PostgresSide  # noqa: PLC0415 - an extra

        return PostgresSide(url)
    return SQLiteSide(sqlite_path(url))


def _copy_whole(source_url: str, target_url: str, progress: Progress) -> list[Copied]:
    migrate.upgrade(target_url)
    if not is_postgresql(target_url):
        with closing(sqlite3.connect(sqlite_path(target_url))) as made:
            made.execute("PRAGMA journal_mode=WAL")  # else nobody could write what somebody reads
    with closing(_open_side(source_url)) as source, closing(_open_side(target_url)) as target:
        _copy(source, target, "copying", progress)
        return _compare(source, target, progress, anew=False)


def _copy(source: Side, target: Side, phase: str, progress: Progress) -> None:
    source.begin()
    target.begin()
    theirs = {table.name: table for table in target.tables()}
    for table in source.tables():
        if theirs.get(table.name) != table:
            raise CopyRefused(f"the table {table.name} is not the same on both sides: `lingpai db upgrade` first")
        reconcile(source, target, table, progress(phase, table.name, source.count(table)))
    target.finish()


def _compare(source: Side, target: Side, progress: Progress, *, anew: bool = True) -> list[Copied]:
    """Read both sides once more. ``anew``: the source's present state, not the one that was copied."""
    if anew:
        source.begin()
    target.begin()
    copied = []
    for table in source.tables():
        report = progress("comparing", table.name, 1)
        here, there = sum_up(source, table), sum_up(target, table)
        if here != there:
            raise CopyRefused(_unequal(table, here, there))
        copied.append(Copied(table.name, here))
        report(1)
    return copied


def _unequal(table: Table, here: Sum, there: Sum) -> str:
    return f"{table.name} differs: {here.rows} rows ({here.digest[:8]}), copied {there.rows} ({there.digest[:8]})"


def _check_schema(url: str) -> None:
    state = migrate.check(url)
    if state.current is None:
        raise CopyRefused(f"there is no database at {database_name(url)}")
    if state.is_ahead:
        raise CopyRefused(
            f"the database is at revision {state.current}, this lingpai at {state.head}: use the newer one"
        )
    if state.current != state.head:
        raise CopyRefused(f"the database is at revision {state.current}, not {state.head}: `lingpai db upgrade` first")
