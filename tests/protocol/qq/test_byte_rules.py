"""The twelve byte rules that real QQ clients depend on, each proven on what leaves the server.

Who breaks otherwise is said beside each; docs/reference/qq-compatibility.md has the list.
"""

import json
import re
from typing import Any
from urllib.parse import parse_qs

import pytest

from tests.qq import APPID, CALLBACK, App, add_qq_client
from tests.world import SECRET, World


@pytest.fixture
async def app(world: World) -> App:
    await add_qq_client(world)
    return App(world)


async def test_rule_1_me_is_a_call_of_callback_with_one_blank_inside_each_parenthesis_and_a_newline(app: App) -> None:
    answer = await app.me((await app.tokens())["access_token"])
    openid = json.loads(answer.content[10:-3])["openid"]  # as social-auth-core cuts it
    assert answer.content == b'callback( {"client_id":"%s","openid":"%s"} );\n' % (APPID.encode(), openid.encode())


async def test_rule_2_the_json_inside_is_compact(app: App) -> None:
    text = (await app.me((await app.tokens())["access_token"])).text
    assert re.search(r'"openid":"(.*?)"}', text)  # Casdoor
    assert re.search(r'"openid":"(?P<openid>\w+)"', text)  # omniauth-qq-connect


async def test_rule_3_openid_is_the_last_member_unless_unionid_was_asked_for(app: App) -> None:
    token = (await app.tokens())["access_token"]
    plain, declined = await app.me(token), await app.me(token, unionid="0")
    asked = await app.me(token, unionid="1")
    assert list(json.loads(plain.content[10:-3])) == ["client_id", "openid"]
    assert declined.content == plain.content
    assert list(json.loads(asked.content[10:-3])) == ["client_id", "openid", "unionid"]


async def test_rule_4_the_token_body_is_three_parameters_in_one_order_and_nothing_else(app: App) -> None:
    answer = await app.token(code=await app.code())
    # The expression of the official Java SDK.
    assert re.fullmatch(r"access_token=(\w+)&expires_in=(\w+)&refresh_token=(\w+)", answer.text)
    assert "&expires_in=7776000&" in answer.text


async def test_rule_4_openid_is_added_only_when_asked_for(app: App) -> None:
    answer = await app.token(code=await app.code(), need_openid="1")
    assert re.fullmatch(r"access_token=\w+&expires_in=7776000&refresh_token=\w+&openid=[0-9A-F]{32}", answer.text)
    token = parse_qs(answer.text)["access_token"][0]
    assert parse_qs(answer.text)["openid"] == [(await app.identity(token)).openid]


async def test_rule_5_everything_handed_out_is_letters_digits_and_underscores(app: App) -> None:
    code = await app.code()
    tokens = (await app.token(code=code, fmt="json")).json()
    identity = await app.identity(tokens["access_token"])
    for value in (code, tokens["access_token"], tokens["refresh_token"]):
        assert re.fullmatch(r"[A-Za-z0-9_]+", value)
    for value in (identity.openid, identity.unionid or ""):
        assert re.fullmatch(r"[0-9A-F]{32}", value)
    assert identity.client_id == APPID


async def test_rule_5_tokens_stay_opaque_where_the_api_wants_them_signed(world: World, app: App) -> None:
    await world.add_resource_server("http://localhost:5000", access_token_format="at+jwt", client_ids=("photos",))
    assert re.fullmatch(r"\w+", (await app.tokens(scope="list_album"))["access_token"])


async def test_rule_6_answers_are_text_html(app: App) -> None:
    answer = await app.token(code=await app.code())
    token = parse_qs(answer.text)["access_token"][0]
    for response in (answer, await app.me(token), await app.me("x"), await app.api("/user/get_user_info", token)):
        assert response.headers["content-type"] == "text/html; charset=utf-8"
        assert response.headers["x-content-type-options"] == "nosniff"
        assert response.headers["cache-control"] == "no-store"


async def test_rule_7_only_fmt_chooses_the_format_and_never_accept(world: World, app: App) -> None:
    world.http.headers["accept"] = "application/json"
    try:
        answer = await app.token(code=await app.code())
        me = await app.me(parse_qs(answer.text)["access_token"][0])
    finally:
        world.http.headers["accept"] = "*/*"
    assert answer.text.startswith("access_token=")
    assert me.text.startswith("callback( ")


