"""Our pages in a frame of the attacker's, under his own buttons; or with scripts of his in them.

Spec: RFC 6749 §10.13; RFC 6819 §4.4.1.9; RFC 9700 §4.16. Stops: CVE-2026-109346 (approving without seeing what).
"""

from collections.abc import Awaitable, Callable

import httpx2
import pytest

from lingpai.server.web import paths
from lingpai.server.wiring.pages import browser_routes
from tests.browser import Browser
from tests.device import to_question, waiting_tv
from tests.openid import LOGGED_OUT, add_app, add_person, open_request, sign_in
from tests.world import Ask, World, grant_tokens

Drawing = Callable[[World, Browser], Awaitable[object]]


async def _signed_in_landing(world: World, browser: Browser) -> None:
    await world.sign_in(browser)
    await browser.get("/")


async def _sign_in_for_an_application(world: World, browser: Browser) -> None:
    await browser.get(Ask(world).url)
    await browser.follow()


async def _wrong_password(_world: World, browser: Browser) -> None:
    await browser.get("/sign-in")
    await browser.submit(browser.form("sign-in-form"), ("username", "x"), ("password", "x"))


async def _stale_form(_world: World, browser: Browser) -> None:
    await browser.get("/sign-in")
    await browser.submit(browser.form("sign-in-form"), without=("csrf_token",))


async def _consent(world: World, browser: Browser) -> None:
    await Ask(world).to_consent(browser)


async def _nothing_ticked(world: World, browser: Browser) -> None:
    await Ask(world).to_consent(browser)
    await browser.submit(browser.form("consent-form"), ("decision", "allow"), without=("scope",))


async def _grants(world: World, browser: Browser) -> None:
    await grant_tokens(world, browser)
    await browser.get("/account/grants")


async def _sign_out(world: World, browser: Browser) -> None:
    await world.sign_in(browser)
    await browser.get("/sign-out")


async def _select_account(world: World, browser: Browser) -> None:
    await add_app(world)
    await add_person(world)
    await sign_in(world, browser, username="wang")
    await sign_in(world, browser, prompt="login")
    await open_request(world, browser, prompt="select_account")


async def _device(world: World, browser: Browser) -> None:
    await world.sign_in(browser)
    await browser.get(paths.DEVICE)


async def _device_question(world: World, browser: Browser) -> None:
    await to_question(world, browser, (await waiting_tv(world)).began["user_code"])


async def _end_session(world: World, browser: Browser) -> None:
    await world.sign_in(browser)
    await browser.get(paths.END_SESSION)


async def _logged_out_elsewhere(world: World, browser: Browser) -> None:
    app = await add_app(world, frontchannel_logout_uri="http://localhost:3000/logout")
    hint = (await sign_in(world, browser)).tokens["id_token"]
    params = {"id_token_hint": hint, "client_id": app.client_id, "post_logout_redirect_uri": LOGGED_OUT}
    await browser.get(f"{paths.END_SESSION}?{httpx2.QueryParams(params)}")


async def _method_not_allowed(_world: World, browser: Browser) -> None:
    browser.page = await browser.http.delete("/consent")


PAGES: dict[str, Drawing] = {
    "landing": lambda _, browser: browser.get("/"),
    "signed-in landing": _signed_in_landing,
    "sign-in": lambda _, browser: browser.get("/sign-in"),
    "sign-in for an application": _sign_in_for_an_application,
    "wrong password": _wrong_password,
    "stale form": _stale_form,
    "consent": _consent,
    "nothing ticked": _nothing_ticked,
    "grants": _grants,
    "sign-out": _sign_out,
    "account chooser": _select_account,
    "device": _device,
    "device question": _device_question,
    "end of the session": _end_session,
    "wrong end of the session": lambda _, browser: browser.get(f"{paths.END_SESSION}?id_token_hint=x.y.z"),
    "signed out for an application": _logged_out_elsewhere,
    "signed out": lambda _, browser: browser.get("/sign-out"),
    "no such page": lambda _, browser: browser.get("/nowhere"),
    "no such client": lambda world, browser: browser.get(Ask(world, "nobody").url),
    "lost request": lambda _, browser: browser.get("/consent?request=lpq_00"),
    "form post": lambda world, browser: browser.get(Ask(world, response_mode="form_post", prompt="none").url),
    "method not allowed": _method_not_allowed,
}


async def _draw(world: World, name: str) -> httpx2.Response:
    browser = world.browser()
    await PAGES[name](world, browser)
    return browser.page


