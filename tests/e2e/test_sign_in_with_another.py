"""Two servers: people sign in to an application of the lobby with the demo's server, link it, and take it away."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from msgspec import Struct
from playwright.sync_api import Page, expect

from lingpai.client import Client, TokenSet
from tests.e2e.accessibility import Look, find_problems
from tests.e2e.conftest import OpenBrowser
from tests.e2e.demo_programs import Demo
from tests.e2e.pages import ConsentPage, SignInPage, Visitor
from tests.e2e.processes import clean_environment, free_ports, running
from tools.tree import ROOT

SECRET = "a secret between two servers 0123456789"
PICTURES = ROOT / ".build/e2e/upstream"
_LOOKS = (Look("light", 1100), Look("dark", 360))
_PASSWORD = "owl-reads-at-night"

_SETTINGS = """
issuer = "{lobby}"
port = {port}
password_memory_kib = 64
password_time_cost = 1

[identity_providers.demo]
issuer = "{company}"
client_id = "lobby"
client_secret_file = "demo.secret"
title = {{ en = "Panda Photos", zh_CN = "熊猫相册" }}
create_accounts = true

[identity_providers.qq]
platform = "qq"
base_url = "{company}"
client_id = "100330589"
client_secret_file = "demo.secret"
title = "QQ"
create_accounts = true

[identity_providers.nobody]
issuer = "http://127.0.0.1:{nowhere}"
client_id = "lobby"
client_secret = "none"
title = "Nobody & Sons"
"""
_AT_THE_LOBBY = """
[[clients]]
client_id = "notes"
client_name = "Notes"
redirect_uris = ["{company}/"]
token_endpoint_auth_method = "none"
scope = "openid profile"

[[accounts]]
username = "owl"
name = "Night Owl"
password = "{password}"
"""
_AT_THE_COMPANY = """
[[clients]]
client_id = "lobby"
client_name = "Lobby"
client_secret = "{secret}"
redirect_uris = ["{lobby}/sign-in/callback/demo"]
scope = "openid profile email"

[[clients]]
client_id = "100330589"
client_name = "Lobby, as QQ knows it"
client_secret = "{secret}"
redirect_uris = ["{lobby}/sign-in/callback/qq"]
token_endpoint_auth_method = "client_secret_post"
scope = "get_user_info"
required_scope = "get_user_info"
dialects = ["standard", "qq"]
"""


class Lobby(Struct, frozen=True):
    """The server with the button, and an application of it."""

    address: str
    company: str

    def open_notes(self, page: Page, *, first_time: bool) -> TokenSet:
        """All the way into the application, which asks the lobby, which asks the company."""
        with Client(self.address, "notes") as notes:
            pending = notes.begin_sign_in(redirect_uri=f"{self.company}/", scope="openid profile")
            page.goto(pending.url)
            page.locator("#with-demo").click()
            sign_in_at_the_company(page, "zhangsan", consent=first_time)
            if first_time:
                expect(page.locator("#create-account-form #username")).to_have_value("zhangsan")
                page.locator("#create-account").click()
                page.locator("#allow").click()
            page.wait_for_url(f"{self.company}/?*")
            return notes.finish_sign_in(pending, page.url)


def sign_in_at_the_company(page: Page, username: str, *, consent: bool) -> None:
    """Name, password, and what the lobby may know."""
    SignInPage(page).sign_in_as(username)
    if consent:
        ConsentPage(page).allow("profile", "email")


@pytest.fixture(scope="module")
def lobby(running: Demo, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lobby]:
    with _running_lobby(running, tmp_path_factory.mktemp("lobby")) as opened:
        yield opened


@contextmanager
def _running_lobby(demo: Demo, folder: Path) -> Iterator[Lobby]:
    port, nowhere = free_ports(2)
    lobby = Lobby(f"http://127.0.0.1:{port}", demo.places.server)
    words = {"lobby": lobby.address, "company": lobby.company, "port": port, "nowhere": nowhere, "secret": SECRET}
    command = [sys.executable, "-m", "lingpai"]
    subprocess.run([*command, "init"], cwd=folder, env=clean_environment(), check=True, capture_output=True)
    (folder / "demo.secret").write_text(SECRET, encoding="utf-8")
    (folder / "lingpai.toml").write_text(_SETTINGS.format(**words), encoding="utf-8")
    _apply(demo.directory / "lingpai.toml", folder / "company.toml", _AT_THE_COMPANY.format(**words))
    _apply(folder / "lingpai.toml", folder / "lobby.toml", _AT_THE_LOBBY.format(password=_PASSWORD, **words))
    serve = [*command, "serve", "--config", str(folder / "lingpai.toml")]
    with running(serve, clean_environment(), f"{lobby.address}/health/live", folder / "lobby.log", folder=folder):
        yield lobby


def _apply(config: Path, file: Path, document: str) -> None:
    file.write_text(document, encoding="utf-8")
    command = [sys.executable, "-m", "lingpai", "apply", str(file), "--config", str(config)]
    subprocess.run(command, env=clean_environment(), check=True, capture_output=True)


def _look_at(page: Page, name: str) -> list[str]:
    """What is wrong with the page for whoever reads it otherwise; a picture of it is kept."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    problems = [f"{name}, {problem}" for problem in find_problems(page, _LOOKS)]
    if os.environ.get("KEEP_PICTURES"):
        for look in ("light", "dark"):
            page.emulate_media(color_scheme=look)
            page.set_viewport_size({"width": 1100 if look == "light" else 360, "height": 800})
            page.screenshot(path=PICTURES / f"{name}-{look}.png", full_page=True)
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": 1100, "height": 800})
    return problems


