"""A clock that is put forwards or back while the server runs: nothing works twice, nothing dies early, no 5xx."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from lingpai.server.storage.records import ScopeDefinition
from lingpai.server.storage.sweep import claim_tending, sweep_all
from tests.world import Ask, World, grant_tokens, refusal

HOUR, DAY = 3600, 86_400
INVALID_GRANT = (400, "invalid_grant")


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    opened = await World.open(tmp_path)
    yield opened
    await opened.close()


@pytest.mark.parametrize("step_s", [-DAY, -HOUR, -90, 90], ids=lambda step_s: f"{step_s:+} s")
async def test_tokens_live_on_after_a_step(world: World, step_s: int) -> None:
    tokens = await grant_tokens(world)
    world.clock.advance(step_s)
    assert await world.is_active(tokens["access_token"])
    newer = await world.refresh(tokens["refresh_token"])
    assert newer.status_code == 200
    assert (await world.refresh(newer.json()["refresh_token"])).status_code == 200
    await grant_tokens(world)


@pytest.mark.parametrize("step_s", [-DAY, -HOUR, -90, -1], ids=lambda step_s: f"{step_s:+} s")
async def test_a_code_that_was_used_stays_used_when_the_clock_goes_back(world: World, step_s: int) -> None:
    ask = Ask(world)
    code = (await ask.allow(world.browser()))["code"]
    access_token = (await ask.redeem(code)).json()["access_token"]
    await sweep_all(world.driver, world.clock())
    world.clock.advance(step_s)
    await sweep_all(world.driver, world.clock())
    assert refusal(await ask.redeem(code)) == INVALID_GRANT
    assert not await world.is_active(access_token), "a replay ends what the first use bought"


async def test_what_a_step_forwards_let_expire_does_not_come_back_used_twice(world: World) -> None:
    """An NTP accident: a month ahead, the sweep runs, and back again. What was swept is gone for good."""
    ask = Ask(world)
    code = (await ask.allow(world.browser()))["code"]
    tokens = (await ask.redeem(code)).json()
    revoked = await grant_tokens(world)
    assert (await world.post("/oauth2/revoke", token=revoked["refresh_token"])).status_code == 200
    world.clock.advance(400 * DAY)
    await sweep_all(world.driver, world.clock())
    assert not await world.is_active(tokens["access_token"])
    assert refusal(await world.refresh(tokens["refresh_token"])) == INVALID_GRANT
    world.clock.advance(-400 * DAY)
    assert not await world.is_active(revoked["access_token"])
    for dead in (tokens, revoked):
        assert refusal(await world.refresh(dead["refresh_token"])) == INVALID_GRANT
    assert refusal(await ask.redeem(code)) == INVALID_GRANT
    await grant_tokens(world)


@pytest.mark.parametrize("steps", [(3650,), (1, 3650), (3650, -3650, 1800)], ids=["at once", "in two", "twice"])
async def test_a_used_code_of_a_grant_for_ever_is_not_young_again(world: World, steps: tuple[int, ...]) -> None:
    """The sweep deleted what said that it was used, and the grant itself would allow it again."""
    ask = Ask(world)
    code = (await ask.allow(world.browser(), lifetime="forever"))["code"]
    tokens = (await ask.redeem(code)).json()
    unused = Ask(world)
    code_of_unused = (await unused.allow(world.browser()))["code"]
    for days in (*steps, -sum(steps)):
        world.clock.advance(days * DAY)
        await sweep_all(world.driver, world.clock())
        assert refusal(await ask.redeem(code)) == INVALID_GRANT
    assert refusal(await world.refresh(tokens["refresh_token"])) == INVALID_GRANT
    assert refusal(await unused.redeem(code_of_unused)) == INVALID_GRANT, "one of the other kind: it cannot be told"
    assert world.rows()["token_family"] == 0
    await grant_tokens(world)


async def test_a_clock_that_goes_back_after_sweeps_takes_no_code_that_is_being_used(world: World) -> None:
    await sweep_all(world.driver, world.clock())
    world.clock.advance(-HOUR)
    ask = Ask(world)
    code = (await ask.allow(world.browser()))["code"]
    await sweep_all(world.driver, world.clock())
    assert (await ask.redeem(code)).status_code == 200


async def test_keys_and_permissions_are_read_again_after_a_step_back(world: World) -> None:
    world.clock.advance(-3650 * DAY)
    await world.server.store.catalog.put_scope(ScopeDefinition(name="another"))
    await world.http.get("/oauth2/jwks")
    assert "another" in world.server.catalog.scopes


async def test_a_revocation_holds_whatever_the_clock_says(world: World) -> None:
    tokens = await grant_tokens(world)
    assert (await world.post("/oauth2/revoke", token=tokens["refresh_token"])).status_code == 200
    for step_s in (-DAY, 2 * DAY, -DAY, -30 * DAY):
        world.clock.advance(step_s)
        assert not await world.is_active(tokens["access_token"])
        assert refusal(await world.refresh(tokens["refresh_token"])) == INVALID_GRANT


async def test_tending_is_not_held_up_by_a_clock_that_went_back(world: World) -> None:
    assert await claim_tending(world.driver, world.clock(), 60)
    assert not await claim_tending(world.driver, world.clock(), 60)
    world.clock.advance(-DAY)
    assert await claim_tending(world.driver, world.clock(), 60)
