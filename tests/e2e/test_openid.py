"""OpenID Connect at a browser: several people, signing in again, claims by name, and signing out of everything."""

import json
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.accessibility import Look, find_problems
from tests.e2e.conftest import OpenBrowser
from tests.e2e.demo_programs import Demo
from tests.e2e.pages import Visitor
from tests.e2e.relying_parties import PASSWORD, PERSON, Parties, RelyingParty, relying_parties

_PATIENCE_S = 20


@pytest.fixture
def parties(demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Parties]:
    with relying_parties(demo, tmp_path_factory.mktemp("relying-parties")) as running:
        yield running


def about(visitor: Visitor) -> dict[str, Any]:
    """What UserInfo told the application."""
    told: dict[str, Any] = json.loads(visitor.page.locator("#about").inner_text())
    return told


def sign_in(visitor: Visitor, party: RelyingParty, username: str = "zhangsan", **params: Any) -> None:
    """All the way, allowing what is asked for."""
    visitor.page.goto(party.start_url(**params))
    if visitor.sign_in.form.is_visible():
        visitor.sign_in.sign_in_as(username)
    if visitor.consent.form.is_visible():
        visitor.consent.allow(*visitor.consent.asked)
    expect(visitor.page.locator("#about")).to_be_visible()


def wait_until(page: Page, true: Callable[[], bool]) -> None:
    """Another process is at work, and the page shows nothing of it."""
    for _ in range(_PATIENCE_S * 10):
        if true():
            return
        page.wait_for_timeout(100)
    assert true()