def test_into_an_application_with_another_server_twice(open_browser: OpenBrowser, lobby: Lobby) -> None:
    first = lobby.open_notes(open_browser().page, first_time=True)
    again = lobby.open_notes(open_browser().page, first_time=False)
    assert first.subject == again.subject


@pytest.mark.parametrize("locale", [pytest.param("en-US", marks=pytest.mark.long), "zh-CN"])
def test_link_and_unlink_and_every_page_on_the_way(open_browser: OpenBrowser, lobby: Lobby, locale: str) -> None:
    visitor = open_browser(locale=locale)
    problems = [*_link_on_the_account_page(visitor, lobby), *_link_on_the_way_in(visitor, lobby)]
    visitor.page.locator("#unlink-1").click()
    expect(visitor.page.locator("#done")).to_be_visible()
    assert problems == []


def test_into_an_account_of_their_own_with_qq(open_browser: OpenBrowser, lobby: Lobby) -> None:
    page = open_browser().page
    page.goto(f"{lobby.address}/sign-in")
    page.locator("#with-qq").click()
    SignInPage(page).sign_in_as("lisi")
    ConsentPage(page).refuse()
    expect(page.locator("#problem")).to_be_visible()
    page.locator("#with-qq").click()
    ConsentPage(page).allow()
    expect(page.locator("#create-account-form #username")).to_have_value("lisi")
    problems = _look_at(page, "new-with-qq")
    page.locator("#username").fill("fox")
    page.locator("#create-account").click()
    page.goto(f"{lobby.address}/account/sign-in-methods")
    expect(page.get_by_text("QQ").first).to_be_visible()
    page.context.clear_cookies(domain="127.0.0.1")
    page.goto(f"{lobby.address}/sign-in")
    page.locator("#with-qq").click()
    page.goto(f"{lobby.address}/account/sign-in-methods")
    expect(page.get_by_role("navigation").first).to_be_visible()
    assert problems == []


def _link_on_the_account_page(visitor: Visitor, lobby: Lobby) -> list[str]:
    page = visitor.page
    page.goto(f"{lobby.address}/sign-in")
    problems = _look_at(page, "sign-in")
    page.locator("#with-nobody").click()
    expect(page.locator("#problem")).to_be_visible()
    problems += _look_at(page, "unreachable")
    visitor.sign_in.try_as("owl", _PASSWORD)
    expect(page.get_by_role("navigation").first).to_be_visible()
    page.goto(f"{lobby.address}/account/sign-in-methods")
    page.locator("#link-demo").click()
    sign_in_at_the_company(page, "lisi", consent=True)
    expect(page.locator("#done")).to_be_visible()
    problems += _look_at(page, "methods")
    page.locator("#unlink-1").click()
    expect(page.locator("#done")).to_be_visible()
    return problems


def _link_on_the_way_in(visitor: Visitor, lobby: Lobby) -> list[str]:
    page = visitor.page
    page.goto(f"{lobby.address}/sign-out")
    page.locator("#sign-out").click()
    page.goto(f"{lobby.address}/sign-in")
    page.locator("#with-demo").click()
    expect(page.locator("#create-account-form")).to_be_visible()
    problems = _look_at(page, "new-here")
    page.locator("#username").fill("owl")
    page.locator("#create-account").click()
    expect(page.locator("#problem")).to_be_visible()
    problems += _look_at(page, "name-taken")
    page.locator("#have-account").click()
    visitor.sign_in.try_as("owl", _PASSWORD)
    expect(page.locator("#link-form")).to_be_visible()
    problems += _look_at(page, "link")
    page.locator("#link").click()
    expect(page.locator("#done")).to_be_visible()
    return problems
