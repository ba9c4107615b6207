"""What leads people into accounts, shown where another thing is expected, in another browser, too late, or again.

Spec: RFC 6819 §5.1.5; RFC 8725 §3.11; RFC 9700 §4.7
"""

import pytest

from tests.attack.people_scene import CHEN, PEOPLE_SINKS, collect_of_people
from tests.attack.scene import Loot
from tests.attack.sinks import SINKS
from tests.people import STRONG, account_named, add_totp
from tests.world import World, at_once

OF_THE_ENGINE = frozenset({"qq_access_token"})
"""Its tokens are tokens like any other; what they open, the permission says."""


@pytest.fixture
async def loot(people_world: World) -> Loot:
    return await collect_of_people(people_world)


@pytest.mark.parametrize("place", PEOPLE_SINKS)
async def test_every_place_takes_only_what_is_meant_for_it(people_world: World, place: str, loot: Loot) -> None:
    sink, meant = PEOPLE_SINKS[place]
    shown = loot.everything()
    own = {"access_token", "signed_token", *meant} if place == "a token of the dialect" else meant
    for kind, value in shown.items():
        if kind not in own:
            assert not await sink(people_world, loot, value), f"{kind} was taken for {place}"
    assert await sink(people_world, loot, shown[min(meant)])


@pytest.mark.parametrize("place", SINKS)
async def test_nothing_of_people_is_taken_by_the_places_of_the_protocol(
    people_world: World, place: str, loot: Loot
) -> None:
    sink, _ = SINKS[place]
    for kind, value in loot.more.items():
        if kind not in OF_THE_ENGINE and not (kind == "qq_refresh_token" and place == "a token to revoke"):
            if kind == "upstream_visit" and place == "a pending request":
                continue  # people sign in on the way to linking: ``test_another_browser``
            assert not await sink(people_world, loot, value), f"{kind} was taken for {place}"


async def test_an_identity_to_link_is_no_use_in_another_browser_or_too_late(people_world: World, loot: Loot) -> None:
    thief, visit = people_world.browser(), loot.more["upstream_visit"]
    await people_world.sign_in(thief, "zhangsan")
    for path in ("/sign-in/new", "/account/link-identity"):
        assert (await thief.http.get(path, params={"request": visit})).status_code == 400
        assert (await thief.http.post(path, params={"request": visit}, data={"username": "x"})).status_code == 400
    people_world.clock.advance(3600)
    for path in ("/sign-in/new", "/account/link-identity"):
        assert (await loot.browser.http.get(path, params={"request": visit})).status_code == 400
    assert await people_world.server.identities.find(CHEN) is None


@pytest.mark.parametrize("kind", ["register_link", "reset_link", "email_link", "step", "terms_step"])
async def test_what_is_too_late_is_nothing(people_world: World, kind: str, loot: Loot) -> None:
    people_world.clock.advance(2 * 86_400)
    places = {min(meant): sink for sink, meant in PEOPLE_SINKS.values()}
    assert not await places[kind](people_world, loot, loot.more[kind])


async def _post(world: World, path: str, **data: str) -> int:
    browser = world.browser()
    page = "/reset-password" if path.startswith("/reset") else "/register"
    await browser.get(page)
    token = next(value for form in browser.forms() for name, value in form.fields if name == "csrf_token")
    return (await browser.http.post(path, data={"csrf_token": token, **data})).status_code


async def test_a_link_to_register_makes_one_account_however_many_press_at_once(people_world: World, loot: Loot) -> None:
    before, link = people_world.rows()["account"], loot.more["register_link"]
    statuses = await at_once(
        *(_post(people_world, "/register/confirm", token=link, name="x", password=STRONG) for _ in range(4))
    )
    assert sorted(statuses) == [303, 410, 410, 410]
    assert people_world.rows()["account"] == before + 1


async def test_a_link_to_a_new_password_sets_one_however_many_press_at_once(people_world: World, loot: Loot) -> None:
    link = loot.more["reset_link"]
    presses = (
        _post(people_world, "/reset-password/confirm", token=link, password=f"{STRONG} {number}") for number in range(4)
    )
    assert sorted(await at_once(*presses)) == [200, 410, 410, 410]
    events = [event.event for event in await people_world.server.store.audit.list(limit=100)]
    assert events.count("password_changed") == 1


async def test_one_step_starts_one_session_however_many_codes_are_right(people_world: World) -> None:
    account = await account_named(people_world)
    _, codes = await add_totp(people_world, account)
    browser = people_world.browser()
    await people_world.sign_in(browser)
    await browser.follow()
    form = browser.form("second-factor-form")
    fields = dict(form.fields)
    answers = await at_once(*(browser.http.post(form.action, data={**fields, "code": code}) for code in codes[:4]))
    signed_in = [answer for answer in answers if "lingpai_session" in answer.headers.get("set-cookie", "")]
    assert len(signed_in) == 1
    assert len(await people_world.server.store.sessions.list(account.id, people_world.clock.now)) == 1


@pytest.mark.usefixtures("loot")
async def test_the_terms_are_accepted_into_one_session(people_world: World) -> None:
    browser = people_world.browser()
    await people_world.sign_in(browser, "zhaoliu")
    await browser.follow()
    form = next(form for form in browser.forms() if any(name == "version" for name, _ in form.fields))
    data = {**dict(form.fields), "answer": "accept"}
    answers = await at_once(*(browser.http.post(form.action, data=data) for _ in range(4)))
    signed_in = [answer for answer in answers if "lingpai_session" in answer.headers.get("set-cookie", "")]
    assert len(signed_in) == 1
