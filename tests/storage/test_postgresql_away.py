"""PostgreSQL that is away, frozen, killed, held or cut off under COMMIT: a clear refusal, and on it goes after."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Iterator

import psycopg
import pytest

from lingpai.server.storage import migrate
from lingpai.server.storage.driver import Statement, StorageUnavailable
from lingpai.server.storage.postgres import PostgresDriver, PostgresSettings
from tests import postgresql
from tests.postgresql import Cluster
from tests.storage.cutting_proxy import Cut, cutting_proxy
from tests.storage.foreign import ForeignToPostgreSQL
from tests.storage.samples import together

INSERT = "INSERT INTO heartbeat (id, at) VALUES ($1, $2)"
ADD = "UPDATE heartbeat SET at = at + 1 WHERE id = $1"
COUNT = "SELECT count(*) FROM heartbeat"
IMPATIENT = PostgresSettings(statement_timeout_s=1.0, lock_timeout_s=0.3, connect_timeout_s=2)


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """A server of this module's own, which flushes what it commits."""
    with postgresql.running_cluster(durable=True) as running:
        yield running


@pytest.fixture(scope="module")
def migrated(cluster: Cluster) -> str:
    url = postgresql.new_database(cluster.url)
    migrate.upgrade(url)
    return url


@pytest.fixture
def url(migrated: str) -> str:
    """A database with no rows."""
    postgresql.empty(migrated)
    return migrated


@pytest.fixture
async def driver(url: str) -> AsyncIterator[PostgresDriver]:
    opened = PostgresDriver(url, IMPATIENT)
    yield opened
    await opened.close()


async def _recovered(driver: PostgresDriver) -> None:
    """Wait until a write succeeds; nobody does anything to the driver."""
    async with asyncio.timeout(10):
        while True:
            try:
                assert await driver.transact([Statement(INSERT, (-1, 0))]) == []
            except StorageUnavailable:
                await asyncio.sleep(0.05)
            else:
                return


async def test_a_server_that_was_killed_loses_nothing_it_answered_and_is_found_again(
    cluster: Cluster, driver: PostgresDriver
) -> None:
    answered: list[int] = []
    enough = asyncio.Event()

    async def write(number: int) -> None:
        while True:
            try:
                await driver.transact([Statement(INSERT, (number, number))])
            except StorageUnavailable:
                return
            answered.append(number)
            if len(answered) > 200:
                enough.set()
            number += 1000

    writers = asyncio.gather(*[write(number) for number in range(20)])
    await enough.wait()
    cluster.kill()
    await writers
    for _ in range(3):
        with pytest.raises(StorageUnavailable):
            await driver.fetch_one(COUNT)
        with pytest.raises(StorageUnavailable):
            await driver.transact([Statement(INSERT, (-2, 0))])
    cluster.start()
    await _recovered(driver)
    there = {row[0] for row in await driver.fetch_all("SELECT id FROM heartbeat")}
    assert set(answered) <= there
    assert -2 not in there


async def test_a_restart_between_two_requests_is_noticed_by_nobody(cluster: Cluster, driver: PostgresDriver) -> None:
    await driver.transact([Statement(INSERT, (1, 1))])
    assert await driver.fetch_one(COUNT) == (1,)
    cluster.stop()
    cluster.start()
    assert await driver.fetch_one(COUNT) == (1,)
    assert await driver.transact([Statement(INSERT, (2, 2))]) == []


async def test_sessions_an_administrator_ended_are_replaced(url: str, driver: PostgresDriver) -> None:
    await together([driver.fetch_one(COUNT) for _ in range(50)])
    await driver.transact([Statement(INSERT, (1, 1))])
    foreign = ForeignToPostgreSQL(url)
    for number in range(2, 6):
        foreign.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'lingpai'")
        assert await driver.fetch_one(COUNT) == (number - 1,)
        assert await driver.transact([Statement(INSERT, (number, 1))]) == []


async def test_who_wants_what_somebody_holds_is_refused_and_the_others_are_served(
    url: str, driver: PostgresDriver
) -> None:
    await driver.transact([Statement(INSERT, (n, n)) for n in range(5)])
    with psycopg.connect(url) as holder:
        holder.execute("UPDATE heartbeat SET at = 100 WHERE id = 3")
        answers = await asyncio.gather(
            *[driver.transact([Statement(ADD, (n,), expect_rows=1)]) for n in range(5)], return_exceptions=True
        )
        holder.rollback()
    assert isinstance(answers.pop(3), StorageUnavailable)
    assert answers == [[]] * 4
    assert dict(await driver.fetch_all("SELECT id, at FROM heartbeat")) == {0: 1, 1: 2, 2: 3, 3: 3, 4: 5}


async def test_many_who_want_what_somebody_holds_do_not_wait_one_after_the_other(
    url: str, driver: PostgresDriver
) -> None:
    with psycopg.connect(url) as holder:
        holder.execute("LOCK TABLE heartbeat IN EXCLUSIVE MODE")
        async with asyncio.timeout(5):
            writes = [driver.transact([Statement(INSERT, (n, n))]) for n in range(40)]
            answers = await asyncio.gather(*writes, return_exceptions=True)
        holder.rollback()
    assert {type(answer) for answer in answers} == {StorageUnavailable}
    await _recovered(driver)


async def test_a_frozen_server_is_given_up_and_found_again(url: str, driver: PostgresDriver) -> None:
    await driver.transact([Statement(INSERT, (1, 1))])
    await driver.fetch_one(COUNT)
    foreign = ForeignToPostgreSQL(url)
    pids = foreign.query("SELECT pid FROM pg_stat_activity WHERE application_name = 'lingpai'")
    for (pid,) in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        async with asyncio.timeout(5):
            with pytest.raises(StorageUnavailable, match="no answer"):
                await driver.fetch_one(COUNT)
            with pytest.raises(StorageUnavailable):
                await driver.transact([Statement(INSERT, (2, 2))])
    finally:
        for (pid,) in pids:
            os.kill(pid, signal.SIGCONT)
    await _recovered(driver)


