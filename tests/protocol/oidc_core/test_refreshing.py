"""Refreshing with OpenID Connect: who may, and what the next ID Token says."""

import pytest

from tests.openid import APP, CORE, add_app, sign_in, verified
from tests.world import Ask, World


@pytest.mark.spec(CORE, "12.2", "the next ID Token: same iss, sub, aud and auth_time, a new iat, no nonce")
async def test_the_next_id_token_is_about_the_same_sign_in(world: World) -> None:
    await add_app(world)
    first = await sign_in(world, scope="openid offline_access")
    world.clock.advance(100)
    again = (await world.refresh(first.tokens["refresh_token"], client=APP)).json()
    claims = await verified(world, again["id_token"])
    for name in ("iss", "sub", "aud", "auth_time", "sid", "acr"):
        assert claims[name] == first.claims[name], name
    assert claims["iat"] == first.claims["iat"] + 100
    assert "nonce" not in claims
    assert claims["at_hash"] != first.claims["at_hash"]


@pytest.mark.spec(CORE, "12.1", "the refresh token is redeemed by whoever it was given to")
async def test_a_refresh_token_is_of_one_client(world: World) -> None:
    await add_app(world)
    await add_app(world, "second")
    tokens = (await sign_in(world, scope="openid offline_access")).tokens
    refused = await world.refresh(tokens["refresh_token"], client="second")
    assert refused.json()["error"] == "invalid_grant"
    assert (await world.refresh(tokens["refresh_token"], client=APP)).status_code == 200


@pytest.mark.spec(CORE, "11", "offline access is what offline_access asks for")
async def test_a_client_that_knows_offline_access_gets_it_by_asking(world: World) -> None:
    await add_app(world)
    assert "refresh_token" not in (await sign_in(world)).tokens
    assert "refresh_token" in (await sign_in(world, scope="openid offline_access")).tokens


@pytest.mark.spec(CORE, "11", "the person may say no to it")
async def test_the_person_may_leave_it_out(world: World) -> None:
    await add_app(world)
    ask = Ask(world, APP, scope="openid offline_access")
    answer = await ask.allow(world.browser(), tick=["openid"])
    tokens = (await ask.redeem(answer["code"], client=APP)).json()
    assert "refresh_token" not in tokens
    assert "id_token" in tokens


async def test_once_means_no_refresh_token_however_it_is_asked_for(world: World) -> None:
    await add_app(world)
    ask = Ask(world, APP, scope="openid offline_access")
    answer = await ask.allow(world.browser(), lifetime="once")
    assert "refresh_token" not in (await ask.redeem(answer["code"], client=APP)).json()


async def test_without_openid_in_the_narrowed_scope_there_is_no_id_token(world: World) -> None:
    await add_app(world)
    first = await sign_in(world, scope="openid profile offline_access")
    again = (await world.refresh(first.tokens["refresh_token"], client=APP, scope="profile")).json()
    assert "id_token" not in again


async def test_signing_out_does_not_end_what_was_allowed_to_stay(world: World) -> None:
    await add_app(world)
    first = await sign_in(world, scope="openid offline_access")
    await first.browser.get("/sign-out")
    await first.browser.submit(first.browser.form("sign-out-form"))
    assert (await world.refresh(first.tokens["refresh_token"], client=APP)).status_code == 200
