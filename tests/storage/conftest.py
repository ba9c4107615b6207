"""A migrated database for every test, once per kind of driver: whatever a repository promises, every driver keeps."""

import shutil
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from lingpai.server.storage import migrate
from lingpai.server.storage.driver import Driver
from lingpai.server.storage.sqlite import SQLiteDriver

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


@pytest.fixture(params=["sqlite"])
async def open_driver(request: pytest.FixtureRequest) -> AsyncIterator[OpenDriver]:
    """Opens drivers of the kind under test on one database; all are closed at the end."""
    opened: list[Driver] = []
    path: Path = request.getfixturevalue("database_file")

    def open_one() -> Driver:
        opened.append(SQLiteDriver(path))
        return opened[-1]

    yield open_one
    for driver in opened:
        await driver.close()


@pytest.fixture
def driver(open_driver: OpenDriver) -> Driver:
    """The driver most tests need: one."""
    return open_driver()
