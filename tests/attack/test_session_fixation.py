"""The attacker plants a cookie in the victim's browser, or keeps one, and waits for the victim to sign in.

Spec: RFC 6819 §4.4.1.5, §5.1.5.3. Stops: CVE-2024-28197, CVE-2026-7507, CVE-2024-7341, CVE-2025-12390, CVE-2026-48058.
"""

from pathlib import Path

import pytest

from tests.browser import Browser
from tests.world import Ask, World

SESSION, BROWSER = "lingpai_session", "lingpai_browser"


async def _is_signed_in(browser: Browser) -> bool:
    return (await browser.get("/account/grants")).status_code == 200


def _with_cookie(world: World, name: str, value: str) -> Browser:
    browser = world.browser()
    browser.http.cookies.set(name, value)
    return browser


async def test_a_planted_session_cookie_never_becomes_the_session(world: World) -> None:
    planted = "a" * 43
    victim = _with_cookie(world, SESSION, planted)
    await world.sign_in(victim)
    assert not await _is_signed_in(_with_cookie(world, SESSION, planted))


async def test_signing_in_over_the_attackers_session_ends_it(world: World) -> None:
    await world.add_account("mallory")
    attacker = world.browser()
    await world.sign_in(attacker, "mallory")
    known = attacker.http.cookies[SESSION]
    victim = _with_cookie(world, SESSION, known)
    await victim.get(Ask(world, prompt="login").url)
    await victim.follow()
    await world.sign_in(victim, "zhangsan")
    fresh = {cookie.value for cookie in victim.http.cookies.jar if cookie.name == SESSION} - {known}
    assert len(fresh) == 1, "a new secret"
    assert not await _is_signed_in(attacker), "and the old one is dead for whoever knows it"


async def test_the_secret_changes_at_every_sign_in(world: World) -> None:
    seen = set()
    for _ in range(3):
        browser = world.browser()
        await world.sign_in(browser)
        seen.add(browser.http.cookies[SESSION])
    assert len(seen) == 3
    assert all(len(secret) >= 43 for secret in seen)


async def test_signing_out_ends_it_for_whoever_copied_the_cookie(world: World) -> None:
    browser = world.browser()
    await world.sign_in(browser)
    thief = _with_cookie(world, SESSION, browser.http.cookies[SESSION])
    assert await _is_signed_in(thief)
    await browser.get("/sign-out")
    await browser.submit(browser.form("sign-out-form"))
    assert not await _is_signed_in(thief)


async def test_a_session_ends_in_the_second_it_expires(world: World) -> None:
    browser = world.browser()
    await world.sign_in(browser)
    world.clock.advance(world.config.session_lifetime_s - 1)
    assert await _is_signed_in(browser)
    world.clock.advance(1)
    assert not await _is_signed_in(browser)


async def test_using_a_session_does_not_stretch_it(world: World) -> None:
    browser = world.browser()
    await world.sign_in(browser)
    for _ in range(3):
        world.clock.advance(world.config.session_lifetime_s // 4)
        assert await _is_signed_in(browser)
    world.clock.advance(world.config.session_lifetime_s // 4)
    assert not await _is_signed_in(browser)


async def test_a_planted_browser_name_does_not_let_the_attacker_follow_the_victims_request(world: World) -> None:
    """He knows the name, so he can open the victim's request; without her session it asks him to sign in."""
    planted = "b" * 43
    victim, attacker = _with_cookie(world, BROWSER, planted), _with_cookie(world, BROWSER, planted)
    await Ask(world).to_consent(victim)
    await attacker.get(str(victim.page.url))
    await attacker.follow()
    assert attacker.shows("sign-in-form")
    assert "zhangsan" not in attacker.page.text


async def test_what_scripts_may_read_signs_nobody_in(world: World) -> None:
    browser = world.browser()
    await world.sign_in(browser)
    readable = browser.http.cookies["lingpai_browser_state"]
    (digest,) = await world.server.store.driver.fetch_one("SELECT digest FROM session") or ()
    assert readable != browser.http.cookies[SESSION]
    assert digest.hex() not in readable, "nor does it name the row"
    for name in (SESSION, BROWSER, "lingpai_others"):
        assert not await _is_signed_in(_with_cookie(world, name, readable))


async def test_another_account_of_this_browser_is_not_taken_from_a_planted_cookie(world: World) -> None:
    """The cookie that remembers the other accounts holds their secrets: who plants one must already have it."""
    victim = _with_cookie(world, "lingpai_others", "c" * 43)
    await world.sign_in(victim)
    await victim.get("/account/grants")
    assert "zhangsan" in victim.page.text
    thief = _with_cookie(world, "lingpai_others", victim.http.cookies[SESSION])
    assert not await _is_signed_in(thief), "one is chosen by a form of ours, not by the cookie alone"


@pytest.mark.spec("Cookie Prefixes", "4.1.3", "over https no other host and no plain connection can plant our cookies")
async def test_over_https_no_neighbour_can_plant_our_cookies(tmp_path: Path) -> None:
    world = await World.open(tmp_path, issuer="https://auth.example")
    try:
        browser = world.browser()
        await world.sign_in(browser)
        page = await browser.http.post("/language", data={"locale": "en", "page": "landing"})
        headers = [*browser.page.headers.get_list("set-cookie"), *page.headers.get_list("set-cookie")]
        assert headers
        for header in headers:
            assert header.startswith("__Host-")
            attributes = {part.strip().lower() for part in header.split(";")[1:]}
            hidden = set() if header.startswith("__Host-lingpai_browser_state=") else {"httponly", "samesite=lax"}
            assert {"secure", "path=/", *hidden} <= attributes
            assert not any(attribute.startswith("domain") for attribute in attributes)
        stranger = world.browser()
        stranger.http.cookies.set("lingpai_session", browser.http.cookies["__Host-lingpai_session"])
        assert not await _is_signed_in(stranger), "the name without the prefix is not read"
    finally:
        await world.close()
