"""UserInfo: what the permissions open, to a bearer token that is for it."""

from typing import Any

import httpx2
import pytest

from tests.wire import FORM, send
from tests.world import ISSUER, PHOTOS, World, grant_tokens, refusal

URL = "/oauth2/userinfo"
CORE = "OpenID Connect Core 1.0"


async def ask(world: World, token: str, **headers: str) -> httpx2.Response:
    return await world.http.get(URL, headers={"authorization": f"Bearer {token}"} | headers)


@pytest.mark.spec(CORE, "5.3.2", "sub and the claims the scope opens")
@pytest.mark.spec("RFC 6750", "2.1", "the token is sent in the Authorization header")
async def test_the_claims_the_permission_opens_are_told(world: World) -> None:
    account = await world.server.store.accounts.get_by_username("zhangsan")
    assert account
    tokens = await grant_tokens(world)
    response = await ask(world, tokens["access_token"])
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    assert response.headers["cache-control"] == "no-store"
    assert response.json() == {"sub": account.id.hex(), "nickname": "zhangsan"}


async def test_claims_without_a_permission_stay_closed(world: World) -> None:
    claims = {"nickname": "Wang", "email": "never@example.org", "birthdate": "2000-01-01"}
    await world.add_account("wang", claims=claims, picture="https://img.example/wang.png")
    browser = world.browser()
    await world.sign_in(browser, "wang")
    response = await ask(world, (await grant_tokens(world, browser))["access_token"])
    assert set(response.json()) == {"sub", "nickname", "picture"}


@pytest.mark.spec(CORE, "5.3.1", "GET and POST are both supported")
@pytest.mark.spec("RFC 6750", "2.2", "the token may be sent in a form")
async def test_the_token_may_be_posted(world: World) -> None:
    token = (await grant_tokens(world))["access_token"]
    in_form = await world.http.post(URL, data={"access_token": token})
    in_header = await world.http.post(URL, headers={"authorization": f"Bearer {token}"})
    assert (in_form.status_code, in_header.status_code) == (200, 200)
    assert in_form.json() == in_header.json()


@pytest.mark.spec("RFC 6750", "2", "a token is sent in one way only")
async def test_a_token_sent_twice_is_refused(world: World) -> None:
    token = (await grant_tokens(world))["access_token"]
    response = await world.http.post(URL, data={"access_token": token}, headers={"authorization": f"Bearer {token}"})
    assert refusal(response) == (400, "invalid_request")


@pytest.mark.spec("RFC 6750", "2.3", "a token in the URL is not accepted")
async def test_a_token_in_the_url_is_refused(world: World) -> None:
    token = (await grant_tokens(world))["access_token"]
    for method in ("GET", "POST"):
        response = await send(world.server.app, method, URL, query=f"access_token={token}".encode())
        assert refusal(response) == (400, "invalid_request")


@pytest.mark.spec("RFC 6750", "3.1", "a request without credentials is told the scheme and no error")
@pytest.mark.parametrize(
    "headers", [[], [("authorization", "Basic eDp5")], [("authorization", "Digest x")]], ids=["none", "Basic", "Digest"]
)
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_without_a_token_there_is_a_plain_challenge(
    module_world: World, method: str, headers: list[tuple[str, str]]
) -> None:
    response = await send(module_world.server.app, method, URL, headers=headers)
    assert response.status_code == 401
    assert response.headers["www-authenticate"].startswith(f'Bearer realm="{ISSUER}", DPoP realm="{ISSUER}", algs=')


@pytest.mark.spec("RFC 6750", "3.1", "invalid_token with 401 and a challenge")
@pytest.mark.parametrize("token", ["~", "lpa_" + "0" * 300, "a.b.c", "." * 500, "é", "==", 'x"y', "x" * 20_000])
async def test_a_bad_token_is_challenged(module_world: World, token: str) -> None:
    headers = [("authorization", f"Bearer {token}")]
    response = await send(module_world.server.app, "GET", URL, headers=headers)
    assert refusal(response) == (401, "invalid_token")
    challenge = response.headers["www-authenticate"]
    assert challenge.startswith(f'Bearer realm="{ISSUER}", error="invalid_token", error_description="')
    assert token not in challenge


