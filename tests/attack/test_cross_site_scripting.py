"""Markup and scripts in every text an attacker can bring onto our pages.

Spec: RFC 6819 §4.4.1.13; RFC 6749 §10.14; RFC 9700 §4.16. Stops: CVE-2026-42849, CVE-2024-21637, CVE-2026-29192,
CVE-2026-5468, CVE-2026-33525, CVE-2019-8400, CVE-2026-67333.
"""

from html.parser import HTMLParser
from typing import Any

import httpx2
import pytest

from tests.world import Ask, World, grant_tokens

PROBE = "\"'><img src=x onerror=alert(1)>{{7*7}}${7*7}<script>alert(1)</script></textarea><!--"
JAVASCRIPT = ["javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,<script>alert(1)</script>", " javascript:x"]


class _Reader(HTMLParser):
    """What a browser would make of the page: every element with its attributes, and the bare text."""

    def __init__(self) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.words = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        self.words += data


def read(page: httpx2.Response) -> _Reader:
    reader = _Reader()
    reader.feed(page.text)
    return reader


def is_inert(page: httpx2.Response) -> bool:
    """Nothing the attacker wrote became an element, an attribute or an address."""
    for tag, attributes in read(page).elements:
        if tag in ("script", "link", "img", "iframe", "object", "base", "style"):
            source = attributes.get("src") or attributes.get("href") or ""
            assert source.startswith(("/static/", "https://")), (tag, attributes)
            assert source != "x"
        for name, value in attributes.items():
            assert not name.startswith("on"), (tag, name)
            if name in ("href", "src", "action", "formaction"):
                assert value.strip().lower().startswith(("/", "https://", "http://", "#")), (tag, name, value)
    return "default-src 'none'" in page.headers["content-security-policy"]


async def _pages(world: World, **params: Any) -> list[httpx2.Response]:
    """The pages a person sees on the way through an authorization request, and after."""
    browser = world.browser()
    await browser.get(Ask(world, **params).url)
    pages = [await browser.follow()]
    await world.sign_in(browser)
    pages.append(await browser.follow())
    form = browser.form("consent-form")
    pages.append(await browser.submit(form, ("decision", "allow"), without=("scope",)))
    scopes = [("scope", name) for name in form.boxes["scope"]]
    await browser.submit(form, *scopes, ("decision", "allow"))
    pages.append(await browser.get("/account/grants"))
    pages.append(await browser.get("/sign-out"))
    return pages


@pytest.mark.parametrize("field", ["client_name", "client_uri", "logo_uri", "policy_uri", "tos_uri"])
@pytest.mark.parametrize("value", [PROBE, *JAVASCRIPT])
async def test_nothing_an_application_registered_runs(world: World, field: str, value: str) -> None:
    changes: dict[str, Any] = {field: value}
    await world.add_client(**changes)
    pages = await _pages(world)
    assert all(is_inert(page) for page in pages)
    if field == "client_name" and value == PROBE:
        assert all(PROBE in read(page).words for page in pages[:4]), "it is shown, as text"


@pytest.mark.parametrize("locale", ["en", "zh-CN"])
async def test_no_description_of_a_permission_runs(world: World, locale: str) -> None:
    await world.add_scope("list_album", descriptions={"en": PROBE, "zh_CN": PROBE})
    pages = await _pages(world, ui_locales=locale)
    assert all(is_inert(page) for page in pages)
    assert PROBE in read(pages[1]).words
    assert PROBE in read(pages[3]).words


@pytest.mark.parametrize("field", ["name", "picture", "email"])
@pytest.mark.parametrize("value", [PROBE, *JAVASCRIPT])
async def test_nothing_a_person_wrote_about_herself_runs(world: World, field: str, value: str) -> None:
    await world.add_account("mallory", **{field: value})
    browser = world.browser()
    await world.sign_in(browser, "mallory")
    for path in ("/", "/account/grants", "/sign-out"):
        assert is_inert(await browser.get(path))


@pytest.mark.parametrize("name", ["login_hint", "ui_locales", "state", "nonce"])
async def test_nothing_in_a_request_runs(world: World, name: str) -> None:
    changes: dict[str, Any] = {name: PROBE}
    pages = await _pages(world, **changes)
    assert all(is_inert(page) for page in pages)


