"""An application that is not approved works for its team and its test people, and for nobody else."""

from lingpai.oauth.names import DEVICE_CODE
from lingpai.server.portal.trials import ON_TRIAL
from lingpai.server.storage.portal_records import Invitation
from tests.device import Device
from tests.portal import CALLBACK, Developer, decide, developer, reviewer
from tests.world import Ask, World


async def _allow(one: Developer, username: str) -> dict[str, str]:
    ask = Ask(one.world, one.client_id, redirect_uri=CALLBACK, scope="openid")
    return await ask.allow(one.world.browser(), username=username)


async def test_the_team_can_use_it(world: World) -> None:
    one = await developer(world)
    await one.set_callbacks(CALLBACK)
    assert "code" in await _allow(one, "zhangsan")


async def test_a_stranger_cannot_until_they_are_a_tester_or_it_is_approved(world: World) -> None:
    one = await developer(world)
    await one.set_callbacks(CALLBACK)
    await world.add_account("lisi")
    answer = await _allow(one, "lisi")
    assert (answer["error"], answer["error_description"]) == ("access_denied", ON_TRIAL)
    await one.open("/people")
    assert await one.submit("tester-form", ("username", "lisi"), ("action", "add")) == 303
    assert "code" in await _allow(one, "lisi")


async def test_a_tester_taken_off_the_list_loses_what_they_allowed(world: World) -> None:
    one = await developer(world)
    await one.set_callbacks(CALLBACK)
    lisi = await world.add_account("lisi")
    await one.open("/people")
    await one.submit("tester-form", ("username", "lisi"), ("action", "add"))
    await _allow(one, "lisi")
    await one.open("/people")
    form = next(form for form in one.browser.forms() if ("action", "remove") in form.buttons)
    await one.browser.submit(form, ("action", "remove"))
    grant = await world.server.store.grants.get(lisi.id, one.client_id)
    assert grant is not None
    assert grant.ended_at is not None
    assert (await _allow(one, "lisi"))["error"] == "access_denied"


async def test_an_unknown_tester_is_refused(world: World) -> None:
    one = await developer(world)
    await one.open("/people")
    assert await one.submit("tester-form", ("username", "nobody"), ("action", "add")) == 422


async def test_everybody_can_use_an_approved_one(world: World) -> None:
    one = await developer(world)
    await one.hand_in()
    await decide(await reviewer(world), one.client_id, "approve")
    await world.add_account("lisi")
    assert "code" in await _allow(one, "lisi")


async def test_an_operators_application_costs_no_statement_more(world: World) -> None:
    await world.add_account("lisi")
    browser = world.browser()
    await Ask(world).allow(browser, username="lisi")
    world.driver.reset()
    await browser.get(Ask(world).url)
    assert not any("application" in sql for sql in [*world.driver.reads, *world.driver.writes])


async def test_a_stranger_at_a_device_is_told(world: World) -> None:
    one = await developer(world, kind="native")
    assert DEVICE_CODE in (await one.kept()).client.grant_types
    device = Device(world, client_id=one.client_id)
    assert (await device.begin(scope="openid")).status_code == 200
    await world.add_account("lisi")
    browser = world.browser()
    await world.sign_in(browser, "lisi")
    await browser.get("/device")
    await browser.submit(browser.form("device-form"), ("user_code", device.began["user_code"]))
    await browser.follow()
    assert 'data-outcome="trial"' in browser.page.text


async def test_the_rule_holds_for_qq_connect_too(world: World) -> None:
    one = await developer(world, with_qq=True)
    await one.set_callbacks(CALLBACK)
    await world.add_account("lisi")
    url = f"/oauth2.0/authorize?response_type=code&client_id={one.client_id}&redirect_uri={CALLBACK}&state=s"
    stranger = world.browser()
    await world.sign_in(stranger, "lisi")
    await stranger.get(url)
    await stranger.follow()
    assert "code=" not in stranger.page.headers.get("location", "")
    assert not stranger.shows("consent-form")
    await one.browser.get(url)
    await one.browser.follow()
    assert one.browser.shows("consent-form")


async def test_who_leaves_the_team_can_use_it_no_longer(world: World) -> None:
    one = await developer(world)
    await one.set_callbacks(CALLBACK)
    lisi = await world.add_account("lisi")
    teams = world.server.portal.teams
    team_id = bytes.fromhex(one.team_id)
    invitation = Invitation(
        digest=b"d" * 32, team_id=team_id, role="developer", created_at=0, expires_at=world.clock.now + 10
    )
    await teams.invite(invitation)
    await teams.join(invitation, lisi.id, world.clock.now)
    assert "code" in await _allow(one, "lisi")
    assert await teams.remove(team_id, lisi.id, world.clock.now)
    assert (await _allow(one, "lisi"))["error"] == "access_denied"
