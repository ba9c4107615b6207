"""The old page of ``examples.implicit_page``: a token in the hash, in the address bar no longer than a moment."""

import subprocess
import sys
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from examples.demo import server_environment
from tests.e2e.conftest import OpenBrowser
from tests.e2e.demo_programs import Demo
from tests.e2e.pages import Visitor
from tests.e2e.processes import clean_environment, free_ports
from tests.e2e.processes import running as serving
from tools.tree import ROOT


@pytest.fixture(scope="module")
def page_address(running: Demo) -> Iterator[str]:
    """The page, registered and served."""
    demo, (port,) = running, free_ports(1)
    address = f"http://localhost:{port}"
    text = (ROOT / "examples" / "legacy.toml").read_text(encoding="utf-8")
    wanted = demo.directory / "legacy.toml"
    wanted.write_text(text.replace("http://localhost:3001", address), encoding="utf-8")
    apply = [sys.executable, "-m", "lingpai", "apply", str(wanted), "--config", str(demo.directory / "lingpai.toml")]
    subprocess.run(apply, env=server_environment(demo.places), check=True, capture_output=True)
    environment = clean_environment(
        IMPLICIT_PAGE_ADDRESS=address, IMPLICIT_PAGE_ISSUER=demo.places.server, IMPLICIT_PAGE_PORT=str(port)
    )
    with serving([sys.executable, "-m", "examples.implicit_page"], environment, address, demo.directory / "page.log"):
        yield address


def sign_in(visitor: Visitor, address: str) -> Page:
    visitor.page.goto(address)
    visitor.page.locator("#sign-in").click()
    visitor.sign_in.sign_in_as("zhangsan")
    expect(visitor.consent.form).to_be_visible()
    return visitor.page


def test_the_name_is_shown_and_the_address_bar_is_clean(visitor: Visitor, page_address: str) -> None:
    page = sign_in(visitor, page_address)
    visitor.consent.allow()
    expect(page.locator("#greeting")).to_contain_text("zhangsan")
    assert page.url == f"{page_address}/"
    assert page.evaluate("[sessionStorage.length, localStorage.length]") == [0, 0]
    page.go_back()
    page.go_forward()
    assert "access_token" not in page.url
    expect(page.locator("#advice")).to_contain_text("RFC 9700")


def test_a_refusal_is_explained_and_an_answer_nobody_asked_for_is_not_taken(
    open_browser: OpenBrowser, page_address: str
) -> None:
    visitor = open_browser()
    page = sign_in(visitor, page_address)
    visitor.consent.refuse()
    expect(page.locator("#problem")).to_contain_text("You did not allow it")
    assert page.url == f"{page_address}/"
    page.goto(f"{page_address}/callback#access_token=lpa_00&token_type=Bearer&state=x&iss=x&error_description=evil")
    expect(page.locator("#problem")).to_contain_text("does not belong")
    expect(page.locator("#greeting")).to_be_hidden()
    assert page.url == f"{page_address}/"
