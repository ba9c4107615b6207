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
    from sqlalchemy import Connection

MIGRATIONS = Path(__file__).parent / "migrations"
_LOCK = "SELECT pg_advisory_xact_lock(30518569462391145)"
"""Of PostgreSQL: of processes that start together, one upgrades while the others wait."""
_CURRENT = "SELECT version_num FROM alembic_version"
_RECORD = """UPDATE alembic_version SET oldest_compatible = '{0}'
WHERE oldest_compatible IS NULL OR oldest_compatible <> '{0}'"""


class DatabaseNewerThanCode(Exception):
    """The database was upgraded by a newer Lingpai; this one would not understand it."""


class SchemaState(Struct, frozen=True):
    """``current``: the database's revision, ``None`` when it is empty; ``head``: the revision this code is for.

    ``oldest_compatible``: the oldest code (by its head) that serves this database, said by who upgraded it beyond
    ``head``; ``None`` otherwise.
    """

    current: str | None
    head: str
    oldest_compatible: str | None = None

    @property
    def needs_upgrade(self) -> bool:
        """Whether ``lingpai db upgrade`` has something to do."""
        return self.current is None or self.current < self.head

    @property
    def is_ahead(self) -> bool:
        """Whether a newer Lingpai upgraded it. This one may serve it all the same, unless ``is_newer_than_code``."""
        return self.current is not None and self.current > self.head

    @property
    def is_newer_than_code(self) -> bool:
        """Whether only a newer Lingpai can serve this database."""
        return self.is_ahead and (self.oldest_compatible is None or self.oldest_compatible > self.head)


class Step(Struct, frozen=True):
    """A migration: its revision, what it is for, and the oldest code that serves a database it was applied to.

    A migration that only expands (tables, indexes, columns that may stay empty or have a default) names the oldest
    code that serves what was there before; one that contracts the first code that does without what it takes away.
    """

    revision: str
    purpose: str
    oldest_compatible: str


def revisions() -> list[str]:
    """Every revision this code knows, oldest first."""
    return [step.revision for step in steps()]


def steps(migrations: Path = MIGRATIONS) -> list[Step]:
    """Every migration, oldest first. Read, not imported: Alembic is slow to load."""
    found = []
    for file in sorted((migrations / "versions").glob("[0-9][0-9][0-9][0-9]_*.py")):
        module = ast.parse(file.read_text(encoding="utf-8"))
        said = {
            node.targets[0].id: node.value.value
            for node in module.body
            if isinstance(node, ast.Assign)
            and isinstance(node.targets[0], ast.Name)
            and isinstance(node.value, ast.Constant)
        }
        purpose = (ast.get_docstring(module) or "").partition("\n")[0]
        found.append(Step(file.name[:4], purpose, str(said["oldest_compatible"])))
    return found


def plan(database: str, revision: str = "head", *, migrations: Path = MIGRATIONS) -> list[Step]:
    """The steps ``upgrade`` would take. Raises ``DatabaseNewerThanCode``, and as ``check`` does."""
    _refuse_newer(database, migrations)
    current = check(database).current or ""
    return [
        step
        for step in steps(migrations)
        if current < step.revision and (revision == "head" or step.revision <= revision)
    ]


def may_serve_meanwhile(current: str | None, plan: list[Step]) -> bool:
    """Whether servers written for revision ``current`` may go on serving while and after ``plan`` is carried out."""
    return current is not None and all(step.oldest_compatible <= current for step in plan)


def make_folder(database: str) -> None:
    """Make the directory an SQLite file lies in. Raises ``OSError``."""
    if not is_postgresql(database):
        sqlite_path(database).parent.mkdir(parents=True, exist_ok=True)


def check(database: str) -> SchemaState:
    """Where the database stands. Raises ``StorageUnavailable`` when it cannot be read."""
    head = _newest_revision(MIGRATIONS)
    current, oldest = (
        _read_postgresql(database, head) if is_postgresql(database) else _read_file(sqlite_path(database), head)
    )
    return SchemaState(current=current, head=head, oldest_compatible=oldest)


