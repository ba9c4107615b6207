"""QQ Connect at a browser: a website with a QQ button, and the demo's server in the place of QQ."""

import re
import subprocess
import sys
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from playwright.sync_api import Page, expect

from tests.e2e.accessibility import Look, find_problems
from tests.e2e.conftest import OpenBrowser
from tests.e2e.demo_programs import Demo
from tests.e2e.pages import ConsentPage, SignInPage
from tests.e2e.processes import clean_environment, free_ports
from tests.e2e.processes import running as running_program
from tools.tree import ROOT

APPID, APPKEY = "100330590", "an appkey for the website 0123456789"
_LOOKS = (Look("light", 1100), Look("dark", 360))
_CLIENT = """
[[clients]]
client_id = "{appid}"
client_secret = "{appkey}"
client_name = "小店 Shop"
redirect_uris = ["{website}/user/callback"]
token_endpoint_auth_method = "client_secret_post"
scope = "get_user_info"
required_scope = "get_user_info"
dialects = ["standard", "qq"]
developer = "shop"
"""


@pytest.fixture(scope="module")
def website(running: Demo, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """``examples/qq_client``, registered at the demo's server."""
    folder, (port,) = tmp_path_factory.mktemp("website"), free_ports(1)
    address = f"http://localhost:{port}"
    document = folder / "website.toml"
    document.write_text(_CLIENT.format(appid=APPID, appkey=APPKEY, website=address), encoding="utf-8")
    apply = [
        sys.executable,
        "-m",
        "lingpai",
        "apply",
        str(document),
        "--config",
        str(running.directory / "lingpai.toml"),
    ]
    subprocess.run(apply, env=clean_environment(), check=True, capture_output=True)
    environment = clean_environment(
        QQ_CLIENT_PORT=str(port),
        QQ_CLIENT_SERVER=running.places.server,
        QQ_CLIENT_APPID=APPID,
        QQ_CLIENT_APPKEY=APPKEY,
        QQ_CLIENT_UNIONID="1",
    )
    command = [sys.executable, "-m", "examples.qq_client"]
    with running_program(command, environment, address, folder / "website.log", folder=ROOT):
        yield address


def authorize_url(demo: Demo, website: str, path: str = "/oauth2.0/authorize", **changes: str) -> str:
    params = {
        "response_type": "code",
        "client_id": APPID,
        "redirect_uri": f"{website}/user/callback",
        "state": "a b&c",
        "scope": "get_user_info",
    }
    return f"{demo.places.server}{path}?{httpx2.QueryParams(params | changes)}"


def sent_to(page: Page, website: str) -> dict[str, list[str]]:
    page.wait_for_url(f"{website}/user/callback?*")
    return parse_qs(urlsplit(page.url).query)


def test_a_person_says_no_and_then_yes_and_sees_it_under_their_permissions(
    open_browser: OpenBrowser, website: str
) -> None:
    visitor = open_browser(locale="zh-CN")
    page = visitor.page
    page.goto(website)
    page.locator("#sign-in").click()
    SignInPage(page).sign_in_as("zhangsan")
    problems = find_problems(page, _LOOKS)
    ConsentPage(page).refuse()
    expect(page.locator("#notice")).to_contain_text("你取消了登录")
    page.locator("#sign-in").click()
    ConsentPage(page).allow()
    expect(page.locator("#openid")).to_have_text(re.compile(r"^[0-9A-F]{32}$"))
    problems += find_problems(page, _LOOKS)
    openid = page.locator("#openid").inner_text()
    page.locator("#refresh").click()
    expect(page.locator("#openid")).to_have_text(openid)
    visitor.grants.open()
    expect(visitor.grants.applications).to_have_count(1)
    visitor.grants.end()
    expect(visitor.grants.applications).to_have_count(0)
    page.goto(website)
    page.locator("#logout").click()
    page.locator("#sign-in").click()
    expect(ConsentPage(page).form).to_be_visible()
    assert problems == []


def test_a_refusal_is_told_as_each_sdk_expects(open_browser: OpenBrowser, running: Demo, website: str) -> None:
    page = open_browser(viewport={"width": 360, "height": 740}).page
    page.goto(authorize_url(running, website))
    SignInPage(page).sign_in_as("lisi")
    told = []
    for path, display in (("/oauth2.0/authorize", ""), ("/oauth2.0/authorize", "mobile"), ("/moc2/authorize", "")):
        page.goto(authorize_url(running, website, path, display=display))
        ConsentPage(page).refuse()
        told.append(sent_to(page, website))
    on_a_phone = {"usercancel": ["1"], "state": ["a b&c"]}
    on_a_pc = {"error": ["access_denied"], "error_description": ["the person refused"]}
    assert told == [on_a_phone | on_a_pc, on_a_phone, on_a_phone]


@pytest.mark.parametrize("locale", ["en-US", "zh-CN"])
def test_while_nobody_is_proven_a_page_shows_the_number_and_leads_nowhere(
    open_browser: OpenBrowser, running: Demo, website: str, locale: str
) -> None:
    page = open_browser(locale=locale).page
    for number, name, value in ((100010, "redirect_uri", "https://evil.example/"), (100008, "client_id", "1112438254")):
        page.goto(authorize_url(running, website, **{name: value}))
        expect(page.locator(".developer code").first).to_contain_text(f"({number})")
        assert page.locator("main a").count() == 1
        assert find_problems(page, _LOOKS) == []
