"""Pages that lead back where the person came from are asked to lead somewhere else.

Spec: RFC 9700 §4.11; RFC 6819 §4.2.4. Stops: CVE-2024-39694 (a "local" address that is not), GHSA-37q6-q9w8-4pr4,
CVE-2026-5467.
"""

from urllib.parse import urlsplit

import httpx2
import pytest

from tests.browser import Browser
from tests.world import PASSWORD, World

ELSEWHERE = [
    "https://evil.example/",
    "//evil.example/",
    "/\\evil.example",
    "\\\\evil.example",
    "/%2f/evil.example",
    "///evil.example",
    "http:evil.example",
    "https:/evil.example",
    "/sign-in@evil.example",
    ".evil.example",
    "@evil.example",
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "data:text/html,evil",
    "landing\r\nLocation: https://evil.example",
    "/\t/evil.example",
    "lpq_00@evil.example",
]


def _stays_here(page: httpx2.Response) -> None:
    assert page.status_code < 500
    location = page.headers.get("location", "/")
    parts = urlsplit(location)
    assert (parts.scheme, parts.netloc) == ("", ""), location
    assert location.startswith("/")
    assert not location.startswith(("//", "/\\"))
    assert "evil" not in location


@pytest.mark.parametrize("target", ELSEWHERE)
async def test_the_choice_of_language_leads_to_a_page_by_name_only(world: World, target: str) -> None:
    browser = world.browser()
    for form in (
        {"locale": "en", "page": target},
        {"locale": "en", "page": "sign_in", "request": target},
        {"locale": target, "page": "landing"},
        {"locale": "en", "page": "landing", "next": target, "redirect_uri": target},
    ):
        page = await browser.http.post("/language", data=form, headers={"referer": "https://evil.example/"})
        _stays_here(page)
        assert "evil" not in page.headers.get("set-cookie", "")


@pytest.mark.parametrize("target", ELSEWHERE)
async def test_signing_in_leads_to_our_own_page(world: World, target: str) -> None:
    browser = world.browser()
    for name in ("request", "next", "return_to", "redirect_uri"):
        await browser.get("/sign-in")
        token = dict(browser.form("sign-in-form").fields)["csrf_token"]
        form = {"csrf_token": token, "username": "zhangsan", "password": PASSWORD, name: target}
        _stays_here(await browser.http.post("/sign-in", params={name: target}, data=form))
        browser.http.cookies.clear()


@pytest.mark.parametrize("target", ELSEWHERE)
async def test_signing_out_leads_to_our_own_page(world: World, target: str) -> None:
    browser = world.browser()
    await world.sign_in(browser)
    await browser.get("/sign-out")
    form = dict(browser.form("sign-out-form").fields) | {"post_logout_redirect_uri": target, "next": target}
    _stays_here(await browser.http.post("/sign-out", params={"request": target}, data=form))


async def test_a_page_that_needs_a_sign_in_does_not_remember_an_address_of_the_attackers(world: World) -> None:
    browser = Browser(world.browser().http)
    page = await browser.get("/account/grants?next=https://evil.example")
    _stays_here(page)
    assert page.headers["location"] == "/sign-in"
