"""The terms of service are accepted before a session starts, and there is no way around."""

from lingpai.server.storage.audit import AuditFilter
from lingpai.server.storage.terms import Terms
from tests.browser import Browser
from tests.people import add_totp
from tests.world import PASSWORD, World

TEXTS = {"en": "Be kind.\nPay on time.", "zh_CN": "请友善。\n请按时付款。"}


async def _publish(world: World) -> None:
    await Terms(world.driver).publish(TEXTS, world.clock.now, world.clock.now)


async def _sign_in(world: World) -> Browser:
    browser = world.browser()
    await browser.get("/sign-in")
    await browser.submit(browser.form("sign-in-form"), ("username", "zhangsan"), ("password", PASSWORD))
    return browser


async def test_whoever_signs_in_accepts_the_newest_first(world: World) -> None:
    await _publish(world)
    browser = await _sign_in(world)
    assert browser.page.headers["location"].endswith("/sign-in/terms")
    await browser.get("/account/grants")
    assert browser.page.status_code == 303  # not signed in yet
    await browser.get("/sign-in/terms", accept_language="zh-CN")
    assert "请按时付款" in browser.page.text
    await browser.submit(browser.form("terms-form"), ("answer", "accept"))
    await browser.follow()
    assert browser.page.status_code == 200
    account = await world.server.store.accounts.get_by_username("zhangsan")
    assert account is not None
    assert await world.server.administration.terms.accepted(account.id) == {1: world.clock.now}
    (kept,) = await world.server.store.audit.list_page(AuditFilter(event="terms_accepted"))
    assert kept.event.detail == {"version": 1}


async def test_who_accepted_is_not_asked_again_until_there_is_a_newer_one(world: World) -> None:
    await _publish(world)
    browser = await _sign_in(world)
    await browser.follow()
    await browser.submit(browser.form("terms-form"), ("answer", "accept"))
    assert (await _sign_in(world)).page.headers["location"].endswith("/account/grants")
    await _publish(world)
    assert (await _sign_in(world)).page.headers["location"].endswith("/sign-in/terms")


async def test_who_refuses_is_not_signed_in(world: World) -> None:
    await _publish(world)
    browser = await _sign_in(world)
    await browser.follow()
    await browser.submit(browser.form("terms-form"), ("answer", "refuse"))
    assert browser.page.headers["location"].endswith("/sign-in")
    await browser.get("/sign-in/terms")
    assert browser.page.status_code == 303


async def test_a_version_that_is_not_in_force_yet_is_not_asked_for(world: World) -> None:
    await Terms(world.driver).publish(TEXTS, world.clock.now + 100, world.clock.now)
    assert (await _sign_in(world)).page.headers["location"].endswith("/account/grants")


async def test_an_application_waits_meanwhile(world: World) -> None:
    await _publish(world)
    browser = world.browser()
    await browser.get(
        "/oauth2/authorize?response_type=code&client_id=photo-print&redirect_uri=http://localhost:3000/user/callback"
        "&scope=list_album&state=s&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256"
    )
    await browser.follow()
    await browser.submit(browser.form("sign-in-form"), ("username", "zhangsan"), ("password", PASSWORD))
    await browser.follow()
    await browser.submit(browser.form("terms-form"), ("answer", "accept"))
    await browser.follow()
    assert browser.shows("consent-form") or "consent" in str(browser.page.url)


async def test_a_second_factor_cannot_be_gone_around_through_the_terms(world: World) -> None:
    await _publish(world)
    account = await world.server.store.accounts.get_by_username("zhangsan")
    assert account is not None
    app, _ = await add_totp(world, account)
    browser = await _sign_in(world)
    assert browser.page.headers["location"].endswith("/sign-in/second-factor")
    step = next(cookie for cookie in browser.http.cookies.jar if cookie.name == "lingpai_step")
    browser.http.cookies.set("lingpai_terms", str(step.value), domain=step.domain, path="/")
    await browser.get("/sign-in/terms")
    assert browser.page.status_code == 303
    await browser.get("/sign-in/second-factor")
    await browser.submit(browser.forms()[0], ("code", app.at(world.clock.now)))
    assert browser.page.headers["location"].endswith("/sign-in/terms")


async def test_the_terms_can_be_read_by_everybody(world: World) -> None:
    browser = world.browser()
    await browser.get("/terms")
    assert browser.page.status_code == 200
    await _publish(world)
    await browser.get("/terms")
    assert "Pay on time." in browser.page.text
