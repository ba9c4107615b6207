"""``response_mode=form_post``: the answer goes in a form that the browser posts."""

import re

import pytest

from tests.browser import Browser
from tests.world import CALLBACK, ISSUER, Ask, World

DOCUMENT = "OAuth 2.0 Form Post Response Mode"


async def answered(world: World, **params: str) -> tuple[Ask, Browser]:
    ask, browser = Ask(world, response_mode="form_post", **params), world.browser()
    await ask.to_consent(browser)
    await browser.submit(browser.form("consent-form"), ("scope", "list_album"), ("decision", "allow"))
    await browser.follow()
    return ask, browser


@pytest.mark.spec(DOCUMENT, "2", "the response is a form that is posted to the redirect URI")
async def test_the_answer_is_a_form_for_the_redirect_uri(world: World) -> None:
    ask, browser = await answered(world)
    assert browser.page.status_code == 200
    assert "location" not in browser.page.headers
    (form,) = [form for form in browser.forms() if form.action == CALLBACK]
    assert form.method.lower() == "post"
    assert [name for name, _ in form.fields] == ["code", "state", "iss"]
    fields = dict(form.fields)
    assert (fields["state"], fields["iss"]) == ("state-of-the-client", ISSUER)
    assert (await ask.redeem(fields["code"])).status_code == 200


@pytest.mark.spec(DOCUMENT, "2", "nothing of the answer is in an address")
async def test_nothing_of_the_answer_is_in_an_address(world: World) -> None:
    _, browser = await answered(world)
    code = dict(browser.form("response-form").fields)["code"]
    assert code not in str(browser.page.url)
    assert browser.page.headers["cache-control"] == "no-store"
    assert browser.page.headers["referrer-policy"] == "no-referrer"


@pytest.mark.spec(DOCUMENT, "5", "values are encoded so that they cannot break out of the form")
@pytest.mark.parametrize(
    "state", ['"><script>alert(1)</script>', "'&lt;\"", "</form><form action=//evil>", "{{7*7}}", "状态 🙂"]
)
async def test_the_state_cannot_break_out_of_the_form(world: World, state: str) -> None:
    _, browser = await answered(world, state=state)
    assert dict(browser.form("response-form").fields)["state"] == state
    assert "<script>alert" not in browser.page.text
    assert len([form for form in browser.forms() if form.method.lower() == "post" and "evil" in form.action]) == 0


async def test_the_page_runs_no_script_but_ours(world: World) -> None:
    _, browser = await answered(world)
    policy = browser.page.headers["content-security-policy"]
    assert "script-src 'self'" in policy
    assert "unsafe-inline" not in policy
    assert "<script>" not in browser.page.text


async def test_an_error_comes_by_form_too(world: World) -> None:
    browser = world.browser()
    await browser.get(Ask(world, response_mode="form_post", prompt="none").url)
    fields = dict(browser.form("response-form").fields)
    assert (fields["error"], fields["state"]) == ("login_required", "state-of-the-client")
    assert "code" not in fields


@pytest.mark.spec(DOCUMENT, "2", "an unproven redirect URI gets no form")
async def test_an_unproven_redirect_uri_gets_no_form(world: World) -> None:
    browser = world.browser()
    page = await browser.get(Ask(world, response_mode="form_post", redirect_uri="https://evil.example/").url)
    assert page.status_code == 400
    assert not browser.shows("response-form")
    assert all("evil" not in form.action for form in browser.forms())


@pytest.mark.spec("OAuth 2.0 Multiple Response Type Encoding Practices", "2.1", "query is the default for code")
@pytest.mark.parametrize(("mode", "mark"), [(None, "?"), ("", "?"), ("query", "?"), ("fragment", "#")])
async def test_the_other_modes_redirect(world: World, mode: str | None, mark: str) -> None:
    browser = world.browser()
    await Ask(world, response_mode=mode).allow(browser)
    assert browser.page.headers["location"].startswith(f"{CALLBACK}{mark}code=")


async def test_the_form_is_sent_by_a_script_that_every_browser_understands(world: World) -> None:
    # The Foundation's suite drives HtmlUnit, which gives up a whole file at the first word it does not know.
    browser = world.browser()
    page = await browser.get(Ask(world, response_mode="form_post", prompt="none").url)
    [script] = re.findall(r'</form>\s*<script src="([^"]*form_post[^"]*)"></script>', page.text)
    text = (await world.http.get(script)).text
    assert '.getElementById("response-form").submit()' in text
    assert not re.search(r"=>|`|\b(const|let|class|async|await)\b|\.\.\.|\?\.", text)
