"""Two processes on one database, as two drivers: neither sees half of what the other does, nor loses its own."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from msgspec.structs import replace

from lingpai.server.storage.clients import Clients
from lingpai.server.storage.driver import Driver, Statement
from lingpai.server.storage.grants import Grants
from lingpai.server.storage.throttles import Throttles
from lingpai.server.storage.token_families import TokenFamilies
from tests.storage.conftest import OpenDriver
from tests.storage.samples import NOW, allowed, client, family, together


async def test_what_one_was_answered_the_other_reads(open_driver: OpenDriver) -> None:
    one, other = open_driver(), open_driver()
    for number in range(20):
        application = client(client_name=f"name {number}")
        await Clients(one).put(application)
        assert await Clients(other).get("photo-print") == application
        one, other = other, one


async def test_nothing_is_lost_when_both_write_as_fast_as_they_can(open_driver: OpenDriver) -> None:
    drivers = open_driver(), open_driver()
    await together([Throttles(drivers[n % 2]).hit([b"k"], NOW, NOW + 60) for n in range(600)])
    for driver in drivers:
        assert await Throttles(driver).counts([b"k"], (NOW - 60, NOW)) == {(b"k", NOW): 600}


async def test_a_code_is_redeemed_by_one_of_both(open_driver: OpenDriver) -> None:
    drivers = open_driver(), open_driver()
    redeemed = family(await allowed(drivers[0]))
    bought = await together([TokenFamilies(drivers[n % 2]).redeem(redeemed) for n in range(64)])
    assert sum(each is not None for each in bought) == 1


async def test_a_grant_is_changed_by_one_of_both(open_driver: OpenDriver) -> None:
    drivers = open_driver(), open_driver()
    given = await allowed(drivers[0])
    changed = [replace(given, lifetime="forever"), replace(given, lifetime="once")]
    won = await together([Grants(drivers[n % 2]).put(changed[n % 2], replaces=given) for n in range(16)])
    assert sum(won) == 1


async def test_nobody_reads_half_a_transaction(open_driver: OpenDriver) -> None:
    writer, reader = open_driver(), open_driver()
    put = "INSERT INTO heartbeat (id, at) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET at = excluded.at"
    await writer.transact([Statement(put, (1, 0)), Statement(put, (2, 0))])

    async def write() -> None:
        for number in range(100):
            await writer.transact([Statement(put, (1, number)), Statement(put, (2, -number))])

    async def read() -> None:
        for _ in range(300):
            first, second = await reader.fetch_all("SELECT at FROM heartbeat ORDER BY id")
            assert first[0] == -second[0]
            await asyncio.sleep(0)

    await together([write(), read()])


async def test_one_driver_serves_several_event_loops(driver: Driver) -> None:
    def hit_often() -> None:
        async def hit() -> None:
            await together([Throttles(driver).hit([b"k"], NOW, NOW + 60) for _ in range(50)])

        asyncio.run(hit())

    with ThreadPoolExecutor(4) as threads:
        loop = asyncio.get_running_loop()
        await together([loop.run_in_executor(threads, hit_often) for _ in range(4)])
    assert await Throttles(driver).counts([b"k"], (0, NOW)) == {(b"k", NOW): 200}
