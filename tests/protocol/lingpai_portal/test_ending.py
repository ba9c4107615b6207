"""Deleting an application and ending a team: who may, what goes with it, and that nothing of it works afterwards."""

import pytest
from msgspec.structs import replace

from lingpai.server.portal.desk import ActRefused, Desk
from lingpai.server.storage.driver import Statement
from tests.portal import CALLBACK, Developer, decide, developer, reviewer
from tests.world import Ask, World, at_once, refusal


async def _live(world: World) -> tuple[Developer, str]:
    """An approved application with a secret."""
    one = await developer(world)
    secret = await one.make_secret()
    await one.hand_in()
    assert await decide(await reviewer(world), one.client_id, "approve") == 303
    return one, secret


async def _tokens(one: Developer, secret: str) -> dict[str, str]:
    """What the application gets when somebody allows it everything."""
    await one.world.add_account("lisi")
    ask = Ask(one.world, one.client_id, redirect_uri=CALLBACK, scope="openid")
    answer = await ask.allow(one.world.browser(), username="lisi")
    tokens: dict[str, str] = (await ask.redeem(answer["code"], client=one.client_id, secret=secret)).json()
    return tokens


async def _userinfo(world: World, access_token: str) -> int:
    return (await world.http.get("/oauth2/userinfo", headers={"authorization": f"Bearer {access_token}"})).status_code


async def _delete(one: Developer) -> int:
    await one.open("/delete")
    return await one.submit("delete-form", ("sure", "yes"))


async def _join(one: Developer, username: str) -> Developer:
    """Somebody else of the team, who is no owner."""
    account = await one.world.add_account(username)
    sql = "INSERT INTO team_member (team_id, account_id, role, since) VALUES ($1, $2, 'developer', 0)"
    await one.world.driver.transact([Statement(sql, (bytes.fromhex(one.team_id), account.id))])
    await one.world.sign_in(browser := one.world.browser(), username)
    return Developer(one.world, account, browser, one.team_id, one.client_id)


async def test_what_people_use_is_deleted_by_an_owner_and_every_token_of_it_dies(world: World) -> None:
    one, secret = await _live(world)
    tokens = await _tokens(one, secret)
    assert await _userinfo(world, tokens["access_token"]) == 200
    assert "1 person allows it something" in await one.open("/delete")
    assert await _delete(one) == 303
    assert await _userinfo(world, tokens["access_token"]) == 401
    refused = await world.refresh(tokens["refresh_token"], client=one.client_id, secret=secret)
    assert refusal(refused) == (401, "invalid_client")
    assert {"application": 0, "account_grant": 0, "application_entry": 0}.items() <= world.rows().items()
    events = [event.event for event in await world.server.store.audit.list()]
    assert {"client_changed", "client_deleted"} <= set(events)


async def test_an_application_made_anew_under_the_same_id_inherits_nothing(world: World) -> None:
    one, secret = await _live(world)
    tokens = await _tokens(one, secret)
    assert await _delete(one) == 303
    await world.add_client(one.client_id, scope="openid")
    assert await _userinfo(world, tokens["access_token"]) == 401
    assert refusal(await world.refresh(tokens["refresh_token"], client=one.client_id)) == (400, "invalid_grant")


async def test_who_is_no_owner_deletes_drafts_only(world: World) -> None:
    one, _ = await _live(world)
    other = await _join(one, "wangwu")
    assert "only an owner" in await other.open("/delete")
    token = dict(one.browser.form("delete-form").fields) if one.browser.shows("delete-form") else {}
    assert token == {}
    await one.open("/delete")
    fields = [pair for pair in one.browser.form("delete-form").fields if pair[0] == "revision"]
    await other.open()
    form = replace(other.browser.form("basics-form"), action=other.path("/delete"))
    assert (await other.browser.submit(form, *fields, ("sure", "yes"))).status_code == 422
    assert (await one.kept()).client.disabled_at is None
    draft = await developer(world, "zhaoliu")
    assert await _delete(await _join(draft, "sunqi")) == 303


