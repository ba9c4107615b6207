"""``prompt`` and ``max_age``: when people are bothered, and when they must not be."""

import pytest

from tests.browser import Browser
from tests.world import Ask, World

CORE = "OpenID Connect Core 1.0"


async def signed_in(world: World) -> Browser:
    browser = world.browser()
    await world.sign_in(browser)
    return browser


async def consented(world: World) -> Browser:
    browser = world.browser()
    await Ask(world).allow(browser)
    return browser


async def open_and_follow(browser: Browser, ask: Ask) -> Browser:
    await browser.get(ask.url)
    await browser.follow()
    return browser


@pytest.mark.spec(CORE, "3.1.2.3", "a person who is not signed in signs in first")
async def test_who_is_not_signed_in_signs_in_first(world: World) -> None:
    browser = await open_and_follow(world.browser(), Ask(world))
    assert browser.shows("sign-in-form")


@pytest.mark.spec(CORE, "3.1.2.4", "consent is obtained before anything is released")
async def test_who_has_not_consented_is_asked(world: World) -> None:
    browser = await open_and_follow(await signed_in(world), Ask(world))
    assert browser.shows("consent-form")
    assert "code=" not in str(browser.page.url)


@pytest.mark.spec(CORE, "3.1.2.6", "login_required when nobody is signed in")
async def test_none_without_a_session_is_login_required(world: World) -> None:
    browser = await open_and_follow(world.browser(), Ask(world, prompt="none"))
    assert browser.sent_to["error"] == "login_required"


@pytest.mark.spec(CORE, "3.1.2.6", "consent_required when the person has not consented")
async def test_none_without_consent_is_consent_required(world: World) -> None:
    browser = await open_and_follow(await signed_in(world), Ask(world, prompt="none"))
    assert browser.sent_to["error"] == "consent_required"


async def test_none_for_more_than_was_allowed_is_consent_required(world: World) -> None:
    browser = world.browser()
    await Ask(world, scope="list_album").allow(browser)
    await open_and_follow(browser, Ask(world, prompt="none"))
    assert browser.sent_to["error"] == "consent_required"


@pytest.mark.spec(CORE, "3.1.2.1", "prompt=none shows no page")
async def test_none_is_silent_when_everything_is_settled(world: World) -> None:
    browser = await consented(world)
    ask = Ask(world, prompt="none")
    page = await browser.get(ask.url)
    assert page.status_code == 303
    assert (await ask.redeem(browser.sent_to["code"])).status_code == 200


@pytest.mark.spec(CORE, "3.1.2.1", "none with any other value is an error")
@pytest.mark.parametrize("prompt", ["none login", "consent none", "none none login", "nothing", "LOGIN", "login,none"])
async def test_an_impossible_prompt_is_refused(world: World, prompt: str) -> None:
    browser = await open_and_follow(await consented(world), Ask(world, prompt=prompt))
    assert browser.sent_to["error"] == "invalid_request"


@pytest.mark.spec(CORE, "3.1.2.1", "prompt=login asks for the password again")
@pytest.mark.parametrize("prompt", ["login", "login consent", "login login"])
async def test_login_asks_for_the_password_again(world: World, prompt: str) -> None:
    browser = await open_and_follow(await consented(world), Ask(world, prompt=prompt))
    assert browser.shows("sign-in-form")
    await world.sign_in(browser)
    await browser.follow()
    if "consent" in prompt:
        await browser.submit(browser.form("consent-form"), ("decision", "allow"))
        await browser.follow()
    assert "code" in browser.sent_to, "asked once, not for ever"


@pytest.mark.spec(CORE, "3.1.2.1", "prompt=select_account lets the person choose the account")
async def test_select_account_asks_who_it_is_though_somebody_is_signed_in(world: World) -> None:
    browser = await open_and_follow(await consented(world), Ask(world, prompt="select_account"))
    assert browser.page.status_code == 200, "a page"
    assert "zhangsan" in browser.page.text or browser.shows("sign-in-form")