def _policy(page: httpx2.Response) -> dict[str, list[str]]:
    directives = [directive.split() for directive in page.headers["content-security-policy"].split(";")]
    return {name: sources for name, *sources in directives}


def _check_headers(page: httpx2.Response) -> None:
    policy, name = _policy(page), str(page.url)
    assert policy["frame-ancestors"] == ["'none'"], name
    assert page.headers["x-frame-options"] == "DENY", name
    assert policy["default-src"] == ["'none'"], name
    assert policy["base-uri"] == ["'none'"], name
    assert policy["script-src"] == ["'self'"], name
    assert policy["style-src"] == ["'self'"], name
    sources = {source for directive in policy.values() for source in directive}
    assert not {"'unsafe-inline'", "'unsafe-eval'", "*"} & sources, name
    assert "no-store" in page.headers["cache-control"], name
    assert page.headers["referrer-policy"] == "no-referrer", name
    assert page.headers["x-content-type-options"] == "nosniff", name


@pytest.mark.spec("RFC 9700", "4.16", "no page of ours can be framed")
@pytest.mark.parametrize("name", PAGES)
async def test_no_page_can_be_framed_scripted_kept_or_sniffed(world: World, name: str) -> None:
    _check_headers(await _draw(world, name))


@pytest.mark.parametrize("signed_in", [False, True], ids=["nobody", "somebody"])
async def test_no_address_answers_with_a_page_that_can_be_framed(world: World, signed_in: bool) -> None:
    # From the table of routes, so that a page made tomorrow is looked at too.
    browser = world.browser()
    if signed_in:
        await world.sign_in(browser)
    shown = set()
    for path in _page_paths(world):
        for query in ("", "?request=lpq_00", "?a=%3Cscript%3E"):
            page = await browser.get(path + query)
            if page.headers.get("content-type", "").startswith("text/html"):
                _check_headers(page)
                shown.add(path)
    always = {paths.LANDING, paths.SIGN_IN, paths.SIGN_OUT, paths.CONSENT, paths.SELECT_ACCOUNT, paths.END_SESSION}
    assert always <= shown


def _page_paths(world: World) -> list[str]:
    """Every address that may answer GET with a page; the frame that asks about sessions is there to be framed."""
    routes = browser_routes(world.server)
    framed = {paths.CHECK_SESSION}
    return [path for path, route in routes.items() if "GET" in route.methods and path not in framed]


async def test_the_only_page_that_may_be_framed_shows_and_asks_nothing(world: World) -> None:
    page = await world.http.get(paths.CHECK_SESSION)
    policy = _policy(page)
    assert policy == {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "frame-ancestors": ["*"],
        "base-uri": ["'none'"],
    }
    assert not any(f"<{tag}" in page.text for tag in ("form", "input", "button", "a ", "body", "img"))


@pytest.mark.parametrize("name", PAGES)
async def test_every_page_lives_without_what_its_policy_forbids(world: World, name: str) -> None:
    text = (await _draw(world, name)).text.lower()
    assert "<style" not in text
    assert " style=" not in text
    assert " onclick=" not in text
    assert "javascript:" not in text
    assert "<script>" not in text
    assert ("<iframe" in text) == (name == "signed out for an application"), "the frames of applications that sign out"
    assert "<base" not in text


@pytest.mark.parametrize("path", ["/consent", "/sign-in", "/account/grants", "/oauth2/authorize"])
async def test_no_page_may_be_read_by_a_script_of_another_site(world: World, path: str) -> None:
    browser = world.browser()
    for page in (
        await browser.get(path, origin="https://evil.example"),
        await browser.http.options(
            path, headers={"origin": "https://evil.example", "access-control-request-method": "POST"}
        ),
    ):
        assert "access-control-allow-origin" not in page.headers
        assert "access-control-allow-credentials" not in page.headers


@pytest.mark.parametrize("path", ["/oauth2/token", "/oauth2/userinfo", "/oauth2/jwks", "/oauth2/revoke"])
async def test_where_scripts_may_read_no_cookie_counts(world: World, path: str) -> None:
    page = await world.http.options(path, headers={"origin": "https://evil.example"})
    assert page.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in page.headers


async def test_introspection_is_for_servers_not_for_scripts(world: World) -> None:
    page = await world.http.options("/oauth2/introspect", headers={"origin": "https://evil.example"})
    assert "access-control-allow-origin" not in page.headers
