"""Many callers, one transaction: what one of them does or suffers is no other's business (docs/decisions/0002).

A foreign lock holds the writer back until everybody is waiting, so that they really share a batch.
"""

import asyncio
import sqlite3

import psycopg
import pytest

from lingpai.server.storage.driver import Driver, Row, Statement, StorageUnavailable
from tests.storage.foreign import Foreign
from tests.storage.samples import together

INSERT = "INSERT INTO heartbeat (id, at) VALUES ($1, $2)"
UPDATE = "UPDATE heartbeat SET at = $2 WHERE id = $1"
RETURNING = "UPDATE heartbeat SET at = at + $2 WHERE id = $1 RETURNING id, at"

Answer = list[Row] | BaseException | None


async def in_one_batch(foreign: Foreign, driver: Driver, *callers: list[Statement]) -> list[Answer]:
    """The answers, exceptions included. One caller more, the first of all, keeps the writer while the others queue."""
    with foreign.lock():
        first = [Statement(INSERT, (-1, 0))]
        answers = asyncio.gather(*map(driver.transact, (first, *callers)), return_exceptions=True)
        await asyncio.sleep(0)  # everybody is in the queue now
    return (await answers)[1:]


async def _rows(driver: Driver) -> dict[int, int]:
    return dict(await driver.fetch_all("SELECT id, at FROM heartbeat WHERE id >= 0"))


async def test_callers_who_wait_together_are_committed_together(foreign: Foreign, driver: Driver) -> None:
    await driver.transact([Statement(INSERT, (-2, 0))])  # now there is a log
    before = foreign.commits()
    answers = await in_one_batch(foreign, driver, *[[Statement(INSERT, (n, n))] for n in range(200)])
    assert answers == [[]] * 200
    assert await _rows(driver) == {n: n for n in range(200)}
    assert 1 <= foreign.commits() - before <= 3, "200 writes must not cost 200 flushes"


async def test_every_caller_gets_the_rows_of_its_own_statement(foreign: Foreign, driver: Driver) -> None:
    await together([driver.transact([Statement(INSERT, (n, 100))]) for n in range(20)])
    answers = await in_one_batch(foreign, driver, *[[Statement(RETURNING, (n, n))] for n in range(20)])
    assert answers == [[(n, 100 + n)] for n in range(20)]


async def test_who_loses_is_undone_whole_and_alone(foreign: Foreign, driver: Driver) -> None:
    await driver.transact([Statement(INSERT, (0, 0))])
    losers = {
        "a key is taken": [Statement(INSERT, (50, 1)), Statement(INSERT, (0, 1))],
        "too few rows": [Statement(INSERT, (51, 1)), Statement(UPDATE, (99, 1), expect_rows=1)],
        "too many rows": [Statement(INSERT, (52, 1)), Statement("UPDATE heartbeat SET at = 7", expect_rows=1)],
        "nothing returned": [Statement(INSERT, (53, 1)), Statement(RETURNING, (99, 1), expect_rows=1)],
    }
    callers: list[list[Statement]] = []
    for number, loser in enumerate(losers.values(), start=1):
        callers += [[Statement(INSERT, (number, number))], loser]
    answers = await in_one_batch(foreign, driver, *callers)
    assert answers == [[], None] * 4
    assert await _rows(driver) == {0: 0, 1: 1, 2: 2, 3: 3, 4: 4}


@pytest.mark.parametrize(
    "overreaching",
    [
        pytest.param(Statement("UPDATE heartbeat SET at = 9 WHERE id >= $1", (1,), expect_rows=1), id="too many rows"),
        pytest.param(Statement("UPDATE heartbeat SET at = 9 WHERE id = $1", (3,), expect_rows=1), id="no row"),
        pytest.param(Statement("UPDATE heartbeat SET id = 2 WHERE id = $1", (1,), expect_rows=1), id="a taken id"),
        pytest.param(Statement("UPDATE heartbeat SET at = NULL WHERE id = $1", (1,)), id="a forbidden value"),
    ],
)
async def test_a_single_statement_that_does_not_do_what_was_expected_is_undone_alone(
    foreign: Foreign, driver: Driver, overreaching: Statement
) -> None:
    await driver.transact([Statement(INSERT, (1, 1)), Statement(INSERT, (2, 2))])
    answers = await in_one_batch(
        foreign,
        driver,
        [Statement(INSERT, (10, 10), expect_rows=1)],
        [overreaching],
        [Statement(RETURNING, (2, 5), expect_rows=1)],
    )
    assert answers[0] == []
    assert answers[1] is None or isinstance(answers[1], sqlite3.Error | psycopg.Error)
    assert answers[2] == [(2, 7)], "done once, whatever had to be done again"
    assert await _rows(driver) == {1: 1, 2: 7, 10: 10}


