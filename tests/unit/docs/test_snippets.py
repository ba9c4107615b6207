"""What the documents tell people to type and to write does what they say."""

import asyncio
import logging
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import httpx2
import pytest

from lingpai.server.config import SETTINGS
from tests.browser import Browser
from tests.e2e.processes import free_ports
from tests.unit.docs.follower import PASSWORD, Follower, runs_until_stopped
from tests.unit.docs.snippets import read_blocks
from tools.tree import ROOT

HOW_TOS = sorted(f"docs/how-to/{file.name}" for file in (ROOT / "docs/how-to").glob("*.md"))
IN_BOTH_LANGUAGES = [
    ("README.md", "README.zh.md"),
    ("docs/start.md", "docs/zh/start.md"),
    ("docs/how-to/point-a-qq-sdk-here.md", "docs/zh/point-a-qq-sdk-here.md"),
]
_USUAL_PORTS = ("4000", "5000", "3000", "8000")


@pytest.fixture(autouse=True)
def logging_as_it_was() -> Iterator[None]:
    """Commands set up the logging of their process; this one goes on."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.mark.parametrize("languages", IN_BOTH_LANGUAGES, ids=lambda languages: languages[0])
def test_both_languages_have_the_same_snippets(languages: tuple[str, str]) -> None:
    english, chinese = (read_blocks(ROOT / document) for document in languages)
    assert english == chinese


@pytest.mark.parametrize("document", ["README.md", "docs/start.md", *HOW_TOS])
def test_every_snippet_can_be_followed_or_is_settings(document: str) -> None:
    for block in read_blocks(ROOT / document):
        assert block.commands or block.file_name or block.settings, block.text
        assert (block.settings or {}).keys() <= SETTINGS.keys(), block.text


@pytest.mark.parametrize("document", HOW_TOS)
def test_a_how_to_can_be_followed(document: str, tmp_path: Path) -> None:
    follower = Follower(tmp_path, {})
    blocks = read_blocks(ROOT / document)
    if not any(command.startswith("lingpai init") for block in blocks for command in block.commands):
        follower.type("lingpai init")
    for block in blocks:
        follower.write(block)
        for command in block.commands:
            if not runs_until_stopped(command):
                follower.type(command)
    follower.check_files()


def test_the_readme_leads_from_nothing_to_albums(tmp_path: Path) -> None:
    ports = dict(zip(_USUAL_PORTS, map(str, free_ports(len(_USUAL_PORTS))), strict=True))
    follower = Follower(tmp_path, ports)
    with ExitStack() as stack:
        for block in read_blocks(ROOT / "README.md"):
            follower.write(block)
            for command in block.commands:
                if runs_until_stopped(command):
                    stack.enter_context(follower.serve(command))
                else:
                    follower.type(command)
        asyncio.run(_go_and_see(ports))


async def _go_and_see(ports: Mapping[str, str]) -> None:
    home, api, shop, portal = (f"http://localhost:{ports[usual]}" for usual in _USUAL_PORTS)
    async with httpx2.AsyncClient(trust_env=False, timeout=30) as http:
        browser = Browser(http, home)
        await _sign_in_and_allow(browser, f"{shop}/login")
        assert browser.page.json()["albums"] == ["Summer of zhangsan"]
        assert (await http.get(f"{api}/albums")).status_code == 401
        for metadata in ("/.well-known/oauth-authorization-server/auth", "/auth/.well-known/openid-configuration"):
            assert (await http.get(portal + metadata)).json()["issuer"] == f"{portal}/auth"


async def _sign_in_and_allow(browser: Browser, login: str) -> None:
    await browser.get(login)
    await browser.follow()
    await browser.submit(browser.form("sign-in-form"), ("username", "zhangsan"), ("password", PASSWORD))
    await browser.follow()
    form = browser.form("consent-form")
    scopes = [("scope", name) for name in form.boxes["scope"]]
    await browser.submit(form, *scopes, ("lifetime", "1d"), ("decision", "allow"))
    await browser.follow()
    await browser.get(browser.page.headers["location"])
    assert browser.page.status_code == 200, browser.page.text
