"""Every page can be used by everybody: axe-core finds nothing, and nothing has to be scrolled sideways on a phone."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import expect

from tests.e2e.accessibility import Look, find_problems
from tests.e2e.conftest import OpenBrowser
from tests.e2e.demo_programs import Demo
from tests.e2e.pages import Visitor

Step = tuple[str, Callable[[], object]]

# Each language in two looks, so that all pairs of language, theme and width are seen and the walk stays short.
LOOKS = {
    "en-US": (Look("light", 1100), Look("dark", 360)),
    "zh-CN": (Look("dark", 1100), Look("light", 360)),
}


@pytest.mark.parametrize("locale", LOOKS)
def test_every_page_is_accessible_and_fits_a_phone(locale: str, open_browser: OpenBrowser, demo: Demo) -> None:
    visitor = open_browser(locale=locale)
    problems: list[str] = []
    for name, go in (*_before_anything_is_allowed(visitor, demo), *_afterwards(visitor, demo)):
        go()
        expect(visitor.page.get_by_role("heading", level=1)).to_be_visible()
        problems += [f"{name}, {problem}" for problem in find_problems(visitor.page, LOOKS[locale])]
    assert problems == []


def _before_anything_is_allowed(visitor: Visitor, demo: Demo) -> Iterator[Step]:
    page, server = visitor.page, demo.places.server
    yield "landing", lambda: page.goto(server)
    yield "no such page", lambda: page.goto(f"{server}/no-such-page")
    yield "redirect_uri not registered", lambda: page.goto(demo.album_tools_url().replace("callback", "elsewhere"))
    yield "lost request", lambda: page.goto(f"{server}/consent?request=nothing")
    yield "device", lambda: page.goto(f"{server}/device")
    yield "application", visitor.shop.open
    yield "sign in", visitor.shop.begin_sign_in
    yield "wrong password", lambda: visitor.sign_in.try_as("zhangsan", "wrong-password")
    yield "consent", visitor.sign_in.sign_in_as
    yield "refused", visitor.consent.refuse
    yield "more permissions", lambda: page.goto(demo.album_tools_url())
    yield "nothing selected", visitor.consent.allow
    yield "no grants", visitor.grants.open


def _afterwards(visitor: Visitor, demo: Demo) -> Iterator[Step]:
    page, server = visitor.page, demo.places.server
    yield "consent again", visitor.shop.begin_sign_in
    yield "without albums", visitor.consent.allow
    yield "only what is new", visitor.shop.ask_again
    yield "albums", lambda: visitor.consent.allow("list_album")
    yield "grants", visitor.grants.open
    yield "one grant", page.locator("#more-1").click
    yield "one grant, how to verify", page.locator("#how-to-verify > summary").click
    yield "one grant, another time", lambda: _choose(visitor, "90d")
    yield "grants again", visitor.grants.open
    yield "grants, about to end", page.locator("#end-1 > summary").click
    yield "grants, taken back", page.locator("#take-back-1-2").click
    yield "access has ended", visitor.grants.end
    yield "application, access has ended", visitor.shop.open
    yield "landing, signed in", lambda: page.goto(server)
    yield "sign out", lambda: page.goto(f"{server}/sign-out")
    yield "signed out", page.locator("#sign-out").click


def _choose(visitor: Visitor, lifetime: str) -> None:
    visitor.page.locator(f"#lifetime-{lifetime}").check()
    visitor.page.locator("#change-lifetime").click()
