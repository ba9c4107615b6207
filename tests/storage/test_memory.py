"""What a repository remembers is never older than the last commit anybody was told of."""

import asyncio
from pathlib import Path

from lingpai.server.storage.accounts import Accounts
from lingpai.server.storage.clients import Clients
from lingpai.server.storage.driver import Driver, Statement
from lingpai.server.storage.memory import Memory
from lingpai.server.storage.sessions import Sessions
from lingpai.server.storage.sqlite import SQLiteDriver
from tests.counting import CountingDriver
from tests.storage.conftest import OpenDriver
from tests.storage.samples import NOW, account, client, session


async def test_our_own_commit_is_seen_by_whoever_was_told_of_it(driver: Driver) -> None:
    clients = Clients(driver)
    for number in range(20):
        written = client(client_name=f"name {number}")
        await clients.put(written)
        assert await clients.get(written.client_id) == written


async def test_a_commit_of_another_process_is_seen_from_the_next_turn_on(open_driver: OpenDriver) -> None:
    ours, theirs = open_driver(), open_driver()
    here, there = Clients(ours), Clients(theirs)
    for number in range(20):
        written = client(client_name=f"name {number}")
        await there.put(written)
        await asyncio.sleep(0)
        assert await here.get(written.client_id) == written


async def test_what_nobody_changed_is_not_read_again(database_file: Path) -> None:
    driver = CountingDriver(SQLiteDriver(database_file))
    clients = Clients(driver)
    await clients.put(client())
    first = await clients.get("photo-print")
    driver.reads.clear()
    assert await clients.get("photo-print") is first
    await asyncio.sleep(0)
    assert await clients.get("photo-print") is first
    assert driver.reads == []
    await driver.close()


async def test_a_remembered_session_still_expires(driver: Driver) -> None:
    sessions = Sessions(driver)
    person = account()
    await Accounts(driver).put(person)
    known = session(person, expires_at=NOW + 10)
    await sessions.record(known)
    assert await sessions.get_signed_in_with_grant(known.digest, "photo-print", NOW) is not None
    assert await sessions.get_signed_in_with_grant(known.digest, "photo-print", NOW + 10) is None


async def test_what_was_read_before_a_commit_is_not_kept_after_it(driver: Driver) -> None:
    """Two readers: the slow one read the old row, then a commit came, and the fast one has noticed it."""
    memory: Memory[str] = Memory(driver)
    go_on = asyncio.Event()

    async def slowly() -> str:
        await go_on.wait()
        return "old"

    async def read() -> str:
        return "new"

    async with asyncio.TaskGroup() as others:
        slow = others.create_task(memory.get("key", slowly))
        await asyncio.sleep(0)
        await driver.transact([Statement("INSERT INTO heartbeat (id, at) VALUES (7, 1)")])
        assert await memory.get("other", read) == "new"
        go_on.set()
    assert slow.result() == "old"
    assert await memory.get("key", read) == "new"


async def test_the_memory_is_bounded(driver: Driver) -> None:
    memory: Memory[int] = Memory(driver)

    read: list[int] = []

    async def number_itself(number: int) -> int:
        read.append(number)
        return number + 1

    for number in (*range(5000), *range(5000)):
        assert await memory.get(number, number_itself, number) == number + 1
    assert len(read) > 5000 + 2000, "the second time most were forgotten"
