"""Teams, applications and what is counted of them: every promise on every driver."""

import asyncio

from msgspec.structs import replace

from lingpai.server.storage.accounts import Accounts
from lingpai.server.storage.applications import APPLICATIONS_PER_TEAM, ENTRIES_PER_TEAM, Applications
from lingpai.server.storage.clients import Clients
from lingpai.server.storage.driver import Driver
from lingpai.server.storage.grants import Grants
from lingpai.server.storage.observations import REFUSALS_PER_CLIENT, Observations
from lingpai.server.storage.portal_records import Application, HistoryEntry, Icon, Invitation, Refusal, Team
from lingpai.server.storage.teams import Teams
from tests.storage.samples import NOW, account, client, grant

TEAM = Team(id=b"t" * 16, name="Team", created_at=NOW)


def _entry(client_id: str, text: str = "") -> HistoryEntry:
    return HistoryEntry(client_id=client_id, at=NOW, event="comment", by_reviewer=True, author="A", text=text)


async def _people(driver: Driver, *names: str) -> list[bytes]:
    people = [account(id=name.encode().ljust(16), username=name) for name in names]
    for one in people:
        await Accounts(driver).put(one)
    return [one.id for one in people]


async def _application(driver: Driver, client_id: str = "app") -> Application:
    made = Application(client_id=client_id, team_id=TEAM.id, name="App", submitted_at=NOW)
    assert await Applications(driver).add(made, client(client_id=client_id, trial=True), _entry(client_id))
    return made


async def test_an_application_is_found_by_members_only(driver: Driver) -> None:
    owner, stranger = await _people(driver, "owner", "stranger")
    assert await Teams(driver).found(TEAM, owner)
    await _application(driver)
    rows = Applications(driver)
    kept = await rows.get_for("app", owner)
    assert kept is not None
    assert (kept.role, kept.team_name, kept.client.client_id) == ("owner", "Team", "app")
    assert await rows.get_for("app", stranger) is None
    assert [await rows.is_member("app", each) for each in (owner, stranger)] == [True, False]
    assert [each.application.client_id for each in await rows.list_for(TEAM.id, owner)] == ["app"]
    assert await rows.list_for(TEAM.id, stranger) == []


async def test_of_two_writers_one_wins_and_nothing_is_half_written(driver: Driver) -> None:
    (owner,) = await _people(driver, "owner")
    await Teams(driver).found(TEAM, owner)
    await _application(driver)
    rows = Applications(driver)
    kept = await rows.get("app")
    assert kept is not None
    writes = [
        rows.put(
            kept, replace(kept.application, name=name), replace(kept.client, client_name=name), [_entry("app", name)]
        )
        for name in ("one", "two")
    ]
    assert sorted(await asyncio.gather(*writes)) == [False, True]
    now = await rows.get("app")
    assert now is not None
    assert now.application.name == now.client.client_name
    assert [entry.text for entry in await rows.history("app")] == [now.application.name, ""]


async def test_a_client_changed_by_an_operator_is_not_overwritten(driver: Driver) -> None:
    (owner,) = await _people(driver, "owner")
    await Teams(driver).found(TEAM, owner)
    await _application(driver)
    rows = Applications(driver)
    kept = await rows.get("app")
    assert kept is not None
    await Clients(driver).put(replace(kept.client, disabled_at=NOW))
    assert not await rows.put(kept, kept.application, replace(kept.client, client_name="x"))
    now = await rows.get("app")
    assert now is not None
    assert (now.client.disabled_at, now.revision) == (NOW, kept.revision)


async def test_a_team_has_no_more_applications_than_fit(driver: Driver) -> None:
    (owner,) = await _people(driver, "owner")
    await Teams(driver).found(TEAM, owner)
    rows = Applications(driver)
    ids = [f"app{number:02}" for number in range(APPLICATIONS_PER_TEAM + 1)]
    added = [
        await rows.add(Application(client_id=each, team_id=TEAM.id), client(client_id=each), _entry(each))
        for each in ids
    ]
    assert added == [True] * APPLICATIONS_PER_TEAM + [False]
    assert await Clients(driver).get(ids[-1]) is None
    page = await rows.list_for(TEAM.id, owner, after="app10", limit=5)
    assert [each.application.client_id for each in page] == ids[11:16]


async def test_the_queue_goes_on_behind_the_last_one_seen(driver: Driver) -> None:
    (owner,) = await _people(driver, "owner")
    await Teams(driver).found(TEAM, owner)
    for name in ("a", "b", "c"):
        await _application(driver, name)
    rows = Applications(driver)
    assert [each.application.client_id for each in await rows.queue("draft", (NOW, "a"))] == ["b", "c"]
    assert await rows.count_states() == {"draft": 3}


async def test_who_may_try_an_application(driver: Driver) -> None:
    owner, tester, stranger = await _people(driver, "owner", "tester", "stranger")
    await Teams(driver).found(TEAM, owner)
    await _application(driver)
    rows = Applications(driver)
    assert await rows.add_tester("app", tester, NOW)
    assert not await rows.add_tester("app", tester, NOW)
    assert [await rows.may_try("app", each) for each in (owner, tester, stranger)] == [True, True, False]
    assert [each.username for each in await rows.testers("app")] == ["tester"]
    await rows.remove_tester("app", tester, NOW)
    assert not await rows.may_try("app", tester)


