"""Who decides for a team cannot leave it to nobody."""

from lingpai.crypto.digest import new_id
from lingpai.server.storage.driver import Statement
from lingpai.server.storage.portal_records import Team
from tests.browser import Browser
from tests.people import account_named
from tests.portal import developer
from tests.world import World, at_once


async def try_to_delete(browser: Browser) -> bool:
    """Whether the account was deleted. The form is made up where the page has none."""
    await browser.get("/account/data")
    if browser.shows("delete-form"):
        await browser.submit(browser.form("delete-form"), ("sure", "yes"))
    else:
        token = await _token(browser)
        browser.page = await browser.http.post("/account/data", data={"csrf_token": token, "sure": "yes"})
    return 'id="deleted"' in browser.page.text


async def _token(browser: Browser) -> str:
    await browser.get("/account")
    return dict(browser.form("profile-form").fields)["csrf_token"]


async def _join(world: World, team_id: str, username: str, role: str) -> Browser:
    account = await world.add_account(username)
    sql = "INSERT INTO team_member (team_id, account_id, role, since) VALUES ($1, $2, $3, 0)"
    await world.driver.transact([Statement(sql, (bytes.fromhex(team_id), account.id, role))])
    await world.sign_in(browser := world.browser(), username)
    return browser


async def test_the_only_owner_of_a_team_with_an_application_stays(world: World) -> None:
    someone = await developer(world)
    assert not await try_to_delete(someone.browser)
    assert someone.browser.page.status_code == 409
    assert f"/developer/teams/{someone.team_id}" in someone.browser.page.text
    assert await world.server.store.accounts.get(someone.account.id)
    assert "account_deleted" not in {event.event for event in await world.server.store.audit.list()}


async def test_when_another_owner_is_named_the_account_goes_and_the_team_stays(world: World) -> None:
    someone = await developer(world)
    await _join(world, someone.team_id, "lisi", "developer")
    assert not await try_to_delete(someone.browser), "a developer decides nothing"
    lisi = (await account_named(world, "lisi")).id
    assert await world.server.portal.teams.set_role(bytes.fromhex(someone.team_id), lisi, "owner")
    assert await try_to_delete(someone.browser)
    assert await world.server.portal.teams.get_for(bytes.fromhex(someone.team_id), lisi)
    assert await world.server.portal.applications.get(someone.client_id)


async def test_who_is_no_owner_or_not_the_only_one_may_go(world: World) -> None:
    someone = await developer(world)
    assert await try_to_delete(await _join(world, someone.team_id, "lisi", "developer"))
    assert await try_to_delete(await _join(world, someone.team_id, "wangwu", "owner"))


async def test_a_team_with_nobody_else_and_nothing_in_it_ends_with_the_account(world: World) -> None:
    account = await account_named(world)
    await world.sign_in(browser := world.browser())
    assert await world.server.portal.teams.found(Team(id=new_id(), name="Alone"), account.id)
    assert await try_to_delete(browser)
    assert {"team": 0, "team_member": 0}.items() <= world.rows().items()


async def test_two_owners_who_leave_at_once_do_not_both_leave(world: World) -> None:
    someone = await developer(world)
    other = await _join(world, someone.team_id, "lisi", "owner")
    gone = await at_once(try_to_delete(someone.browser), try_to_delete(other))
    assert sorted(gone) == [False, True]
