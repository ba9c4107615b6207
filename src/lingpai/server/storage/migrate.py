"""Which schema a database has, and how it is brought to another one.

Owns the revision check at start (cheap: Alembic is not imported) and running Alembic for ``lingpai db …`` and first
start. Leaves the SQL of each step to ``migrations/versions``.
"""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from lingpai.server.storage.driver import StorageUnavailable

if TYPE_CHECKING:
    from alembic.config import Config as AlembicConfig

_MIGRATIONS = Path(__file__).parent / "migrations"
SQLITE = "sqlite:///"


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


def sqlite_path(database: str) -> Path:
    """The file behind a ``sqlite:///…`` setting. Raises ``ValueError`` for anything else."""
    if not database.startswith(SQLITE) or len(database) == len(SQLITE):
        raise ValueError("database must look like sqlite:///lingpai.db or sqlite:////var/lib/lingpai/lingpai.db")
    return Path(database.removeprefix(SQLITE))


def revisions() -> list[str]:
    """Every revision this code knows, oldest first: the numbers in front of the file names."""
    return sorted(file.name[:4] for file in (_MIGRATIONS / "versions").glob("[0-9][0-9][0-9][0-9]_*.py"))


def check(database: str) -> SchemaState:
    """Where the database stands. Raises ``StorageUnavailable`` when it cannot be read."""
    path = sqlite_path(database)
    current: str | None = None
    if path.exists():
        try:
            with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=5)) as connection:
                if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").fetchone():
                    row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
                    current = row[0] if row else None
        except sqlite3.Error as error:
            raise StorageUnavailable(f"cannot read {path}: {error}") from error
    return SchemaState(current=current, head=revisions()[-1])


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

    engine = create_engine(SQLITE + str(sqlite_path(database)), connect_args={"timeout": 30, "isolation_level": None})
    # One transaction around all steps, taken at once: of two processes starting together, one waits for the other.
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    try:
        with engine.begin() as connection:
            config = _alembic_config()
            config.attributes["connection"] = connection
            (command.upgrade if up else command.downgrade)(config, revision)
    except DBAPIError as error:
        raise StorageUnavailable(f"cannot migrate {database}: {error.orig}") from error
    finally:
        engine.dispose()


def _alembic_config() -> "AlembicConfig":
    from alembic.config import Config as AlembicConfig

    config = AlembicConfig()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    return config
