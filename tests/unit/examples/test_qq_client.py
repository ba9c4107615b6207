"""The website with the QQ button, signed in to by a person, with a whole server in QQ's place."""

from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from urllib.parse import urlsplit

import httpx2
import pytest

from examples.qq_client.__main__ import with_look_alike
from examples.qq_client.app import create_app
from examples.qq_client.settings import Settings, settings_from
from lingpai.testing import LingpaiServer
from tests.unit.client.people import NO_TLS


@pytest.fixture(scope="module")
def running() -> Iterator[LingpaiServer]:
    with LingpaiServer() as server:
        yield server


@pytest.fixture
def server(running: LingpaiServer) -> LingpaiServer:
    running.reset()
    return running


@pytest.fixture
async def browser(server: LingpaiServer) -> AsyncIterator[httpx2.AsyncClient]:
    settings = Settings(appid=server.qq.client_id, appkey=server.qq.client_secret, server=server.issuer, unionid=True)
    async with httpx2.AsyncClient(verify=NO_TLS, timeout=30) as http:
        transport = httpx2.ASGITransport(app=create_app(settings, http=http, clock=server.clock))
        async with httpx2.AsyncClient(transport=transport, base_url=settings.address) as browser:
            yield browser


async def sign_in(browser: httpx2.AsyncClient, server: LingpaiServer) -> httpx2.Response:
    away = await browser.get("/user/login")
    callback = server.sign_in_and_allow(away.headers["location"])
    return await browser.get(callback, follow_redirects=True)


async def test_a_person_signs_in_and_sees_who_they_are(browser: httpx2.AsyncClient, server: LingpaiServer) -> None:
    assert "QQ 登录" in (await browser.get("/")).text
    page = await sign_in(browser, server)
    assert page.url.path == "/"
    assert "欢迎你 张三" in page.text
    assert "figureurl_qq_1" in page.text
    asked = [seen.path for seen in server.faults.seen]
    assert asked == ["/oauth2.0/token", "/oauth2.0/me", "/user/get_user_info"]


async def test_expired_tokens_are_refreshed(browser: httpx2.AsyncClient, server: LingpaiServer) -> None:
    await sign_in(browser, server)
    server.expire_access_tokens()
    # Eight hours have passed for the website too.
    assert "QQ 登录" in (await browser.get("/")).text
    await sign_in(browser, server)
    assert "欢迎你 张三" in (await browser.post("/user/refresh", follow_redirects=True)).text
    assert server.faults.seen[-3].query["grant_type"] == "refresh_token"


async def test_a_person_says_no(browser: httpx2.AsyncClient, server: LingpaiServer) -> None:
    away = await browser.get("/user/login")
    callback = server.sign_in_and_refuse(away.headers["location"])
    assert "你取消了登录" in (await browser.get(callback)).text


async def test_a_number_of_qq_is_shown_to_who_can_look_it_up(
    browser: httpx2.AsyncClient, server: LingpaiServer
) -> None:
    server.faults.fail("/oauth2.0/token", 100020)
    page = await sign_in(browser, server)
    assert (page.status_code, "100020" in page.text) == (502, True)
    await sign_in(browser, server)
    server.faults.fail("/oauth2.0/token", 100021)
    page = await browser.post("/user/refresh")
    assert "100021" in page.text
    assert "欢迎你 张三" in page.text


async def test_an_answer_that_belongs_to_another_browser_signs_nobody_in(
    browser: httpx2.AsyncClient, server: LingpaiServer
) -> None:
    away = await browser.get("/user/login")
    callback = server.sign_in_and_allow(away.headers["location"])
    browser.cookies.clear()
    assert (await browser.get(callback)).status_code == 400
    await browser.get("/user/login")
    page = await browser.get(callback)
    assert (page.status_code, "不属于这次登录" in page.text) == (400, True)
    assert server.faults.seen == []


async def test_signing_out_forgets(browser: httpx2.AsyncClient, server: LingpaiServer) -> None:
    await sign_in(browser, server)
    await browser.post("/user/logout")
    assert "QQ 登录" in (await browser.get("/")).text
    refreshed = await browser.post("/user/refresh")
    assert (refreshed.status_code, refreshed.headers["location"]) == (303, "/")


async def test_what_a_person_typed_in_is_no_markup(browser: httpx2.AsyncClient, server: LingpaiServer) -> None:
    body = '{"ret":0,"msg":"","nickname":"<script>alert(1)</script>","figureurl_qq":"javascript:alert(1)"}'
    server.faults.answer("/user/get_user_info", body)
    page = await sign_in(browser, server)
    assert "<script>" not in page.text
    assert 'src="javascript:' not in page.text


def test_without_an_appid_a_look_alike_is_started() -> None:
    with ExitStack() as stack:
        settings = with_look_alike(settings_from({"QQ_CLIENT_PORT": "3001"}), stack)
        assert settings.callback == "http://localhost:3001/user/callback"
        assert urlsplit(settings.server).hostname == "127.0.0.1"
        assert settings.appid.isdigit()


def test_settings_come_from_the_environment() -> None:
    given = {"QQ_CLIENT_APPID": "1", "QQ_CLIENT_APPKEY": "k", "QQ_CLIENT_ADDRESS": "https://a.example"}
    settings = settings_from({**given, "QQ_CLIENT_UNIONID": "1"})
    assert settings == Settings(appid="1", appkey="k", address="https://a.example", unionid=True)
