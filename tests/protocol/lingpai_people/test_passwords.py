"""A forgotten password, and a changed one."""

import pytest

from tests.browser import Browser
from tests.people import ADDRESS, account_named, give_address, link_in_mail, mails
from tests.world import PASSWORD, World

NEW = "seven clouds under the green bicycle"


async def ask_reset(world: World, email: str = ADDRESS) -> Browser:
    browser = world.browser()
    await browser.get("/reset-password")
    await browser.submit(browser.form("reset-form"), ("email", email))
    return browser


async def reset(world: World, password: str = NEW) -> Browser:
    await give_address(world, await account_named(world))
    await ask_reset(world)
    browser = world.browser()
    await browser.get(await link_in_mail(world))
    await browser.submit(browser.form("reset-confirm-form"), ("password", password))
    return browser


async def signs_in(world: World, password: str) -> bool:
    await world.sign_in(browser := world.browser(), "zhangsan", password)
    return browser.page.status_code == 303


async def test_a_forgotten_password_is_replaced(world: World) -> None:
    page = (await reset(world)).page
    assert page.status_code == 200
    assert await signs_in(world, NEW)
    assert not await signs_in(world, PASSWORD)


async def test_a_reset_signs_nobody_in_and_everybody_out(world: World) -> None:
    await world.sign_in(old := world.browser())
    browser = await reset(world)
    for somebody in (browser, old):
        await somebody.get("/account/security")
        assert somebody.page.headers["location"] == "/sign-in"


async def test_the_answer_does_not_tell_whether_there_is_an_account(world: World) -> None:
    await give_address(world, await account_named(world))
    known, unknown = await ask_reset(world), await ask_reset(world, "nobody@example.com")
    assert known.page.status_code == unknown.page.status_code == 200
    strip = str.maketrans("", "", "\n ")
    texts = [page.page.text.translate(strip).split("<main")[1].split("</main>")[0] for page in (known, unknown)]
    assert texts[0].replace(ADDRESS, "") == texts[1].replace("nobody@example.com", "")


async def test_a_link_for_one_thing_is_nothing_for_another(world: World) -> None:
    await give_address(world, await account_named(world))
    await ask_reset(world)
    link = await link_in_mail(world)
    for other in ("/verify-email", "/register/confirm"):
        await (browser := world.browser()).get(link.replace("/reset-password/confirm", other))
        assert browser.page.status_code == 410


async def test_a_used_link_and_its_older_sisters_are_dead(world: World) -> None:
    await give_address(world, await account_named(world))
    await ask_reset(world)
    first = await link_in_mail(world)
    await ask_reset(world)
    second = await link_in_mail(world)
    await (browser := world.browser()).get(second)
    form = browser.form("reset-confirm-form")
    await browser.submit(form, ("password", NEW))
    again = await browser.submit(form, ("password", PASSWORD))
    assert again.status_code == 410
    await browser.get(first)
    assert browser.page.status_code == 410
    assert await signs_in(world, NEW)


async def test_a_weak_password_is_refused_and_the_link_stays_good(world: World) -> None:
    browser = await reset(world, "zhangsan1")
    assert browser.page.status_code == 422
    await browser.submit(browser.form("reset-confirm-form"), ("password", NEW))
    assert browser.page.status_code == 200


async def test_a_disabled_account_gets_no_link(world: World) -> None:
    account = await give_address(world, await account_named(world))
    await world.disable_account(account)
    await ask_reset(world)
    assert await mails(world) == []


async def test_one_mailbox_gets_few_mails_and_one_network_asks_seldom(world: World) -> None:
    await give_address(world, await account_named(world))
    pages = [(await ask_reset(world)).page.status_code for _ in range(22)]
    assert len(await mails(world, ADDRESS)) == 5
    assert pages[:20] == [200] * 20
    assert pages[-1] == 429


async def test_changing_it_signs_out_all_other_browsers(world: World) -> None:
    await world.sign_in(here := world.browser())
    await world.sign_in(there := world.browser())
    await here.get("/account/security")
    await here.submit(here.form("password-form"), ("password", NEW), ("action", "change_password"))
    assert here.page.headers["location"].endswith("done=password")
    await here.follow()
    assert here.page.status_code == 200
    await there.get("/account/security")
    assert there.page.status_code == 303
    assert await signs_in(world, NEW)


async def test_the_owner_is_told(world: World) -> None:
    await reset(world)
    assert "Your password was changed" in (await mails(world, ADDRESS))[0].subject


async def test_after_a_while_the_password_is_asked_for_again(world: World) -> None:
    await world.sign_in(browser := world.browser())
    world.clock.advance(700)
    await browser.get("/account/security")
    assert not browser.shows("password-form")
    await browser.get("/account/confirm?to=security")
    await browser.submit(browser.form("confirm-form"), ("password", "wrong"))
    assert browser.page.status_code == 422
    await browser.submit(browser.form("confirm-form"), ("password", PASSWORD))
    await browser.follow()
    assert browser.shows("password-form")


async def test_a_form_kept_open_for_too_long_changes_nothing(world: World) -> None:
    await world.sign_in(browser := world.browser())
    await browser.get("/account/security")
    form = browser.form("password-form")
    world.clock.advance(700)
    await browser.submit(form, ("password", NEW), ("action", "change_password"))
    assert browser.page.headers["location"] == "/account/confirm?to=security"
    assert await signs_in(world, PASSWORD)


@pytest.mark.parametrize("to", ["https://evil.example", "//evil.example", "grants", "", "language"])
async def test_proving_oneself_leads_only_to_our_pages(world: World, to: str) -> None:
    await world.sign_in(browser := world.browser())
    await browser.get("/account/confirm")
    await browser.submit(browser.form("confirm-form"), ("password", PASSWORD), ("to", to))
    assert browser.page.headers["location"] == "/account/security"


async def test_the_weak_are_explained_in_chinese_too(world: World) -> None:
    await world.sign_in(browser := world.browser())
    await browser.get("/account/security", Accept_Language="zh-CN")
    form = browser.form("password-form")
    page = await browser.http.post(
        "/account/security",
        data={**dict(form.fields), "password": "12345678", "action": "change_password"},
        headers={"Accept-Language": "zh-CN"},
    )
    assert page.status_code == 422
    assert "这个密码太容易被猜到" in page.text
