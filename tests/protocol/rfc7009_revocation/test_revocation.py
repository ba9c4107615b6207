"""Revocation: what an application gives back is dead at once, and nobody learns anything from the answer."""

import pytest

from tests.world import Ask, World, at_once, grant_tokens, refusal

DEAD = (400, "invalid_grant")


@pytest.mark.spec("RFC 7009", "2", "a revoked refresh token takes its access tokens with it")
async def test_a_revoked_refresh_token_takes_everything_with_it(world: World) -> None:
    first = await grant_tokens(world)
    second = (await world.refresh(first["refresh_token"])).json()
    response = await world.post("/oauth2/revoke", token=second["refresh_token"])
    assert (response.status_code, response.content) == (200, b"")
    assert response.headers["cache-control"] == "no-store"
    assert not await world.is_active(first["access_token"])
    assert not await world.is_active(second["access_token"])
    assert refusal(await world.refresh(second["refresh_token"])) == DEAD


async def test_an_older_refresh_token_of_the_family_will_do(world: World) -> None:
    first = await grant_tokens(world)
    second = (await world.refresh(first["refresh_token"])).json()
    await world.post("/oauth2/revoke", token=first["refresh_token"])
    assert not await world.is_active(second["access_token"])


@pytest.mark.spec("RFC 7009", "2.1", "a revoked access token is dead, its refresh token lives")
async def test_a_revoked_access_token_goes_alone(world: World) -> None:
    tokens = await grant_tokens(world)
    assert (await world.post("/oauth2/revoke", token=tokens["access_token"])).status_code == 200
    assert not await world.is_active(tokens["access_token"])
    assert (await world.refresh(tokens["refresh_token"])).status_code == 200


async def test_a_revoked_access_token_stays_dead_after_a_restart(world: World) -> None:
    tokens = await grant_tokens(world)
    await world.post("/oauth2/revoke", token=tokens["access_token"])
    await world.restart()
    assert not await world.is_active(tokens["access_token"])


@pytest.mark.spec("RFC 7009", "2.2", "an invalid token is answered with 200")
@pytest.mark.parametrize("token", ["x", "令牌", "lpr_" + "0" * 300, "a.b.c", "." * 1000])
async def test_what_is_no_token_is_answered_with_success(world: World, token: str) -> None:
    before = world.rows()
    assert (await world.post("/oauth2/revoke", token=token)).status_code == 200
    assert world.rows() == before


@pytest.mark.spec("RFC 7009", "2.1", "a token issued to another client is not revoked")
async def test_the_token_of_another_client_lives_on(world: World) -> None:
    await world.add_client("other")
    tokens = await grant_tokens(world)
    for name in ("access_token", "refresh_token"):
        assert (await world.post("/oauth2/revoke", client="other", token=tokens[name])).status_code == 200
    assert await world.is_active(tokens["access_token"])
    assert (await world.refresh(tokens["refresh_token"])).status_code == 200


@pytest.mark.spec("RFC 7009", "2.1", "a resource server cannot revoke what it was shown")
async def test_a_resource_server_cannot_revoke(world: World) -> None:
    tokens = await grant_tokens(world)
    await world.post("/oauth2/revoke", client="photos", token=tokens["access_token"])
    assert await world.is_active(tokens["access_token"])


@pytest.mark.spec("RFC 7009", "2.1", "client credentials are checked first")
async def test_credentials_are_checked_first(world: World) -> None:
    tokens = await grant_tokens(world)
    token = tokens["refresh_token"]
    assert refusal(await world.post("/oauth2/revoke", client=None, token=token)) == (401, "invalid_client")
    assert refusal(await world.post("/oauth2/revoke", secret="wrong", token=token)) == (401, "invalid_client")
    assert await world.is_active(tokens["access_token"])


@pytest.mark.spec("RFC 7009", "2.1", "public clients can revoke")
async def test_a_public_client_revokes_its_own(world: World) -> None:
    await world.add_client("app", secret=None)
    ask = Ask(world, "app")
    code = (await ask.allow(world.browser()))["code"]
    tokens = (await ask.redeem(code, client=None, client_id="app")).json()
    await world.post("/oauth2/revoke", client=None, client_id="app", token=tokens["refresh_token"])
    assert refusal(await world.refresh(tokens["refresh_token"], client=None, client_id="app")) == DEAD


@pytest.mark.spec("RFC 7009", "2.1", "a wrong token_type_hint does not stop the search")
@pytest.mark.parametrize("name", ["access_token", "refresh_token"])
@pytest.mark.parametrize("hint", ["access_token", "refresh_token", "id_token", ""])
async def test_a_wrong_hint_changes_nothing(world: World, name: str, hint: str) -> None:
    tokens = await grant_tokens(world)
    assert (await world.post("/oauth2/revoke", token=tokens[name], token_type_hint=hint)).status_code == 200
    assert not await world.is_active(tokens["access_token"])


@pytest.mark.spec("RFC 7009", "2.1", "token is required")
@pytest.mark.parametrize("params", [{}, {"token": ""}])
async def test_the_token_is_required(world: World, params: dict[str, str]) -> None:
    assert refusal(await world.post("/oauth2/revoke", **params)) == (400, "invalid_request")


async def test_revoking_twice_or_at_once_stores_one_row(world: World) -> None:
    token = (await grant_tokens(world))["access_token"]
    before = world.rows()
    answers = await at_once(*(world.post("/oauth2/revoke", token=token) for _ in range(5)))
    assert {answer.status_code for answer in answers} == {200}
    assert world.rows() == before | {"spent": before["spent"] + 1}


@pytest.mark.spec("RFC 7009", "2", "other sign-ins of the same person are not touched")
async def test_another_sign_in_of_the_same_person_lives_on(world: World) -> None:
    here, there = await grant_tokens(world), await grant_tokens(world)
    await world.post("/oauth2/revoke", token=here["refresh_token"])
    assert not await world.is_active(here["access_token"])
    assert await world.is_active(there["access_token"])


async def test_revoking_a_token_does_not_take_back_the_consent(world: World) -> None:
    browser = world.browser()
    tokens = await grant_tokens(world, browser)
    await world.post("/oauth2/revoke", token=tokens["refresh_token"])
    await browser.get(Ask(world).url)
    assert "code" in browser.sent_to, "no page: the person is not asked again"


async def test_a_signed_access_token_is_revoked_too(world: World) -> None:
    await world.add_resource_server("http://localhost:5000", client_ids=("photos",), access_token_format="at+jwt")
    token = (await grant_tokens(world, scope="list_album"))["access_token"]
    assert await world.is_active(token)
    await world.post("/oauth2/revoke", token=token)
    assert not await world.is_active(token)
