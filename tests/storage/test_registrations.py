"""Applications that register themselves: admitted once, changed only over what was read, gone with what they had."""

import pytest
from msgspec.structs import replace

from lingpai.server.storage.clients import Clients
from lingpai.server.storage.driver import Driver
from lingpai.server.storage.grants import Grants
from lingpai.server.storage.records import RegistrationToken
from lingpai.server.storage.registrations import Registrations
from lingpai.server.storage.sweep import sweep
from tests.storage.samples import NOW, account, allowed, client, grant, together

DIGEST = b"d" * 32


def token(**changes: int) -> RegistrationToken:
    whole = RegistrationToken(digest=DIGEST, uses_left=2, created_at=NOW, expires_at=NOW + 60)
    return replace(whole, **changes)


async def test_a_client_comes_back_with_its_revision(driver: Driver) -> None:
    rows, registered = Registrations(driver), client(expires_at=NOW + 9, registration_token_digest=b"r")
    assert await rows.add_below(registered, 1)
    assert await rows.get("photo-print") == (registered, 1)
    assert await Clients(driver).get("photo-print") == registered
    assert await rows.get("other") is None


async def test_no_more_strangers_than_the_limit_however_many_come_at_once(driver: Driver) -> None:
    rows = Registrations(driver)
    await Clients(driver).put(client("kept"))
    added = await together([rows.add_below(client(f"c{n}", expires_at=NOW), 3) for n in range(10)])
    assert added.count(True) == 3
    assert not await rows.add_below(client("late", expires_at=NOW), 3)
    assert await Clients(driver).get("late") is None


async def test_a_token_admits_as_many_as_it_has_uses(driver: Driver) -> None:
    rows = Registrations(driver)
    await rows.record_token(token())
    added = await together([rows.add_with_token(client(f"c{n}"), DIGEST, NOW) for n in range(6)])
    assert added.count(True) == 2
    assert len(await Clients(driver).list()) == 2
    assert not await rows.has_token(DIGEST, NOW)
    assert await rows.list_tokens(NOW) == []


@pytest.mark.parametrize(("at", "lives"), [(NOW, True), (NOW + 59, True), (NOW + 60, False)])
async def test_a_token_lives_to_the_second(driver: Driver, at: int, lives: bool) -> None:
    rows = Registrations(driver)
    await rows.record_token(token())
    assert await rows.has_token(DIGEST, at) == lives
    assert bool(await rows.list_tokens(at)) == lives
    assert await rows.add_with_token(client(), DIGEST, at) == lives


async def test_a_client_id_that_is_taken_costs_the_token_nothing(driver: Driver) -> None:
    rows = Registrations(driver)
    await rows.record_token(token())
    await Clients(driver).put(client())
    assert not await rows.add_with_token(client(), DIGEST, NOW)
    assert await rows.list_tokens(NOW) == [token()]


async def test_a_token_that_was_deleted_admits_nobody(driver: Driver) -> None:
    rows = Registrations(driver)
    await rows.record_token(token())
    await rows.delete_token(DIGEST)
    assert not await rows.has_token(DIGEST, NOW)


async def test_of_two_who_change_the_same_revision_one_does(driver: Driver) -> None:
    rows = Registrations(driver)
    await rows.add_below(client(expires_at=NOW), 9)
    changes = [replace(client(expires_at=NOW), client_name=name) for name in ("a", "b")]
    done = await together([rows.replace(change, 1) for change in changes])
    assert sorted(done) == [False, True]
    assert await rows.get("photo-print") == (changes[done.index(True)], 2)


async def test_a_change_never_undoes_what_an_operator_did_meanwhile(driver: Driver) -> None:
    rows, clients = Registrations(driver), Clients(driver)
    await rows.add_below(client(expires_at=NOW), 9)
    found = await rows.get("photo-print")
    assert found
    read, revision = found
    await clients.put(replace(read, disabled_at=NOW))
    assert not await rows.replace(replace(read, client_name="changed"), revision)
    assert not await rows.delete("photo-print", revision)
    after = await clients.get("photo-print")
    assert after
    assert (after.disabled_at, after.client_name) == (NOW, read.client_name)


async def test_a_deleted_client_takes_what_people_allowed_it_along(driver: Driver) -> None:
    rows, grants = Registrations(driver), Grants(driver)
    await rows.add_below(client(expires_at=NOW), 9)
    one = await allowed(driver)
    other = grant(account("lisi"), client_id="other")
    assert await grants.put(other, replaces=None)
    assert await rows.delete("photo-print", 1)
    assert await rows.get("photo-print") is None
    assert await grants.get(one.account_id, one.client_id) is None
    assert await grants.get(other.account_id, other.client_id)


async def test_a_stranger_somebody_allowed_something_stays(driver: Driver) -> None:
    rows = Registrations(driver)
    await rows.add_below(client(expires_at=NOW), 9)
    await rows.add_below(client("unused", expires_at=NOW), 9)
    await rows.add_below(client("young", expires_at=NOW + 1), 9)
    await allowed(driver, expires_at=None)
    assert (await sweep(driver, NOW))["client"] == 1
    assert [kept.client_id for kept in await Clients(driver).list()] == ["photo-print", "young"]
