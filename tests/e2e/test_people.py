"""What people do with their own account, in Chromium, with mail from a real mail server and a virtual authenticator."""

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from pathlib import Path
from queue import Queue
from typing import Any

import pyotp
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from msgspec import Struct
from playwright.sync_api import Browser, Page, expect

from lingpai.server.mail.message import parse_message
from tests.e2e.accessibility import Look, find_problems
from tests.e2e.processes import clean_environment, free_ports, running
from tests.e2e.watch import Watch

PASSWORD = "orange bicycle under seven clouds"
NEW_PASSWORD = "green clouds over six umbrellas"
_MAIL_LIMIT_S = 20
_AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}
LOOKS = {
    "en-US": (Look("light", 1100), Look("dark", 360)),
    "zh-CN": (Look("dark", 1100), Look("light", 360)),
}


class Mailbox:
    """A mail server that hands every mail to whoever waits for one."""

    def __init__(self) -> None:
        self._mails: Queue[tuple[str, EmailMessage]] = Queue()

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - theirs
        assert isinstance(envelope.content, bytes)
        self._mails.put((envelope.rcpt_tos[0], parse_message(envelope.content)))
        return "250 OK"

    def link_to(self, recipient: str) -> str:
        """The link in the next mail that has one for this person; others are left unread."""
        while True:
            to, message = self._mails.get(timeout=_MAIL_LIMIT_S)
            plain = message.get_body(("plain",))
            assert isinstance(plain, EmailMessage)
            found = re.search(r"http\S+token=\w+", plain.get_content())
            if to == recipient and found:
                return found[0]


class Place(Struct, frozen=True):
    """The running server and its mail."""

    address: str
    mailbox: Mailbox


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    port, mail_port = free_ports(2)
    folder, mailbox = tmp_path_factory.mktemp("people"), Mailbox()
    address = f"http://localhost:{port}"
    environment = clean_environment(
        LINGPAI_ISSUER=address,
        LINGPAI_PORT=str(port),
        LINGPAI_DATABASE=f"sqlite:///{folder}/lingpai.db",
        LINGPAI_MASTER_KEY_FILE=str(folder / "lingpai.key"),
        LINGPAI_SIGNING_ALGS="ES256",
        LINGPAI_PASSWORD_MEMORY_KIB="64",
        LINGPAI_PASSWORD_TIME_COST="1",
        LINGPAI_ACCOUNT_REGISTRATION="open",
        LINGPAI_SMTP_HOST="127.0.0.1",
        LINGPAI_SMTP_PORT=str(mail_port),
        LINGPAI_SMTP_SECURITY="none",
    )
    controller = Controller(mailbox, hostname="127.0.0.1", port=mail_port)
    controller.start()
    try:
        command = [sys.executable, "-m", "lingpai", "serve"]
        with running(command, environment, f"{address}/health/ready", folder / "log", folder=folder):
            yield Place(address, mailbox)
    finally:
        controller.stop()


@contextmanager
def person(chromium: Browser, **options: Any) -> Iterator[Page]:
    """A browser of one person; what it runs into fails the test."""
    defaults: dict[str, Any] = {"locale": "en-US", "reduced_motion": "reduce"}
    context = chromium.new_context(**(defaults | options))
    watch = Watch(context)
    yield context.new_page()
    problems = watch.problems
    context.close()
    assert problems == []


def register(page: Page, place: Place, email: str) -> None:
    page.goto(f"{place.address}/register")
    page.locator("#email").fill(email)
    page.locator("#register").click()
    expect(page.locator("#sent")).to_be_visible()
    page.goto(place.mailbox.link_to(email))
    page.locator("#name").fill("李华")
    page.locator("#password").fill(PASSWORD)
    page.locator("#make-account").click()
    page.wait_for_url("**/account/**")


def sign_out(page: Page, place: Place) -> None:
    page.goto(f"{place.address}/sign-out")
    page.locator("#sign-out").click()
    expect(page.get_by_role("link", name="Sign in")).to_be_visible()


def sign_in(page: Page, place: Place, email: str, password: str) -> None:
    page.goto(f"{place.address}/sign-in")
    page.locator("#username").fill(email)
    page.locator("#password").fill(password)
    page.locator("#sign-in").click()


