"""A page of the attacker's makes the victim's browser send a form of ours.

Spec: RFC 6749 §10.12; RFC 6819 §4.4.1.8, §5.3.5; RFC 9700 §4.7. Stops: CVE-2026-41425, CVE-2025-12419.
"""

from typing import Any

import pytest

from tests.browser import Browser, Form
from tests.world import PASSWORD, Ask, World, grant_tokens

FORMS = {
    "sign-in": {"username": "zhangsan", "password": PASSWORD},
    "consent": {"scope": "list_album", "lifetime": "forever", "decision": "allow"},
    "refuse": {"decision": "refuse"},
    "take back": {"action": "take_back", "client_id": "photo-print", "scope": "list_album"},
    "end": {"action": "end", "client_id": "photo-print"},
    "sign-out": {},
}


async def _open(world: World, browser: Browser, form: str) -> Form:
    """Go to the page with the form, as whoever the form is for."""
    if form == "sign-in":
        await browser.get("/sign-in")
    elif form in ("consent", "refuse"):
        await Ask(world).to_consent(browser)
    else:
        await grant_tokens(world, browser)
        await browser.get("/sign-out" if form == "sign-out" else "/account/grants")
    return next(form for form in browser.forms() if any(name == "csrf_token" for name, _ in form.fields))


def _action(form: Form, name: str) -> str:
    return form.action if name not in ("consent", "refuse") else form.action.replace("/sign-out", "/consent")


async def _state(world: World) -> tuple[Any, ...]:
    driver = world.server.store.driver
    grants = await driver.fetch_all("SELECT permissions, declined, ended_at, revision FROM account_grant")
    return (*grants, *await driver.fetch_all("SELECT digest FROM session ORDER BY digest"))


async def _token_of_another_browser(world: World, name: str, **_: Any) -> str:
    return dict((await _open(world, world.browser(), name)).fields)["csrf_token"]


async def _token_of_another_account(world: World, **_: Any) -> str:
    await world.add_account("mallory")
    browser = world.browser()
    await world.sign_in(browser, "mallory")
    await browser.get("/sign-out")
    return dict(browser.form("sign-out-form").fields)["csrf_token"]


async def _token_from_before_the_sign_in(world: World, browser: Browser, **_: Any) -> str:
    """The attacker shares the browser cookie, but not the session."""
    stranger = world.browser()
    stranger.http.cookies.set("lingpai_browser", browser.http.cookies["lingpai_browser"])
    if "lingpai_session" not in browser.http.cookies:
        return "the attacker cannot know this browser's name"
    await stranger.get("/sign-in")
    return dict(stranger.form("sign-in-form").fields)["csrf_token"]


async def _none(**_: Any) -> str:
    return ""


async def _garbage(**_: Any) -> str:
    return "A" * 86


async def _the_cookie(browser: Browser, **_: Any) -> str:
    return str(browser.http.cookies["lingpai_browser"])


TOKENS: dict[str, Any] = {
    "no token": _none,
    "garbage": _garbage,
    "the cookie instead of the token": _the_cookie,
    "another browser's": _token_of_another_browser,
    "another account's": _token_of_another_account,
    "another session's": _token_from_before_the_sign_in,
}


@pytest.mark.spec("RFC 6749", "10.12", "a form that changes something needs a token of its browser and session")
@pytest.mark.parametrize("token", TOKENS)
@pytest.mark.parametrize("name", FORMS)
async def test_a_form_without_the_right_token_changes_nothing(world: World, name: str, token: str) -> None:
    browser = world.browser()
    form = await _open(world, browser, name)
    wrong = await TOKENS[token](world=world, browser=browser, name=name)
    before = await _state(world)
    page = await browser.http.post(_action(form, name), data=FORMS[name] | {"csrf_token": wrong})
    assert page.status_code == 403
    assert "location" not in page.headers
    assert await _state(world) == before


@pytest.mark.parametrize("name", FORMS)
async def test_with_its_own_token_the_form_works(world: World, name: str) -> None:
    browser = world.browser()
    form = await _open(world, browser, name)
    right = dict(form.fields)["csrf_token"]
    page = await browser.http.post(_action(form, name), data=FORMS[name] | {"csrf_token": right})
    assert page.status_code == 303


@pytest.mark.parametrize("name", FORMS)
async def test_a_browser_without_our_cookies_has_no_token_that_fits(world: World, name: str) -> None:
    """What a cross-site form sends: SameSite keeps the cookies at home, the attacker brings a token of his own."""
    browser = world.browser()
    form = await _open(world, browser, name)
    token = dict(form.fields)["csrf_token"]
    before = await _state(world)
    page = await world.browser().http.post(_action(form, name), data=FORMS[name] | {"csrf_token": token})
    assert page.status_code in (303, 400, 403)
    assert page.headers.get("location", "/sign-in").startswith("/sign-in")
    assert await _state(world) == before


@pytest.mark.parametrize("name", FORMS)
async def test_opening_an_address_changes_nothing(world: World, name: str) -> None:
    browser = world.browser()
    form = await _open(world, browser, name)
    before = await _state(world)
    whole = FORMS[name] | {"csrf_token": dict(form.fields)["csrf_token"]}
    for method in ("GET", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH"):
        await browser.http.request(method, _action(form, name), params=whole)
    assert await _state(world) == before


async def test_cookies_are_kept_from_scripts_and_from_other_sites(world: World) -> None:
    browser = world.browser()
    await browser.get("/sign-in")
    await world.sign_in(browser)
    signed_in = browser.page
    await browser.get("/sign-out")
    page = await browser.http.post("/language", data={"locale": "zh_CN", "page": "landing"})
    for header in [*signed_in.headers.get_list("set-cookie"), *page.headers.get_list("set-cookie")]:
        attributes = {part.strip().lower() for part in header.split(";")[1:]}
        # The page at check_session reads this one; test_session_fixation looks at what it tells.
        hidden = set() if header.startswith("lingpai_browser_state=") else {"httponly"}
        assert {"samesite=lax", "path=/", *hidden} <= attributes, header
        assert not any(attribute.startswith("domain") for attribute in attributes)


async def test_a_token_differs_on_every_page(world: World) -> None:
    """One that stayed the same could be guessed from the length of compressed pages (BREACH)."""
    browser, seen = world.browser(), set()
    for _ in range(5):
        await browser.get("/sign-in")
        seen.add(dict(browser.form("sign-in-form").fields)["csrf_token"])
    assert len(seen) == 5
