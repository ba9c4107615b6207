"""A database that is locked, full, read-only, damaged or gone: a clear refusal, nothing written, and on it goes after.

The first ones ask the writer's own connection for the trouble (``PRAGMA`` through ``transact``), so that the error is
SQLite's real one.
"""

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from lingpai.server.storage.driver import Driver, Statement, StorageUnavailable
from lingpai.server.storage.sqlite import SQLiteDriver
from tests.storage.test_killed_writer import PROGRAM

INSERT = "INSERT INTO scope_definition (name, document) VALUES ($1, $2)"
BIG = Statement(INSERT, ("big", "x" * 500_000))
SMALL = Statement(INSERT, ("small", "x"))


@pytest.fixture
def kind() -> str:
    """PostgreSQL's troubles are in ``test_postgresql_away``."""
    return "sqlite"


async def _count(driver: Driver) -> int:
    row = await driver.fetch_one("SELECT count(*) FROM scope_definition")
    assert row
    count: int = row[0]
    return count


async def test_a_lock_that_is_held_too_long_is_a_refusal_and_then_forgotten(
    database_file: Path, driver: Driver
) -> None:
    await driver.transact([Statement("PRAGMA busy_timeout=50")])
    with closing(sqlite3.connect(database_file, isolation_level=None)) as foreign:
        foreign.execute("BEGIN EXCLUSIVE")
        with pytest.raises(StorageUnavailable, match="locked"):
            await driver.transact([SMALL])
        assert await _count(driver) == 0, "who only reads goes on"
        foreign.execute("ROLLBACK")
    assert await driver.transact([SMALL]) == []
    assert await _count(driver) == 1


async def test_a_full_database_refuses_what_does_not_fit_and_takes_what_does_later(driver: Driver) -> None:
    await driver.transact([Statement("PRAGMA max_page_count=60")])
    with pytest.raises(StorageUnavailable, match="full"):
        await driver.transact([SMALL, BIG])
    assert await _count(driver) == 0, "not even the part that would have fitted"
    assert await driver.transact([SMALL]) == []
    await driver.transact([Statement("PRAGMA max_page_count=1000000")])
    assert await driver.transact([BIG]) == []
    assert await _count(driver) == 2


async def test_a_read_only_database_refuses_to_be_written_and_can_be_read(driver: Driver) -> None:
    await driver.transact([Statement("PRAGMA query_only=ON")])
    for _ in range(3):
        with pytest.raises(StorageUnavailable, match="readonly"):
            await driver.transact([SMALL])
    assert await _count(driver) == 0


async def test_a_file_that_may_not_be_written_can_be_read_and_later_be_written_again(database_file: Path) -> None:
    await SQLiteDriver(database_file).close()  # so that it is in WAL mode already
    for version, writable in ((3, False), (2, True)):  # the header's "write version": 3 is newer than this SQLite
        with database_file.open("r+b") as file:
            file.seek(18)
            file.write(bytes([version]))
        driver = SQLiteDriver(database_file)
        assert await _count(driver) == 0
        if writable:
            assert await driver.transact([SMALL]) == []
        else:
            with pytest.raises(StorageUnavailable, match="readonly"):
                await driver.transact([SMALL])
        await driver.close()


def test_a_full_disk_refuses_and_once_there_is_room_the_same_process_goes_on(database_file: Path) -> None:
    command = [sys.executable, str(PROGRAM), str(database_file), "full"]
    run = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    full, written, still_full, again = run.stdout.splitlines()
    assert full == "full"
    _, answered, there = written.split()
    assert int(answered) > 3
    assert there == answered, "what was answered is there, what was refused is not"
    assert still_full == f"still full {answered}"
    assert again == f"again {int(answered) + 1}"
    with closing(sqlite3.connect(database_file)) as after:
        assert after.execute("PRAGMA integrity_check").fetchone() == ("ok",)


async def test_a_file_that_is_no_database_is_refused_at_the_door(tmp_path: Path) -> None:
    path = tmp_path / "lingpai.db"
    path.write_bytes(b"this is not a database, it is a letter " * 300)
    with pytest.raises(StorageUnavailable, match="not a database"):
        SQLiteDriver(path)


def _damage(database_file: Path, table: str) -> None:
    """Write garbage over the first page of the table and of its indexes."""
    with closing(sqlite3.connect(database_file)) as before:
        roots = before.execute("SELECT rootpage FROM sqlite_master WHERE tbl_name = ?", (table,)).fetchall()
        page_size: int = before.execute("PRAGMA page_size").fetchone()[0]
    content = bytearray(database_file.read_bytes())
    for (root,) in roots:
        content[(root - 1) * page_size : root * page_size] = b"\xa5" * page_size
    database_file.write_bytes(content)


async def test_damaged_pages_are_refused_and_not_guessed_at(database_file: Path) -> None:
    _damage(database_file, "scope_definition")
    driver = SQLiteDriver(database_file)
    with pytest.raises(StorageUnavailable, match="malformed"):
        await _count(driver)
    with pytest.raises(StorageUnavailable, match="malformed"):
        await driver.transact([SMALL])
    assert await driver.transact([Statement("INSERT INTO heartbeat (id, at) VALUES (1, 1)")]) == [], "what is whole"
    await driver.close()


async def test_a_folder_that_is_not_there_is_refused_at_the_door(tmp_path: Path) -> None:
    with pytest.raises(StorageUnavailable, match="unable to open"):
        SQLiteDriver(tmp_path / "nowhere" / "lingpai.db")
    with pytest.raises(StorageUnavailable, match="unable to open"):
        SQLiteDriver(tmp_path)


async def test_an_empty_file_has_no_tables_to_read_from_or_write_to(tmp_path: Path) -> None:
    driver = SQLiteDriver(tmp_path / "new.db")
    with pytest.raises(StorageUnavailable, match="no such table"):
        await _count(driver)
    with pytest.raises((StorageUnavailable, sqlite3.OperationalError), match="no such table"):
        await driver.transact([SMALL])
    await driver.close()


async def test_a_connection_that_cannot_even_roll_back_is_replaced(database_file: Path) -> None:
    driver = SQLiteDriver(database_file)
    driver._writer.close()  # noqa: SLF001 - what a disk that is pulled out leaves of a connection
    with pytest.raises(StorageUnavailable):
        await driver.transact([SMALL])
    assert await driver.transact([SMALL]) == []
    await driver.close()
