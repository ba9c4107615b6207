"""What holds for every page: headers, languages, the way back, static files, problems."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from lingpai.i18n import load_translators
from lingpai.oauth.response_mode import FormPost
from lingpai.server.authorization.request import NotProven
from lingpai.server.config import Config
from lingpai.server.web.errors import PROBLEM_OF_STATUS, error_page, not_proven_page
from lingpai.server.web.form_post import form_post_page
from lingpai.server.web.paths import with_request
from lingpai.server.web.render import Pages
from lingpai.server.web.static import StaticFiles
from lingpai.server.web.views import form_action_sources, image_sources, web_address
from tests.unit.server.web.conftest import House


def request(path: str = "/", query: str = "") -> Request:
    return Request({"type": "http", "method": "GET", "path": path, "query_string": query.encode(), "headers": []})


@pytest.fixture(scope="module")
def pages() -> Pages:
    return Pages(Config(issuer="https://id.example.com/auth"), load_translators(), StaticFiles())


@pytest.mark.parametrize("address", ["/", "/sign-in", "/sign-out", "/no-such-page", "/consent"])
async def test_every_page_forbids_what_it_does_not_need(house: House, address: str) -> None:
    page = await house.browser.get(address)
    policy = dict(directive.partition(" ")[::2] for directive in page.headers["content-security-policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == "'self'"
    assert policy["form-action"] == "'self'"
    assert policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert page.headers["x-frame-options"] == "DENY"
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["referrer-policy"] == "no-referrer"
    assert page.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("address", ["/", "/sign-in", "/sign-out", "/no-such-page"])
async def test_no_page_has_inline_style_or_script(house: House, address: str) -> None:
    page = await house.browser.get(address)
    assert not re.search(r"<style|<script(?![^>]*\bsrc=)|\bstyle=|\bon\w+=", page.text)


async def test_the_landing_page_knows_who_is_there(house: House) -> None:
    assert 'href="/sign-in"' in (await house.browser.get("/")).text
    await house.sign_in()
    page = await house.browser.get("/")
    assert "张三" in page.text
    assert 'href="/account/grants"' in page.text


async def test_the_language_is_kept_and_the_reader_comes_back(house: House) -> None:
    sealed = house.seal(ui_locales="en")
    page = await house.browser.get(f"/sign-in?request={sealed}")
    response = await house.browser.submit(page, "language-form", [("locale", "zh_CN")])
    assert (response.status_code, response.headers["location"]) == (303, f"/sign-in?request={sealed}")
    assert '<html lang="zh-CN">' in (await house.browser.get(f"/sign-in?request={sealed}")).text


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param([("locale", "xx"), ("page", "landing")], id="unknown language"),
        pytest.param([("page", "landing")], id="no language"),
        pytest.param([("locale", "en"), ("page", "https://evil.example")], id="address for a page"),
        pytest.param([("locale", "en"), ("page", "//evil.example")], id="two slashes"),
        pytest.param([("locale", "en"), ("page", "/\\evil.example")], id="slash and backslash"),
    ],
)
@pytest.mark.spec("RFC 9700", "4.11.2", "no page of ours forwards to an address from a request")
async def test_the_language_switch_leads_nowhere_else(house: House, fields: list[tuple[str, str]]) -> None:
    assert (await house.browser.post("/language", fields)).status_code == 400


async def test_a_request_that_is_none_is_left_out_of_the_way_back(house: House) -> None:
    fields = [("locale", "en"), ("page", "sign_in"), ("request", "x&next=//evil.example")]
    assert (await house.browser.post("/language", fields)).headers["location"] == "/sign-in"


@given(st.text(max_size=200))
def test_whatever_stands_in_an_address_stays_within_ours(text: str) -> None:
    address = with_request("/sign-in", text)
    assert re.fullmatch(r"/sign-in(\?request=[0-9a-z_]+)?", address)


async def test_signing_out_needs_a_form_of_ours(house: House) -> None:
    await house.sign_in()
    assert (await house.browser.post("/sign-out", [])).status_code == 403
    page = await house.browser.get("/sign-out")
    secret = house.browser.http.cookies["lingpai_session"]
    response = await house.browser.submit(page, "sign-out-form", [])
    assert (response.status_code, response.headers["location"]) == (303, "/sign-out")
    assert "lingpai_session" not in house.browser.http.cookies
    house.browser.http.cookies.set("lingpai_session", secret)
    assert "You are signed out" in (await house.browser.get("/sign-out")).text
    assert await house.events() == ["sign_out"]


async def test_static_files_are_kept_for_as_long_as_they_are_the_same(house: House) -> None:
    page = await house.browser.get("/")
    address = re.search(r'href="(/static/lingpai\.css\?v=\w+)"', page.text)
    assert address is not None
    css = await house.browser.get(address[1])
    assert css.headers["content-type"].startswith("text/css")
    assert "immutable" in css.headers["cache-control"]
    again = await house.browser.get("/static/lingpai.css", if_none_match=css.headers["etag"])
    assert (again.status_code, again.content) == (304, b"")
    assert (await house.browser.get("/static/lingpai.css?v=0")).headers["cache-control"] == "no-cache"


@pytest.mark.parametrize("path", ["..%2frender.py", "../render.py", "lingpai.css/", "", "%2e%2e/templates/base.html"])
async def test_only_known_files_are_served(house: House, path: str) -> None:
    assert (await house.browser.get(f"/static/{path}")).status_code == 404


def test_pages_live_below_the_issuers_path(pages: Pages) -> None:
    assert pages.url("sign_in", "lpq_0") == "/auth/sign-in?request=lpq_0"
    assert pages.resume_url("lpq_0") == "/auth/oauth2/authorize/resume?request=lpq_0"
    body = bytes(error_page(pages, request(), "not_found", status=404).body).decode()
    assert 'href="/auth/static/lingpai.css?v=' in body


@pytest.mark.parametrize(("status", "problem"), PROBLEM_OF_STATUS.items())
def test_every_status_has_a_page(pages: Pages, status: int, problem: str) -> None:
    response = error_page(pages, request("/x"), PROBLEM_OF_STATUS[status], status=status, reference="4f1c9a2b")
    assert response.status_code == status
    assert b"4f1c9a2b" in bytes(response.body)
    assert ("retry-after" in response.headers) == (problem == "unavailable")


@pytest.mark.parametrize(
    ("refused", "shown", "hidden"),
    [
        pytest.param(NotProven("client_id_missing"), "client_id is missing", "", id="no client_id"),
        pytest.param(NotProven("client_unknown", sent="nobody"), "nobody", "", id="unknown client"),
        pytest.param(NotProven("redirect_uri_missing"), "redirect_uri is missing", "", id="no redirect_uri"),
        pytest.param(NotProven("malformed"), "cannot be decoded", "", id="malformed"),
        pytest.param(
            NotProven("redirect_uri_mismatch", sent="https://evil.example/cb"),
            "<code>https://evil.example/cb</code>",
            'href="https://evil.example',
            id="foreign redirect_uri",
        ),
        pytest.param(
            NotProven("redirect_uri_mismatch", sent='https://e/"><script>alert(1)</script>'),
            "&lt;script&gt;",
            "<script>alert",
            id="markup",
        ),
        pytest.param(
            NotProven("client_unknown", sent="call 555 to unlock your account"),
            "no application",
            "call 555",
            id="a sentence of an attacker",
        ),
    ],
)
@pytest.mark.spec("RFC 6749", "4.1.2.1", "an unproven client or redirect URI is explained, never redirected to")
def test_an_unproven_request_is_explained_to_the_developer(
    pages: Pages, refused: NotProven, shown: str, hidden: str
) -> None:
    response = not_proven_page(pages, request("/oauth2/authorize"), refused)
    body = bytes(response.body).decode()
    assert response.status_code == 400
    assert "location" not in response.headers
    assert "Your account is safe" in body
    assert shown in body
    assert not hidden or hidden not in body


@pytest.mark.spec("OAuth 2.0 Form Post Response Mode", "2", "the response is posted to the redirect URI")
def test_a_response_is_posted_to_the_client(pages: Pages) -> None:
    response = form_post_page(pages, request(), FormPost("https://rp.example/cb?a=1&b=2", (("state", '"><b>'),)))
    body = bytes(response.body).decode()
    assert 'action="https://rp.example/cb?a=1&amp;b=2"' in body
    assert 'name="state" value="&#34;&gt;&lt;b&gt;"' in body
    assert response.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("redirect_uri", "sources"),
    [
        ("https://rp.example/cb", ("https:",)),
        ("http://127.0.0.1:3000/cb", ("http:", "https:")),
        ("http://[::1]:3000/cb", ("http:", "https:")),
        ("com.example.app:/cb", ("com.example.app:",)),
        ("x'; script-src *://a", ()),
    ],
)
def test_a_form_may_end_at_the_client(redirect_uri: str, sources: tuple[str, ...]) -> None:
    assert form_action_sources(redirect_uri) == sources


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "//evil.example/x",
        "https://a.example; script-src *",
        "https://user@a.example/",
        "https://a.example\\@b.example/",
        "data:image/png;base64,AA",
        "https://ａ.example/",
        "",
    ],
)
def test_only_plain_web_addresses_are_shown(address: str) -> None:
    assert web_address(address) == ""
    assert image_sources(address) == ()


def test_images_are_allowed_by_origin_once() -> None:
    addresses = ("https://a.example:8443/x.png?y=1", "https://a.example:8443/z.png", "http://b.example")
    assert image_sources(*addresses) == ("https://a.example:8443", "http://b.example")
