"""A migrated database for every test, once per kind of driver: whatever a repository promises, every driver keeps."""

import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from lingpai.server.storage import migrate
from lingpai.server.storage.driver import Driver
from lingpai.server.storage.postgres import PostgresDriver
from lingpai.server.storage.sqlite import SQLiteDriver
from tests import postgresql
from tests.storage.foreign import Foreign, ForeignToPostgreSQL, ForeignToSQLite

OpenDriver = Callable[[], Driver]
"""One more process, as it were: a driver of its own on the same database."""


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Migrated once; tests work on copies, because migrating takes longer than most of them."""
    path = tmp_path_factory.mktemp("database") / "empty.db"
    migrate.upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture
def database_file(empty_database: Path, tmp_path: Path) -> Path:
    """An SQLite file with the schema and no rows."""
    path = tmp_path / "lingpai.db"
    shutil.copy(empty_database, path)
    return path


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """The URL of a PostgreSQL to make databases on."""
    with postgresql.any_server() as url:
        yield url


@pytest.fixture(scope="session")
def everybodys_postgresql(postgresql_server: str) -> Iterator[str]:
    """A migrated database for all tests; they take ``postgresql_database``."""
    url = postgresql.new_database(postgresql_server)
    migrate.upgrade(url)
    yield url
    postgresql.drop_database(postgresql_server, url)


@pytest.fixture
def postgresql_database(everybodys_postgresql: str) -> Iterator[str]:
    """The URL of a PostgreSQL database with the schema and no rows."""
    yield everybodys_postgresql
    postgresql.empty(everybodys_postgresql)


@pytest.fixture(params=["sqlite", "postgresql"])
def kind(request: pytest.FixtureRequest) -> str:
    """The kind of database under test."""
    found: str = request.param
    return found


@pytest.fixture
def foreign(kind: str, request: pytest.FixtureRequest) -> Foreign:
    """Somebody else at the database the drivers are opened on."""
    if kind == "sqlite":
        return ForeignToSQLite(request.getfixturevalue("database_file"))
    return ForeignToPostgreSQL(request.getfixturevalue("postgresql_database"))


@pytest.fixture
async def open_driver(kind: str, request: pytest.FixtureRequest) -> AsyncIterator[OpenDriver]:
    """Opens drivers of the kind under test on one database; all are closed at the end."""
    opened: list[Driver] = []
    is_sqlite = kind == "sqlite"
    database = request.getfixturevalue("database_file" if is_sqlite else "postgresql_database")

    def open_one() -> Driver:
        opened.append(SQLiteDriver(database) if is_sqlite else PostgresDriver(database))
        return opened[-1]

    yield open_one
    for driver in opened:
        await driver.close()


@pytest.fixture
def driver(open_driver: OpenDriver) -> Driver:
    """The driver most tests need: one."""
    return open_driver()
