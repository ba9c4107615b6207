"""Browser sessions: a new id at every sign-in, dead after sign-out, in a cookie nobody else can set or read."""

from collections.abc import AsyncIterator
from http.cookies import Morsel, SimpleCookie

import httpx2
import pytest
import pytest_asyncio

from tests import databases
from tests.world import PASSWORD, Ask, World

SESSION, BROWSER = "lingpai_session", "lingpai_browser"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def tls_world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    """A server people reach over https."""
    opened = await World.open(tmp_path_factory.mktemp("tls"), issuer="https://sso.example")
    yield opened
    await opened.close()


def cookies_set_by(response: httpx2.Response) -> SimpleCookie:
    cookies = SimpleCookie()
    for line in response.headers.get_list("set-cookie"):
        cookies.load(line)
    return cookies


async def sign_in_page(world: World) -> tuple[httpx2.Response, httpx2.Response]:
    """The answers of opening the page and of signing in."""
    browser = world.browser()
    opened = await browser.get(f"{world.config.issuer}/sign-in")
    form = browser.form("sign-in-form")
    return opened, await browser.submit(form, ("username", "zhangsan"), ("password", PASSWORD))


@pytest.mark.spec("Cookie Prefixes", "4.1.3", "__Host- cookies are Secure, have Path=/ and no Domain")
@pytest.mark.spec("RFC 6265", "4.1.2", "cookies are HttpOnly, Secure and bound to the host")
async def test_over_https_every_cookie_is_bound_to_the_host(tls_world: World) -> None:
    seen: dict[str, Morsel[str]] = {}
    for response in await sign_in_page(tls_world):
        seen.update(cookies_set_by(response))
    assert {f"__Host-{SESSION}", f"__Host-{BROWSER}"} <= set(seen)
    for name, cookie in seen.items():
        assert name.startswith("__Host-")
        assert cookie["secure"]
        assert cookie["path"] == "/"
        assert cookie["domain"] == ""
    for name in (SESSION, BROWSER):
        assert seen[f"__Host-{name}"]["httponly"]
        assert seen[f"__Host-{name}"]["samesite"] == "lax"


async def test_over_https_a_cookie_without_the_prefix_is_not_read(tls_world: World) -> None:
    browser = tls_world.browser()
    await tls_world.sign_in(browser)
    secret = browser.http.cookies[f"__Host-{SESSION}"]
    stranger = tls_world.browser()
    stranger.http.cookies.set(SESSION, secret, domain="sso.example")
    page = await stranger.get("https://sso.example/account/grants")
    assert page.headers["location"] == "/sign-in"


async def test_over_http_cookies_are_hidden_from_scripts_too(world: World) -> None:
    seen: dict[str, Morsel[str]] = {}
    for response in await sign_in_page(world):
        seen.update(cookies_set_by(response))
    for name in (SESSION, BROWSER):
        cookie = seen.pop(name)
        assert (cookie["httponly"], cookie["samesite"], cookie["secure"]) == (True, "lax", "")
        assert all(cookie.value not in other.value for other in seen.values()), "no other cookie gives it away"


async def test_the_session_id_is_new_at_every_sign_in_and_the_old_one_is_dead(world: World) -> None:
    browser = world.browser()
    await world.sign_in(browser)
    first = browser.http.cookies[SESSION]
    await browser.get(Ask(world, prompt="login").url)
    await browser.follow()
    await world.sign_in(browser)
    assert browser.http.cookies[SESSION] != first
    assert world.rows()["session"] == 1
    assert not await is_signed_in(world, first)


async def is_signed_in(world: World, secret: str) -> bool:
    """Whether somebody who copied the cookie is signed in."""
    stranger = world.browser()
    stranger.http.cookies.set(SESSION, secret, domain="localhost.local")
    return (await stranger.get("/account/grants")).status_code == 200


