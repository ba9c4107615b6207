import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lingpai.server.rate_limit import Throttle, network_of, wait_s
from lingpai.server.storage.sqlite import SQLiteDriver
from lingpai.server.storage.throttles import Throttles

WINDOW_S = 100
NOW = 10_000  # the first second of a window


def throttle(driver: SQLiteDriver, *, limit: int = 3, name: str = "guesses") -> Throttle:
    return Throttle(Throttles(driver), limit=limit, window_s=WINDOW_S, name=name)


async def test_hits_up_to_the_limit_fit_and_the_next_one_waits(driver: SQLiteDriver) -> None:
    guesses = throttle(driver, limit=3)
    for _ in range(3):
        assert await guesses.retry_after_s("ada", now=NOW) == 0
        assert await guesses.hit("ada", now=NOW) == 0
    assert await guesses.retry_after_s("ada", now=NOW) > 0


async def test_asking_counts_nothing(driver: SQLiteDriver) -> None:
    guesses = throttle(driver, limit=1)
    for _ in range(5):
        assert await guesses.retry_after_s("ada", now=NOW) == 0


async def test_after_the_seconds_it_named_one_more_hit_fits(driver: SQLiteDriver) -> None:
    guesses = throttle(driver, limit=3)
    for _ in range(3):
        await guesses.hit("ada", now=NOW + 50)
    wait = await guesses.retry_after_s("ada", now=NOW + 50)
    assert await guesses.retry_after_s("ada", now=NOW + 50 + wait - 1) == 1
    assert await guesses.hit("ada", now=NOW + 50 + wait) == 0


async def test_the_window_slides_so_that_its_boundary_does_not_double_the_limit(driver: SQLiteDriver) -> None:
    guesses = throttle(driver, limit=3)
    for _ in range(3):
        await guesses.hit("ada", now=NOW + WINDOW_S - 1)
    assert await guesses.retry_after_s("ada", now=NOW + WINDOW_S) > 0


async def test_hits_are_forgotten_after_two_windows(driver: SQLiteDriver) -> None:
    guesses = throttle(driver, limit=1)
    await guesses.hit("ada", now=NOW)
    assert await guesses.retry_after_s("ada", now=NOW + 2 * WINDOW_S) == 0


async def test_keys_are_counted_apart_and_the_longest_wait_of_several_counts(driver: SQLiteDriver) -> None:
    guesses = throttle(driver, limit=1)
    await guesses.hit("ada", now=NOW)
    assert await guesses.retry_after_s("bob", now=NOW) == 0
    assert await guesses.retry_after_s("bob", "ada", now=NOW) == await guesses.retry_after_s("ada", now=NOW) > 0


async def test_throttles_of_different_names_do_not_share_counters(driver: SQLiteDriver) -> None:
    await throttle(driver, limit=1, name="account").hit("10.0.0.1", now=NOW)
    assert await throttle(driver, limit=1, name="address").retry_after_s("10.0.0.1", now=NOW) == 0


async def test_two_processes_share_the_counters(driver: SQLiteDriver) -> None:
    await throttle(driver, limit=1).hit("ada", now=NOW)
    assert await throttle(driver, limit=1).retry_after_s("ada", now=NOW) > 0


async def test_clearing_forgets_the_hits_of_that_key_only(driver: SQLiteDriver) -> None:
    guesses = throttle(driver, limit=1)
    await guesses.hit("ada", "bob", now=NOW)
    await guesses.clear("ada")
    assert await guesses.retry_after_s("ada", now=NOW) == 0
    assert await guesses.retry_after_s("bob", now=NOW) > 0


async def test_a_hit_given_back_makes_room_for_exactly_one(driver: SQLiteDriver) -> None:
    guesses = throttle(driver, limit=2)
    await guesses.hit("ada", now=NOW)
    await guesses.hit("ada", now=NOW)
    await guesses.give_back("ada", now=NOW)
    assert await guesses.hit("ada", now=NOW) == 0
    assert await guesses.hit("ada", now=NOW) > 0


async def test_giving_back_what_was_cleared_meanwhile_makes_no_room_beyond_the_window(driver: SQLiteDriver) -> None:
    guesses = throttle(driver, limit=1)
    await guesses.hit("ada", now=NOW)
    await guesses.clear("ada")
    await guesses.give_back("ada", now=NOW)
    assert await guesses.retry_after_s("ada", now=NOW) == 0
    await guesses.hit("ada", now=NOW + WINDOW_S)
    assert await guesses.retry_after_s("ada", now=NOW + WINDOW_S) > 0


async def test_of_hits_that_arrive_together_only_the_limit_fits(driver: SQLiteDriver) -> None:
    guesses = throttle(driver, limit=5)

    async def attempt() -> bool:
        if await guesses.retry_after_s("ada", now=NOW):
            return False
        if await guesses.hit("ada", now=NOW):
            await guesses.give_back("ada", now=NOW)
            return False
        return True

    fits = await asyncio.gather(*(attempt() for _ in range(64)))
    assert fits.count(True) <= 5
    assert await guesses.retry_after_s("ada", now=NOW) == 0 or fits.count(True) == 5


async def test_keys_are_not_stored_in_clear(driver: SQLiteDriver) -> None:
    await throttle(driver).hit("zhangsan", now=NOW)
    rows = await driver.fetch_all("SELECT key FROM throttle")
    assert [len(key) for (key,) in rows if isinstance(key, bytes) and b"zhangsan" not in key] == [32]


@given(
    previous=st.integers(0, 50),
    current=st.integers(0, 50),
    elapsed_s=st.integers(0, WINDOW_S - 1),
    limit=st.integers(1, 20),
)
def test_the_wait_is_the_shortest_after_which_one_more_fits(
    previous: int, current: int, elapsed_s: int, limit: int
) -> None:
    def fits(later_s: int) -> bool:
        windows, elapsed = divmod(elapsed_s + later_s, WINDOW_S)
        before, within = {0: (previous, current), 1: (current, 0)}.get(windows, (0, 0))
        return before * (WINDOW_S - elapsed) / WINDOW_S + within + 1 <= limit + 1e-9

    expected = next(seconds for seconds in range(2 * WINDOW_S + 1) if fits(seconds))
    assert wait_s(previous, current, elapsed_s, limit, WINDOW_S) == expected


@pytest.mark.parametrize(
    ("address", "network"),
    [
        pytest.param("192.0.2.7", "192.0.2.7", id="an IPv4 address counts alone"),
        pytest.param("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64", id="an IPv6 address counts as its /64"),
        pytest.param("2001:db8:1:2::", "2001:db8:1:2::/64", id="the first address of a /64 counts as the others"),
        pytest.param("::ffff:192.0.2.7", "192.0.2.7", id="an IPv4 address written as IPv6 is the IPv4 address"),
        pytest.param("fe80::1%eth0", "fe80::/64", id="a zone makes no second network"),
        pytest.param("", "", id="a socket without an address"),
        pytest.param("unix:", "unix:", id="text that is no address"),
    ],
)
def test_one_network_address(address: str, network: str) -> None:
    assert network_of(address) == network
