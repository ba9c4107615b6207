"""An administrator's day in Chromium: an account is found, locked and unlocked, everybody is told something, and every
page can be used by everybody and fits a phone."""

import re
import subprocess
import sys
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.accessibility import Look, find_problems
from tests.e2e.conftest import OpenBrowser
from tests.e2e.demo_programs import Demo
from tests.e2e.pages import PASSWORDS

PAGES = (
    *("", "/accounts", "/applications", "/applications/photo-print", "/permissions", "/permissions/edit"),
    *("/resource-servers/edit", "/keys", "/audit", "/announcements", "/terms", "/settings"),
)
LOOKS = {
    "en-US": (Look("light", 1100), Look("dark", 360)),
    "zh-CN": (Look("dark", 1100), Look("light", 360)),
}


@pytest.fixture
def administrator(demo: Demo) -> Iterator[str]:
    """Somebody with the role, for as long as the test."""
    _lingpai(demo, "admin", "add", "zhangsan")
    yield "zhangsan"
    _lingpai(demo, "admin", "remove", "zhangsan")


def _lingpai(demo: Demo, *command: str) -> None:
    where = ("--config", str(demo.directory / "lingpai.toml"))
    subprocess.run([sys.executable, "-m", "lingpai", *command, *where], check=True, capture_output=True)


def _sign_in(page: Page, server: str, username: str) -> None:
    page.goto(f"{server}/sign-in")
    page.locator("#username").fill(username)
    page.locator("#password").fill(PASSWORDS[username])
    page.locator("#sign-in").click()
    expect(page).to_have_url(re.compile("/account/grants"))


@pytest.mark.long
@pytest.mark.parametrize("locale", LOOKS)
def test_every_page_of_the_administration_is_accessible_and_fits_a_phone(
    locale: str, open_browser: OpenBrowser, demo: Demo, administrator: str
) -> None:
    page, server = open_browser(locale=locale).page, demo.places.server
    _sign_in(page, server, administrator)
    problems: list[str] = []
    for path in PAGES:
        page.goto(f"{server}/admin{path}")
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        problems += [f"{path}, {problem}" for problem in find_problems(page, LOOKS[locale])]
    page.goto(f"{server}/admin/accounts?q=lisi")
    page.locator("main .rows a").first.click()
    problems += [f"account, {problem}" for problem in find_problems(page, LOOKS[locale])]
    page.goto(f"{server}/admin/applications/photo-print/delete")
    problems += [f"delete, {problem}" for problem in find_problems(page, LOOKS[locale])]
    assert problems == []


def test_an_account_is_found_locked_and_unlocked_by_keyboard(
    open_browser: OpenBrowser, demo: Demo, administrator: str
) -> None:
    page, server = open_browser(locale="en-US").page, demo.places.server
    _sign_in(page, server, administrator)
    page.goto(f"{server}/admin/accounts")
    page.locator("#q").fill("lis")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="lisi").focus()
    page.keyboard.press("Enter")
    page.locator("#act-disable").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#is-disabled")).to_be_visible()
    page.locator("#act-enable").click()
    expect(page.locator("#is-disabled")).to_have_count(0)
    expect(page.locator("#done")).to_be_visible()
    page.goto(f"{server}/admin/audit?account=lisi")
    expect(page.locator("td code", has_text="account_disabled").first).to_be_visible()
