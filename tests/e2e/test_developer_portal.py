"""A developer adds an application, a reviewer approves it, and somebody signs in with it: in a real browser, with and
without JavaScript, every page on the way looked over with axe-core.
"""

import sqlite3
from collections.abc import Callable
from contextlib import closing

import pytest
from playwright.sync_api import expect

from tests.e2e.accessibility import find_problems
from tests.e2e.conftest import OpenBrowser
from tests.e2e.demo_programs import Demo
from tests.e2e.pages import Visitor
from tests.e2e.test_every_page import LOOKS

LookAt = Callable[[Visitor], None]
_TABS = ("", "/callbacks", "/permissions", "/people", "/usage", "/refusals", "/snippets", "/sandbox")
_CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


@pytest.mark.long
@pytest.mark.parametrize("locale", LOOKS)
def test_every_page_of_the_journey_is_accessible(locale: str, open_browser: OpenBrowser, demo: Demo) -> None:
    problems: list[str] = []

    def look_at(visitor: Visitor) -> None:
        problems.extend(f"{visitor.page.url}, {problem}" for problem in find_problems(visitor.page, LOOKS[locale]))
        visitor.page.set_viewport_size({"width": 1100, "height": 800})

    _journey(lambda: open_browser(locale=locale), demo, look_at)
    assert problems == []


def test_the_journey_needs_no_javascript(open_browser: OpenBrowser, demo: Demo) -> None:
    _journey(lambda: open_browser(java_script_enabled=False), demo, lambda _: None)


def _journey(open_one: Callable[[], Visitor], demo: Demo, look_at: LookAt) -> None:
    server = demo.places.server
    callback = f"{server}/health/live"
    developer, reviewer = open_one(), _reviewer(open_one(), demo)
    _sign_in(developer, server, "zhangsan")
    client_id = _add_application(developer, server, look_at)
    _register(developer, f"{server}/developer/applications/{client_id}", callback, look_at)
    wanted = (
        f"{server}/oauth2/authorize?response_type=code&client_id={client_id}&scope=openid&code_challenge_method=S256"
    )
    wanted += f"&code_challenge={_CHALLENGE}&redirect_uri={callback}"
    _sign_in(reviewer, server, "lisi")
    reviewer.page.goto(wanted)
    assert "error=access_denied" in reviewer.page.url  # on trial: not for strangers
    reviewer.page.goto(f"{server}/admin/reviews")
    look_at(reviewer)
    reviewer.page.locator(f'a[href$="{client_id}"]').click()
    look_at(reviewer)
    reviewer.page.locator("#approve").click()
    expect(reviewer.page.locator("#done")).to_be_visible()
    reviewer.page.goto(wanted)
    reviewer.page.locator("#consent-form").wait_for()
    reviewer.consent.allow()
    assert "code=" in reviewer.page.url
    _mistake(developer, wanted + "/", look_at)
    _end(developer, f"{server}/developer/applications/{client_id}", look_at)


def _end(visitor: Visitor, application: str, look_at: LookAt) -> None:
    """The application goes, and then the team."""
    page = visitor.page
    page.goto(application)
    page.locator("#delete").click()
    look_at(visitor)
    page.locator("#sure").check()
    page.locator("#delete-application").click()
    expect(page.locator("#done")).to_be_visible()
    empty = page.locator("section", has_text="Printers").filter(has_not=page.locator(".application-row"))
    empty.locator('a[href*="/developer/teams/"]').first.click()
    page.locator("#end-team").click()
    look_at(visitor)
    page.locator("#sure").check()
    page.locator("#end-team").click()
    expect(page.locator("#done")).to_be_visible()


def _add_application(visitor: Visitor, server: str, look_at: LookAt) -> str:
    page = visitor.page
    page.goto(f"{server}/developer")
    look_at(visitor)
    page.locator("#team-name").fill("Printers")
    page.locator("#make-team").click()
    expect(page.locator("h1")).to_have_text("Printers")
    look_at(visitor)
    page.goto(f"{page.url.partition('?')[0]}/new")
    look_at(visitor)
    page.locator("#name").fill("Prints & Posters")
    page.locator("#website").fill("https://prints.example/")
    page.locator("#make-application").click()
    client_id = page.locator("#client-id").inner_text()
    page.locator("#description").fill("Prints photos.")
    page.locator("#save-basics").click()
    expect(page.locator("#done")).to_be_visible()
    return client_id


def _register(visitor: Visitor, address: str, callback: str, look_at: LookAt) -> None:
    """Callbacks, a secret, and into the reviewers' hands."""
    page = visitor.page
    page.goto(f"{address}/callbacks")
    page.locator("#redirect-uris").fill(f"{callback}\nhttp://prints.example/cb")
    page.locator("#save-callbacks").click()
    expect(page.locator('[data-problem="http"]')).to_be_visible()
    look_at(visitor)
    page.locator("#redirect-uris").fill(callback)
    page.locator("#save-callbacks").click()
    expect(page.locator("#done")).to_be_visible()
    page.goto(f"{address}/secrets")
    page.locator("#make-secret").click()
    assert len(page.locator("#new-secret").inner_text()) >= 40
    look_at(visitor)
    page.goto(f"{address}/secrets")
    expect(page.locator("#new-secret")).to_have_count(0)
    for tab in _TABS:
        page.goto(address + tab)
        look_at(visitor)
    page.goto(f"{address}/review")
    page.locator("#submit-text").fill("Have a look, please.")
    page.locator("#submit-application").click()
    expect(page.locator("#done")).to_be_visible()
    look_at(visitor)


def _mistake(visitor: Visitor, wrong: str, look_at: LookAt) -> None:
    """A callback with one character too many is explained, from the error page on."""
    page = visitor.page
    page.goto(wrong)
    look_at(visitor)
    page.locator("#explain").click()
    expect(page.locator("#comparison mark")).to_have_count(1)
    expect(page.locator("#comparison mark")).to_contain_text("/")
    look_at(visitor)


def _sign_in(visitor: Visitor, server: str, username: str) -> None:
    visitor.page.goto(f"{server}/sign-in")
    visitor.sign_in.sign_in_as(username)
    visitor.page.wait_for_url(f"{server}/account/**")


def _reviewer(visitor: Visitor, demo: Demo) -> Visitor:
    """Whoever sits there may review: what ``lingpai admin add lisi --role reviewer`` writes."""
    with closing(sqlite3.connect(demo.directory / "lingpai.db", timeout=10)) as database:
        database.execute(
            "INSERT OR REPLACE INTO admin_role (account_id, role, created_at)"
            " SELECT id, 'reviewer', 0 FROM account WHERE username = 'lisi'"
        )
        database.commit()
    return visitor