@pytest.mark.spec("RFC 6750", "3.1", "invalid_request with 400 for a malformed request")
@pytest.mark.parametrize("value", ["Bearer", "Bearer ", "Bearer\t", "bearer  "])
async def test_a_header_without_a_token_is_malformed(module_world: World, value: str) -> None:
    response = await send(module_world.server.app, "GET", URL, headers=[("authorization", value)])
    assert refusal(response) == (400, "invalid_request")
    assert 'error="invalid_request"' in response.headers["www-authenticate"]


async def test_two_authorization_headers_are_refused(world: World) -> None:
    token = (await grant_tokens(world))["access_token"]
    headers = [("authorization", f"Bearer {token}"), ("authorization", "Bearer x")]
    assert refusal(await send(world.server.app, "GET", URL, headers=headers)) == (400, "invalid_request")


@pytest.mark.spec("RFC 9110", "11.1", "the scheme has no case")
@pytest.mark.parametrize("scheme", ["bearer", "BEARER", "BeArEr"])
async def test_the_scheme_has_no_case(world: World, scheme: str) -> None:
    token = (await grant_tokens(world))["access_token"]
    response = await world.http.get(URL, headers={"authorization": f"{scheme} {token}"})
    assert response.status_code == 200


@pytest.mark.parametrize("name", ["refresh_token", "code"])
async def test_only_an_access_token_opens_it(world: World, name: str) -> None:
    tokens = await grant_tokens(world)
    response = await ask(world, tokens.get(name, "lpc_00"))
    assert refusal(response) == (401, "invalid_token")


async def test_a_token_for_another_audience_does_not_open_it(world: World) -> None:
    tokens = await grant_tokens(world, scope="list_album")
    assert (await world.introspect(tokens["access_token"]))["aud"] == PHOTOS
    assert refusal(await ask(world, tokens["access_token"])) == (401, "invalid_token")


async def test_an_expired_token_does_not_open_it(world: World) -> None:
    tokens = await grant_tokens(world)
    world.clock.advance(tokens["expires_in"])
    assert refusal(await ask(world, tokens["access_token"])) == (401, "invalid_token")


async def test_a_permission_taken_back_closes_its_claims_at_once(world: World) -> None:
    browser = world.browser()
    tokens = await grant_tokens(world, browser)
    await browser.get("/account/grants")
    form = next(form for form in browser.forms() if ("scope", "get_user_info") in form.fields)
    await browser.submit(form, ("action", "take_back"))
    response = await ask(world, tokens["access_token"])
    assert "nickname" not in response.json()


@pytest.mark.spec("RFC 6750", "2.2", "a body of another type holds no token")
async def test_a_body_of_another_type_is_refused(world: World) -> None:
    token = (await grant_tokens(world))["access_token"]
    response = await world.http.post(URL, json={"access_token": token})
    assert refusal(response) == (400, "invalid_request")
    body = f"access_token={token}&access_token={token}".encode()
    assert refusal(await send(world.server.app, "POST", URL, body=body, headers=[FORM])) == (400, "invalid_request")


async def test_account_claims_cannot_pretend_to_be_somebody_else(world: World) -> None:
    person = await world.add_account("mallory", claims={"sub": "zhangsan", "nickname": "m"})
    await world.add_scope("get_user_info", claims=("sub", "nickname"))
    browser = world.browser()
    await world.sign_in(browser, "mallory")
    claims: dict[str, Any] = (await ask(world, (await grant_tokens(world, browser))["access_token"])).json()
    assert claims["sub"] == person.id.hex()
