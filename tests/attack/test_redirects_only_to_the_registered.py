"""Whatever a request says, in whatever encoding: the browser is sent to the registered string or nowhere.

Spec: RFC 9700 §4.1, §4.11. Stops the class of CVE-2024-8883 … CVE-2026-54072 without knowing the trick.
"""

import asyncio
import re
from collections.abc import Iterator
from html import unescape
from urllib.parse import quote, urlsplit

import httpx2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.wire import FORM, send
from tests.world import CALLBACK, ISSUER, Ask, World

OURS = {urlsplit(ISSUER).netloc, ""}

# Pieces attackers build with, and pieces of the real thing.
PIECES = st.sampled_from(
    (
        *(CALLBACK, "http://", "https://", "localhost:3000", "evil.example", "@", "\\", "/", "//", "..", "%2e", "%2f"),
        *(";", "?", "#", "&", "=", "%00", "\0", "%0d%0a", " ", "%20", "\t", ".", ":80", ":", "[::1]", "%", "é"),
        "javascript:",
    )
)
REDIRECT_URIS = st.lists(PIECES, min_size=1, max_size=6).map("".join) | st.text(max_size=30) | st.just(CALLBACK)
NAMES = st.sampled_from(
    ["redirect_uri", "response_mode", "response_type", "client_id", "state", "scope", "prompt", "max_age", "resource"]
)
VALUES = st.sampled_from(["none", "form_post", "fragment", "query", "token", "code", "", "photo-print", "evil"])
MORE = st.lists(st.tuples(NAMES, VALUES | REDIRECT_URIS), max_size=3)
ENCODINGS = st.sampled_from(["once", "twice", "raw", "everything"])


def _encoded(text: str, encoding: str) -> bytes:
    raw = text.encode("utf-8", "surrogatepass")
    match encoding:
        case "once":
            return quote(raw, safe="").encode()
        case "twice":
            return quote(quote(raw, safe=""), safe="").encode()
        case "everything":
            return b"".join(b"%%%02x" % byte for byte in raw)
        case _:
            return raw


def _goes_only_home(page: httpx2.Response) -> None:
    assert page.status_code < 500, page.text
    location = page.headers.get("location")
    if location is not None and urlsplit(location).netloc not in OURS:
        assert location.startswith((CALLBACK + "?", CALLBACK + "#")), location
    for action in re.findall(r'<form\b[^>]*action="([^"]*)"', page.text):
        assert urlsplit(unescape(action)).netloc in OURS or unescape(action) == CALLBACK


@pytest.fixture(scope="module")
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as runner:
        yield runner


@pytest.fixture(scope="module")
def world(runner: asyncio.Runner, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    opened = runner.run(World.open(tmp_path_factory.mktemp("world")))
    yield opened
    runner.run(opened.close())


@given(uri=REDIRECT_URIS, more=MORE, encoding=ENCODINGS, method=st.sampled_from(["GET", "POST"]))
@settings(max_examples=150)
def test_nothing_but_the_registered_string_ever_gets_a_redirect(
    world: World, runner: asyncio.Runner, uri: str, more: list[tuple[str, str]], encoding: str, method: str
) -> None:
    params = Ask(world).params | {"redirect_uri": uri}
    pairs = [*params.items(), *more]
    query = b"&".join(name.encode() + b"=" + _encoded(value, encoding) for name, value in pairs)
    in_query, in_body = (query, b"") if method == "GET" else (b"", query)
    answer = send(world.server.app, method, "/oauth2/authorize", query=in_query, body=in_body, headers=[FORM])
    _goes_only_home(runner.run(answer))


@given(target=REDIRECT_URIS, name=st.sampled_from(["request", "next", "redirect_uri", "page", "return_to", "done"]))
@settings(max_examples=50)
def test_no_page_of_ours_leads_away(world: World, runner: asyncio.Runner, target: str, name: str) -> None:
    query = name.encode() + b"=" + _encoded(target, "once")
    for path in ("/", "/sign-in", "/sign-out", "/consent", "/account", "/account/grants", "/oauth2/authorize/resume"):
        _goes_only_home(runner.run(send(world.server.app, "GET", path, query=query)))
    body = b"locale=en&page=landing&" + query
    _goes_only_home(runner.run(send(world.server.app, "POST", "/language", body=body, headers=[FORM])))
