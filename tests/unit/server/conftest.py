"""A migrated database of its own for every test that wants one."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from lingpai.server.storage import migrate
from lingpai.server.storage.sqlite import SQLiteDriver


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Migrated once; tests work on copies, because migrating takes longer than most of them."""
    path = tmp_path_factory.mktemp("database") / "empty.db"
    migrate.upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture
async def driver(empty_database: Path, tmp_path: Path) -> AsyncIterator[SQLiteDriver]:
    path = tmp_path / "lingpai.db"
    shutil.copy(empty_database, path)
    driver = SQLiteDriver(path)
    yield driver
    await driver.close()