async def test_a_suspended_application_stays(world: World) -> None:
    one, _ = await _live(world)
    await one.open("/delete")
    form = one.browser.form("delete-form")
    assert await decide(await reviewer(world, "another"), one.client_id, "suspend", "It sends spam.") == 303
    assert "is suspended" in await one.open("/delete")
    assert not one.browser.shows("delete-form")
    revision = dict(replace(form).fields)
    await one.open()
    now = dict(one.browser.form("basics-form").fields)["revision"]
    assert revision["revision"] != now
    await one.browser.submit(form, ("revision", now), ("sure", "yes"))
    assert one.browser.page.status_code == 409
    assert (await one.kept()).application.state == "suspended"


async def test_what_an_api_is_checked_in_the_name_of_stays(world: World) -> None:
    one, _ = await _live(world)
    await world.add_resource_server("https://api.example/", client_ids=(one.client_id,))
    assert await _delete(one) == 409
    assert (await one.kept()).client.disabled_at is None


async def test_deleting_takes_a_fresh_proof_of_who_acts(world: World) -> None:
    one = await developer(world)
    world.clock.advance(3600)
    assert await _delete(one) == 303
    assert "/account/confirm" in one.browser.page.headers["location"]
    assert await one.kept()


async def _create(desk: Desk, team_id: bytes, one: Developer) -> bool:
    try:
        await desk.create(
            team_id, "web", name="New", website="", with_qq=False, by=one.account, now=one.world.clock.now
        )
    except ActRefused:
        return False
    return True


async def _end_team(one: Developer) -> int:
    await one.browser.get(f"/developer/teams/{one.team_id}/end")
    await one.browser.submit(one.browser.form("end-team-form"), ("sure", "yes"))
    return one.browser.page.status_code


async def test_a_team_ends_when_its_applications_are_gone(world: World) -> None:
    before = world.rows()
    one = await developer(world)
    await one.browser.get(f"/developer/teams/{one.team_id}")
    await one.browser.submit(one.browser.form("invite-form"), ("email", ""), ("action", "invite"))
    link = one.browser.page.text.partition('id="invitation-link">')[2].partition("<")[0]
    page = await one.browser.get(f"/developer/teams/{one.team_id}/end")
    assert f"/developer/applications/{one.client_id}/delete" in page.text
    assert not one.browser.shows("end-team-form")
    assert await _delete(one) == 303
    assert await _end_team(one) == 303
    assert (await one.browser.get(f"/developer/teams/{one.team_id}")).status_code == 404
    assert (await one.browser.get(link)).status_code == 404
    grown = {name for name, count in world.rows().items() if count > before[name]}
    assert not grown & {"team", "team_member", "team_invitation", "application", "client"}


async def test_a_team_with_an_application_does_not_end(world: World) -> None:
    one = await developer(world)
    assert not await world.server.portal.teams.end(bytes.fromhex(one.team_id), one.account.id)
    await one.browser.get("/developer")
    token = dict(one.browser.form("team-form").fields)["csrf_token"]
    answer = await one.browser.http.post(
        f"/developer/teams/{one.team_id}/end", data={"csrf_token": token, "sure": "yes"}
    )
    assert answer.status_code == 409
    assert await one.kept()


@pytest.mark.parametrize("ends_first", [True, False], ids=["the team", "neither"])
async def test_ending_a_team_and_adding_to_it_at_once_leaves_no_orphan(world: World, *, ends_first: bool) -> None:
    one = await developer(world)
    assert await _delete(one) == 303
    teams, desk, team_id = world.server.portal.teams, world.server.portal.desk, bytes.fromhex(one.team_id)
    if ends_first:
        assert await teams.end(team_id, one.account.id)
    made, ended = await at_once(_create(desk, team_id, one), teams.end(team_id, one.account.id))
    assert not (made and (ended or ends_first))
    assert world.rows()["application"] == int(made)


async def test_only_owners_end_a_team(world: World) -> None:
    one = await developer(world)
    other = await _join(one, "wangwu")
    assert (await other.browser.get(f"/developer/teams/{one.team_id}/end")).status_code == 404
