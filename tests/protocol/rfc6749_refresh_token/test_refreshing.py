"""Refresh tokens: a new one every time, the last one again when the answer was lost, an older one never."""

from typing import Any

import pytest

from tests.world import Ask, World, at_once, grant_tokens, refusal

DEAD = (400, "invalid_grant")


async def refreshed(world: World, refresh_token: str, **params: Any) -> dict[str, Any]:
    response = await world.refresh(refresh_token, **params)
    assert response.status_code == 200, response.text
    tokens: dict[str, Any] = response.json()
    return tokens


@pytest.mark.spec("RFC 6749", "6", "a refresh token buys an access token and a new refresh token")
async def test_a_refresh_token_buys_the_next_tokens(world: World) -> None:
    first = await grant_tokens(world)
    second = await refreshed(world, first["refresh_token"])
    assert second["refresh_token"] != first["refresh_token"]
    assert second["access_token"] != first["access_token"]
    assert second["scope"] == first["scope"]
    assert await world.is_active(second["access_token"])
    assert await world.is_active(first["access_token"])


@pytest.mark.spec("RFC 6749", "5.1", "the answer is JSON that nobody keeps")
async def test_the_answer_is_json_that_nobody_keeps(world: World) -> None:
    response = await world.refresh((await grant_tokens(world))["refresh_token"])
    assert response.headers["content-type"] == "application/json"
    assert response.headers["cache-control"] == "no-store"


@pytest.mark.spec("RFC 9700", "4.14.2", "a replayed refresh token ends the family")
async def test_an_old_refresh_token_ends_the_family(world: World) -> None:
    first = await grant_tokens(world)
    second = await refreshed(world, first["refresh_token"])
    world.clock.advance(world.config.refresh_retry_window_s)
    assert refusal(await world.refresh(first["refresh_token"])) == DEAD
    assert refusal(await world.refresh(second["refresh_token"])) == DEAD
    assert not await world.is_active(second["access_token"])


async def test_two_generations_behind_is_a_replay_even_at_once(world: World) -> None:
    first = await grant_tokens(world)
    second = await refreshed(world, first["refresh_token"])
    third = await refreshed(world, second["refresh_token"])
    assert refusal(await world.refresh(first["refresh_token"])) == DEAD
    assert refusal(await world.refresh(third["refresh_token"])) == DEAD


async def test_a_replay_is_in_the_audit_log(world: World) -> None:
    first = await grant_tokens(world)
    await refreshed(world, first["refresh_token"])
    world.clock.advance(world.config.refresh_retry_window_s)
    await world.refresh(first["refresh_token"])
    assert (await world.server.store.audit.list())[0].event == "refresh_token_replayed"


async def test_a_lost_answer_is_given_again_within_the_window(world: World) -> None:
    first = await grant_tokens(world)
    await refreshed(world, first["refresh_token"])
    world.clock.advance(world.config.refresh_retry_window_s - 1)
    again = await refreshed(world, first["refresh_token"])
    assert await world.is_active(again["access_token"])
    # The successor is the living generation: using it leaves the first two behind.
    await refreshed(world, again["refresh_token"])
    assert refusal(await world.refresh(first["refresh_token"])) == DEAD


async def test_two_refreshes_that_arrive_together_both_get_living_tokens(world: World) -> None:
    first = await grant_tokens(world)
    answers = await at_once(*(world.refresh(first["refresh_token"]) for _ in range(4)))
    assert [answer.status_code for answer in answers] == [200] * 4
    for answer in answers:
        assert await world.is_active(answer.json()["access_token"])


@pytest.mark.spec("RFC 6749", "6", "scope may be narrowed, and the refresh token keeps what it had")
async def test_scope_may_be_narrowed_for_one_access_token(world: World) -> None:
    first = await grant_tokens(world)
    narrow = await refreshed(world, first["refresh_token"], scope="list_album")
    assert narrow["scope"] == "list_album"
    assert (await world.introspect(narrow["access_token"]))["scope"] == "list_album"
    assert (await refreshed(world, narrow["refresh_token"]))["scope"] == "get_user_info list_album"


@pytest.mark.spec("RFC 6749", "6", "scope must not be more than was granted")
@pytest.mark.parametrize("scope", ["list_album upload_pic", "upload_pic", "LIST_ALBUM", 'list"album'])
async def test_more_scope_is_refused_and_spends_nothing(world: World, scope: str) -> None:
    first = await grant_tokens(world)
    assert refusal(await world.refresh(first["refresh_token"], scope=scope)) == (400, "invalid_scope")
    assert await world.driver.fetch_one("SELECT generation FROM token_family") == (0,)
    await refreshed(world, first["refresh_token"])


