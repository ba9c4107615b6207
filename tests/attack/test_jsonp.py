"""JSONP can be loaded by a page of any origin, and its body is ``text/html``: neither helps an attacker.

Owns what somebody gains who loads ``/oauth2.0/me`` as a script or opens an answer as a page. Stops: cross-site script
inclusion with the victim's cookies, callback names that are scripts (Rosetta Flash, CVE-2014-4671), stored markup in a
nickname, secrets of query strings in logs.
"""

import io
import logging
from collections.abc import Iterator

import httpx2
import pytest

from lingpai.server.log import configure_logging
from tests.qq import APPID, App, add_qq_client
from tests.world import SECRET, World

MARKUP = "</script><script>alert(1)</script><img src=x onerror=alert(1)>&'\"\u2028"


@pytest.fixture
async def app(world: World) -> App:
    await add_qq_client(world)
    return App(world)


async def test_the_cookies_of_a_signed_in_victim_open_nothing(world: World, app: App) -> None:
    browser = world.browser()
    await app.tokens(browser)
    answer = await browser.get("/oauth2.0/me")
    assert "100007" in answer.text
    assert "openid" not in answer.text


async def test_cookies_change_no_answer_and_none_is_set(world: World, app: App) -> None:
    browser = world.browser()
    token = (await app.tokens(browser))["access_token"]
    with_cookies, without = await browser.get(f"/oauth2.0/me?access_token={token}"), await app.me(token)
    assert with_cookies.content == without.content
    assert "set-cookie" not in with_cookies.headers
    assert "access-control-allow-origin" not in with_cookies.headers


@pytest.mark.parametrize("name", ["callback", "jsonp", "cb", "jsoncallback"])
async def test_nobody_chooses_the_name_of_the_function(app: App, name: str) -> None:
    answer = await app.me("x", **{name: "CWSMIKI0hCD0Up0IZUnnnnnnnn"})
    assert answer.content.startswith(b"callback( {")
    assert b"CWSMIKI" not in answer.content


@pytest.mark.parametrize("path", ["/oauth2.0/me", "/oauth2.0/token", "/user/get_user_info", "/moc2/me"])
@pytest.mark.parametrize(
    "query",
    [
        f"access_token={MARKUP}",
        f"grant_type={MARKUP}",
        f"{MARKUP}=1&{MARKUP}=2",
        f"client_id={MARKUP}&grant_type=authorization_code",
        f"access_token=x&oauth_consumer_key={MARKUP}&openid={MARKUP}",
        f"fmt={MARKUP}&format={MARKUP}",
        "access_token=%ff%00",
    ],
)
async def test_nothing_of_a_request_comes_back_as_markup(world: World, path: str, query: str) -> None:
    answer = await world.http.get(f"{path}?{httpx2.QueryParams(query)}")
    assert answer.status_code == 200
    assert b"<" not in answer.content
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("format_", ["json", "xml"])
@pytest.mark.parametrize("api", ["get_user_info", "get_simple_userinfo"])
async def test_a_nickname_does_not_become_a_script(world: World, app: App, api: str, format_: str) -> None:
    claims = {"nickname": MARKUP}
    await world.add_account("mallory", claims=claims, picture='https://x.example/?"><script>', name=MARKUP)
    browser = world.browser()
    await world.sign_in(browser, "mallory")
    tokens = await app.tokens(browser, scope="all")
    answer = await app.api(f"/user/{api}", tokens["access_token"], format=format_)
    assert b"<script" not in answer.content
    assert b"<img" not in answer.content
    if answer.headers["content-type"].startswith("text/html"):
        assert b"<" not in answer.content
        assert answer.json()["nickname"] == MARKUP


async def test_the_page_for_unproven_requests_shows_no_sentence_of_the_request(world: World) -> None:
    answer = await world.browser().get(f"/oauth2.0/authorize?{httpx2.QueryParams({'client_id': MARKUP})}")
    assert "<script>alert" not in answer.text
    assert "onerror" not in answer.text
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]


@pytest.fixture(params=["json", "console"])
def lines(request: pytest.FixtureRequest) -> Iterator[io.StringIO]:
    """What is written with the real log configuration, at the level that says most."""
    written, root = io.StringIO(), logging.getLogger()
    handlers, level = root.handlers[:], root.level
    configure_logging(request.param, "debug", written)
    yield written
    root.handlers, root.level = handlers, level


async def test_secrets_in_query_strings_reach_no_log_line(app: App, lines: io.StringIO) -> None:
    code = await app.code()
    answer = await app.token(code=code, fmt="json")
    tokens = answer.json()
    openid = (await app.identity(tokens["access_token"])).openid
    await app.api("/user/get_user_info", tokens["access_token"])
    await app.token(grant_type="refresh_token", refresh_token=tokens["refresh_token"])
    await app.token(code=code)
    await app.token(client_secret="wrong-but-nearly-right-s3cr3t", code="foreign-c0de-of-another-system")
    await app.me("foreign-t0ken-of-another-system")
    await app.api("/no/such/api", tokens["access_token"], openid=openid)
    log = lines.getvalue()
    assert "/oauth2.0/token" in log
    for secret in (SECRET, code, *[tokens[name] for name in ("access_token", "refresh_token")]):
        assert secret not in log
        assert secret[4:40] not in log
    for secret in ("wrong-but-nearly-right-s3cr3t", "foreign-c0de", "foreign-t0ken"):
        assert secret not in log
    assert APPID in log


async def test_a_token_of_one_application_does_not_work_in_the_name_of_another(world: World, app: App) -> None:
    await add_qq_client(world, "100333333")
    victim = await App(world, "100333333").tokens()
    token, openid = victim["access_token"], (await app.identity(victim["access_token"])).openid
    assert (await app.api("/user/get_user_info", token, openid=openid)).json()["ret"] == -23
    other = App(world, "100333333")
    assert (await other.api("/user/get_user_info", token, openid="0" * 32)).json()["ret"] == -22
    assert (await other.api("/user/get_user_info", token, openid=openid)).json()["ret"] == 0


@pytest.mark.parametrize(
    "uri",
    [
        "http://localhost:3000.evil.example/user/callback",
        "http://localhost:3000@evil.example/user/callback",
        "http://evil.example/user/callback",
        "http://evil.example\\@localhost:3000/user/callback",
        "https://localhost:3000/user/callback",
        "http://localhost:3001/user/callback",
        "http://localhost/user/callback",
        "http://localhost:3000/user/callback/../../evil",
        "http://localhost:3000/user/callback/%2e%2e/evil",
        "http://localhost:3000/user/callbackevil",
        "http://localhost:3000/user/callback/evil",
        "http://localhost:3000/user/callback;evil",
        "http://localhost:3000/user/callback#evil",
        "http://localhost:3000/user/callback?x=1#@evil.example",
        "http://localhost:3000/user/callback?code=of-the-attacker",
        "http://localhost:3000/user/callback?c%6fde=of-the-attacker",
        "http://localhost:3000/user/callback?state=x",
        "http://localhost:3000/user/callback?access_token=x",
        "http://localhost:3000/user/callback?x=\r\nset-cookie:a=b",
        "//localhost:3000/user/callback",
        "javascript:alert(1)//localhost:3000/user/callback",
        "http://LOCALHOST:3000/USER/callback",
    ],
)
async def test_the_lenient_callback_rule_leads_nowhere_else(world: World, app: App, uri: str) -> None:
    answer = await world.browser().get(app.authorize_url(redirect_uri=uri))
    assert "location" not in answer.headers
    assert "redirect uri is illegal(100010)" in answer.text or "(100029)" in answer.text