async def test_an_invitation_lets_one_in(driver: Driver) -> None:
    owner, first, second = await _people(driver, "owner", "first", "second")
    teams = Teams(driver)
    await teams.found(TEAM, owner)
    invitation = Invitation(digest=b"d" * 32, team_id=TEAM.id, role="developer", created_at=NOW, expires_at=NOW + 10)
    assert await teams.invite(invitation)
    assert await teams.get_invitation(b"d" * 32, NOW + 10) is None
    joined = await asyncio.gather(*(teams.join(invitation, each, NOW) for each in (first, second)))
    assert sorted(joined) == [False, True]
    assert len(await teams.members(TEAM.id)) == 2


async def test_a_team_keeps_an_owner_whoever_leaves_together(driver: Driver) -> None:
    one, two = await _people(driver, "one", "two")
    teams = Teams(driver)
    await teams.found(TEAM, one)
    invitation = Invitation(digest=b"d" * 32, team_id=TEAM.id, role="owner", created_at=NOW, expires_at=NOW + 10)
    await teams.invite(invitation)
    await teams.join(invitation, two, NOW)
    left = await asyncio.gather(teams.remove(TEAM.id, one, NOW), teams.remove(TEAM.id, two, NOW))
    assert sorted(left) == [False, True]


async def test_only_the_latest_refusals_stay(driver: Driver) -> None:
    (owner,) = await _people(driver, "owner")
    await Teams(driver).found(TEAM, owner)
    await _application(driver)
    rows = Observations(driver)
    many = [
        Refusal(client_id="app", reference=f"{number:016x}", at=NOW + number, endpoint="/", code="x")
        for number in range(REFUSALS_PER_CLIENT + 30)
    ]
    await rows.record({}, {"app": many, "nobody": many[:1]})
    assert await rows.get_refusal("app", many[0].reference) is None
    assert await rows.get_refusal("app", many[-1].reference) == many[-1]
    assert await rows.get_refusal("nobody", many[0].reference) is None
    page = await rows.refusals("app", limit=2)
    assert page == [many[-1], many[-2]]
    assert await rows.refusals("app", (page[1].at, page[1].reference), limit=1) == [many[-3]]


async def test_numbers_of_a_day_add_up(driver: Driver) -> None:
    (owner,) = await _people(driver, "owner")
    await Teams(driver).found(TEAM, owner)
    await _application(driver)
    rows = Observations(driver)
    for _ in range(2):
        await rows.record({("app", NOW, "tokens"): 3, ("nobody", NOW, "tokens"): 1}, {})
    assert await rows.days("app", NOW) == {(NOW, "tokens"): 6}
    assert await rows.days("nobody", 0) == {}


async def test_the_picture_people_see_stays_beside_the_new_one(driver: Driver) -> None:
    rows = Applications(driver)
    icons = [Icon(id=bytes([n]) * 16, client_id="app", content_type="image/png", body=b"x") for n in range(3)]
    for icon in icons:
        await rows.put_icon(icon, icons[0].id)
    assert [await rows.get_icon(icon.id) is not None for icon in icons] == [True, False, True]


async def test_an_application_on_trial_goes_with_everything_of_it(driver: Driver) -> None:
    owner, tester = await _people(driver, "owner", "tester")
    await Teams(driver).found(TEAM, owner)
    made = await _application(driver)
    rows = Applications(driver)
    await rows.add_tester("app", tester, NOW)
    kept = await rows.get("app")
    assert kept is not None
    assert await rows.delete(kept)
    assert not await rows.delete(kept)
    assert await Clients(driver).get("app") is None
    assert await rows.testers("app") == []
    assert await rows.history("app") == []
    live = replace(made, approved_at=NOW)
    assert await rows.add(live, client(client_id="app"), _entry("app"))
    kept = await rows.get("app")
    assert kept is not None
    assert not await rows.delete(kept)


async def test_who_leaves_a_team_loses_what_only_members_may(driver: Driver) -> None:
    owner, other = await _people(driver, "owner", "other")
    teams = Teams(driver)
    await teams.found(TEAM, owner)
    await _application(driver)
    invitation = Invitation(digest=b"d" * 32, team_id=TEAM.id, role="developer", created_at=NOW, expires_at=NOW + 10)
    await teams.invite(invitation)
    await teams.join(invitation, other, NOW)
    given = grant(account(id=other), client_id="app")
    assert await Grants(driver).put(given, replaces=None)
    assert await teams.remove(TEAM.id, other, NOW)
    ended = await Grants(driver).get(other, "app")
    assert ended is not None
    assert ended.ended_at == NOW


async def test_a_team_cannot_fill_the_history_and_reviewers_are_always_heard(driver: Driver) -> None:
    (owner,) = await _people(driver, "owner")
    await Teams(driver).found(TEAM, owner)
    await _application(driver)
    rows, own = Applications(driver), replace(_entry("app"), by_reviewer=False)
    said = [await rows.say(own) for _ in range(ENTRIES_PER_TEAM + 3)]
    assert said == [True] * ENTRIES_PER_TEAM + [False] * 3
    assert await rows.say(_entry("app", "Enough."))
    assert (await rows.history("app", limit=1))[0].text == "Enough."