async def test_a_sign_in_made_for_one_request_does_not_count_for_the_next(world: World) -> None:
    browser = await open_and_follow(await consented(world), Ask(world, prompt="login"))
    await world.sign_in(browser)
    await browser.follow()
    assert "code" in browser.sent_to
    await open_and_follow(browser, Ask(world, prompt="login"))
    assert browser.shows("sign-in-form")


@pytest.mark.spec(CORE, "3.1.2.1", "prompt=consent asks for consent again")
async def test_consent_asks_again(world: World) -> None:
    browser = await open_and_follow(await consented(world), Ask(world, prompt="consent"))
    assert browser.shows("consent-form")
    await browser.submit(browser.form("consent-form"), ("decision", "allow"))
    await browser.follow()
    assert "code" in browser.sent_to


@pytest.mark.spec(CORE, "3.1.2.1", "a session older than max_age signs in again")
async def test_a_session_older_than_max_age_signs_in_again(world: World) -> None:
    browser = await consented(world)
    world.clock.advance(60)
    await open_and_follow(browser, Ask(world, max_age="60"))
    assert "code" in browser.sent_to
    world.clock.advance(1)
    await open_and_follow(browser, Ask(world, max_age="60"))
    assert browser.shows("sign-in-form")
    await world.sign_in(browser)
    await browser.follow()
    assert "code" in browser.sent_to


@pytest.mark.spec(CORE, "3.1.2.1", "max_age=0 means prompt=login")
async def test_max_age_0_always_signs_in_again(world: World) -> None:
    browser = await open_and_follow(await consented(world), Ask(world, max_age="0"))
    assert browser.shows("sign-in-form"), "though the session began in this very second"
    await world.sign_in(browser)
    await browser.follow()
    assert "code" in browser.sent_to


async def test_none_with_an_old_session_is_login_required(world: World) -> None:
    browser = await consented(world)
    world.clock.advance(61)
    await open_and_follow(browser, Ask(world, prompt="none", max_age="60"))
    assert browser.sent_to["error"] == "login_required"


@pytest.mark.parametrize("max_age", ["-1", "1.5", "soon", "1e3", "１", "9" * 30, "0x10", " 5"])
async def test_an_impossible_max_age_is_refused(world: World, max_age: str) -> None:
    browser = await open_and_follow(world.browser(), Ask(world, max_age=max_age))
    assert browser.sent_to["error"] == "invalid_request"


@pytest.mark.spec(CORE, "3.1.2.1", "login_hint fills in the name")
async def test_the_hint_fills_in_the_name_and_nothing_else(world: World) -> None:
    browser = await open_and_follow(world.browser(), Ask(world, login_hint='wang"><script>'))
    assert dict(browser.form("sign-in-form").fields)["username"] == 'wang"><script>'
    assert "wang&#34;&gt;&lt;script&gt;" in browser.page.text


@pytest.mark.spec(CORE, "3.1.2.1", "ui_locales chooses the language of the pages")
@pytest.mark.parametrize(("ui_locales", "lang"), [("zh-CN en", "zh-CN"), ("fr en", "en"), ("xx", "en")])
async def test_the_pages_speak_the_language_asked_for(world: World, ui_locales: str, lang: str) -> None:
    browser = await open_and_follow(world.browser(), Ask(world, ui_locales=ui_locales))
    assert f'lang="{lang}"' in browser.page.text


@pytest.mark.spec(CORE, "3.1.2.1", "parameters it does not understand are ignored")
async def test_optional_parameters_of_openid_connect_are_ignored(world: World) -> None:
    ask = Ask(world, display="popup", acr_values="urn:x", claims_locales="zh")
    assert "code" in await ask.allow(world.browser())


@pytest.mark.spec("RFC 9101", "10.5", "a request object that is not understood is refused, not ignored")
@pytest.mark.parametrize(
    ("name", "errors"),
    [
        ("request", ("request_not_supported", "invalid_request_object")),
        ("request_uri", ("request_uri_not_supported", "invalid_request_uri")),
    ],
)
async def test_a_request_object_is_not_ignored(world: World, name: str, errors: tuple[str, ...]) -> None:
    browser = await open_and_follow(await consented(world), Ask(world, **{name: "https://app.example/request"}))
    assert browser.sent_to["error"] in errors
