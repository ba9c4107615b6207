"""The schema's way up, down and up again, and what happens when it is not ours."""

import asyncio
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from lingpai.server.storage import migrate
from lingpai.server.storage.clients import Clients
from lingpai.server.storage.driver import StorageUnavailable
from lingpai.server.storage.migrate import DatabaseNewerThanCode, SchemaState
from lingpai.server.storage.sqlite import SQLiteDriver
from tests.storage.samples import client

HEAD = migrate.revisions()[-1]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "lingpai.db"


@pytest.fixture
def database(path: Path) -> str:
    return f"sqlite:///{path}"


def _query(path: Path, sql: str) -> list[Any]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(sql).fetchall()


def _schema(path: Path) -> list[Any]:
    return _query(path, "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY type, name")


def test_nothing_there_is_an_empty_database(database: str, path: Path) -> None:
    assert migrate.check(database) == SchemaState(current=None, head=HEAD)
    assert not path.exists(), "looking makes no file"


def test_up_down_and_up_again_is_the_same_schema(database: str, path: Path) -> None:
    migrate.upgrade(database)
    whole = _schema(path)
    assert migrate.check(database) == SchemaState(current=HEAD, head=HEAD)
    migrate.downgrade(database, "base")
    assert migrate.check(database).current is None
    assert {name for _, name, _, _ in _schema(path) if not name.startswith("sqlite_")} <= {"alembic_version"}
    migrate.upgrade(database)
    assert _schema(path) == whole


@pytest.mark.parametrize("revision", migrate.revisions())
def test_every_revision_can_be_reached_and_left(database: str, revision: str) -> None:
    migrate.upgrade(database, revision)
    assert migrate.check(database).current == revision
    migrate.upgrade(database)
    migrate.downgrade(database, revision)
    assert migrate.check(database).current == revision


def test_upgrading_what_is_up_to_date_changes_nothing(database_file: Path) -> None:
    asyncio.run(_fill(database_file))
    before = database_file.read_bytes()
    migrate.upgrade(f"sqlite:///{database_file}")
    assert database_file.read_bytes() == before


async def _fill(path: Path) -> None:
    driver = SQLiteDriver(path)
    await Clients(driver).put(client())
    await driver.close()


def test_processes_that_start_together_upgrade_once(database: str) -> None:
    with ThreadPoolExecutor(4) as processes:
        for done in [processes.submit(migrate.upgrade, database) for _ in range(4)]:
            done.result()
    assert migrate.check(database).current == HEAD


@pytest.mark.parametrize("command", [migrate.upgrade, lambda database: migrate.downgrade(database, "base")])
def test_a_database_newer_than_the_code_is_left_alone(database: str, path: Path, command: Any) -> None:
    migrate.upgrade(database)
    with closing(sqlite3.connect(path, isolation_level=None)) as newer:
        newer.execute("UPDATE alembic_version SET version_num = '9999', oldest_compatible = '9999'")
    before = path.read_bytes()
    assert migrate.check(database).is_newer_than_code
    with pytest.raises(DatabaseNewerThanCode, match="9999"):
        command(database)
    assert path.read_bytes() == before


def test_a_file_that_is_no_database_is_left_alone(database: str, path: Path) -> None:
    letter = b"this is not a database, it is a letter " * 300
    path.write_bytes(letter)
    for command in (migrate.check, migrate.upgrade, lambda database: migrate.downgrade(database, "base")):
        with pytest.raises(StorageUnavailable):
            command(database)
    assert path.read_bytes() == letter


def test_a_folder_that_is_not_there_is_a_clear_refusal(tmp_path: Path) -> None:
    with pytest.raises(StorageUnavailable, match="unable to open"):
        migrate.upgrade(f"sqlite:///{tmp_path}/nowhere/lingpai.db")


def test_a_migration_that_fails_leaves_the_schema_as_it_was(database: str, path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as foreign:
        foreign.execute("CREATE TABLE spent (something TEXT)")  # the sixth table the first migration makes
    with pytest.raises(StorageUnavailable, match="already exists"):
        migrate.upgrade(database)
    assert [name for _, name, _, _ in _schema(path)] == ["spent"]
    assert migrate.check(database).current is None


@pytest.mark.parametrize("setting", ["sqlite:///", "mysql://localhost/lingpai", "lingpai.db", ""])
def test_a_setting_that_names_no_file_is_refused(setting: str) -> None:
    with pytest.raises(ValueError, match="sqlite:///"):
        migrate.check(setting)
