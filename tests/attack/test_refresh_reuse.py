"""A refresh token that was used is used again: by the client whose answer was lost, or by a thief.

Spec: RFC 9700 §4.14.2; RFC 6819 §5.2.2.3. Stops: CVE-2026-1035 (check, then act), DOT#1617 (older generations in the
grace window), DOT#1816 (revoked tokens in the grace window), CVE-2026-43983.
"""

import pytest

from tests.attack.scene import INVALID_GRANT, is_dead
from tests.world import World, grant_tokens, refusal

pytestmark = pytest.mark.spec("RFC 9700", "4.14.2", "a refresh token that is used again ends its whole family")


@pytest.mark.parametrize(("after_s", "is_lost_answer"), [(0, True), (1, True), (29, True), (30, False), (31, False)])
async def test_one_behind_is_a_lost_answer_for_30_seconds(world: World, after_s: int, is_lost_answer: bool) -> None:
    assert world.config.refresh_retry_window_s == 30
    first = await grant_tokens(world)
    second = (await world.refresh(first["refresh_token"])).json()
    world.clock.advance(after_s)
    again = await world.refresh(first["refresh_token"])
    if is_lost_answer:
        assert again.status_code == 200
        assert (await world.refresh(again.json()["refresh_token"])).status_code == 200
    else:
        assert refusal(again) == INVALID_GRANT
        assert await is_dead(world, second)


@pytest.mark.parametrize("after_s", [0, 29])
async def test_two_behind_is_a_replay_at_once(world: World, after_s: int) -> None:
    first = await grant_tokens(world)
    second = (await world.refresh(first["refresh_token"])).json()
    third = (await world.refresh(second["refresh_token"])).json()
    world.clock.advance(after_s)
    assert refusal(await world.refresh(first["refresh_token"])) == INVALID_GRANT
    assert await is_dead(world, second)
    assert await is_dead(world, third)


async def test_the_successor_is_the_same_however_often_the_answer_is_lost(world: World) -> None:
    """Otherwise a thief and the owner would each get a line of their own, and nobody would ever notice."""
    first = await grant_tokens(world)
    answers = [(await world.refresh(first["refresh_token"])).json() for _ in range(5)]
    third = (await world.refresh(answers[0]["refresh_token"])).json()
    world.clock.advance(30)
    assert refusal(await world.refresh(answers[4]["refresh_token"])) == INVALID_GRANT, "it was the same one"
    assert await is_dead(world, third)


async def test_going_on_retrying_does_not_stretch_the_window(world: World) -> None:
    first = await grant_tokens(world)
    await world.refresh(first["refresh_token"])
    for _ in range(3):
        world.clock.advance(9)
        assert (await world.refresh(first["refresh_token"])).status_code == 200
    world.clock.advance(9)
    assert refusal(await world.refresh(first["refresh_token"])) == INVALID_GRANT


async def test_a_revoked_token_is_not_a_lost_answer(world: World) -> None:
    first = await grant_tokens(world)
    second = (await world.refresh(first["refresh_token"])).json()
    await world.post("/oauth2/revoke", token=second["refresh_token"])
    assert refusal(await world.refresh(first["refresh_token"])) == INVALID_GRANT
    assert await is_dead(world, second)


async def test_a_token_of_an_ended_grant_is_not_a_lost_answer(world: World) -> None:
    browser = world.browser()
    first = await grant_tokens(world, browser)
    second = (await world.refresh(first["refresh_token"])).json()
    await browser.get("/account/grants")
    end = next(form for form in browser.forms() if ("action", "end") in form.buttons)
    await browser.submit(end, ("action", "end"))
    assert refusal(await world.refresh(first["refresh_token"])) == INVALID_GRANT
    assert await is_dead(world, second)
    anew = await grant_tokens(world, browser)
    assert await is_dead(world, second), "allowing the application again brings nothing back"
    assert await world.is_active(anew["access_token"])


async def test_a_restart_forgets_neither_the_use_nor_the_replay(world: World) -> None:
    first = await grant_tokens(world)
    second = (await world.refresh(first["refresh_token"])).json()
    third = (await world.refresh(second["refresh_token"])).json()
    await world.restart()
    assert refusal(await world.refresh(first["refresh_token"])) == INVALID_GRANT
    await world.restart()
    assert await is_dead(world, third)


async def test_an_unused_token_dies_in_the_second_it_expires(world: World) -> None:
    first = await grant_tokens(world)
    world.clock.advance(world.config.refresh_token_lifetime_s - 1)
    # The grant is for 30 days too, from the same second on.
    assert (second := await world.refresh(first["refresh_token"])).status_code == 200
    world.clock.advance(1)
    assert refusal(await world.refresh(second.json()["refresh_token"])) == INVALID_GRANT


@pytest.mark.spec("RFC 6749", "6", "a refreshed scope lies within what was granted")
async def test_refreshing_never_gives_more_than_was_allowed(world: World) -> None:
    await world.add_client(scope="get_user_info list_album upload_pic")
    first = await grant_tokens(world)
    wider = await world.refresh(first["refresh_token"], scope="get_user_info list_album upload_pic")
    assert refusal(wider) == (400, "invalid_scope")
    narrow = (await world.refresh(first["refresh_token"], scope="list_album")).json()
    assert narrow["scope"] == "list_album"
    assert (await world.refresh(narrow["refresh_token"])).json()["scope"] == "get_user_info list_album"
    assert (await world.introspect(narrow["access_token"]))["scope"] == "list_album"


async def test_a_refused_request_does_not_use_the_token_up(world: World) -> None:
    first = await grant_tokens(world)
    for wrong in ({"scope": "upload_pic"}, {"resource": "https://unknown.example"}, {"scope": '"'}):
        assert (await world.refresh(first["refresh_token"], **wrong)).status_code == 400
    world.clock.advance(3600)
    assert (await world.refresh(first["refresh_token"])).status_code == 200