def test_two_people_share_a_browser(visitor: Visitor, parties: Parties) -> None:
    page, mail = visitor.page, parties.mail
    sign_in(visitor, mail, "zhangsan", scope="openid profile")
    first = about(visitor)
    page.goto(mail.start_url(scope="openid profile", prompt="select_account"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Choose an account")
    page.locator("#another").click()
    expect(page.locator("#username")).to_have_value("")
    visitor.sign_in.sign_in_as("lisi")
    visitor.consent.allow("profile")
    second = about(visitor)
    assert (first["name"], second["name"]) == ("张三", "李四")
    page.goto(mail.start_url(scope="openid profile", prompt="select_account"))
    expect(page.locator("#select-account-form .choice")).to_have_count(2)
    page.get_by_role("button", name="Continue as 张三").click()
    assert about(visitor) == first, "without a password: that session is there still"
    page.goto(mail.start_url(scope="openid profile"))
    assert about(visitor) == first, "who was chosen last is who is meant"


@pytest.mark.parametrize("how", [{"prompt": "login"}, {"max_age": 60}], ids=["prompt=login", "max_age=60"])
def test_who_is_signed_in_is_asked_for_the_password_again(
    visitor: Visitor, parties: Parties, demo: Demo, how: Any
) -> None:
    mail = parties.mail
    sign_in(visitor, mail)
    _let_time_pass(demo)
    sign_in(visitor, mail)
    before = mail.claims
    visitor.page.goto(mail.start_url(**how))
    expect(visitor.sign_in.form).to_be_visible()
    expect(visitor.page.locator("#username")).to_have_value("zhangsan")
    visitor.sign_in.try_as("zhangsan", "not-the-password")
    expect(visitor.sign_in.problem).to_be_visible()
    visitor.sign_in.sign_in_as("zhangsan")
    expect(visitor.page.locator("#about")).to_be_visible()
    assert mail.claims["auth_time"] >= before["auth_time"] + 100
    assert mail.claims["sub"] == before["sub"]


def test_a_young_sign_in_is_good_enough(visitor: Visitor, parties: Parties) -> None:
    mail = parties.mail
    sign_in(visitor, mail)
    before = mail.claims
    visitor.page.goto(mail.start_url(max_age=10_000))
    expect(visitor.page.locator("#about")).to_be_visible()
    assert mail.claims["auth_time"] == before["auth_time"]
    assert len(mail.signed_in) == 2


def test_somebody_else_does_not_get_in_for_who_was_meant(visitor: Visitor, parties: Parties) -> None:
    mail = parties.mail
    sign_in(visitor, mail)
    hint = mail.signed_in[-1].id_token
    visitor.page.goto(mail.start_url(prompt="login", extra={"id_token_hint": hint}))
    visitor.sign_in.sign_in_as("lisi")
    expect(visitor.page.locator("code")).to_have_text("login_required")
    assert len(mail.signed_in) == 1


def test_claims_by_name_are_shown_and_given_where_asked_for(visitor: Visitor, parties: Parties) -> None:
    page, mail = visitor.page, parties.mail
    claims = {"userinfo": {"email": {"essential": True}, "phone_number": None}, "id_token": {"email": None}}
    wish = {"extra": {"claims": json.dumps(claims)}}
    page.goto(mail.start_url(**wish))
    visitor.sign_in.try_as(PERSON, PASSWORD)
    expect(visitor.consent.form).to_contain_text("e-mail address")
    expect(visitor.consent.form).to_contain_text("phone number")
    visitor.consent.allow("email")
    told = about(visitor)
    assert told.keys() == {"sub", "email"}, "the phone number was not ticked"
    assert mail.claims["email"] == told["email"] == "wangwu@example.com"
    page.goto(mail.start_url(prompt="none", **wish))
    assert about(visitor) == told, "what was refused is not told in silence either"


def test_signing_out_ends_the_session_everywhere(visitor: Visitor, parties: Parties, demo: Demo) -> None:
    page, everybody = visitor.page, (parties.mail, parties.chat, parties.hanging, parties.broken)
    for party in everybody:
        sign_in(visitor, party)
    assert len({party.claims["sid"] for party in everybody}) == 1
    began = time.monotonic()
    page.goto(parties.mail.end_session_url())
    expect(page).to_have_url(f"{parties.mail.address}/?state=bye")
    assert time.monotonic() - began < 5, "who hangs does not hold up the person"
    wait_until(page, lambda: not parties.mail.sessions() and not parties.chat.sessions())
    for party in (parties.mail, parties.chat):
        assert [(notice.sid, notice.subject) for notice in party.told] == [(party.claims["sid"], party.claims["sub"])]
    failed = {("hanging", "logout_notice_failed"), ("broken", "logout_notice_failed")}
    wait_until(page, lambda: failed <= _log(demo))
    assert _waiting(demo) == {"hanging": 1, "broken": 1}
    parties.broken.behaviour = "listen"
    _let_time_pass(demo)
    wait_until(page, lambda: parties.broken.sessions() == [])
    # The application has heard it before the server has its answer and writes that down.
    wait_until(page, lambda: ("broken", "logout_notice_sent") in _log(demo))
    assert parties.broken.times_asked == 2
    page.goto(parties.chat.start_url(prompt="none"))
    expect(page.locator("code")).to_have_text("login_required")


LOOKS = {
    "en-US": (Look("light", 1100), Look("dark", 360)),
    "zh-CN": (Look("dark", 1100), Look("light", 360)),
}


@pytest.mark.parametrize("locale", [pytest.param("en-US", marks=pytest.mark.long), "zh-CN"])
def test_the_pages_of_openid_are_accessible_and_fit_a_phone(
    locale: str, open_browser: OpenBrowser, parties: Parties, demo: Demo
) -> None:
    visitor = open_browser(locale=locale)
    problems: list[str] = []
    for name, go in _steps(visitor, parties, demo):
        go()
        expect(visitor.page.get_by_role("heading", level=1)).to_be_visible()
        problems += [f"{name}, {problem}" for problem in find_problems(visitor.page, LOOKS[locale])]
    assert problems == []


def _steps(visitor: Visitor, parties: Parties, demo: Demo) -> Iterator[tuple[str, Callable[[], object]]]:
    page, mail, server = visitor.page, parties.mail, demo.places.server
    claims = json.dumps({"userinfo": {"email": {"essential": True}, "phone_number": None}})
    sign_in(visitor, mail)
    yield "sign in again", lambda: page.goto(mail.start_url(prompt="login"))
    page.goto(mail.start_url(prompt="select_account"))
    page.locator("#another").click()
    visitor.sign_in.try_as(PERSON, PASSWORD)
    expect(visitor.consent.form).to_be_visible()
    yield "consent for claims", lambda: page.goto(mail.start_url(extra={"claims": claims}))
    yield "account chooser", lambda: page.goto(mail.start_url(prompt="select_account"))
    yield "device", lambda: page.goto(f"{server}/device")
    yield "end of session", lambda: page.goto(f"{server}/oauth2/end_session?client_id=mail")
    yield "wrong hint", lambda: page.goto(f"{server}/oauth2/end_session?id_token_hint=x.y.z")
    page.goto(f"{server}/oauth2/end_session")
    yield "session ended", lambda: page.locator("#sign-out").click()


def _waiting(demo: Demo) -> dict[str, int]:
    """Who is still to be told -> how often that was tried."""
    with closing(sqlite3.connect(demo.directory / "lingpai.db", timeout=10)) as database:
        return dict(database.execute("SELECT client_id, attempts FROM session_client WHERE attempts > 0").fetchall())


def _log(demo: Demo) -> set[tuple[str, str]]:
    """The events of the log of everything that happened, by application."""
    with closing(sqlite3.connect(demo.directory / "lingpai.db", timeout=10)) as database:
        return set(database.execute("SELECT client_id, event FROM audit_event WHERE client_id IS NOT NULL").fetchall())


def _let_time_pass(demo: Demo) -> None:
    """As if everybody had signed in 100 seconds earlier, and the wait before the next notice were over."""
    with closing(sqlite3.connect(demo.directory / "lingpai.db", timeout=10)) as database:
        database.execute("UPDATE session SET auth_time = auth_time - 100")
        database.execute("UPDATE session_client SET next_at = 1 WHERE next_at IS NOT NULL")
        database.commit()
