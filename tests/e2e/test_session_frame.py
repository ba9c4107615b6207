"""The hidden frame an application asks whether the same person is still signed in."""

import hashlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.pages import Visitor

_ASK = """([address, message]) => new Promise(resolve => {
  const frame = document.createElement("iframe");
  addEventListener("message", event => { frame.remove(); resolve(event.data); }, { once: true });
  frame.onload = () => frame.contentWindow.postMessage(message, new URL(address).origin);
  setTimeout(() => resolve("no answer"), 10000);
  frame.src = address;
  document.body.append(frame);
})"""


class _EmptyPage(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/html")
        self.end_headers()
        self.wfile.write(b'<!doctype html><link rel="icon" href="data:,"><body>')

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def application() -> Iterator[str]:
    """The origin of an application, whose pages are empty."""
    server = HTTPServer(("127.0.0.1", 0), _EmptyPage)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://localhost:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def ask(page: Page, server: str, message: object) -> str:
    answer: str = page.evaluate(_ASK, [f"{server}/oauth2/check_session", message])
    return answer


def session_state(page: Page, client_id: str, origin: str) -> str:
    """As the server gives it out."""
    [state] = [c.get("value", "") for c in page.context.cookies() if c.get("name") == "lingpai_browser_state"]
    return hashlib.sha256(f"{client_id} {origin} {state} salt".encode()).hexdigest() + ".salt"


def test_the_frame_says_whether_the_session_is_the_same(visitor: Visitor, application: str) -> None:
    server, page = visitor.places.server, visitor.page
    page.goto(f"{server}/sign-in")
    visitor.sign_in.sign_in_as("zhangsan")
    expect(page.get_by_role("heading", level=1)).to_have_text("My permissions")
    state = session_state(page, "an app", application)
    page.goto(application)
    assert ask(page, server, f"an app {state}") == "unchanged", "a client_id may have spaces"
    assert ask(page, server, f"another app {state}") == "changed"
    for nonsense in ("", "x", "x y", "x y.", " .", 7, None, {"a": 1}):
        assert ask(page, server, nonsense) == "error"
    page.goto(f"{server}/sign-out")
    page.locator("#sign-out").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("You are signed out")
    page.goto(application)
    assert ask(page, server, f"an app {state}") == "changed"
