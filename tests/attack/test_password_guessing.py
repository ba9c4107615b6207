"""The attacker guesses passwords: many for one account, one for many accounts, in parallel, under other names and
addresses.

Spec: RFC 6819 §4.4.3.6, §5.1.4.2.3; RFC 6749 §10.10. Stops: CVE-2025-24806, CVE-2026-47203 (a counter per alias),
CVE-2026-9792 (a way around the policy), CVE-2026-40575 (a header that chooses the address).
"""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.attack.addresses import Guesser, guess
from tests.world import PASSWORD, World, at_once

PER_ACCOUNT, PER_ADDRESS = 4, 7
PROXY = "10.0.0.1"
ALIASES = ["zhangsan", "ZHANGSAN", " zhangsan ", "Zhangsan", "ｚｈａｎｇｓａｎ", "zhangsan\u2003", "zhangſan"]
FORWARDED = ("x-forwarded-for", "forwarded", "x-real-ip", "true-client-ip", "cf-connecting-ip", "x-client-ip")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def guarded_world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    opened = await World.open(
        tmp_path_factory.mktemp("guarded"),
        sign_in_attempts_per_account=PER_ACCOUNT,
        sign_in_attempts_per_address=PER_ADDRESS,
        trusted_proxies=(PROXY, "10.1.0.0/16"),
        sweep_interval_s=86_400,
    )
    yield opened
    await opened.close()


@pytest_asyncio.fixture(loop_scope="session")
async def world(guarded_world: World) -> World:
    """A server with small limits, behind a proxy it trusts."""
    await guarded_world.reset()
    return guarded_world


async def test_an_account_is_closed_for_a_while_after_some_guesses_even_to_the_right_password(world: World) -> None:
    statuses = [await guess(world, "zhangsan", address=f"203.0.113.{n}") for n in range(PER_ACCOUNT + 2)]
    assert statuses == [422] * PER_ACCOUNT + [429, 429]
    assert await guess(world, "zhangsan", PASSWORD) == 429
    world.clock.advance(2 * world.config.sign_in_window_s)
    assert await guess(world, "zhangsan", PASSWORD) == 303


async def test_every_spelling_of_a_name_is_one_counter(world: World) -> None:
    statuses = [await guess(world, alias, address=f"203.0.113.{n}") for n, alias in enumerate(ALIASES)]
    assert statuses == [422] * PER_ACCOUNT + [429] * (len(ALIASES) - PER_ACCOUNT)


async def test_a_restart_forgets_no_guess(world: World) -> None:
    for _ in range(PER_ACCOUNT):
        await guess(world, "zhangsan")
    await world.restart()
    assert await guess(world, "zhangsan", PASSWORD) == 429


async def test_guesses_in_parallel_are_counted_before_they_are_hashed(world: World) -> None:
    async with Guesser(world) as guesser:
        statuses = await at_once(*[guesser.guess("zhangsan") for _ in range(64)])
    assert statuses.count(422) <= PER_ACCOUNT
    assert set(statuses) <= {422, 429, 503}


async def test_the_right_password_among_parallel_guesses_is_one_of_few_that_are_tried(world: World) -> None:
    async with Guesser(world) as guesser:
        guesses = [guesser.guess("zhangsan", f"guess {number}") for number in range(63)]
        statuses = await at_once(*guesses, guesser.guess("zhangsan", PASSWORD))
    assert statuses.count(422) + statuses.count(303) <= PER_ACCOUNT


async def test_one_address_guesses_over_many_accounts_only_so_often(world: World) -> None:
    statuses = [await guess(world, f"user{number}") for number in range(PER_ADDRESS + 2)]
    assert statuses == [422] * PER_ADDRESS + [429] * 2
    assert await guess(world, "zhangsan", PASSWORD, address="198.51.100.1") == 303, "others are not shut out"


async def test_signing_in_to_an_account_of_his_own_buys_the_attacker_no_more_guesses(world: World) -> None:
    await world.add_account("mallory")
    statuses = []
    for number in range(PER_ADDRESS + 3):
        await guess(world, "mallory", PASSWORD)
        statuses.append(await guess(world, f"user{number}"))
    assert statuses.count(422) <= PER_ADDRESS


async def test_the_whole_64_of_an_ipv6_network_is_one_address(world: World) -> None:
    addresses = [f"2001:db8:0:1:{n:x}::{n:x}" for n in range(PER_ADDRESS + 2)]
    statuses = [await guess(world, f"user{n}", address=address) for n, address in enumerate(addresses)]
    assert statuses == [422] * PER_ADDRESS + [429] * 2
    assert await guess(world, "user", address="2001:db8:0:2::1") == 422, "the next network is somebody else"


async def test_an_ipv4_address_written_as_ipv6_is_the_same_address(world: World) -> None:
    for number in range(PER_ADDRESS):
        await guess(world, f"user{number}", address="198.51.100.9")
    assert await guess(world, "user", address="::ffff:198.51.100.9") == 429


@pytest.mark.spec("RFC 7239", "8.1", "a forwarded address is believed only of a proxy that is trusted")
async def test_a_header_anybody_can_send_makes_no_new_address(world: World) -> None:
    statuses = []
    for number in range(PER_ADDRESS + 2):
        headers = dict.fromkeys(FORWARDED, f"198.51.100.{number}")
        statuses.append(await guess(world, f"user{number}", headers=headers))
    assert statuses == [422] * PER_ADDRESS + [429] * 2


async def test_a_header_sent_through_the_trusted_proxy_makes_no_new_address_either(world: World) -> None:
    """The proxy appends the real address on the right; what stands left of it was the attacker's own invention."""
    statuses = []
    for number in range(PER_ADDRESS + 2):
        headers = {"x-forwarded-for": f"198.51.100.{number}, 10.1.2.3, 203.0.113.66, 10.1.0.9"}
        statuses.append(await guess(world, f"user{number}", address=PROXY, headers=headers))
    assert statuses == [422] * PER_ADDRESS + [429] * 2


async def test_behind_the_trusted_proxy_everybody_has_an_address_of_their_own(world: World) -> None:
    for number in range(PER_ADDRESS + 2):
        headers = {"x-forwarded-for": f"198.51.100.{number}"}
        assert await guess(world, f"user{number}", address=PROXY, headers=headers) == 422


async def test_hanging_on_does_not_prolong_the_owners_wait(world: World) -> None:
    for _ in range(PER_ACCOUNT):
        await guess(world, "zhangsan")
    world.clock.advance(world.config.sign_in_window_s)
    for _ in range(20):
        await guess(world, "zhangsan", address="198.51.100.1")
    world.clock.advance(world.config.sign_in_window_s)
    assert await guess(world, "zhangsan", PASSWORD, address="198.51.100.2") in (303, 429)
    world.clock.advance(world.config.sign_in_window_s)
    assert await guess(world, "zhangsan", PASSWORD, address="198.51.100.2") == 303


async def test_throttled_guesses_fill_no_table(world: World) -> None:
    for _ in range(PER_ACCOUNT):
        await guess(world, "zhangsan")
    before = world.rows()
    for _ in range(30):
        await guess(world, "zhangsan")
    assert world.rows() == before
