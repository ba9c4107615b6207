"""Taking back: at once, for every token, and for good."""

import pytest

from tests.protocol.lingpai_consent.pages import allowed, asked, end_all, listed, register, take_back
from tests.world import Ask, World, at_once, refusal

DEAD = (400, "invalid_grant")


async def test_one_permission_taken_back_leaves_the_others(world: World) -> None:
    browser = world.browser()
    tokens = await allowed(world, browser, "get_user_info", "list_album")
    await take_back(browser, "list_album")
    assert await listed(browser) == ["get_user_info"]
    assert (await world.introspect(tokens["access_token"]))["scope"] == "get_user_info"
    assert (await world.refresh(tokens["refresh_token"])).json()["scope"] == "get_user_info"


async def test_asking_for_scope_that_was_taken_back_is_refused(world: World) -> None:
    browser = world.browser()
    tokens = await allowed(world, browser, "get_user_info", "list_album")
    await take_back(browser, "list_album")
    assert refusal(await world.refresh(tokens["refresh_token"], scope="list_album")) == DEAD


async def test_what_was_taken_back_is_not_asked_for_beside_something_allowed(world: World) -> None:
    browser = world.browser()
    await allowed(world, browser, "get_user_info", "list_album")
    await take_back(browser, "list_album")
    assert await asked(world, browser) is None, "like something unticked: no nagging"
    assert await asked(world, browser, scope="list_album"), "but it can be asked for alone"


async def test_the_last_permission_taken_back_ends_everything(world: World) -> None:
    browser = world.browser()
    tokens = await allowed(world, browser, "list_album")
    await take_back(browser, "list_album")
    assert await listed(browser) == []
    assert not await world.is_active(tokens["access_token"])
    assert refusal(await world.refresh(tokens["refresh_token"])) == DEAD


async def test_ending_all_access_kills_every_token_of_every_sign_in(world: World) -> None:
    browser, phone = world.browser(), world.browser()
    here = await allowed(world, browser, "get_user_info", "list_album")
    there = await allowed(world, phone, "get_user_info", "list_album")
    await end_all(browser)
    for tokens in (here, there):
        assert not await world.is_active(tokens["access_token"])
        assert refusal(await world.refresh(tokens["refresh_token"])) == DEAD


async def test_ending_one_application_leaves_the_other(world: World) -> None:
    await world.add_client("other")
    browser = world.browser()
    await allowed(world, browser, "get_user_info", "list_album")
    ask = Ask(world, "other")
    other = (await ask.redeem((await ask.allow(browser))["code"], client="other")).json()
    await browser.get("/account/grants")
    ends = [form for form in browser.forms() if ("action", "end") in form.buttons]
    form = next(form for form in ends if ("client_id", "photo-print") in form.fields)
    await browser.submit(form, ("action", "end"))
    assert (await world.introspect(other["access_token"], client="other"))["active"]


async def test_allowing_again_does_not_revive_old_tokens(world: World) -> None:
    browser = world.browser()
    old = await allowed(world, browser, "get_user_info", "list_album")
    await end_all(browser)
    new = await allowed(world, browser, "get_user_info", "list_album")
    assert await world.is_active(new["access_token"])
    assert not await world.is_active(old["access_token"])
    assert refusal(await world.refresh(old["refresh_token"])) == DEAD


async def test_allowing_again_after_expiry_does_not_revive_old_tokens(world: World) -> None:
    await world.add_client(refresh_token_lifetime_s=90 * 86_400)
    browser = world.browser()
    old = await allowed(world, browser, "get_user_info", "list_album", lifetime="1d")
    world.clock.advance(86_400)
    await allowed(world, browser, "get_user_info", "list_album", lifetime="30d")
    assert refusal(await world.refresh(old["refresh_token"])) == DEAD


async def test_a_code_of_an_ended_grant_is_not_revived_either(world: World) -> None:
    browser = world.browser()
    ask = Ask(world)
    code = (await ask.allow(browser))["code"]
    await end_all(browser)
    await allowed(world, browser, "get_user_info", "list_album")
    assert refusal(await ask.redeem(code)) == DEAD


async def test_a_permission_given_again_is_back_for_living_tokens(world: World) -> None:
    browser = world.browser()
    tokens = await allowed(world, browser, "get_user_info", "list_album")
    await take_back(browser, "list_album")
    await allowed(world, browser, "list_album")
    assert (await world.introspect(tokens["access_token"]))["scope"] == "get_user_info list_album"


async def test_a_consent_in_one_tab_cannot_undo_what_was_taken_back_in_another(world: World) -> None:
    await register(world)
    browser, other_tab = world.browser(), world.browser()
    await allowed(world, browser, "get_user_info", "list_album")
    form = await asked(world, browser, scope="get_user_info list_album upload_pic")
    assert form
    await world.sign_in(other_tab)
    await take_back(other_tab, "list_album")
    await browser.submit(form, ("scope", "upload_pic"), ("decision", "allow"))
    assert "list_album" not in await listed(other_tab)


async def test_two_answers_at_once_leave_one_grant(world: World) -> None:
    browser = world.browser()
    form = await asked(world, browser)
    assert form
    answer = [("scope", "list_album"), ("lifetime", "30d"), ("decision", "allow")]
    data = {name: value for name, value in [*form.fields, *answer] if name != "lifetime"} | {"lifetime": "30d"}
    url = f"{world.config.issuer}{form.action}"
    pages = await at_once(*(browser.http.post(url, data=data) for _ in range(4)))
    assert {page.status_code for page in pages} == {303}
    assert world.rows()["account_grant"] == 1


@pytest.mark.parametrize("client_id", ["nobody", "photos", ""])
async def test_nothing_happens_to_grants_that_are_not_there(world: World, client_id: str) -> None:
    browser = world.browser()
    await allowed(world, browser, "get_user_info", "list_album")
    await browser.get("/account/grants")
    form = next(form for form in browser.forms() if ("action", "end") in form.buttons)
    page = await browser.submit(form, ("action", "end"), ("client_id", client_id))
    assert page.status_code == (303 if client_id else 400)
    assert await listed(browser) == ["get_user_info", "list_album"]


async def test_nobody_ends_the_access_another_person_gave(world: World) -> None:
    await world.add_account("lisi")
    tokens = await allowed(world, world.browser(), "get_user_info", "list_album")
    browser = world.browser()
    await world.sign_in(browser, "lisi")
    ask = Ask(world, scope="list_album")
    await ask.allow(browser)
    await end_all(browser)
    assert await world.is_active(tokens["access_token"])


async def test_taking_back_is_in_the_audit_log(world: World) -> None:
    browser = world.browser()
    await allowed(world, browser, "get_user_info", "list_album")
    await take_back(browser, "list_album")
    await end_all(browser)
    events = [event.event for event in await world.server.store.audit.list()]
    assert events[:2] == ["grant_ended", "grant_narrowed"]
    assert "consent_given" in events
