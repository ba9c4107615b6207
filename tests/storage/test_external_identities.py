"""Identities at other providers, and sign-ins whose person is away: one owner, one taker, whatever happens at once."""

import asyncio

from msgspec.structs import replace

from lingpai.server.storage.accounts import Accounts
from lingpai.server.storage.driver import Driver
from lingpai.server.storage.external_identities import ExternalIdentities, LinkedIdentity
from lingpai.server.storage.passkeys import Passkeys
from lingpai.server.storage.people_records import Passkey
from lingpai.server.storage.upstream_trips import UpstreamTrips
from tests.storage.samples import NOW, account

BROWSER, STATE = b"browser" * 4, b"state" * 6


def _identity(subject: str = "1", provider: str = "company", owner: bytes = b"a" * 16) -> LinkedIdentity:
    return LinkedIdentity(
        provider=provider, subject=subject, account_id=owner, label="Li", linked_at=NOW, last_used_at=NOW
    )


async def test_an_identity_has_one_owner_even_if_two_link_it_at_once(driver: Driver) -> None:
    rows = ExternalIdentities(driver)
    linked = await asyncio.gather(*(rows.record(_identity(owner=owner * 16)) for owner in (b"a", b"b", b"c")))
    assert sorted(linked) == [False, False, True]
    found = await rows.get("company", "1")
    assert found is not None
    assert await rows.list(found.account_id) == [found]


async def test_the_same_subject_elsewhere_is_somebody_else(driver: Driver) -> None:
    rows = ExternalIdentities(driver)
    assert await rows.record(_identity(provider="company"))
    assert await rows.record(_identity(provider="partner", owner=b"b" * 16))
    assert await rows.get("nobody", "1") is None


async def test_account_and_identity_are_made_together_or_not_at_all(driver: Driver) -> None:
    rows, accounts = ExternalIdentities(driver), Accounts(driver)
    first, second = account("li"), account("wang")
    assert await rows.record_with_account(_identity(owner=first.id), first)
    assert not await rows.record_with_account(_identity(owner=second.id), second)
    assert await accounts.get(second.id) is None
    assert not await rows.record_with_account(_identity("2", owner=b"c" * 16), account("li"))
    assert await rows.get("company", "2") is None


async def test_of_two_that_are_taken_away_at_once_the_last_stays(driver: Driver) -> None:
    rows = ExternalIdentities(driver)
    both = [_identity("1"), _identity("2")]
    for identity in both:
        assert await rows.record(identity)
    ended = await asyncio.gather(*(rows.end(one, other) for one, other in zip(both, reversed(both), strict=True)))
    assert sorted(ended) == [False, True]
    (left,) = await rows.list(b"a" * 16)
    assert not await rows.end(left, None)
    assert not await rows.end(left, left), "it is no other one"


async def test_using_one_is_remembered(driver: Driver) -> None:
    rows = ExternalIdentities(driver)
    await rows.record(_identity())
    await rows.use(_identity(), "Li Hua", NOW + 5)
    found = await rows.get("company", "1")
    assert found is not None
    assert (found.label, found.last_used_at, found.linked_at) == ("Li Hua", NOW + 5, NOW)


async def test_a_trip_is_taken_once_by_its_browser_and_in_time(driver: Driver) -> None:
    trips = UpstreamTrips(driver)
    await trips.record(STATE, BROWSER, "lpt_sealed", NOW + 10)
    assert await trips.take(STATE, b"another" * 4, NOW) is None
    assert await trips.take(b"other" * 6, BROWSER, NOW) is None
    assert await trips.take(STATE, BROWSER, NOW + 10) is None
    taken = await asyncio.gather(*(trips.take(STATE, BROWSER, NOW) for _ in range(5)))
    assert sorted(map(str, taken)) == ["None"] * 4 + ["lpt_sealed"]


async def test_any_other_way_in_lets_an_identity_go(driver: Driver) -> None:
    rows, accounts, passkeys = ExternalIdentities(driver), Accounts(driver), Passkeys(driver)
    with_password, bare = account("li"), replace(account("wang"), password_hash=None)
    for number, owner in enumerate((with_password, bare)):
        assert await accounts.put(owner)
        assert await rows.record(_identity(str(number), owner=owner.id))
    assert await rows.end(_identity("0", owner=with_password.id), None)
    assert not await rows.end(_identity("1", owner=bare.id), None)
    assert await passkeys.record(Passkey(id=b"k", account_id=bare.id, public_key=b"key", sign_count=0, name="k"))
    assert await rows.end(_identity("1", owner=bare.id), None)


async def test_the_last_passkey_stays_unless_something_else_opens_the_account(driver: Driver) -> None:
    rows, accounts, passkeys = ExternalIdentities(driver), Accounts(driver), Passkeys(driver)
    bare = replace(account("wang"), password_hash=None)
    assert await accounts.put(bare)
    for name in (b"1", b"2"):
        assert await passkeys.record(Passkey(id=name, account_id=bare.id, public_key=b"key", sign_count=0, name="k"))
    assert await passkeys.delete(bare.id, b"1")
    assert not await passkeys.delete(bare.id, b"2")
    assert not await passkeys.delete(bare.id, b"2", _identity(owner=bare.id)), "that one is not linked"
    assert await rows.record(_identity(owner=bare.id))
    assert await passkeys.delete(bare.id, b"2", _identity(owner=bare.id))


async def test_a_passkey_and_an_identity_taken_away_at_once_leave_one(driver: Driver) -> None:
    rows, accounts, passkeys = ExternalIdentities(driver), Accounts(driver), Passkeys(driver)
    bare = replace(account("wang"), password_hash=None)
    assert await accounts.put(bare)
    assert await passkeys.record(Passkey(id=b"k", account_id=bare.id, public_key=b"key", sign_count=0, name="k"))
    identity = _identity(owner=bare.id)
    assert await rows.record(identity)
    ended = await asyncio.gather(rows.end(identity, None), passkeys.delete(bare.id, b"k", identity))
    assert sorted(ended) == [False, True]