async def test_the_cookie_is_what_signs_in(world: World) -> None:
    browser = world.browser()
    await world.sign_in(browser)
    secret = browser.http.cookies[SESSION]
    assert await is_signed_in(world, secret)
    assert not await is_signed_in(world, secret[:-1])
    assert not await is_signed_in(world, secret.swapcase())


async def test_a_planted_session_id_is_not_taken_over(world: World) -> None:
    planted = "x" * 43
    browser = world.browser()
    browser.http.cookies.set(SESSION, planted, domain="localhost.local")
    await world.sign_in(browser)
    assert {cookie.value for cookie in browser.http.cookies.jar if cookie.name == SESSION} != {planted}
    assert not await is_signed_in(world, planted)


async def test_the_session_of_an_attacker_ends_when_somebody_signs_in_over_it(world: World) -> None:
    await world.add_account("mallory")
    attacker = world.browser()
    await world.sign_in(attacker, "mallory")
    planted = attacker.http.cookies[SESSION]
    victim = world.browser()
    victim.http.cookies.set(SESSION, planted, domain="localhost.local")
    await victim.get(Ask(world, prompt="login").url)
    await victim.follow()
    await world.sign_in(victim)
    assert not await is_signed_in(world, planted)


async def test_signing_out_kills_the_session_for_whoever_copied_the_cookie(world: World) -> None:
    browser = world.browser()
    await world.sign_in(browser)
    copied = browser.http.cookies[SESSION]
    await browser.get("/sign-out")
    response = await browser.submit(browser.form("sign-out-form"))
    assert cookies_set_by(response)[SESSION].value == ""
    assert world.rows()["session"] == 0
    assert not await is_signed_in(world, copied)


async def test_opening_the_sign_out_page_signs_nobody_out(world: World) -> None:
    browser = world.browser()
    await world.sign_in(browser)
    await browser.get("/sign-out")
    assert (await browser.get("/account/grants")).status_code == 200


async def test_signing_out_leaves_what_applications_may_do(world: World) -> None:
    browser = world.browser()
    ask = Ask(world)
    tokens = (await ask.redeem((await ask.allow(browser))["code"])).json()
    await browser.get("/sign-out")
    await browser.submit(browser.form("sign-out-form"))
    assert await world.is_active(tokens["access_token"])


async def test_not_you_signs_out_and_goes_on_with_the_request(world: World) -> None:
    await world.add_account("lisi")
    browser = world.browser()
    ask = Ask(world)
    await ask.to_consent(browser)
    await browser.submit(browser.form("not-you-form"))
    await browser.follow()
    assert browser.shows("sign-in-form")
    await world.sign_in(browser, "lisi")
    await browser.follow()
    assert browser.shows("consent-form")
    assert "lisi" in browser.page.text


async def test_a_session_ends_after_its_lifetime(world: World) -> None:
    browser = world.browser()
    await world.sign_in(browser)
    world.clock.advance(world.config.session_lifetime_s - 1)
    assert (await browser.get("/account/grants")).status_code == 200
    world.clock.advance(1)
    assert (await browser.get("/account/grants")).status_code == 303


async def test_a_disabled_account_is_signed_out_everywhere(world: World) -> None:
    person = await world.add_account("lisi")
    browser = world.browser()
    await world.sign_in(browser, "lisi")
    await world.disable_account(person)
    assert (await browser.get("/account/grants")).status_code == 303


async def test_the_database_holds_no_session_secret(world: World) -> None:
    browser = world.browser()
    await world.sign_in(browser)
    stored = databases.stored_bytes(world.config.database)
    assert browser.http.cookies[SESSION].encode() not in stored
    assert PASSWORD.encode() not in stored


async def test_a_session_survives_a_restart(world: World) -> None:
    browser = world.browser()
    await world.sign_in(browser)
    cookies = browser.http.cookies
    await world.restart()
    again = world.browser()
    again.http.cookies = cookies
    assert (await again.get("/account/grants")).status_code == 200
