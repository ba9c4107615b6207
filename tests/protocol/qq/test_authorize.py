"""The browser's part: PC, phone, WAP and pages that take their token themselves."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.browser import Browser
from tests.qq import APPID, CALLBACK, App, add_qq_client
from tests.world import World


@pytest.fixture
async def app(world: World) -> App:
    await add_qq_client(world)
    return App(world)


async def page_text(app: App, **changes: str | None) -> str:
    answer = await app.world.browser().get(app.authorize_url(**changes))
    assert answer.status_code == 200
    assert "location" not in answer.headers
    return answer.text


@pytest.mark.parametrize("path", ["/oauth2.0/authorize", "/moc2/authorize"])
async def test_the_answer_is_code_and_the_state_unchanged_and_nothing_else(app: App, path: str) -> None:
    state = "a b&c=ü%2F+"
    location = await app.to_answer(url=app.authorize_url(path, state=state, display="mobile", g_ut="2"))
    assert location.startswith(CALLBACK + "?code=")
    assert list(parse_qs(urlsplit(location).query)) == ["code", "state"]
    assert parse_qs(urlsplit(location).query)["state"] == [state]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"client_id": None}, "param client_id is wrong or lost (100001)"),
        ({"client_id": "1112438254"}, "client id is illegal, not exist [appid: 1112438254] (100008)"),
        ({"client_id": "<b>call 12345</b>"}, "client id is illegal, not exist(100008)"),
        ({"redirect_uri": None}, "redirect uri is illegal(100010)"),
        ({"redirect_uri": "http://evil.example/user/callback"}, "redirect uri is illegal(100010)"),
        ({"redirect_uri": CALLBACK + "?" + "x" * 1100}, "redirect uri is illegal(100010)"),
    ],
)
async def test_while_nobody_is_proven_a_page_shows_the_number(
    app: App, changes: dict[str, str | None], said: str
) -> None:
    assert said in await page_text(app, **changes)


async def test_two_different_callbacks_are_nobodys(app: App) -> None:
    answer = await app.world.browser().get(app.authorize_url() + "&redirect_uri=http://evil.example/")
    assert "location" not in answer.headers
    assert "redirect_uri is sent more than once(100029)" in answer.text


@pytest.mark.parametrize("uri", [CALLBACK + "?next=/a", CALLBACK + "?a=1&b=2"])
async def test_a_callback_may_bring_parameters_of_its_own(app: App, uri: str) -> None:
    location = await app.to_answer(url=app.authorize_url(redirect_uri=uri))
    assert location.startswith(uri + "&code=")
    code = parse_qs(urlsplit(location).query)["code"][0]
    assert "access_token" in (await app.token(code=code, redirect_uri=uri)).text


@pytest.mark.parametrize("response_type", [None, "", "id_token", "code token"])
async def test_a_wrong_response_type_is_told_to_the_application(app: App, response_type: str | None) -> None:
    browser = app.world.browser()
    await browser.get(app.authorize_url(response_type=response_type))
    assert browser.sent_to["error"] == "100000"
    assert browser.sent_to["error_description"] == "param response_type is wrong or lost "
    assert browser.sent_to["state"] == "st"


async def test_tokens_in_the_address_need_the_legacy_mark(app: App) -> None:
    browser = app.world.browser()
    await browser.get(app.authorize_url(response_type="token"))
    assert browser.sent_to["error"] == "100031"


async def test_a_page_gets_its_token_behind_a_question_mark_and_a_hash(world: World) -> None:
    await add_qq_client(
        world, "100555555", secret=None, grant_types=("implicit",), response_types=("token",), legacy=True
    )
    app = App(world, "100555555")
    location = await app.to_answer(url=app.authorize_url(response_type="token", scope="all"))
    found = re.fullmatch(re.escape(CALLBACK) + r"\?#access_token=(\w+)&expires_in=7776000&state=st", location)
    assert found
    assert (await app.api("/user/get_user_info", found[1])).json()["ret"] == 0


@pytest.mark.parametrize(
    ("path", "display", "expected"),
    [
        ("/oauth2.0/authorize", "mobile", {"usercancel": "1", "state": "st"}),
        ("/moc2/authorize", None, {"usercancel": "1", "state": "st"}),
        (
            "/oauth2.0/authorize",
            None,
            {"usercancel": "1", "error": "access_denied", "error_description": "the person refused", "state": "st"},
        ),
    ],
    ids=["phone", "WAP", "PC"],
)
async def test_a_refusal_of_the_person(app: App, path: str, display: str | None, expected: dict[str, str]) -> None:
    location = await app.to_answer(url=app.authorize_url(path, display=display), decision="refuse")
    assert {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()} == expected


async def asked(app: App, scope: str | None) -> list[str]:
    browser: Browser = app.world.browser()
    await browser.get(app.authorize_url(scope=scope))
    await browser.follow()
    await app.world.sign_in(browser)
    await browser.follow()
    return sorted(browser.form("consent-form").boxes["scope"])


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        (None, ["get_user_info"]),
        ("", ["get_user_info"]),
        ("list_album,get_user_info", ["get_user_info", "list_album"]),
        ("list_album get_vip_info", ["get_vip_info", "list_album"]),
        ("all", ["get_simple_userinfo", "get_user_info", "get_vip_info", "list_album"]),
        ("get_user_info,do_like,add_topic,\u4e2d", ["get_user_info"]),
        ("do_like", ["get_user_info"]),
    ],
)
async def test_what_the_person_is_asked(app: App, scope: str | None, expected: list[str]) -> None:
    assert await asked(app, scope) == expected


async def test_a_form_of_the_application_works_as_well(world: World, app: App) -> None:
    browser = world.browser()
    url, _, query = app.authorize_url().partition("?")
    fields = {name: values[0] for name, values in parse_qs(query).items()}
    browser.page = await browser.http.post(url, data=fields)
    await browser.follow()
    assert browser.shows("sign-in-form")


async def test_pkce_is_honoured_when_it_is_sent(app: App) -> None:
    from lingpai.oauth.pkce import code_challenge_s256, new_code_verifier

    verifier = new_code_verifier()
    challenge = {"code_challenge": code_challenge_s256(verifier), "code_challenge_method": "S256"}
    assert "100019" in (await app.token(code=await app.code(**challenge))).text
    assert "access_token" in (await app.token(code=await app.code(**challenge), code_verifier=verifier)).text
    browser = app.world.browser()
    await browser.get(app.authorize_url(code_challenge="short", code_challenge_method="plain"))
    assert browser.sent_to["error"] == "100029"


async def test_wap_tells_who_it_is_in_a_query_string(app: App) -> None:
    tokens = await app.tokens()
    identity = await app.identity(tokens["access_token"])
    answer = await app.me(tokens["access_token"], "/moc2/me")
    assert answer.text == f"client_id={APPID}&openid={identity.openid}"
    renewed = await app.token(
        "GET", "/moc2/token", grant_type="refresh_token", refresh_token=tokens["refresh_token"], code=None
    )
    assert renewed.text.startswith("access_token=")