def test_registering_and_a_forgotten_password_work_without_javascript(chromium: Browser, place: Place) -> None:
    email = "plain@example.com"
    with person(chromium, java_script_enabled=False) as page:
        register(page, place, email)
        sign_out(page, place)
        page.goto(f"{place.address}/sign-in")
        expect(page.locator("#with-passkey")).to_be_hidden()
        page.get_by_role("link", name="Forgotten password").click()
        page.locator("#email").fill(email)
        page.locator("#send-reset").click()
        page.goto(place.mailbox.link_to(email))
        page.locator("#password").fill(NEW_PASSWORD)
        page.locator("#set-password").click()
        expect(page.locator("#done")).to_be_visible()
        sign_in(page, place, email, NEW_PASSWORD)
        page.wait_for_url("**/account/**")


def test_an_authenticator_app_is_set_up_and_asked_for(chromium: Browser, place: Place) -> None:
    email = "codes@example.com"
    with person(chromium) as page:
        register(page, place, email)
        page.goto(f"{place.address}/account/security")
        page.locator("#to-totp").click()
        page.locator("details > summary").click()
        app = pyotp.TOTP(page.locator("#totp-secret").inner_text().replace(" ", ""))
        page.locator("#code").fill(app.now())
        page.locator("#confirm-totp").click()
        codes = page.locator("#recovery-codes code").all_inner_texts()
        assert len(codes) == 10
        page.locator("#codes-kept").click()
        expect(page.locator("#totp-on")).to_be_visible()
        sign_out(page, place)
        sign_in(page, place, email, PASSWORD)
        page.locator("#code").fill(codes[3])
        page.locator("#send-code").click()
        page.wait_for_url("**/account/**")


def test_a_passkey_signs_in_without_a_password(chromium: Browser, place: Place) -> None:
    """By the browser's own offer as soon as the page is open, and, where it makes none, by the button."""
    with person(chromium) as page:
        devtools = page.context.new_cdp_session(page)
        devtools.send("WebAuthn.enable")
        devtools.send("WebAuthn.addVirtualAuthenticator", {"options": _AUTHENTICATOR})
        register(page, place, "key@example.com")
        page.goto(f"{place.address}/account/security")
        page.locator("#add-passkey").click()
        expect(page.locator("#done")).to_be_visible()
        sign_out(page, place)
        page.goto(f"{place.address}/sign-in", wait_until="commit")
        page.wait_for_url("**/account/**")
        page.add_init_script("PublicKeyCredential.isConditionalMediationAvailable = undefined")
        sign_out(page, place)
        page.goto(f"{place.address}/sign-in")
        page.locator("#with-passkey").click()
        page.wait_for_url("**/account/**")
        page.goto(f"{place.address}/account/security")
        page.locator("#remove-passkey-1 button").click()
        expect(page.locator("#done")).to_be_visible()
        expect(page.locator("#remove-passkey-1")).to_have_count(0)


def test_a_person_takes_the_data_along_and_leaves(chromium: Browser, place: Place, tmp_path: Path) -> None:
    email = "leaving@example.com"
    with person(chromium) as page:
        register(page, place, email)
        page.goto(f"{place.address}/account/data")
        with page.expect_download() as download:
            page.locator("#export").click()
        download.value.save_as(tmp_path / "data.json")
        assert email in (tmp_path / "data.json").read_text(encoding="utf-8")
        page.locator("#sure").check()
        page.locator("#delete-account").click()
        expect(page.locator("#deleted")).to_be_visible()
    with person(chromium) as page:
        page.goto(f"{place.address}/sign-in")
        expect(page.locator("#sign-in-form")).to_be_visible()


@pytest.mark.parametrize("locale", [pytest.param("en-US", marks=pytest.mark.long), "zh-CN"])
def test_every_page_of_the_account_is_accessible_and_fits_a_phone(locale: str, chromium: Browser, place: Place) -> None:
    email = f"looks-{locale.lower()}@example.com"
    problems: list[str] = []
    with person(chromium, locale=locale) as page:
        for path in ("register", "reset-password", "sign-in", "verify-email", "reset-password/confirm"):
            _look(page, f"{place.address}/{path}", locale, problems)
        register(page, place, email)
        for path in ("", "/security", "/security/app", "/confirm", "/data", "/grants"):
            _look(page, f"{place.address}/account{path}", locale, problems)
    assert problems == []


def _look(page: Page, address: str, locale: str, problems: list[str]) -> None:
    page.goto(address)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    problems += [f"{address}: {problem}" for problem in find_problems(page, LOOKS[locale])]
