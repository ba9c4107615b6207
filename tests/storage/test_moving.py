"""Moving while others write, backing up, restoring: nothing is lost, nothing twice, nothing overwritten."""

import asyncio
import sqlite3
import stat
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from msgspec.structs import replace

from lingpai.server.storage import migrate, moving
from lingpai.server.storage.accounts import Accounts
from lingpai.server.storage.audit import AuditLog
from lingpai.server.storage.clients import Clients
from lingpai.server.storage.driver import Driver, Statement, StorageUnavailable
from lingpai.server.storage.grants import Grants
from lingpai.server.storage.moving import CopyRefused
from lingpai.server.storage.postgres import PostgresDriver
from lingpai.server.storage.records import Account, AuditEvent
from lingpai.server.storage.sqlite import SQLiteDriver
from lingpai.server.storage.token_families import TokenFamilies
from tests import databases, postgresql
from tests.storage.samples import NOW, account, allowed, client, family

FULL = 1050
"""Accounts: more than a batch."""


def _quiet(_phase: str, _table: str, _total: int) -> Callable[[int], None]:
    return lambda _rows: None


@pytest.fixture
def empty_postgresql(postgresql_server: str) -> Iterator[str]:
    url = postgresql.new_database(postgresql_server)
    yield url
    postgresql.drop_database(postgresql_server, url)


@pytest.fixture
async def full_file(database_file: Path) -> str:
    """The URL of a file with rows in it, odd ones too."""
    driver = SQLiteDriver(database_file)
    await _fill(driver)
    await driver.close()
    return f"sqlite:///{database_file}"


async def _fill(driver: Driver) -> None:
    people = [account(username=name) for name in ["张三", "élan", "Z", "z", "𠮷", "_", "ａ", "'"]]
    people += [account(username=f"person{number}") for number in range(FULL)]
    await asyncio.gather(*[Accounts(driver).put(person) for person in people])
    await Clients(driver).put(client())
    given = await allowed(driver)
    await TokenFamilies(driver).redeem(family(given))
    for number in range(5):
        await AuditLog(driver).record(AuditEvent(at=NOW + number, event="sign_in"))


def _rows(url: str) -> dict[str, list[str]]:
    tables = databases.read_tables(url)
    return {name: sorted(map(repr, rows)) for name, rows in tables.items() if name != "alembic_version"}


def test_a_file_moves_whole_and_the_new_database_goes_on_counting(full_file: str, empty_postgresql: str) -> None:
    before = _rows(full_file)
    copied = moving.move(full_file, empty_postgresql, _quiet)
    assert _rows(empty_postgresql) == before
    assert {each.table: each.sum.rows for each in copied} == {name: len(rows) for name, rows in before.items()}

    async def go_on() -> None:
        driver = PostgresDriver(empty_postgresql)
        await AuditLog(driver).record(AuditEvent(at=NOW + 9, event="sign_out"))
        assert [event.event for event in await AuditLog(driver).list(limit=2)] == ["sign_out", "sign_in"]
        await driver.close()

    asyncio.run(go_on())


def test_what_is_written_meanwhile_moves_too_and_afterwards_nobody_writes_the_file(
    full_file: str, empty_postgresql: str
) -> None:
    driver = SQLiteDriver(Path(full_file.removeprefix("sqlite:///")))
    answered: list[str] = []

    async def write() -> None:
        person: Account | None = account(username="changes all the time")
        while person is not None:
            number = len(answered)
            try:
                await Accounts(driver).put(replace(person, name=f"name {number}"))
                await Accounts(driver).put(account(username=f"new {number}"))
            except StorageUnavailable as refused:
                if "moved to" in str(refused):
                    return
                continue  # it waited too long for the lock: the copy is at its end
            answered.append(f"new {number}")

    writing = threading.Thread(target=asyncio.run, args=(write(),))
    writing.start()
    moving.move(full_file, empty_postgresql, _quiet)
    writing.join()
    assert _rows(empty_postgresql) == _rows(full_file)
    usernames = {row[1] for row in databases.read_tables(empty_postgresql)["account"]}
    assert set(answered) <= usernames
    asyncio.run(driver.close())


def test_an_interrupted_move_goes_on_and_sees_what_changed(full_file: str, empty_postgresql: str) -> None:
    class Interrupted(Exception):
        pass

    def stop_at_accounts(phase: str, table: str, _total: int) -> Callable[[int], None]:
        if (phase, table) == ("copying", "session"):
            raise Interrupted
        return lambda _rows: None

    with pytest.raises(Interrupted):
        moving.move(full_file, empty_postgresql, stop_at_accounts)
    with closing(sqlite3.connect(full_file.removeprefix("sqlite:///"))) as file, file:
        file.execute("DELETE FROM account WHERE username = 'z'")
        file.execute("UPDATE account SET username = 'z' WHERE username = 'Z'")
    moving.move(full_file, empty_postgresql, _quiet)
    assert _rows(empty_postgresql) == _rows(full_file)


def test_a_target_with_rows_is_refused_and_left_alone(full_file: str, empty_postgresql: str) -> None:
    migrate.upgrade(empty_postgresql)

    async def put() -> None:
        driver = PostgresDriver(empty_postgresql)
        await driver.transact([Statement("INSERT INTO heartbeat (id, at) VALUES (1, 1)")])
        await driver.close()

    asyncio.run(put())
    before = _rows(empty_postgresql)
    with pytest.raises(CopyRefused, match="not empty"):
        moving.move(full_file, empty_postgresql, _quiet)
    assert _rows(empty_postgresql) == before
    with closing(sqlite3.connect(full_file.removeprefix("sqlite:///"))) as file:
        file.execute("DELETE FROM heartbeat")


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
async def test_a_backup_is_of_one_moment_and_restores_to_either_database(
    kind: str, database_file: Path, postgresql_database: str, empty_postgresql: str, tmp_path: Path
) -> None:
    served = f"sqlite:///{database_file}" if kind == "sqlite" else postgresql_database
    driver = SQLiteDriver(database_file) if kind == "sqlite" else PostgresDriver(served)
    await _fill(driver)
    before = _rows(served)
    file = tmp_path / "backup.db"
    moving.backup(served, file, _quiet)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert not [path for path in tmp_path.iterdir() if path.name.startswith("backup.db.")]  # noqa: ASYNC240 - a test
    owner = await Accounts(driver).get_by_username("zhangsan")
    assert owner
    ((given, _),) = await Grants(driver).list_with_clients(owner.id, NOW)
    assert await Grants(driver).end(given.account_id, given.client_id, NOW), "served from, still"
    await driver.close()
    for target in (f"sqlite:///{tmp_path}/restored.db", empty_postgresql):
        moving.restore(file, target, _quiet)
        assert _rows(target) == before
        with pytest.raises(CopyRefused):
            moving.restore(file, target, _quiet)


def test_a_backup_overwrites_nothing(full_file: str, tmp_path: Path) -> None:
    file = tmp_path / "precious.txt"
    file.write_text("precious")
    with pytest.raises(CopyRefused, match="exists"):
        moving.backup(full_file, file, _quiet)
    assert file.read_text() == "precious"
