"""A form counts only if it comes from a page of ours, in this browser and this session."""

from collections.abc import Sequence

import httpx2
import pytest

from tests.browser import Browser, Form
from tests.world import PASSWORD, Ask, World

ANSWERS = {
    "sign-in-form": [("username", "zhangsan"), ("password", PASSWORD)],
    "consent-form": [("scope", "list_album"), ("lifetime", "30d"), ("decision", "allow")],
    "sign-out-form": [("sign", "out")],
}


async def open_form(world: World, form_id: str) -> tuple[Browser, Form]:
    browser = world.browser()
    if form_id == "consent-form":
        await Ask(world).to_consent(browser)
    elif form_id == "sign-in-form":
        await browser.get("/sign-in")
    else:
        await world.sign_in(browser)
        await browser.get("/sign-out")
    return browser, browser.form(form_id)


def changed(token: str) -> str:
    return ("A" if token[0] != "A" else "B") + token[1:]


@pytest.mark.spec("RFC 6749", "10.12", "forms are protected against forgery")
@pytest.mark.parametrize("form_id", ANSWERS)
@pytest.mark.parametrize(
    "token", [None, "", "x", "x" * 86, "é", changed], ids=lambda token: getattr(token, "__name__", str(token))
)
async def test_a_form_without_its_token_does_nothing(world: World, form_id: str, token: object) -> None:
    browser, form = await open_form(world, form_id)
    before = world.rows()
    real = dict(form.fields)["csrf_token"]
    sent = token(real) if callable(token) else token
    changes: Sequence[tuple[str, str]] = [] if sent is None else [("csrf_token", str(sent))]
    page = await browser.submit(form, *ANSWERS[form_id], *changes, without=("csrf_token",))
    assert page.status_code == 403
    assert world.rows() == before
    assert browser.shows(form_id), "the form again, with a good token"


@pytest.mark.parametrize("form_id", ANSWERS)
async def test_the_token_of_another_browser_does_nothing(world: World, form_id: str) -> None:
    _, foreign = await open_form(world, form_id)
    browser, form = await open_form(world, form_id)
    before = world.rows()
    token = dict(foreign.fields)["csrf_token"]
    page = await browser.submit(form, *ANSWERS[form_id], ("csrf_token", token))
    assert page.status_code == 403
    assert world.rows() == before


@pytest.mark.parametrize("form_id", ANSWERS)
async def test_a_form_posted_from_another_site_comes_without_cookies_and_does_nothing(
    world: World, form_id: str
) -> None:
    _, form = await open_form(world, form_id)
    before = world.rows()
    fields = dict([*form.fields, *ANSWERS[form_id]])
    page = await world.http.post(f"{world.config.issuer}{form.action}", data=fields)
    assert page.status_code in (303, 400, 403)
    assert "code=" not in page.headers.get("location", "")
    assert world.rows() == before


async def test_a_token_from_before_the_sign_in_is_worth_nothing_after(world: World) -> None:
    browser = world.browser()
    await browser.get("/sign-in")
    token = dict(browser.form("sign-in-form").fields)["csrf_token"]
    await world.sign_in(browser)
    await browser.get("/sign-out")
    page = await browser.submit(browser.form("sign-out-form"), ("csrf_token", token))
    assert page.status_code == 403
    assert world.rows()["session"] == 1


async def test_the_grants_page_is_protected(world: World) -> None:
    browser = world.browser()
    await Ask(world).allow(browser)
    await browser.get("/account/grants")
    for form in [form for form in browser.forms() if form.action == "/account/grants"]:
        action = form.buttons[0]
        page = await browser.submit(form, action, without=("csrf_token",))
        assert page.status_code == 403
    assert await world.driver.fetch_one("SELECT ended_at, revision FROM account_grant") == (None, 1)


async def test_a_consent_page_drawn_for_one_person_cannot_be_answered_by_another(world: World) -> None:
    await world.add_account("lisi")
    browser = world.browser()
    await Ask(world).to_consent(browser)
    drawn_for_zhangsan = browser.form("consent-form")
    await browser.submit(browser.form("not-you-form"))
    await browser.follow()
    await world.sign_in(browser, "lisi")
    page = await browser.submit(drawn_for_zhangsan, *ANSWERS["consent-form"])
    assert page.status_code == 403
    assert world.rows()["account_grant"] == 0


async def test_a_token_differs_on_every_page(world: World) -> None:
    browser = world.browser()
    seen = set()
    for _ in range(3):
        await browser.get("/sign-in")
        seen.add(dict(browser.form("sign-in-form").fields)["csrf_token"])
    assert len(seen) == 3


@pytest.mark.parametrize("origin", ["https://evil.example", "null"])
async def test_a_request_that_another_browser_asked_is_not_ours_to_answer(world: World, origin: str) -> None:
    attacker = world.browser()
    await attacker.get(Ask(world, state="attacker").url)
    link = attacker.page.headers["location"]
    victim = world.browser()
    await world.sign_in(victim)
    for path in ("/sign-in", "/consent", "/oauth2/authorize/resume"):
        url = httpx2.URL(f"{world.config.issuer}{path}", query=httpx2.URL(link).query)
        page = await victim.get(str(url), origin=origin)
        assert page.status_code == 400
        assert "location" not in page.headers
    assert world.rows()["account_grant"] == 0
