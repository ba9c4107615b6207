"""Introspection: the truth at this moment, told to whom it concerns."""

import pytest

from tests.wire import send
from tests.world import ISSUER, PHOTOS, Ask, World, grant_tokens, refusal

NOTHING = {"active": False}


@pytest.mark.spec("RFC 7662", "2", "the state of a token is told to an authenticated caller")
@pytest.mark.spec("RFC 7662", "2.2", "a live token's metadata is told")
async def test_a_live_token_is_described(world: World) -> None:
    tokens = await grant_tokens(world)
    account = await world.server.store.accounts.get_by_username("zhangsan")
    assert account
    claims = await world.introspect(tokens["access_token"])
    jti = claims.pop("jti")
    assert jti
    assert claims == {
        "active": True,
        "iss": ISSUER,
        "client_id": "photo-print",
        "token_type": "Bearer",
        "sub": account.id.hex(),
        "username": "zhangsan",
        "aud": [ISSUER, PHOTOS],
        "scope": "get_user_info list_album",
        "iat": world.clock.now,
        "exp": world.clock.now + 3600,
        "auth_time": world.clock.now,
        "acr": "urn:lingpai:acr:1",
    }


@pytest.mark.spec("RFC 7662", "2.2", "the answer is JSON, kept by nobody")
async def test_the_answer_is_json_that_nobody_keeps(world: World) -> None:
    for token in ((await grant_tokens(world))["access_token"], "unknown"):
        response = await world.post("/oauth2/introspect", token=token)
        assert response.status_code == 200
        assert response.headers["content-type"] == "application/json"
        assert response.headers["cache-control"] == "no-store"


@pytest.mark.spec("RFC 7662", "2.2", "about a token not in force only active: false is said")
@pytest.mark.parametrize("token", ["x", "令牌", "lpa_" + "0" * 300, "a.b.c", "eyJhbGciOiJub25lIn0.e30.", "." * 1000])
async def test_nothing_is_said_about_what_is_no_token(world: World, token: str) -> None:
    assert await world.introspect(token) == NOTHING


async def test_codes_and_refresh_tokens_are_no_access_tokens(world: World) -> None:
    ask = Ask(world)
    code = (await ask.allow(world.browser()))["code"]
    assert await world.introspect(code) == NOTHING
    tokens = (await ask.redeem(code)).json()
    assert await world.introspect(tokens["refresh_token"]) == NOTHING


async def test_a_token_changed_in_any_character_is_no_token(world: World) -> None:
    token = (await grant_tokens(world))["access_token"]
    for place in range(0, len(token), 7):
        changed = token[:place] + ("0" if token[place] != "0" else "1") + token[place + 1 :]
        assert await world.introspect(changed) == NOTHING


@pytest.mark.spec("RFC 7662", "2.1", "the caller is authenticated")
@pytest.mark.spec("RFC 7662", "4", "nobody can scan for tokens anonymously")
async def test_nobody_asks_anonymously(world: World) -> None:
    token = (await grant_tokens(world))["access_token"]
    assert refusal(await world.post("/oauth2/introspect", client=None, token=token)) == (401, "invalid_client")
    assert refusal(await world.post("/oauth2/introspect", secret="wrong", token=token)) == (401, "invalid_client")
    response = await world.http.post(
        "/oauth2/introspect", data={"token": token}, headers={"authorization": f"Bearer {token}"}
    )
    assert refusal(response) == (401, "invalid_client")


async def test_a_public_client_may_not_ask(world: World) -> None:
    await world.add_client("app", secret=None)
    answer = await world.post("/oauth2/introspect", client=None, client_id="app", token="x")
    assert refusal(answer) == (400, "unauthorized_client")


@pytest.mark.spec("RFC 7662", "2.2", "a caller is not told about tokens that do not concern it")
async def test_a_resource_server_learns_only_about_tokens_for_it(world: World) -> None:
    await world.add_client("other-api", grant_types=(), response_types=(), redirect_uris=())
    await world.add_resource_server("http://localhost:6000", client_ids=("other-api",))
    token = (await grant_tokens(world))["access_token"]
    assert (await world.introspect(token, client="photos"))["active"]
    assert await world.introspect(token, client="other-api") == NOTHING
    mine = (await grant_tokens(world, scope="get_user_info"))["access_token"]
    assert await world.introspect(mine, client="photos") == NOTHING


async def test_another_application_learns_nothing(world: World) -> None:
    await world.add_client("nosy")
    assert await world.introspect((await grant_tokens(world))["access_token"], client="nosy") == NOTHING


@pytest.mark.spec("RFC 7662", "4", "expiry is checked")
async def test_an_expired_token_is_not_active(world: World) -> None:
    tokens = await grant_tokens(world)
    world.clock.advance(tokens["expires_in"] - 1)
    assert await world.is_active(tokens["access_token"])
    world.clock.advance(1)
    assert await world.introspect(tokens["access_token"]) == NOTHING


async def test_a_token_of_a_disabled_client_is_not_active(world: World) -> None:
    token = (await grant_tokens(world))["access_token"]
    await world.add_client(disabled_at=world.clock.now)
    assert await world.introspect(token, client="photos") == NOTHING


@pytest.mark.spec("RFC 7662", "2.1", "the hint helps at most and never misleads")
@pytest.mark.parametrize("hint", ["access_token", "refresh_token", "saml2", ""])
async def test_a_wrong_hint_changes_nothing(world: World, hint: str) -> None:
    token = (await grant_tokens(world))["access_token"]
    assert (await world.introspect(token, token_type_hint=hint))["active"]


@pytest.mark.spec("RFC 7662", "2.1", "token is required")
@pytest.mark.parametrize("params", [{}, {"token": ""}])
async def test_the_token_is_required(world: World, params: dict[str, str]) -> None:
    assert refusal(await world.post("/oauth2/introspect", **params)) == (400, "invalid_request")


@pytest.mark.spec("RFC 7662", "2.1", "the request is a POST")
async def test_a_token_is_never_asked_about_in_a_url(world: World) -> None:
    token = (await grant_tokens(world))["access_token"]
    response = await send(world.server.app, "GET", "/oauth2/introspect", query=f"token={token}".encode())
    assert refusal(response) == (405, "invalid_request")


@pytest.mark.parametrize("resource_format", ["opaque", "at+jwt"])
async def test_both_forms_of_token_are_described_alike(world: World, resource_format: str) -> None:
    await world.add_resource_server(PHOTOS, client_ids=("photos",), access_token_format=resource_format)
    token = (await grant_tokens(world, scope="list_album"))["access_token"]
    assert (token.count(".") == 2) == (resource_format == "at+jwt")
    claims = await world.introspect(token, client="photos")
    assert (claims["active"], claims["scope"], claims["aud"]) == (True, "list_album", PHOTOS)
