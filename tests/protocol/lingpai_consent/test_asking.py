"""What the consent page asks, and when it is not shown at all (docs/decisions/0005)."""

import pytest

from tests.protocol.lingpai_consent.pages import EVERYTHING, allowed, asked, listed, register
from tests.world import Ask, World


async def test_nothing_is_ticked_beforehand(world: World) -> None:
    form = await asked(world, world.browser())
    assert form
    assert form.boxes["scope"] == ["get_user_info", "list_album"]
    assert [name for name, _ in form.fields if name == "scope"] == []


async def test_the_same_request_is_silent_the_next_time(world: World) -> None:
    browser = world.browser()
    await allowed(world, browser, "get_user_info", "list_album")
    assert await asked(world, browser) is None
    assert "code" in browser.sent_to


async def test_consent_is_remembered_in_another_browser_too(world: World) -> None:
    await allowed(world, world.browser(), "get_user_info", "list_album")
    browser = world.browser()
    assert await asked(world, browser) is None
    assert "code" in browser.sent_to


@pytest.mark.spec("RFC 6749", "3.3", "the person may allow less than was asked")
async def test_a_person_may_allow_only_part_of_it(world: World) -> None:
    browser = world.browser()
    tokens = await allowed(world, browser, "get_user_info", "list_album", tick=("list_album",))
    assert tokens["scope"] == "list_album"
    assert (await world.introspect(tokens["access_token"]))["scope"] == "list_album"
    assert await listed(browser) == ["list_album"]


async def test_what_was_unticked_is_not_asked_for_again(world: World) -> None:
    browser = world.browser()
    await allowed(world, browser, "get_user_info", "list_album", tick=("list_album",))
    assert await asked(world, browser) is None
    assert (await Ask(world).redeem("x")).status_code == 400
    ask = Ask(world)
    await browser.get(ask.url)
    assert (await ask.redeem(browser.sent_to["code"])).json()["scope"] == "list_album"


async def test_what_was_unticked_is_asked_for_when_nothing_else_is_asked(world: World) -> None:
    browser = world.browser()
    await allowed(world, browser, "get_user_info", "list_album", tick=("list_album",))
    form = await asked(world, browser, scope="get_user_info")
    assert form
    assert form.boxes["scope"] == ["get_user_info"]


async def test_what_was_unticked_is_asked_for_with_prompt_consent(world: World) -> None:
    browser = world.browser()
    await allowed(world, browser, "get_user_info", "list_album", tick=("list_album",))
    form = await asked(world, browser, prompt="consent")
    assert form
    assert form.boxes["scope"] == ["get_user_info"]


async def test_asking_for_more_shows_only_what_is_new(world: World) -> None:
    await register(world)
    browser = world.browser()
    await allowed(world, browser, "get_user_info")
    form = await asked(world, browser, scope="get_user_info list_album")
    assert form
    assert form.boxes["scope"] == ["list_album"]
    assert "English words for get_user_info" in browser.page.text, "listed, not asked"


async def test_more_is_added_to_what_was_allowed(world: World) -> None:
    await register(world)
    browser = world.browser()
    first = await allowed(world, browser, "get_user_info")
    second = await allowed(world, browser, "list_album")
    assert second["scope"] == "list_album"
    assert await listed(browser) == ["get_user_info", "list_album"]
    assert (await world.introspect(first["access_token"]))["scope"] == "get_user_info", "not more than it asked for"


async def test_refusing_more_takes_nothing_away(world: World) -> None:
    browser = world.browser()
    tokens = await allowed(world, browser, "get_user_info")
    assert await asked(world, browser)
    await browser.submit(browser.form("consent-form"), ("decision", "refuse"))
    await browser.follow()
    assert browser.sent_to["error"] == "access_denied"
    assert await world.is_active(tokens["access_token"])
    assert await listed(browser) == ["get_user_info"]


async def test_a_refusal_is_not_remembered(world: World) -> None:
    browser = world.browser()
    before = world.rows()
    assert await asked(world, browser)
    await browser.submit(browser.form("consent-form"), ("decision", "refuse"))
    await browser.follow()
    assert world.rows()["account_grant"] == before["account_grant"]
    assert await asked(world, browser)


async def test_a_required_permission_cannot_be_unticked(world: World) -> None:
    await register(world, required_scope="get_user_info")
    browser = world.browser()
    form = await asked(world, browser)
    assert form
    assert form.boxes["scope"] == ["list_album"], "the required one is fixed"
    tokens = await allowed(world, browser, "get_user_info", "list_album", tick=())
    assert tokens["scope"] == "get_user_info"


async def test_a_permission_that_became_required_is_asked_for_though_it_was_declined(world: World) -> None:
    browser = world.browser()
    await allowed(world, browser, "get_user_info", "list_album", tick=("list_album",))
    await world.add_client(required_scope="get_user_info")
    assert await asked(world, browser)


async def test_allowing_nothing_is_asked_about_again(world: World) -> None:
    browser = world.browser()
    form = await asked(world, browser)
    assert form
    page = await browser.submit(form, ("decision", "allow"))
    assert page.status_code == 422
    assert browser.shows("consent-form")
    assert world.rows()["account_grant"] == 0


async def test_select_all_ticks_everything_and_allows_nothing_yet(world: World) -> None:
    browser = world.browser()
    form = await asked(world, browser)
    assert form
    await browser.submit(form, ("select", "all"))
    ticked = [value for name, value in browser.form("consent-form").fields if name == "scope"]
    assert ticked == ["get_user_info", "list_album"]
    assert world.rows()["account_grant"] == 0
    await browser.submit(browser.form("consent-form"), ("decision", "allow"))
    await browser.follow()
    assert "code" in browser.sent_to


@pytest.mark.parametrize("extra", ["upload_pic", "no_such_scope", "get_user_info list_album"])
async def test_an_answer_cannot_hold_more_than_the_page_offered(world: World, extra: str) -> None:
    await register(world)
    browser = world.browser()
    form = await asked(world, browser, scope="get_user_info list_album")
    assert form
    page = await browser.submit(form, ("scope", "list_album"), ("scope", extra), ("decision", "allow"))
    assert page.status_code == 422
    assert world.rows()["account_grant"] == 0


async def test_an_answer_counts_for_its_own_request_only(world: World) -> None:
    await register(world)
    browser = world.browser()
    form = await asked(world, browser, scope="get_user_info")
    assert form
    await browser.submit(form, ("scope", "get_user_info"), ("decision", "allow"))
    await browser.follow()
    assert await asked(world, browser, scope=" ".join(EVERYTHING)), "one answer does not cover another question"


async def test_one_persons_consent_is_not_anothers(world: World) -> None:
    await world.add_account("lisi")
    await allowed(world, world.browser(), "get_user_info", "list_album")
    browser = world.browser()
    await world.sign_in(browser, "lisi")
    assert await asked(world, browser)


async def test_consent_for_one_application_is_not_for_another(world: World) -> None:
    await world.add_client("other")
    browser = world.browser()
    await allowed(world, browser, "get_user_info", "list_album")
    await Ask(world, "other").to_consent(browser)
    assert browser.shows("consent-form")
