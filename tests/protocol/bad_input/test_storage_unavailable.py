"""The database is away: 503 in the form of the endpoint, nothing half done, and everything works again after."""

import pytest

from tests.protocol.bad_input.endpoints import ENDPOINTS, register
from tests.protocol.bad_input.spoil import outcome, send_spoiled
from tests.wire import FORM, send
from tests.world import Ask, World, grant_tokens

_NEED_NO_DATABASE = {"language": "303 elsewhere", "device picture": "200 picture"}


async def test_a_closed_database_is_503_in_the_form_of_the_endpoint(own_world: World) -> None:
    await register(own_world)
    good = {endpoint.name: await endpoint.make(own_world) for endpoint in ENDPOINTS}
    await own_world.driver.close()
    for endpoint in ENDPOINTS:
        response = await send_spoiled(own_world, good[endpoint.name])
        if endpoint.name in _NEED_NO_DATABASE:
            assert outcome(response) == _NEED_NO_DATABASE[endpoint.name]
        else:
            unavailable = "503 temporarily_unavailable" if endpoint.form == "json" else "503 page"
            assert outcome(response) == unavailable, endpoint.name
            assert int(response.headers["retry-after"]) > 0


@pytest.mark.spec("RFC 6749", "4.1.2.1", "a server that cannot answer says so")
async def test_public_documents_need_no_database(own_world: World) -> None:
    await own_world.driver.close()
    for path in ("/oauth2/jwks", "/.well-known/oauth-authorization-server", "/health/live", "/static/lingpai.css"):
        assert (await send(own_world.server.app, "GET", path)).status_code == 200
    ready = await send(own_world.server.app, "GET", "/health/ready")
    assert (ready.status_code, ready.json()) == (503, {"status": "storage unavailable"})


async def test_the_code_is_good_again_when_the_database_is_back(own_world: World) -> None:
    ask = Ask(own_world)
    code = (await ask.allow(own_world.browser()))["code"]
    async with own_world.locked():
        response = await ask.redeem(code)
        assert (response.status_code, response.json()["error"]) == (503, "temporarily_unavailable")
        assert "access_token" not in response.text
    assert (await ask.redeem(code)).status_code == 200


async def test_the_refresh_token_is_good_again_when_the_database_is_back(own_world: World) -> None:
    tokens = await grant_tokens(own_world)
    async with own_world.locked():
        assert (await own_world.refresh(tokens["refresh_token"])).status_code == 503
    assert (await own_world.refresh(tokens["refresh_token"])).status_code == 200


async def test_a_token_is_not_called_dead_because_the_database_is_away(own_world: World) -> None:
    token = (await grant_tokens(own_world))["access_token"]
    await own_world.driver.close()
    answer = await own_world.post("/oauth2/introspect", token=token)
    assert (answer.status_code, answer.json()["error"]) == (503, "temporarily_unavailable")
    headers = [("authorization", f"Bearer {token}")]
    assert (await send(own_world.server.app, "GET", "/oauth2/userinfo", headers=headers)).status_code == 503
    await own_world.restart()
    assert await own_world.is_active(token)


async def test_who_only_asks_is_answered_though_nothing_can_be_written(own_world: World) -> None:
    token = (await grant_tokens(own_world))["access_token"]
    async with own_world.locked():
        assert await own_world.is_active(token)


async def test_nobody_is_signed_in_by_a_database_that_is_away(own_world: World) -> None:
    browser = own_world.browser()
    await browser.get("/sign-in")
    form = browser.form("sign-in-form")
    async with own_world.locked():
        await own_world.sign_in(browser)
        assert browser.page.status_code == 503
        assert "set-cookie" not in browser.page.headers
    browser.page = await browser.http.get("/sign-in")
    await own_world.sign_in(browser)
    assert browser.page.status_code == 303
    assert form.action == "/sign-in"


async def test_the_error_shows_nothing_of_the_database(own_world: World) -> None:
    tokens = await grant_tokens(own_world)
    async with own_world.locked():
        answers = [await own_world.refresh(tokens["refresh_token"])]
    await own_world.driver.close()
    answers += [await own_world.refresh(tokens["refresh_token"]), await own_world.http.get(Ask(own_world).url)]
    for answer in answers:
        assert answer.status_code == 503
        for word in (
            "sqlite",
            "psycopg",
            "LockNotAvailable",
            "OperationalError",
            "locked",
            "closed",
            "SELECT",
            str(own_world.folder),
        ):
            assert word not in answer.text


async def test_a_secret_that_is_wrong_is_not_told_from_one_that_is_right(own_world: World) -> None:
    await own_world.driver.close()
    body = b"grant_type=refresh_token&refresh_token=x&client_id=nobody&client_secret=x"
    response = await send(own_world.server.app, "POST", "/oauth2/token", body=body, headers=[FORM])
    assert response.status_code == 503