async def test_a_login_hint_is_a_value_and_no_markup(world: World) -> None:
    hint = PROBE.replace("\\", "")[:60]
    browser = world.browser()
    await browser.get(Ask(world, login_hint=hint).url)
    page = await browser.follow()
    fields = dict(browser.form("sign-in-form").fields)
    assert fields["username"] == hint
    assert is_inert(page)


@pytest.mark.parametrize("name", ["username", "password", "csrf_token"])
async def test_what_was_typed_comes_back_as_text(world: World, name: str) -> None:
    browser = world.browser()
    await browser.get("/sign-in")
    form = browser.form("sign-in-form")
    typed = {"username": "x", "password": "y"} | {name: PROBE}
    page = await browser.submit(form, *typed.items())
    assert is_inert(page)
    assert dict(browser.form("sign-in-form").fields).get("password", "") == "", "a password never comes back"


@pytest.mark.parametrize(
    "path",
    [
        "/oauth2/authorize?client_id={probe}",
        "/oauth2/authorize?client_id=photo-print&redirect_uri={probe}",
        "/oauth2/authorize?client_id=photo-print&redirect_uri=javascript:alert(1)",
        "/oauth2/authorize/resume?request={probe}",
        "/consent?request={probe}",
        "/sign-in?request={probe}",
        "/sign-in?request={probe}&next={probe}",
        "/sign-out?request={probe}",
        "/account/grants?done={probe}",
        "/?{probe}={probe}",
        "/{probe}",
        "/static/{probe}",
    ],
)
async def test_no_error_page_speaks_with_the_attackers_voice(world: World, path: str) -> None:
    browser = world.browser()
    await world.sign_in(browser)
    page = await browser.get(path.format(probe=str(httpx2.QueryParams({"x": PROBE}))[2:]))
    assert is_inert(page)
    sentence = "Your account is locked. Call 0800-EVIL and read out your password."
    page = await browser.get(path.format(probe=str(httpx2.QueryParams({"x": sentence}))[2:]))
    assert "0800-EVIL" not in read(page).words, "nor can he write sentences on our pages"


@pytest.mark.parametrize("mode", ["query", "fragment", "form_post"])
async def test_the_state_comes_back_unchanged_and_asleep(world: World, mode: str) -> None:
    browser = world.browser()
    await browser.get(Ask(world, state=PROBE, response_mode=mode, prompt="none").url)
    if mode == "form_post":
        assert is_inert(browser.page)
        assert dict(browser.form("response-form").fields)["state"] == PROBE
    else:
        assert browser.sent_to["state"] == PROBE
        assert "<" not in browser.page.headers["location"]


async def test_a_name_cannot_turn_the_text_around_it(world: World) -> None:
    """U+202E would show "exe.photos" as "sotohp.exe", and the sentence around it backwards."""
    await world.add_client(client_name="\u202eevil", client_uri="https://client.example/")
    browser = world.browser()
    await grant_tokens(world, browser)
    page = await browser.get("/account/grants")
    text = page.text
    assert "<bdi>\u202eevil</bdi>" in text or "\u202e" not in text


async def test_a_picture_drawn_by_somebody_is_not_served_as_a_page(world: World) -> None:
    page = await world.http.get("/static/logo.svg")
    assert page.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert page.headers["x-content-type-options"] == "nosniff"
    for path in ("/static/../config.py", "/static/%2e%2e/render.py", "/static/", "/static/lingpai.css/.."):
        assert (await world.http.get(path)).status_code == 404


@pytest.mark.parametrize("path", ["/oauth2/token", "/oauth2/introspect", "/oauth2/revoke", "/oauth2/userinfo"])
async def test_a_machines_error_is_never_a_page(world: World, path: str) -> None:
    answer = await world.http.post(path, data={"grant_type": PROBE, "token": PROBE, "client_id": PROBE})
    assert answer.headers["content-type"].startswith("application/json")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "<" not in answer.headers.get("www-authenticate", "")
    assert "<img" not in answer.text
