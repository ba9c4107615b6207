"""Making oneself an account: address, mail, name and password, and on to the application one came from."""

import pytest

from tests.people import ADDRESS, STRONG, account_named, ask_to_register, link_in_mail, mails, register
from tests.world import Ask, World


async def test_somebody_registers_and_is_signed_in(world: World) -> None:
    browser = world.browser()
    account = await register(world, browser)
    assert (account.email, account.email_verified, account.name) == (ADDRESS, True, "李华")
    await browser.get("/account/grants")
    assert browser.page.status_code == 200
    await world.sign_in(other := world.browser(), ADDRESS, STRONG)
    assert other.page.status_code == 303


async def test_opening_the_link_changes_nothing(world: World) -> None:
    browser = world.browser()
    await ask_to_register(browser)
    before = world.rows()
    link = await link_in_mail(world)
    for _ in range(3):
        await world.browser().get(link)
    assert world.rows() == before
    await browser.get(link)
    assert browser.shows("register-confirm-form")


async def test_the_link_works_once(world: World) -> None:
    browser = world.browser()
    await ask_to_register(browser)
    link = await link_in_mail(world)
    await browser.get(link)
    form = browser.form("register-confirm-form")
    await browser.submit(form, ("password", STRONG))
    again = world.browser()
    await again.get(link)
    assert again.page.status_code == 410
    assert not again.shows("register-confirm-form")


async def test_the_link_expires(world: World) -> None:
    browser = world.browser()
    await ask_to_register(browser)
    link = await link_in_mail(world)
    world.clock.advance(24 * 3600)
    await browser.get(link)
    assert browser.page.status_code == 410


async def test_the_request_of_an_application_survives_registering(world: World) -> None:
    browser, ask = world.browser(), Ask(world)
    await browser.get(ask.url)
    await browser.follow()
    register_link = browser.page.text.split('id="to-register"')[0].rsplit('href="', 1)[1].split('"')[0]
    await browser.get(register_link)
    await register(world, browser)
    await browser.follow()
    assert browser.shows("consent-form")
    await browser.submit(browser.form("consent-form"), ("scope", "list_album"), ("decision", "allow"))
    await browser.follow()
    assert (await ask.redeem(browser.sent_to["code"])).status_code == 200


async def test_in_another_browser_the_account_is_made_all_the_same(world: World) -> None:
    browser, ask = world.browser(), Ask(world, prompt="create")
    await browser.get(ask.url)
    await browser.follow()
    await ask_to_register(browser)
    phone = world.browser()
    await phone.get(await link_in_mail(world))
    await phone.submit(phone.form("register-confirm-form"), ("password", STRONG))
    assert phone.page.headers["location"] == "/account/grants"


@pytest.mark.spec("OpenID Connect Initiating User Registration 1.0", "3", "prompt=create shows the registration page")
async def test_prompt_create_leads_to_registering_and_back(world: World) -> None:
    browser, ask = world.browser(), Ask(world, prompt="create")
    await world.sign_in(browser)
    await browser.get(ask.url)
    await browser.follow()
    assert browser.shows("register-form"), "even for who is signed in"
    await register(world, browser)
    await browser.follow()
    assert browser.shows("consent-form")


async def test_prompt_create_is_announced(world: World) -> None:
    metadata = (await world.http.get("/.well-known/openid-configuration")).json()
    assert "create" in metadata["prompt_values_supported"]


async def test_an_address_with_an_account_gets_the_same_page_and_another_mail(world: World) -> None:
    browser = world.browser()
    await register(world, browser)
    stranger = world.browser()
    await ask_to_register(stranger, "new@example.com")
    new = stranger.page
    await ask_to_register(other := world.browser())
    assert other.page.status_code == new.status_code == 200
    assert "register-form" not in other.page.text
    assert "register/confirm" not in (await mails(world, ADDRESS))[0].text


@pytest.mark.parametrize(
    "password", ["short", "password1", "lihua@example.com", "aaaaaaaaaaaa", "12345678", "李华李华李华"]
)
async def test_a_weak_password_is_explained_and_the_link_stays_good(world: World, password: str) -> None:
    browser = world.browser()
    await ask_to_register(browser)
    await browser.get(await link_in_mail(world))
    await browser.submit(browser.form("register-confirm-form"), ("name", "李华"), ("password", password))
    assert browser.page.status_code == 422
    assert "too easy to guess" in browser.page.text
    assert password not in browser.page.text.replace(ADDRESS, "")
    await browser.submit(browser.form("register-confirm-form"), ("password", STRONG))
    assert browser.page.status_code == 303


@pytest.mark.parametrize(
    "address", ["", "nobody", "a@b@c", "a@localhost..", "x@[127.0.0.1]", '"a b"@example.com', "a@1.2.3.4"]
)
async def test_what_is_no_address_is_said_so(world: World, address: str) -> None:
    browser = world.browser()
    await ask_to_register(browser, address)
    assert browser.page.status_code == 422
    assert await mails(world) == []


async def test_the_address_is_no_name_applications_see(world: World) -> None:
    account = await register(world, world.browser())
    from lingpai.server.accounts.account import claims_by_name

    assert claims_by_name(account, ["preferred_username"]) == {}
    assert claims_by_name(await account_named(world), ["preferred_username"]) == {"preferred_username": "zhangsan"}


async def test_without_the_setting_nobody_registers(everybodys_world: World) -> None:
    assert (await everybodys_world.http.get("/register")).status_code == 404
    ask = Ask(everybodys_world, prompt="create")
    browser = everybodys_world.browser()
    await browser.get(ask.url)
    assert browser.sent_to["error"] == "invalid_request"
