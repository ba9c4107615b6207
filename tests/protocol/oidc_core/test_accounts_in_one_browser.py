"""Several accounts in one browser, and applications that may skip the consent page."""

import pytest

from tests.browser import Browser
from tests.openid import APP, CORE, add_app, add_person, open_request, sign_in
from tests.world import Ask, World


async def two_in_one_browser(world: World) -> tuple[Browser, dict[str, str]]:
    """Zhangsan signed in first, Wang beside; what the application calls each."""
    await add_app(world)
    await add_person(world)
    first = await sign_in(world)
    browser = first.browser
    await open_request(world, browser, prompt="select_account")
    await browser.submit(browser.form("select-account-form"), ("another", "yes"))
    await browser.follow()
    second = await carry_on(world, browser, "wang")
    return browser, {"zhangsan": first.claims["sub"], "wang": second}


async def carry_on(world: World, browser: Browser, username: str) -> str:
    """Sign in on the page shown and allow; then who it was."""
    await world.sign_in(browser, username)
    await browser.follow()
    if browser.shows("consent-form"):
        await browser.submit(browser.form("consent-form"), ("decision", "allow"))
        await browser.follow()
    assert "code" in browser.sent_to
    return await who(world, browser)


async def who(world: World, browser: Browser, **params: str) -> str:
    return str((await sign_in(world, browser, **params)).claims["sub"])


async def choose(browser: Browser, number: int) -> None:
    form = browser.form("select-account-form")
    accounts = [button for button in form.buttons if button[0] == "account"]
    await browser.submit(form, accounts[number])
    await browser.follow()


@pytest.mark.spec(CORE, "3.1.2.1", "select_account lets the person choose")
async def test_the_person_chooses_among_the_accounts_of_the_browser(world: World) -> None:
    browser, names = await two_in_one_browser(world)
    assert await who(world, browser) == names["wang"], "whoever signed in last"
    await open_request(world, browser, prompt="select_account")
    assert browser.page.text.count('name="account"') == 2
    await choose(browser, 1)
    assert "code" in browser.sent_to
    assert await who(world, browser) == names["zhangsan"], "and so it stays"


async def test_choosing_who_is_there_already_goes_straight_on(world: World) -> None:
    browser, names = await two_in_one_browser(world)
    await open_request(world, browser, prompt="select_account")
    await choose(browser, 0)
    assert "code" in browser.sent_to
    assert await who(world, browser) == names["wang"]


async def test_an_account_that_is_not_of_this_browser_cannot_be_chosen(world: World) -> None:
    browser, _ = await two_in_one_browser(world)
    other = await world.server.store.accounts.get_by_username("zhangsan")
    assert other is not None
    stranger = world.browser()
    await sign_in(world, stranger, username="wang")
    await open_request(world, stranger, prompt="select_account")
    await stranger.submit(stranger.form("select-account-form"), ("account", other.id.hex()))
    assert stranger.page.status_code == 400
    await open_request(world, browser, prompt="select_account")
    await browser.submit(browser.form("select-account-form"), ("account", "00" * 16))
    assert browser.page.status_code == 400


async def test_the_form_must_be_ours(world: World) -> None:
    browser, _ = await two_in_one_browser(world)
    await open_request(world, browser, prompt="select_account")
    form = browser.form("select-account-form")
    await browser.submit(form, form.buttons[0], without=("csrf_token",))
    assert browser.page.status_code == 403


@pytest.mark.spec(CORE, "3.1.2.1", "a hint chooses among several who are signed in")
async def test_a_hint_for_the_other_account_leads_to_the_chooser(world: World) -> None:
    browser, names = await two_in_one_browser(world)
    first = await sign_in(world)
    await open_request(world, browser, id_token_hint=first.tokens["id_token"])
    await choose(browser, 1)
    assert "code" in browser.sent_to
    assert await who(world, browser) == names["zhangsan"]


async def test_choosing_the_wrong_one_is_told_to_the_application(world: World) -> None:
    browser, _ = await two_in_one_browser(world)
    first = await sign_in(world)
    await open_request(world, browser, id_token_hint=first.tokens["id_token"])
    await choose(browser, 0)
    assert browser.sent_to["error"] == "login_required"


async def test_first_party_applications_ask_nothing_and_stand_in_the_list(world: World) -> None:
    await add_app(world, require_consent=False)
    browser = world.browser()
    ask = Ask(world, APP, scope="openid profile")
    await browser.get(ask.url)
    await browser.follow()
    await world.sign_in(browser)
    await browser.follow()
    assert "code" in browser.sent_to, "no consent page"
    await browser.get("/account/grants")
    assert "OpenID App" in browser.page.text


async def test_first_party_is_silent_with_prompt_none_too(world: World) -> None:
    await add_app(world, require_consent=False)
    browser = world.browser()
    await world.sign_in(browser)
    assert "code" in (await open_request(world, browser, prompt="none")).sent_to


async def test_who_asks_for_consent_by_name_gets_the_page_even_so(world: World) -> None:
    await add_app(world, require_consent=False)
    browser = world.browser()
    await world.sign_in(browser)
    assert (await open_request(world, browser, prompt="consent")).shows("consent-form")


@pytest.mark.spec(CORE, "3.1.2.4", "consent is remembered for the client it was given to")
async def test_consent_is_remembered_for_one_application(world: World) -> None:
    await add_app(world)
    await add_app(world, "second")
    browser = (await sign_in(world)).browser
    assert "code" in (await open_request(world, browser)).sent_to
    assert (await open_request(world, browser, "second")).shows("consent-form")