async def test_a_later_caller_sees_what_an_earlier_one_of_the_batch_wrote(foreign: Foreign, driver: Driver) -> None:
    take = [Statement("UPDATE heartbeat SET at = at - 1 WHERE id = 0 AND at > 0", expect_rows=1)]
    await driver.transact([Statement(INSERT, (0, 3))])
    answers = await in_one_batch(foreign, driver, *[take] * 10)
    assert answers.count([]) == 3, "three were there to take"
    assert answers.count(None) == 7
    assert await _rows(driver) == {0: 0}


BROKEN = {
    "a number no database holds": Statement(INSERT, (70, 2**70)),
    "a lone surrogate": Statement("INSERT INTO scope_definition (name, document) VALUES ($1, '')", ("\udcff",)),
    "a value where none may be missing": Statement(INSERT, (71, None)),
    "too few values": Statement(INSERT, (72,)),
    "no such table": Statement("INSERT INTO no_such_table VALUES (1)"),
    "not SQL": Statement("THIS IS NOT SQL"),
    "two statements in one": Statement("DELETE FROM heartbeat; DELETE FROM heartbeat"),
}


@pytest.mark.parametrize("broken", BROKEN)
async def test_who_fails_fails_alone(foreign: Foreign, driver: Driver, broken: str) -> None:
    failing = [Statement(INSERT, (60, 1)), BROKEN[broken]]
    good = [[Statement(INSERT, (n, n))] for n in range(6)]
    answers = await in_one_batch(foreign, driver, *good[:3], failing, *good[3:])
    assert isinstance(answers.pop(3), Exception)
    assert answers == [[]] * 6
    assert await _rows(driver) == {n: n for n in range(6)}
    async with asyncio.timeout(5):  # the writer is still there for whoever comes next
        assert await driver.transact([Statement(INSERT, (7, 7))]) == []


async def test_what_somebody_wrote_who_hung_up_stands(foreign: Foreign, driver: Driver) -> None:
    with foreign.lock(), pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await driver.transact([Statement(INSERT, (1, 1))])
    assert await driver.transact([Statement(INSERT, (2, 2))]) == [], "the one behind it is served"
    assert await _rows(driver) == {1: 1, 2: 2}


async def test_closing_waits_for_everything_that_was_accepted(foreign: Foreign, driver: Driver) -> None:
    with foreign.lock():
        answers = asyncio.gather(*[driver.transact([Statement(INSERT, (n, n))]) for n in range(50)])
        await asyncio.sleep(0)
        closed = asyncio.gather(driver.close())
        await asyncio.sleep(0)
    await closed
    assert await answers == [[]] * 50
    assert foreign.query("SELECT count(*) FROM heartbeat") == [(50,)]


async def test_a_closed_driver_says_so_to_readers_and_writers(driver: Driver) -> None:
    assert await driver.fetch_one("SELECT 1") == (1,)
    await driver.close()
    await driver.close()
    with pytest.raises(StorageUnavailable):
        await driver.fetch_one("SELECT 1")
    with pytest.raises(StorageUnavailable):
        await driver.fetch_all("SELECT 1")
    with pytest.raises(StorageUnavailable):
        await driver.transact([Statement(INSERT, (1, 1))])


async def test_a_reader_cannot_write(driver: Driver) -> None:
    with pytest.raises(StorageUnavailable):
        await driver.fetch_all("INSERT INTO heartbeat (id, at) VALUES (1, 1) RETURNING id")
    assert await _rows(driver) == {}


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
async def test_what_is_answered_is_flushed_to_the_disk(driver: Driver) -> None:
    """What ``kill -9`` cannot show: that a power cut brings nothing back either."""
    full, wal = 2, "wal"
    assert await driver.transact([Statement("PRAGMA synchronous")]) == [(full,)]
    assert await driver.transact([Statement("PRAGMA journal_mode")]) == [(wal,)]
