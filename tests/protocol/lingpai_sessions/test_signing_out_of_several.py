"""Several accounts in one browser: signing out of one leaves the others, signing out of all leaves nobody."""

import pytest

from tests.browser import Browser
from tests.people import account_named
from tests.world import Ask, World


@pytest.fixture
async def browser(world: World) -> Browser:
    """Signed in as lisi, with zhangsan beside."""
    await world.add_account("lisi")
    browser = world.browser()
    await world.sign_in(browser)
    await browser.get(Ask(world, prompt="select_account").url)
    await browser.follow()
    await browser.submit(browser.form("select-account-form"), ("another", "yes"))
    await browser.follow()
    await world.sign_in(browser, "lisi")
    await browser.get("/sign-out")
    return browser


async def _offered(world: World, browser: Browser) -> list[str]:
    """Whom the account chooser offers."""
    await browser.get(Ask(world, prompt="select_account").url)
    await browser.follow()
    names = ("zhangsan", "lisi")
    shown = browser.shows("select-account-form")
    return [name for name in names if shown and f"<bdi>{name}</bdi>" in browser.page.text]


async def test_the_page_names_everybody(browser: Browser) -> None:
    assert "<bdi>lisi</bdi>" in browser.page.text
    assert "<bdi>zhangsan</bdi>" in browser.page.text.partition('id="others"')[2]
    assert browser.form("sign-out-form").buttons == [("which", "all"), ("which", "this")]


@pytest.mark.parametrize("changes", [[("which", "all")], []], ids=["all", "no answer"])
async def test_out_of_all_of_them(world: World, browser: Browser, changes: list[tuple[str, str]]) -> None:
    await browser.submit(browser.form("sign-out-form"), *changes)
    assert world.rows()["session"] == 0, "a copy of the cookie is worth nothing"
    await browser.follow()
    assert "no longer signed in" in browser.page.text
    assert await _offered(world, browser) == []
    assert [event.event for event in await world.server.store.audit.list()].count("sign_out") == 2


async def test_out_of_this_one_only_makes_the_other_the_current_one(world: World, browser: Browser) -> None:
    await browser.submit(browser.form("sign-out-form"), ("which", "this"))
    await browser.follow()
    assert 'id="done"' in browser.page.text
    assert 'value="zhangsan"' in browser.page.text
    assert world.rows()["session"] == 1
    assert await _offered(world, browser) == ["zhangsan"]
    await browser.get("/sign-out")
    assert browser.form("sign-out-form").buttons == []
    await browser.submit(browser.form("sign-out-form"))
    assert world.rows()["session"] == 0


async def test_whose_current_session_ended_elsewhere_still_signs_out_of_the_others(
    world: World, browser: Browser
) -> None:
    lisi = await account_named(world, "lisi")
    await world.server.browser_sessions.end_all(lisi.id)
    await browser.get("/sign-out")
    assert "still signed in in this browser" in browser.page.text
    await browser.submit(browser.form("sign-out-form"), ("which", "all"))
    assert world.rows()["session"] == 0


async def test_an_account_without_company_has_one_button(world: World) -> None:
    browser = world.browser()
    await world.sign_in(browser)
    await browser.get("/sign-out")
    assert browser.form("sign-out-form").buttons == []


async def test_whose_sessions_they_are_decides_a_cookie_and_not_a_form(world: World, browser: Browser) -> None:
    stranger = world.browser()
    await world.add_account("wangwu")
    await world.sign_in(stranger, "wangwu")
    await stranger.get("/sign-out")
    await stranger.submit(stranger.form("sign-out-form"), ("which", "all"))
    assert world.rows()["session"] == 2
    assert (await browser.get("/account")).status_code == 200
