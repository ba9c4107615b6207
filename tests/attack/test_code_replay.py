"""A code that was used is shown again: somebody saw it, so all it bought is taken back.

Spec: RFC 6819 §4.4.1.1; RFC 9700 §4.5.3. Stops: CVE-2026-9802 (replay after a restart), CVE-2026-4282.
"""

import pytest

from lingpai.server.storage.sweep import sweep_all
from tests.attack.scene import INVALID_GRANT, is_dead, redeemed
from tests.world import Ask, World, grant_tokens, refusal

pytestmark = pytest.mark.spec("RFC 6749", "4.1.2", "a code that is used twice is refused and its tokens are revoked")


async def test_a_code_works_once_and_its_replay_kills_every_token_it_bought(world: World) -> None:
    ask = Ask(world)
    code = (await ask.allow(world.browser()))["code"]
    tokens = await redeemed(ask, code)
    assert refusal(await ask.redeem(code)) == INVALID_GRANT
    assert await is_dead(world, tokens)


async def test_tokens_refreshed_meanwhile_die_too(world: World) -> None:
    ask = Ask(world)
    code = (await ask.allow(world.browser()))["code"]
    first = await redeemed(ask, code)
    second = (await world.refresh(first["refresh_token"])).json()
    assert await world.is_active(second["access_token"])
    assert refusal(await ask.redeem(code)) == INVALID_GRANT
    assert await is_dead(world, first)
    assert await is_dead(world, second)


async def test_a_restart_forgets_neither_the_use_nor_the_revocation(world: World) -> None:
    ask = Ask(world)
    code = (await ask.allow(world.browser()))["code"]
    tokens = await redeemed(ask, code)
    await world.restart()
    assert refusal(await ask.redeem(code)) == INVALID_GRANT
    await world.restart()
    assert await is_dead(world, tokens)


async def test_a_replay_after_the_code_expired_still_ends_what_it_bought(world: World) -> None:
    ask = Ask(world)
    code = (await ask.allow(world.browser()))["code"]
    tokens = await redeemed(ask, code)
    world.clock.advance(world.config.authorization_code_lifetime_s + 1)
    assert refusal(await ask.redeem(code)) == INVALID_GRANT
    assert await is_dead(world, tokens)


async def test_a_sweep_between_use_and_replay_does_not_make_the_code_new(world: World) -> None:
    await world.add_client(grant_types=("authorization_code",), access_token_lifetime_s=1)
    ask = Ask(world)
    code = (await ask.allow(world.browser()))["code"]
    await redeemed(ask, code)
    world.clock.advance(world.config.authorization_code_lifetime_s - 1)
    await sweep_all(world.server.store.driver, world.clock.now)
    assert refusal(await ask.redeem(code)) == INVALID_GRANT


async def test_an_unused_code_dies_in_the_second_it_expires(world: World) -> None:
    first, second = Ask(world), Ask(world)
    browser = world.browser()
    codes = (await first.allow(browser))["code"], (await second.allow(browser))["code"]
    world.clock.advance(world.config.authorization_code_lifetime_s - 1)
    await redeemed(first, codes[0])
    world.clock.advance(1)
    assert refusal(await second.redeem(codes[1])) == INVALID_GRANT


async def test_the_replay_of_one_sign_in_leaves_another_alone(world: World) -> None:
    ask, browser = Ask(world), world.browser()
    code = (await ask.allow(browser))["code"]
    await redeemed(ask, code)
    other = await grant_tokens(world, browser)
    assert refusal(await ask.redeem(code)) == INVALID_GRANT
    assert await world.is_active(other["access_token"])
    assert (await world.refresh(other["refresh_token"])).status_code == 200


async def test_the_operator_can_prove_that_it_happened(world: World) -> None:
    ask = Ask(world)
    code = (await ask.allow(world.browser()))["code"]
    await redeemed(ask, code)
    for _ in range(3):
        await ask.redeem(code)
    events = [event.event for event in await world.server.store.audit.list()]
    assert events.count("code_replayed") == 1, "once: an attacker must not fill the log"
