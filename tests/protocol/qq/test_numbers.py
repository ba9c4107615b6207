"""Every wrong parameter gets its number, with the text clients have seen."""

import json

import pytest

from lingpai.dialects.qq_errors import ERRORS
from tests.qq import APPID, CALLBACK, App, add_qq_client
from tests.world import SECRET, World, grant_tokens


@pytest.fixture
async def app(world: World) -> App:
    await add_qq_client(world)
    return App(world)


async def number(app: App, **changes: str | None) -> int:
    answer = await app.token(fmt="json", **changes)
    assert answer.status_code == 200
    said = answer.json()
    assert said["error_description"] == ERRORS[said["error"]]
    return int(said["error"])


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"grant_type": None}, 100004),
        ({"grant_type": "password"}, 100004),
        ({"client_id": None}, 100001),
        ({"client_id": ""}, 100001),
        ({"client_secret": None}, 100002),
        ({"client_secret": "wrong"}, 100009),
        ({"code": None}, 100005),
        ({"code": "57C038D3AD7C5588570FF8F723EB57DE"}, 100019),
        ({"grant_type": "refresh_token", "refresh_token": None}, 100006),
        ({"grant_type": "refresh_token", "refresh_token": "7E3C2110B9813BF714BA212094699F7F"}, 100021),
    ],
    ids=lambda value: None if isinstance(value, int) else ",".join(f"{k}={v}" for k, v in value.items()),
)
async def test_each_wrong_parameter_of_the_token_request(
    app: App, changes: dict[str, str | None], expected: int
) -> None:
    assert await number(app, **({"code": "x"} | changes)) == expected


async def test_an_unknown_application(app: App) -> None:
    said = (await app.token(fmt="json", client_id="1112438254", code="x")).json()
    assert said == {"error": 100008, "error_description": "client id is illegal, not exist [appid: 1112438254] "}


async def test_a_code_used_twice_and_the_end_of_what_it_bought(app: App) -> None:
    code = await app.code()
    first = (await app.token(code=code, fmt="json")).json()
    assert [await number(app, code=code), await number(app, code=code)] == [100020, 100020]
    assert (await app.me(first["access_token"], fmt="json")).json()["error"] == 100015


async def test_a_code_lives_ten_minutes(world: World, app: App) -> None:
    young, old = await app.code(), await app.code()
    world.clock.advance(599)
    assert "access_token" in (await app.token(code=young)).text
    world.clock.advance(1)
    assert await number(app, code=old) == 100019


@pytest.mark.parametrize("uri", [None, CALLBACK + "?x=1", CALLBACK + "/", "http://localhost:3000/other"])
async def test_another_callback_than_at_authorize(app: App, uri: str | None) -> None:
    assert await number(app, code=await app.code(), redirect_uri=uri) == 100010


async def test_a_code_of_another_application(world: World, app: App) -> None:
    await add_qq_client(world, "100333333")
    assert await number(App(world, "100333333"), code=await app.code()) == 100019


async def test_a_refresh_token_counts_once_but_a_lost_answer_can_be_asked_for_again(world: World, app: App) -> None:
    first = await app.tokens()
    params = {"grant_type": "refresh_token", "refresh_token": first["refresh_token"], "redirect_uri": CALLBACK}
    second = (await app.token(**params, fmt="json")).json()
    again = (await app.token(**params, fmt="json")).json()
    assert "access_token" in second
    assert "access_token" in again
    world.clock.advance(31)
    assert await number(app, **params) == 100021
    assert (await app.me(second["access_token"], fmt="json")).json()["error"] == 100015


async def test_renewing_ends_three_months_after_the_sign_in(world: World, app: App) -> None:
    tokens, day_s = await app.tokens(), 86_400
    world.clock.advance(80 * day_s)
    params = {"grant_type": "refresh_token", "fmt": "json"}
    renewed = (await app.token(**params, refresh_token=tokens["refresh_token"])).json()
    assert renewed["expires_in"] == str(10 * day_s)
    world.clock.advance(10 * day_s)
    assert await number(app, grant_type="refresh_token", refresh_token=renewed["refresh_token"]) == 100021
    assert (await app.me(renewed["access_token"], fmt="json")).json()["error"] == 100014


async def test_what_is_wrong_with_an_access_token(world: World, app: App) -> None:
    token = (await app.tokens())["access_token"]

    async def said(text: str) -> int:
        return int((await app.me(text, fmt="json")).json()["error"])

    assert await said("") == 100007
    assert await said("invalid") == 100013
    assert await said(token[:-1] + ("0" if token[-1] != "0" else "1")) == 100013
    await world.post("/oauth2/revoke", client=None, token=token, client_id=APPID, client_secret=SECRET)
    assert await said(token) == 100015
    world.clock.advance(7_776_000)
    assert await said(token) == 100014


async def test_an_application_without_a_developer_has_no_unionid(world: World) -> None:
    await add_qq_client(world, "100444444", developer="")
    app = App(world, "100444444")
    answer = await app.me((await app.tokens())["access_token"], unionid="1")
    assert json.loads(answer.content[10:-3]) == {"error": 100048, "error_description": "companyid not set"}


async def test_conflicting_values_are_refused_and_name_the_parameter(world: World) -> None:
    answer = await world.http.get("/oauth2.0/me?access_token=a&access_token=b&fmt=json")
    assert answer.json() == {"error": 100029, "error_description": "access_token is sent more than once"}


async def test_an_application_that_is_not_marked_gets_a_plain_refusal_everywhere(world: World) -> None:
    token = (await grant_tokens(world))["access_token"]
    unmarked = App(world, "photo-print")
    said = {"error": 100011, "error_description": "app is not registered for QQ Connect here"}
    assert (await unmarked.token(code="x", fmt="json")).json() == said
    assert (await unmarked.me(token, fmt="json")).json() == said
    assert (await unmarked.api("/user/get_user_info", token, openid="0" * 32)).json()["ret"] == -3
    page = await world.browser().get(unmarked.authorize_url())
    assert "location" not in page.headers
    assert "app is not registered for QQ Connect here(100011)" in page.text
