"""How long a person allows something: once, a day, 30 days, 90 days, for ever."""

import pytest

from tests.protocol.lingpai_consent.pages import allowed, asked, listed, register
from tests.world import World, refusal

DAY_S = 86_400
DEAD = (400, "invalid_grant")


@pytest.mark.parametrize(("lifetime", "days"), [("1d", 1), ("30d", 30), ("90d", 90)])
async def test_the_grant_ends_when_the_person_said(world: World, lifetime: str, days: int) -> None:
    await world.add_client(refresh_token_lifetime_s=400 * DAY_S)
    browser = world.browser()
    tokens = await allowed(world, browser, "get_user_info", "list_album", lifetime=lifetime)
    world.clock.advance(days * DAY_S - 1)
    last = (await world.refresh(tokens["refresh_token"])).json()
    assert last["expires_in"] == 1
    assert await world.is_active(last["access_token"])
    world.clock.advance(1)
    assert not await world.is_active(last["access_token"])
    assert refusal(await world.refresh(last["refresh_token"])) == DEAD
    assert await asked(world, browser), "asked again"


async def test_for_ever_lasts(world: World) -> None:
    await world.add_client(refresh_token_lifetime_s=700 * DAY_S)
    tokens = await allowed(world, world.browser(), "get_user_info", "list_album", lifetime="forever")
    world.clock.advance(699 * DAY_S)
    assert (await world.refresh(tokens["refresh_token"])).status_code == 200


async def test_once_is_an_hour_without_a_refresh_token(world: World) -> None:
    browser = world.browser()
    tokens = await allowed(world, browser, "get_user_info", "list_album", lifetime="once")
    assert tokens["expires_in"] == 3600
    assert "refresh_token" not in tokens
    world.clock.advance(3599)
    assert await world.is_active(tokens["access_token"])
    world.clock.advance(1)
    assert not await world.is_active(tokens["access_token"])


async def test_once_is_an_hour_even_if_tokens_live_longer(world: World) -> None:
    await world.add_client(access_token_lifetime_s=10 * DAY_S)
    tokens = await allowed(world, world.browser(), "get_user_info", "list_album", lifetime="once")
    assert tokens["expires_in"] == 3600


async def test_once_is_asked_again_at_the_next_request(world: World) -> None:
    browser = world.browser()
    await allowed(world, browser, "get_user_info", "list_album", lifetime="once")
    form = await asked(world, browser)
    assert form
    assert form.boxes["scope"] == ["get_user_info", "list_album"], "all of it, nothing counts as allowed"


async def test_what_was_allowed_once_does_not_become_permanent_by_a_later_answer(world: World) -> None:
    browser = world.browser()
    await allowed(world, browser, "get_user_info", "list_album", lifetime="once")
    tokens = await allowed(world, browser, "list_album", lifetime="forever")
    assert await listed(browser) == ["list_album"], "the answer replaces the one before"
    assert (await world.refresh(tokens["refresh_token"])).json()["scope"] == "list_album"
    assert await asked(world, browser), "the profile was never allowed for longer than that once"


async def test_what_was_unticked_once_is_asked_for_again(world: World) -> None:
    browser = world.browser()
    await allowed(world, browser, "get_user_info", "list_album", tick=("list_album",), lifetime="once")
    await allowed(world, browser, "list_album", lifetime="30d")
    form = await asked(world, browser)
    assert form
    assert form.boxes["scope"] == ["get_user_info"]


async def test_the_length_chosen_last_counts_for_the_whole_grant(world: World) -> None:
    await register(world, refresh_token_lifetime_s=400 * DAY_S)
    browser = world.browser()
    first = await allowed(world, browser, "get_user_info", lifetime="90d")
    await allowed(world, browser, "list_album", lifetime="1d")
    world.clock.advance(DAY_S)
    assert refusal(await world.refresh(first["refresh_token"])) == DEAD


async def test_an_application_offers_only_the_lengths_of_its_policy(world: World) -> None:
    await world.add_client(grant_lifetimes=("1d", "once"), default_grant_lifetime="1d")
    browser = world.browser()
    form = await asked(world, browser)
    assert form
    assert form.boxes["lifetime"] == ["1d", "once"]
    assert ("lifetime", "1d") in form.fields
    page = await browser.submit(form, ("scope", "list_album"), ("lifetime", "forever"), ("decision", "allow"))
    assert page.status_code == 422
    assert world.rows()["account_grant"] == 0


@pytest.mark.parametrize("lifetime", ["2d", "FOREVER", "30d ", "always", "0"])
async def test_a_length_that_is_not_offered_is_refused(world: World, lifetime: str) -> None:
    browser = world.browser()
    form = await asked(world, browser)
    assert form
    page = await browser.submit(form, ("scope", "list_album"), ("lifetime", lifetime), ("decision", "allow"))
    assert page.status_code == 422
    assert world.rows()["account_grant"] == 0
