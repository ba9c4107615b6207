"""Identities at other providers, and sign-ins whose person is away: one owner, one taker, whatever happens at once."""

import asyncio

from lingpai.server.storage.accounts import Accounts
from lingpai.server.storage.driver import Driver
from lingpai.server.storage.external_identities import ExternalIdentities, LinkedIdentity
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
    ended = await asyncio.gather(*(rows.end(identity, even_the_last=False) for identity in both))
    assert sorted(ended) == [False, True]
    (left,) = await rows.list(b"a" * 16)
    assert await rows.end(left, even_the_last=True)
    assert not await rows.end(left, even_the_last=True)


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
