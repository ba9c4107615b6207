"""Applications that sign out in the browser: a hidden frame for each of them on the page that says goodbye."""

import re
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.browser import Browser
from tests.openid import LOGGED_OUT, add_app, sign_in
from tests.world import ISSUER, World

FRONT = "OpenID Connect Front-Channel Logout 1.0"
FRAME = "http://localhost:3000/signed-out"
OTHER_FRAME = "https://other.example/bye?tenant=1"


def frames(browser: Browser) -> list[str]:
    return [unescape(src) for src in re.findall(r'<iframe[^>]* src="([^"]*)"', browser.page.text)]


async def sign_out(browser: Browser, id_token: str, *, back: bool = True) -> Browser:
    params: dict[str, Any] = {"id_token_hint": id_token}
    if back:
        params |= {"post_logout_redirect_uri": LOGGED_OUT, "state": "bye"}
    browser.page = await browser.http.get("/oauth2/end_session", params=params)
    return browser


@pytest.mark.spec(FRONT, "2", "a frame for each application, with iss and sid")
@pytest.mark.spec(FRONT, "3", "iss and sid are those of the ID Token")
async def test_every_application_of_the_session_gets_a_frame(world: World) -> None:
    await add_app(world, frontchannel_logout_uri=FRAME)
    await add_app(world, "other", frontchannel_logout_uri=OTHER_FRAME)
    await add_app(world, "quiet")
    first = await sign_in(world)
    for name in ("other", "quiet"):
        await sign_in(world, first.browser, client_id=name)
    browser = await sign_out(first.browser, first.tokens["id_token"])
    shown = {frame.partition("?")[0]: parse_qs(urlsplit(frame).query) for frame in frames(browser)}
    said = {"iss": [ISSUER], "sid": [first.claims["sid"]]}
    assert shown == {FRAME: said, "https://other.example/bye": said | {"tenant": ["1"]}}
    policy = browser.page.headers["content-security-policy"]
    assert "frame-src http://localhost:3000 https://other.example" in policy
    assert "frame-ancestors 'none'" in policy


@pytest.mark.spec(FRONT, "2", "then back to the application")
async def test_then_the_browser_goes_back(world: World) -> None:
    await add_app(world, frontchannel_logout_uri=FRAME)
    first = await sign_in(world)
    browser = await sign_out(first.browser, first.tokens["id_token"])
    assert browser.page.status_code == 200
    refresh = re.search(r'<meta http-equiv="refresh" content="\d+;url=([^"]*)"', browser.page.text)
    assert refresh is not None
    assert unescape(refresh[1]) == f"{LOGGED_OUT}?state=bye"


async def test_with_nowhere_to_go_the_page_stays(world: World) -> None:
    await add_app(world, frontchannel_logout_uri=FRAME)
    first = await sign_in(world)
    browser = await sign_out(first.browser, first.tokens["id_token"], back=False)
    assert len(frames(browser)) == 1
    assert "http-equiv" not in browser.page.text


async def test_applications_of_other_sessions_get_none(world: World) -> None:
    await add_app(world)
    await add_app(world, "other", frontchannel_logout_uri=FRAME)
    await sign_in(world, client_id="other")
    first = await sign_in(world)
    browser = await sign_out(first.browser, first.tokens["id_token"])
    assert browser.page.headers["location"] == f"{LOGGED_OUT}?state=bye", "nobody to tell: straight back"


async def test_who_was_signed_out_already_shows_no_frames(world: World) -> None:
    await add_app(world, frontchannel_logout_uri=FRAME)
    first = await sign_in(world)
    await sign_out(first.browser, first.tokens["id_token"])
    browser = await sign_out(first.browser, first.tokens["id_token"])
    assert browser.page.status_code == 303


async def test_an_application_without_openid_is_not_told(world: World) -> None:
    await add_app(world)
    await add_app(world, "plain", frontchannel_logout_uri=FRAME)
    first = await sign_in(world)
    await sign_in(world, first.browser, client_id="plain", scope="profile")
    assert frames(await sign_out(first.browser, first.tokens["id_token"], back=False)) == []


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "data:text/html,x", "//evil.example", "https://e.example;x"]
)
async def test_an_address_that_is_none_of_the_web_is_no_frame(world: World, address: str) -> None:
    await add_app(world, frontchannel_logout_uri=address)
    first = await sign_in(world)
    assert frames(await sign_out(first.browser, first.tokens["id_token"], back=False)) == []


@pytest.mark.parametrize("page", ["/oauth2/end_session", "/sign-out"])
async def test_signing_out_on_our_own_pages_shows_the_frames_too(world: World, page: str) -> None:
    await add_app(world, frontchannel_logout_uri=FRAME)
    browser = (await sign_in(world)).browser
    await browser.get(page)
    [form] = [form for form in browser.forms() if "language" not in form.id]
    await browser.submit(form, ("decision", "sign_out"))
    assert len(frames(browser)) == 1
    await browser.get("/account/grants")
    assert browser.page.headers["location"] == "/sign-in"


@pytest.mark.spec(FRONT, "3", "metadata")
async def test_the_metadata_says_so(world: World) -> None:
    metadata = (await world.http.get("/.well-known/openid-configuration")).json()
    assert metadata["frontchannel_logout_supported"] is True
    assert metadata["frontchannel_logout_session_supported"] is True
