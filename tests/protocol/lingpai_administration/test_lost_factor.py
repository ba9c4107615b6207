"""Somebody lost the phone and the recovery codes: who runs the server takes the second factor away."""

from tests.administration import as_role, press
from tests.browser import Browser
from tests.people import account_named, add_totp, give_address, mails
from tests.world import World


async def who_lost_it(world: World) -> Browser:
    """Zhangsan has an app, a proved address and a session. The browser of support, at the account's page."""
    browser = world.browser()
    await world.sign_in(browser)
    await add_totp(world, await give_address(world, await account_named(world)))
    support = await as_role(world, "support")
    await support.get(f"/admin/accounts/{(await account_named(world)).id.hex()}")
    return support


async def test_the_password_alone_is_enough_again_and_the_person_is_told(world: World) -> None:
    support = await who_lost_it(world)
    account = await account_named(world)
    await press(support, "reset_second_factor")
    assert 'id="done"' in support.page.text
    assert 'id="act-reset_second_factor"' not in support.page.text
    assert await world.server.store.sessions.list(account.id, world.clock.now) == []
    assert {"totp": 0, "recovery_code": 0}.items() <= world.rows().items()
    (mail,) = await mails(world, "lihua@example.com")
    assert "removed the authenticator app" in mail.text
    event = (await world.server.store.audit.list(account.id))[0]
    assert (event.event, event.detail["change"]) == ("second_factor_changed", "totp_reset")
    assert event.detail["by"] != account.id.hex()
    await world.sign_in(browser := world.browser())
    await browser.get("/account")
    assert browser.page.status_code == 200


async def test_who_waits_for_the_code_must_begin_again(world: World) -> None:
    support = await who_lost_it(world)
    await world.sign_in(waiting := world.browser())
    await waiting.follow()
    form = waiting.form("second-factor-form")
    await press(support, "reset_second_factor")
    await waiting.submit(form, ("code", "000000"))
    await waiting.get("/account")
    assert waiting.page.status_code == 303


async def test_there_is_no_button_where_there_is_nothing_to_take(world: World) -> None:
    support = await as_role(world, "support")
    account = await account_named(world)
    await support.get(f"/admin/accounts/{account.id.hex()}")
    assert "reset_second_factor" not in support.page.text
    token = next(dict(form.fields)["csrf_token"] for form in support.forms() if ("action", "disable") in form.buttons)
    fields = {"csrf_token": token, "action": "reset_second_factor"}
    answer = await support.http.post(f"/admin/accounts/{account.id.hex()}", data=fields)
    assert answer.status_code == 409


async def test_support_takes_it_from_nobody_with_a_role(world: World) -> None:
    support = await who_lost_it(world)
    account = await account_named(world)
    await world.server.administration.roles.put(account.id, "reader", world.clock.now)
    await press(support, "reset_second_factor", follow=False)
    assert support.page.status_code == 403
    assert await world.server.people.second_factors.is_set_up(account.id)