@pytest.mark.spec("RFC 6749", "6", "a refresh token is only good for the client it was issued to")
async def test_the_refresh_token_of_another_client_is_refused_and_stays_good(world: World) -> None:
    await world.add_client("other")
    first = await grant_tokens(world)
    assert refusal(await world.refresh(first["refresh_token"], client="other")) == DEAD
    await refreshed(world, first["refresh_token"])


@pytest.mark.spec("RFC 6749", "6", "a confidential client authenticates to refresh")
async def test_a_confidential_client_must_authenticate(world: World) -> None:
    first = await grant_tokens(world)
    answer = await world.refresh(first["refresh_token"], client=None, client_id="photo-print")
    assert refusal(answer) == (401, "invalid_client")
    answer = await world.refresh(first["refresh_token"], secret="wrong")
    assert refusal(answer) == (401, "invalid_client")
    await refreshed(world, first["refresh_token"])


async def test_a_refresh_token_dies_when_it_lies_unused(world: World) -> None:
    first = await grant_tokens(world)
    world.clock.advance(world.config.refresh_token_lifetime_s - 1)
    # The grant of 30 days ends in a second as well; forever is long enough for the rest.
    assert (await refreshed(world, first["refresh_token"]))["expires_in"] == 1


async def test_use_keeps_a_refresh_token_alive_until_it_lies_unused(world: World) -> None:
    ask = Ask(world)
    tokens = (await ask.redeem((await ask.allow(world.browser(), lifetime="forever"))["code"])).json()
    for _ in range(3):
        world.clock.advance(world.config.refresh_token_lifetime_s - 1)
        tokens = await refreshed(world, tokens["refresh_token"])
    world.clock.advance(world.config.refresh_token_lifetime_s)
    assert refusal(await world.refresh(tokens["refresh_token"])) == DEAD


@pytest.mark.parametrize(("field", "value"), [("refresh_token_lifetime_s", 600), ("access_token_lifetime_s", 60)])
async def test_a_client_may_have_lifetimes_of_its_own(world: World, field: str, value: int) -> None:
    await world.add_client("brief", access_token_lifetime_s=60, refresh_token_lifetime_s=600)
    first = await grant_tokens(world, client_id="brief")
    assert first["expires_in"] == 60
    world.clock.advance(value)
    assert not await world.is_active(first["access_token"])
    answer = await world.refresh(first["refresh_token"], client="brief")
    assert answer.status_code == (400 if field == "refresh_token_lifetime_s" else 200)


async def test_the_last_access_token_ends_with_the_grant(world: World) -> None:
    ask = Ask(world)
    first = (await ask.redeem((await ask.allow(world.browser(), lifetime="1d"))["code"])).json()
    world.clock.advance(86_400 - 60)
    second = await refreshed(world, first["refresh_token"])
    assert second["expires_in"] == 60
    world.clock.advance(60)
    assert refusal(await world.refresh(second["refresh_token"])) == DEAD


async def test_a_client_that_may_not_refresh_gets_no_refresh_token(world: World) -> None:
    await world.add_client("once", grant_types=("authorization_code",))
    tokens = await grant_tokens(world, client_id="once")
    assert "refresh_token" not in tokens


async def test_a_disabled_client_cannot_refresh(world: World) -> None:
    first = await grant_tokens(world)
    await world.add_client(disabled_at=world.clock.now)
    assert refusal(await world.refresh(first["refresh_token"])) == (401, "invalid_client")
    await world.add_client()
    await refreshed(world, first["refresh_token"])


async def test_a_disabled_account_ends_refreshing(world: World) -> None:
    person = await world.add_account("lisi")
    ask = Ask(world)
    code = (await ask.allow(world.browser(), username="lisi"))["code"]
    tokens = (await ask.redeem(code)).json()
    await world.disable_account(person)
    assert refusal(await world.refresh(tokens["refresh_token"])) == DEAD
    assert not await world.is_active(tokens["access_token"])


async def test_refreshing_goes_on_after_a_restart(world: World) -> None:
    first = await grant_tokens(world)
    await world.restart()
    second = await refreshed(world, first["refresh_token"])
    assert await world.is_active(second["access_token"])


@pytest.mark.parametrize("made_up", ["x", "lpr_" + "f" * 300, "令牌", " "])
async def test_a_made_up_refresh_token_is_refused(world: World, made_up: str) -> None:
    assert refusal(await world.refresh(made_up)) == DEAD


async def test_an_access_token_does_not_refresh(world: World) -> None:
    assert refusal(await world.refresh((await grant_tokens(world))["access_token"])) == DEAD
