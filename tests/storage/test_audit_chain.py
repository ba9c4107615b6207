"""The audit log proves itself: whatever is done to a row that was written breaks the chain there."""

import asyncio

import pytest

from lingpai.server.storage.audit import AuditFilter, AuditLog, appended
from lingpai.server.storage.audit_chain import GENESIS, verify_chain, walk
from lingpai.server.storage.driver import Driver, Statement
from lingpai.server.storage.people import People
from lingpai.server.storage.records import AuditEvent
from tests.storage.samples import NOW

SOMEBODY = b"s" * 16


def _event(number: int, **fields: object) -> AuditEvent:
    values = {"at": NOW + number, "event": "sign_in", "account_id": SOMEBODY, "ip": "192.0.2.1"} | fields
    return AuditEvent(**values)  # type: ignore[arg-type]  # the table of a test


async def _filled(driver: Driver, count: int = 5) -> AuditLog:
    log = AuditLog(driver)
    for number in range(count):
        await log.record(_event(number, detail={"number": number}))
    return log


async def test_an_empty_log_is_whole(driver: Driver) -> None:
    state = await verify_chain(driver)
    assert (state.rows, state.last_hash, state.broken_at) == (0, GENESIS, None)


async def test_what_was_written_is_a_chain(driver: Driver) -> None:
    await _filled(driver)
    state = await verify_chain(driver)
    assert (state.rows, state.broken_at) == (5, None)


async def test_writers_at_the_same_time_keep_one_chain(driver: Driver) -> None:
    log = AuditLog(driver)
    await asyncio.gather(*(log.record(_event(number)) for number in range(100)))
    state = await verify_chain(driver)
    assert (state.rows, state.broken_at) == (100, None)


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE audit_event SET at = at + 1 WHERE id = $1",
        "UPDATE audit_event SET event = 'sign_out' WHERE id = $1",
        "UPDATE audit_event SET detail = '{}' WHERE id = $1",
        "UPDATE audit_event SET account_id = NULL WHERE id = $1",
        "UPDATE audit_event SET client_id = 'other' WHERE id = $1",
        "UPDATE audit_event SET ip = '192.0.2.2' WHERE id = $1",
        "UPDATE audit_event SET ip = '' WHERE id = $1",
        "UPDATE audit_event SET hash = NULL WHERE id = $1",
        "DELETE FROM audit_event WHERE id = $1",
    ],
)
async def test_a_row_that_was_touched_is_named(driver: Driver, damage: str) -> None:
    await _filled(driver)
    ids = [row.id async for row in walk(driver)]
    await driver.transact([Statement(damage, (ids[2],))])
    state = await verify_chain(driver)
    assert state.broken_at == (ids[3] if damage.startswith("DELETE") else ids[2])
    assert state.rows == 2


async def test_a_row_put_in_is_named(driver: Driver) -> None:
    await _filled(driver, 2)
    await driver.transact([Statement("INSERT INTO audit_event (at, event, ip, detail) VALUES (0, 'x', '', '{}')")])
    assert (await verify_chain(driver)).broken_at is not None


async def test_a_log_cut_off_at_its_end_lacks_the_hash_that_was_noted(driver: Driver) -> None:
    await _filled(driver)
    noted = (await verify_chain(driver)).last_hash
    assert (await verify_chain(driver, noted)).has_expected
    last = (await verify_chain(driver)).last_id
    await driver.transact([Statement("DELETE FROM audit_event WHERE id = $1", (last,))])
    state = await verify_chain(driver, noted)
    assert state.broken_at is None
    assert not state.has_expected


async def test_whoever_deletes_their_account_leaves_rows_without_addresses_and_a_whole_chain(driver: Driver) -> None:
    log = await _filled(driver)
    await log.record(_event(9, account_id=b"o" * 16))
    await People(driver).delete_account(SOMEBODY)
    assert [event.ip for event in await log.list()] == ["192.0.2.1", "", "", "", "", ""]
    assert (await verify_chain(driver)).broken_at is None


async def test_pages_of_the_log_fit_their_filter_and_go_on(driver: Driver) -> None:
    log = await _filled(driver)
    await log.record(_event(9, event="sign_out", client_id="shop"))
    page = await log.list_page(AuditFilter(event="sign_in", account_id=SOMEBODY), limit=3)
    assert [numbered.event.detail["number"] for numbered in page] == [4, 3, 2]
    page = await log.list_page(AuditFilter(event="sign_in"), page[-1].id, limit=3)
    assert [numbered.event.detail["number"] for numbered in page] == [1, 0]
    assert len(await log.list_page(AuditFilter(client_id="shop"))) == 1
    assert await log.last_id_before(NOW) == 0
    assert await log.last_id_before(NOW + 1) == (await log.list_page(AuditFilter()))[-1].id


async def test_a_refused_transaction_leaves_no_row(driver: Driver) -> None:
    refused = Statement("DELETE FROM account WHERE id = $1", (b"nobody",), expect_rows=1)
    assert await driver.transact([appended(_event(0)), refused]) is None
    assert (await verify_chain(driver)).rows == 0
