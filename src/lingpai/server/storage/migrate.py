"""Which schema a database has, and how it is brought to another one.

Owns the revision check at start (cheap: Alembic is not imported) and running Alembic for ``lingpai db …`` and first
start. Leaves the SQL of each step to ``migrations/versions``.
"""

import ast
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from lingpai.server.database_url import database_name, is_postgresql, sqlite_path
from lingpai.server.storage.driver import StorageUnavailable

if TYPE_CHECKING:
    import psycopg
    from alembic.config import Config as AlembicConfig

_MIGRATIONS = Path(__file__).parent / "migrations"
_LOCK = "SELECT pg_advisory_xact_lock(30518569462391145)"
"""Of PostgreSQL: of processes that start together, one upgrades while the others wait."""


class DatabaseNewerThanCode(Exception):
    """The database was upgraded by a newer Lingpai; this one would not understand it."""


class SchemaState(Struct, frozen=True):
    """``current``: the database's revision, ``None`` when it is empty; ``head``: the revision this code needs."""

    current: str | None
    head: str

    @property
    def needs_upgrade(self) -> bool:
        """Whether ``lingpai db upgrade`` has something to do."""
        return self.current is None or self.current < self.head

    @property
    def is_newer_than_code(self) -> bool:
        """Whether only a newer Lingpai can serve this database."""
        return self.current is not None and self.current > self.head


def revisions() -> list[str]:
    """Every revision this code knows, oldest first: the numbers in front of the file names."""
    return sorted(file.name[:4] for file in (_MIGRATIONS / "versions").glob("[0-9][0-9][0-9][0-9]_*.py"))


def plan(database: str) -> list[tuple[str, str]]:
    """The steps ``upgrade`` would take, and what each is for. Raises as ``check`` does."""
    current = check(database).current or ""
    steps = []
    for file in sorted((_MIGRATIONS / "versions").glob("[0-9][0-9][0-9][0-9]_*.py")):
        if file.name[:4] > current:
            purpose = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""
            steps.append((file.name[:4], purpose.partition("\n")[0]))
    return steps


def make_folder(database: str) -> None:
    """Make the directory an SQLite file lies in. Raises ``OSError``."""
    if not is_postgresql(database):
        sqlite_path(database).parent.mkdir(parents=True, exist_ok=True)


def check(database: str) -> SchemaState:
    """Where the database stands. Raises ``StorageUnavailable`` when it cannot be read."""
    current = _revision_on_postgresql(database) if is_postgresql(database) else _revision_in_file(sqlite_path(database))
    return SchemaState(current=current, head=revisions()[-1])


def _revision_in_file(path: Path) -> str | None:
    if not path.exists():
        return None
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=5)) as connection:
            if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").fetchone():
                row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
                return row[0] if row else None
            return None
    except sqlite3.Error as error:
        raise StorageUnavailable(f"cannot read {path}: {error}") from error


def _revision_on_postgresql(database: str) -> str | None:
    with _connected(database) as connection:
        if connection.execute("SELECT to_regclass('alembic_version')").fetchone() == (None,):
            return None
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        return None if row is None else str(row[0])


@contextmanager
def _connected(database: str) -> "Iterator[psycopg.Connection[tuple[Any, ...]]]":
    """A connection in autocommit mode. What libpq says of a URL it cannot read quotes the password: not passed on."""
    import psycopg

    try:
        with psycopg.connect(database, autocommit=True, connect_timeout=5, application_name="lingpai") as connection:
            yield connection
    except psycopg.ProgrammingError:
        raise StorageUnavailable(f"cannot read {database_name(database)}: check URL and user") from None
    except psycopg.Error as error:
        raise StorageUnavailable(f"cannot read {database_name(database)}: {error}") from None


def upgrade(database: str, revision: str = "head") -> None:
    """Bring the schema up to ``revision``. Raises ``DatabaseNewerThanCode``, ``StorageUnavailable``."""
    _refuse_newer(database)
    _run(database, revision, up=True)


def downgrade(database: str, revision: str) -> None:
    """Bring the schema down to ``revision`` (``base``: nothing). Raises as ``upgrade`` does."""
    _refuse_newer(database)
    _run(database, revision, up=False)


def _refuse_newer(database: str) -> None:
    state = check(database)
    if state.is_newer_than_code:
        raise DatabaseNewerThanCode(
            f"the database is at revision {state.current}, this Lingpai knows up to {state.head}: install the newer one"
        )


def _run(database: str, revision: str, *, up: bool) -> None:
    from alembic import command
    from sqlalchemy import create_engine, event
    from sqlalchemy.exc import DBAPIError

    if is_postgresql(database):
        engine = create_engine("postgresql+psycopg://", creator=lambda: _raw_connection(database))
        begin = _LOCK
    else:
        options = {"timeout": 30, "isolation_level": None}
        engine = create_engine(f"sqlite:///{sqlite_path(database)}", connect_args=options)
        begin = "BEGIN IMMEDIATE"
    # One transaction around all steps, taken at once: of two processes starting together, one waits for the other.
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(begin))
    try:
        with engine.begin() as connection:
            config = _alembic_config()
            config.attributes["connection"] = connection
            (command.upgrade if up else command.downgrade)(config, revision)
    except DBAPIError as error:
        raise StorageUnavailable(f"cannot migrate {database_name(database)}: {error.orig}") from None
    finally:
        engine.dispose()


def _raw_connection(database: str) -> "psycopg.Connection[tuple[Any, ...]]":
    import psycopg

    return psycopg.connect(database, connect_timeout=5, application_name="lingpai")


def _alembic_config() -> "AlembicConfig":
    from alembic.config import Config as AlembicConfig

    config = AlembicConfig()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    return config