@pytest.mark.parametrize("cut", ["before", "after"])
async def test_a_write_whose_commit_was_cut_off_happens_once_and_is_answered(
    cluster: Cluster, url: str, cut: Cut
) -> None:
    async with cutting_proxy(cluster.port) as proxy:
        driver = PostgresDriver(url.replace(f":{cluster.port}/", f":{proxy.port}/"), IMPATIENT)
        await driver.transact([Statement(INSERT, (1, 0))])
        proxy.cut = cut
        answers = await asyncio.gather(*[driver.transact([Statement(ADD, (1,), expect_rows=1)]) for _ in range(5)])
        assert proxy.cuts == 1
        assert answers == [[]] * 5
        assert await driver.fetch_one("SELECT at FROM heartbeat WHERE id = 1") == (5,)
        await driver.close()


@pytest.mark.parametrize("how", ["all of it", "one process"])
async def test_nobody_takes_the_transaction_of_somebody_else_for_its_own(cluster: Cluster, url: str, how: str) -> None:
    """After a crash numbers of transactions that were not flushed are given away again: another's has ours."""

    def crash() -> None:
        if how == "all of it":
            cluster.kill()
            cluster.start()
        else:
            cluster.kill_one()
        with psycopg.connect(url, autocommit=True) as another:
            for n in range(100, 110):
                another.execute("INSERT INTO heartbeat (id, at) VALUES (%s, 0)", (n,))

    async with cutting_proxy(cluster.port) as proxy:
        driver = PostgresDriver(url.replace(f":{cluster.port}/", f":{proxy.port}/"))
        await driver.transact([Statement(INSERT, (1, 0))])
        proxy.cut, proxy.meanwhile = "before", crash
        try:
            await driver.transact([Statement(INSERT, (2, 0))])
        except StorageUnavailable:
            said = False
        else:
            said = True
        await _recovered(driver)
        assert (await driver.fetch_one("SELECT at FROM heartbeat WHERE id = 2") is not None) >= said
        await driver.close()


async def test_who_asks_what_became_of_a_commit_does_not_hold_the_others_up_for_long(
    cluster: Cluster, url: str
) -> None:
    async with cutting_proxy(cluster.port) as proxy:
        patient = PostgresSettings(statement_timeout_s=1.0, lock_timeout_s=0.3, connect_timeout_s=60)
        driver = PostgresDriver(url.replace(f":{cluster.port}/", f":{proxy.port}/"), patient)
        await driver.transact([Statement(INSERT, (1, 0))])
        proxy.cut, proxy.is_deaf_after_cut = "before", True
        async with asyncio.timeout(5):
            with pytest.raises(StorageUnavailable):
                await driver.transact([Statement(ADD, (1,))])
        proxy.is_deaf_after_cut = False
        await _recovered(driver)
        await driver.close()


async def test_two_servers_that_want_the_same_rows_in_another_order_both_get_them(url: str) -> None:
    drivers = PostgresDriver(url), PostgresDriver(url)
    await drivers[0].transact([Statement(INSERT, (n, 0)) for n in (1, 2)])
    orders = [Statement(ADD, (1,)), Statement(ADD, (2,))], [Statement(ADD, (2,)), Statement(ADD, (1,))]
    for _ in range(5):
        await together([drivers[n].transact(orders[n]) for n in (0, 1) for _ in range(10)])
    assert await drivers[0].fetch_all("SELECT at FROM heartbeat") == [(100,), (100,)]
    for driver in drivers:
        await driver.close()


async def test_nothing_of_a_caller_stays_on_the_connection_for_pgbouncer_to_hand_on(url: str) -> None:
    driver = PostgresDriver(url, PostgresSettings(prepare=False))
    await together([driver.transact([Statement(INSERT, (n, n))]) for n in range(20)])
    for sql, expected in {
        "SELECT count(*) FROM pg_prepared_statements": 0,
        "SELECT current_setting('statement_timeout')": "0",
        "SELECT current_setting('lock_timeout')": "0",
    }.items():
        assert await driver.fetch_one(sql) == (expected,)
        assert await driver.transact([Statement(sql.replace("current_setting", "pg_catalog.current_setting"))])
    await driver.close()


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://lingpai:s3cr3t-word@127.0.0.1:1/lingpai",
        "postgresql://lingpai:s3cr3t-word@127.0.0.1:notaport/lingpai",
        "postgresql://lingpai:s3cr3t-word%zz@127.0.0.1/lingpai",
        "postgresql://127.0.0.1:1/lingpai?password=s3cr3t-word",
        "postgresql://127.0.0.1:1/lingpai?sslmode=none&password=s3cr3t-word",
        "postgresql://lingpai:s3cr3t-word@[::1/lingpai",
    ],
)
async def test_no_complaint_repeats_the_password(url: str) -> None:
    for failing in (lambda: migrate.check(url), lambda: migrate.upgrade(url), lambda: PostgresDriver(url)):
        try:
            opened = failing()
            assert isinstance(opened, PostgresDriver)
            with pytest.raises(StorageUnavailable) as refused:
                await opened.fetch_one(COUNT)
            assert "s3cr3t" not in str(refused.value)
        except (StorageUnavailable, ValueError) as error:
            assert "s3cr3t" not in str(error)  # noqa: PT017 - each of several may refuse