def _newest_revision(migrations: Path) -> str:
    """By the names of the files alone: this is asked at every start."""
    return max(file.name[:4] for file in (migrations / "versions").glob("[0-9][0-9][0-9][0-9]_*.py"))


def _read_file(path: Path, head: str) -> tuple[str | None, str | None]:
    if not path.exists():
        return None, None
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=5)) as connection:
            if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").fetchone() is None:
                return None, None
            row = connection.execute(_CURRENT).fetchone()
            if row is None or row[0] <= head:
                return (row[0] if row else None), None
            columns = [name for (name,) in connection.execute("SELECT name FROM pragma_table_info('alembic_version')")]
            oldest = (
                connection.execute("SELECT oldest_compatible FROM alembic_version").fetchone()
                if "oldest_compatible" in columns
                else (None,)
            )
            return row[0], oldest[0]
    except sqlite3.Error as error:
        raise StorageUnavailable(f"cannot read {path}: {error}") from error


def _read_postgresql(database: str, head: str) -> tuple[str | None, str | None]:
    with _connected(database) as connection:
        if connection.execute("SELECT to_regclass('alembic_version')").fetchone() == (None,):
            return None, None
        row = connection.execute(_CURRENT).fetchone()
        if row is None or row[0] <= head:
            return (row[0] if row else None), None
        # Through JSON, which has nothing where there is no such column.
        oldest = connection.execute("SELECT to_jsonb(v) ->> 'oldest_compatible' FROM alembic_version v").fetchone()
        return row[0], oldest[0] if oldest else None


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


def upgrade(database: str, revision: str = "head", *, migrations: Path = MIGRATIONS) -> None:
    """Bring the schema up to ``revision``. Raises ``DatabaseNewerThanCode``, ``StorageUnavailable``.

    ``migrations``: those of another version of Lingpai, which this one's are the beginning of.
    """
    _refuse_newer(database, migrations)
    _run(database, revision, migrations, up=True)


def downgrade(database: str, revision: str, *, migrations: Path = MIGRATIONS) -> None:
    """Bring the schema down to ``revision`` (``base``: nothing). Raises as ``upgrade`` does."""
    _refuse_newer(database, migrations)
    _run(database, revision, migrations, up=False)


def _refuse_newer(database: str, migrations: Path) -> None:
    current, known = check(database).current, _newest_revision(migrations)
    if current is not None and current > known:
        raise DatabaseNewerThanCode(
            f"the database is at revision {current}, this Lingpai knows up to {known}: install the newer one"
        )


def _run(database: str, revision: str, migrations: Path, *, up: bool) -> None:
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
            config = _alembic_config(migrations)
            config.attributes["connection"] = connection
            (command.upgrade if up else command.downgrade)(config, revision)
            _record_oldest(connection, migrations)
    except DBAPIError as error:
        raise StorageUnavailable(f"cannot migrate {database_name(database)}: {error.orig}") from None
    finally:
        engine.dispose()


def _record_oldest(connection: "Connection", migrations: Path) -> None:
    """Beside the revision: which older code may go on serving, because that code cannot read it from files it lacks."""
    from sqlalchemy import inspect

    current = connection.exec_driver_sql(_CURRENT).scalar()
    applied = [step.oldest_compatible for step in steps(migrations) if current and step.revision <= current]
    if not applied:
        return
    if "oldest_compatible" not in {column["name"] for column in inspect(connection).get_columns("alembic_version")}:
        connection.exec_driver_sql("ALTER TABLE alembic_version ADD COLUMN oldest_compatible VARCHAR(32)")
    connection.exec_driver_sql(_RECORD.format(max(applied)))


def _raw_connection(database: str) -> "psycopg.Connection[tuple[Any, ...]]":
    import psycopg

    # Nothing stays prepared: behind PgBouncer the next statement may meet another connection.
    return psycopg.connect(database, connect_timeout=5, application_name="lingpai", prepare_threshold=None)


def _alembic_config(migrations: Path) -> "AlembicConfig":
    from alembic.config import Config as AlembicConfig

    config = AlembicConfig()
    config.set_main_option("script_location", str(migrations).replace("%", "%%"))
    return config