async def test_rule_8_with_fmt_json_expires_in_is_a_string(app: App) -> None:
    answer = await app.token(code=await app.code(), fmt="json")
    assert list(answer.json()) == ["access_token", "expires_in", "refresh_token"]
    assert answer.json()["expires_in"] == "7776000"
    assert '":"' in answer.text


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_rule_9_tokens_come_by_get_and_by_post(app: App, method: str) -> None:
    answer = await app.token(method, code=await app.code())
    assert answer.text.startswith("access_token=")


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_rule_9_query_and_body_are_merged(world: World, app: App, method: str) -> None:
    form = {"client_id": APPID, "client_secret": SECRET}  # Authlib sends them in the body of a GET
    query = {"grant_type": "authorization_code", "code": await app.code(), "redirect_uri": CALLBACK, "fmt": "json"}
    answer = await world.http.request(method, "/oauth2.0/token", params=query, data=form)
    assert "access_token" in answer.json()


async def test_rule_10_identical_repeats_foreign_parameters_and_two_ways_of_the_token_are_forgiven(
    world: World, app: App
) -> None:
    token = (await app.tokens(state=None))["access_token"]
    openid = (await app.identity(token)).openid
    query = (
        f"access_token={token}&oauth_consumer_key={APPID}&oauth_consumer_key={APPID}&openid={openid}&x=1&format=json"
    )
    headers = {"authorization": f"Bearer {token}"}
    info = await world.http.get(f"/user/get_user_info?{query}", headers=headers)
    me = await world.http.get(f"/oauth2.0/me?access_token={token}&oauth_consumer_key={APPID}", headers=headers)
    assert info.json()["ret"] == 0
    assert openid in me.text


async def test_rule_10_an_unencoded_callback_and_a_missing_state_are_forgiven(world: World, app: App) -> None:
    url = f"{world.config.issuer}/oauth2.0/authorize?response_type=code&client_id={APPID}&redirect_uri={CALLBACK}"
    location = await app.to_answer(url=url)
    assert re.fullmatch(re.escape(CALLBACK) + r"\?code=\w+", location)


async def test_rule_11_get_user_info_has_every_member_with_the_type_clients_expect(app: App) -> None:
    members: dict[str, Any] = (await app.api("/user/get_user_info", (await app.tokens())["access_token"])).json()
    assert members["ret"] == 0
    assert type(members["ret"]) is int
    assert members["msg"] == ""
    for name in ("is_lost", "gender_type"):
        assert type(members[name]) is int, name
    texts = """nickname gender province city year constellation figureurl figureurl_1 figureurl_2 figureurl_qq_1
    figureurl_qq_2 figureurl_qq figureurl_type is_yellow_vip vip yellow_vip_level level is_yellow_year_vip username
    avatar"""
    assert {name: type(members[name]) for name in texts.split()} == dict.fromkeys(texts.split(), str)
    assert (members["nickname"], members["username"]) == ("zhangsan", "zhangsan")


@pytest.mark.parametrize(
    ("path", "fmt", "body"),
    [
        (
            "/oauth2.0/token",
            None,
            b'callback( {"error":100004,"error_description":"param grant_type is wrong or lost "} );\n',
        ),
        ("/oauth2.0/token", "json", b'{"error":100004,"error_description":"param grant_type is wrong or lost "}'),
        (
            "/oauth2.0/me",
            None,
            b'callback( {"error":100007,"error_description":"param access token is wrong or lost "} );\n',
        ),
        ("/oauth2.0/me", "json", b'{"error":100007,"error_description":"param access token is wrong or lost "}'),
        ("/moc2/me", None, b"code=100007&msg=param+access+token+is+wrong+or+lost+"),
        (
            "/user/get_user_info",
            None,
            b'{"ret":-1,"msg":"client request\'s parameters are invalid, lost access_token"}',
        ),
    ],
)
async def test_rule_12_refusals_have_status_200_and_the_shape_asked_for(
    world: World, path: str, fmt: str | None, body: bytes
) -> None:
    answer = await world.http.get(path if fmt is None else f"{path}?fmt={fmt}")
    assert (answer.status_code, answer.content) == (200, body)
