"""A person at Chromium and the demo's programs: three processes and one browser for all tests of this folder."""

import re
import shutil
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.e2e.demo_programs import Demo, running_demo
from tests.e2e.pages import Visitor
from tests.e2e.watch import Watch
from tools.tree import ROOT

FOLDER = Path(__file__).parent
PICTURES_OF_FAILURES = ROOT / ".build" / "e2e"
_WAIT_LIMIT_MS = 20_000
_TEST_LIMIT_S = 300  # the first one waits for three programs and a browser, on a machine that may be busy
_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_ARGUMENTS = [
    *("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update", "--no-proxy-server"),
    # No name but ours leads anywhere, so nothing a page names can be reached.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
]

OpenBrowser = Callable[..., Visitor]
_failed = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> Generator[None]:
    for item in items:
        if FOLDER in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.timeout(_TEST_LIMIT_S))
    yield
    # Playwright's event loop lives in this thread from the first browser test on, and lets no other one run.
    items.sort(key=lambda item: FOLDER in item.path.parents)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.when == "call":
        item.stash[_failed] = report.failed
    return report


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """The programs, as earlier tests left them."""
    with running_demo(tmp_path_factory.mktemp("demo") / "data") as demo:
        yield demo


@pytest.fixture
def demo(running: Demo) -> Demo:
    """The programs; nobody has signed in or allowed anything."""
    running.forget_people()
    return running


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One browser process; every person gets a context of their own, which shares nothing."""
    found = next(filter(None, map(shutil.which, _BROWSERS)), None)
    expect.set_options(timeout=_WAIT_LIMIT_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=_ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def open_browser(demo: Demo, chromium: Browser, request: pytest.FixtureRequest) -> Iterator[OpenBrowser]:
    """Opens browsers: ``open_browser(locale="zh-CN", java_script_enabled=False)``. What any of them runs into fails
    the test.
    """
    opened: list[tuple[BrowserContext, Watch]] = []

    def open_one(**options: Any) -> Visitor:
        defaults = {"locale": "en-US", "viewport": {"width": 1100, "height": 800}, "reduced_motion": "reduce"}
        context = chromium.new_context(**(defaults | options))
        context.set_default_timeout(_WAIT_LIMIT_MS)
        opened.append((context, Watch(context)))
        return Visitor(context.new_page(), demo.places)

    yield open_one
    pages = [page for context, _ in opened for page in context.pages]
    _keep_pictures(pages if request.node.stash.get(_failed, True) else [], request.node.name)
    problems = [problem for _, watch in opened for problem in watch.problems]
    for context, _ in opened:
        context.close()
    assert problems == []


@pytest.fixture
def visitor(open_browser: OpenBrowser) -> Visitor:
    """Somebody who reads English, at a desk."""
    return open_browser()


def _keep_pictures(pages: list[Page], test: str) -> None:
    """What the pages of a failed test look like, in place of those of its last run."""
    PICTURES_OF_FAILURES.mkdir(parents=True, exist_ok=True)
    name = re.sub(r"[^\w-]+", "-", test)
    for old in PICTURES_OF_FAILURES.glob(f"{name}-*.png"):
        old.unlink()
    for number, page in enumerate(pages):
        page.screenshot(path=PICTURES_OF_FAILURES / f"{name}-{number}.png", full_page=True)
