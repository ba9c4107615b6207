"""Devices that wait, as every driver keeps them."""

from typing import Any

import pytest
from msgspec import structs

from lingpai.crypto.digest import digest
from lingpai.server.storage.clients import Clients
from lingpai.server.storage.device_codes import DeviceCodes
from lingpai.server.storage.driver import Driver
from lingpai.server.storage.grants import Grants
from lingpai.server.storage.records import DeviceCode, Grant, Session
from lingpai.server.storage.sweep import sweep
from tests.storage.samples import NOW, client, together

SESSION = Session(digest=b"s", account_id=b"z", auth_time=NOW - 9, amr=("pwd", "otp"))
PLENTY = {"per_client": 100, "per_network": 100}


def waiting(number: int = 0, **changes: Any) -> DeviceCode:
    code = DeviceCode(
        digest=digest(f"device {number}"),
        user_code=f"BCDFGHJ{'BCDFGHJKLMNPQRSTVWXZ'[number]}",
        client_id="c",
        scope="a b",
        resource=("https://photos.example",),
        jkt="key",
        network="192.0.2.1",
        created_at=NOW,
        expires_at=NOW + 600,
    )
    return structs.replace(code, **changes)


def grant(**changes: Any) -> Grant:
    made = Grant(account_id=b"z", client_id="c", id=b"g", permissions={"a": NOW}, created_at=NOW, updated_at=NOW)
    return structs.replace(made, **changes)


@pytest.fixture
def codes(driver: Driver) -> DeviceCodes:
    return DeviceCodes(driver)


async def test_what_is_recorded_is_found_by_either_code(driver: Driver, codes: DeviceCodes) -> None:
    application = client("c")
    await Clients(driver).put(application)
    code = waiting()
    assert await codes.record(code, **PLENTY)
    assert await codes.get(code.digest) == code
    assert await codes.get_pending(code.user_code, NOW) == code
    assert await codes.get_with_client(code.digest) == (code, application)
    assert await codes.get(digest("another")) is None
    assert await codes.get_pending("ZZZZZZZZ", NOW) is None


async def test_a_user_code_is_given_out_once(codes: DeviceCodes) -> None:
    assert await codes.record(waiting(), **PLENTY)
    assert not await codes.record(waiting(1, user_code=waiting().user_code), **PLENTY)


async def test_no_more_wait_than_may(codes: DeviceCodes) -> None:
    limits = {"per_client": 3, "per_network": 2}
    assert await codes.record(waiting(0), **limits)
    assert await codes.record(waiting(1), **limits)
    assert not await codes.record(waiting(2), **limits), "the network is full"
    assert await codes.record(waiting(3, network=""), **limits)
    assert not await codes.record(waiting(4, network=""), **limits), "the client is full"
    assert await codes.record(waiting(5, client_id="d", network=""), **limits)
    later = {"created_at": NOW + 600, "expires_at": NOW + 1200}
    assert await codes.record(waiting(6, **later), **limits), "what has expired does not count"


async def test_of_many_at_once_only_so_many_get_in(codes: DeviceCodes) -> None:
    recorded = await together([codes.record(waiting(n), per_client=5, per_network=100) for n in range(20)])
    assert recorded.count(True) == 5


async def test_the_interval_grows_by_five_seconds_whenever_it_is_not_kept(codes: DeviceCodes) -> None:
    await codes.record(waiting(), **PLENTY)
    in_time = []
    for at in (NOW, NOW + 5, NOW + 8, NOW + 18, NOW + 19):
        code = await codes.get(waiting().digest)
        assert code
        in_time.append(await codes.poll(code, at))
    assert in_time == [True, True, False, True, False]
    last = await codes.get(waiting().digest)
    assert last
    assert (last.interval_s, last.polled_at) == (15, NOW + 19)


async def test_allowing_writes_the_grant_and_the_answer_together(driver: Driver, codes: DeviceCodes) -> None:
    code = waiting()
    await codes.record(code, **PLENTY)
    assert await codes.allow(code, grant(), replaces=None, session=SESSION, now=NOW)
    kept = await codes.get(code.digest)
    assert kept == structs.replace(
        code,
        decision="allowed",
        account_id=b"z",
        grant_id=b"g",
        scope="a",
        auth_time=NOW - 9,
        amr=("pwd", "otp"),
        refresh=True,
    )
    assert await Grants(driver).get(b"z", "c") == grant(revision=1)


@pytest.mark.parametrize("why", ["decided", "expired", "grant changed", "no such code"])
async def test_neither_is_written_when_one_cannot_be(driver: Driver, codes: DeviceCodes, why: str) -> None:
    code, now, replaces = waiting(), NOW, None
    if why != "no such code":
        await codes.record(code, **PLENTY)
    if why == "decided":
        assert await codes.refuse(code, b"y", NOW)
    elif why == "expired":
        now = NOW + 600
    elif why == "grant changed":
        replaces = grant(revision=7)
    before = await codes.get(code.digest)
    assert not await codes.allow(code, grant(), replaces=replaces, session=SESSION, now=now)
    assert await codes.get(code.digest) == before
    assert await Grants(driver).get(b"z", "c") is None


async def test_of_many_answers_one_counts(driver: Driver, codes: DeviceCodes) -> None:
    await Clients(driver).put(client("c"))
    code = waiting()
    await codes.record(code, **PLENTY)
    people = [bytes([number]) for number in range(10)]
    allowed = [
        codes.allow(code, grant(account_id=person), replaces=None, session=SESSION, now=NOW) for person in people[:5]
    ]
    refused = [codes.refuse(code, person, NOW) for person in people[5:]]
    answers = await together([*allowed, *refused])
    assert answers.count(True) == 1
    kept = await codes.get(code.digest)
    assert kept
    assert kept.account_id == people[answers.index(True)]


async def test_this_time_only_is_remembered(codes: DeviceCodes) -> None:
    code = waiting()
    await codes.record(code, **PLENTY)
    await codes.allow(code, grant(lifetime="once"), replaces=None, session=SESSION, now=NOW)
    kept = await codes.get(code.digest)
    assert kept
    assert kept.refresh is False


async def test_a_disabled_application_cannot_be_answered(driver: Driver, codes: DeviceCodes) -> None:
    await Clients(driver).put(structs.replace(client("c"), disabled_at=NOW))
    await codes.record(waiting(), **PLENTY)
    assert await codes.get_pending(waiting().user_code, NOW) is None
    assert await codes.get_with_client(waiting().digest) is None


async def test_an_expired_code_stays_five_minutes_so_that_its_device_is_told(
    driver: Driver, codes: DeviceCodes
) -> None:
    await codes.record(waiting(), **PLENTY)
    assert (await sweep(driver, NOW + 899))["device_code"] == 0
    assert (await sweep(driver, NOW + 900))["device_code"] == 1
