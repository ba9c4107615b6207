"""Every page of the portal and every act on it."""

import pytest

from tests.portal import CALLBACK, decide, developer, reviewer
from tests.world import World


async def test_a_new_team_and_application_appear_in_the_overview(world: World) -> None:
    one = await developer(world)
    await one.browser.get("/developer")
    assert one.browser.page.status_code == 200
    assert "Team of zhangsan" in one.browser.page.text
    assert one.client_id in one.browser.page.text


@pytest.mark.parametrize("tab", ["", "/callbacks", "/permissions", "/secrets", "/people", "/review"])
@pytest.mark.parametrize("language", ["en", "zh-CN"])
async def test_every_tab_is_shown(world: World, tab: str, language: str) -> None:
    one = await developer(world)
    page = await one.browser.get(one.path(tab), accept_language=language)
    assert page.status_code == 200
    assert 'aria-current="page"' in page.text
    assert len(page.content) < 60_000


async def test_callbacks_are_saved_all_or_none(world: World) -> None:
    one = await developer(world)
    assert await one.set_callbacks(CALLBACK, "http://evil.example/cb") == 422
    assert (await one.kept()).client.redirect_uris == ()
    assert await one.set_callbacks(CALLBACK, "http://localhost:3000/cb") == 303
    assert (await one.kept()).client.redirect_uris == (CALLBACK, "http://localhost:3000/cb")


async def test_checking_callbacks_changes_nothing_and_says_what_is_wrong(world: World) -> None:
    one = await developer(world)
    await one.open("/callbacks")
    assert await one.submit("callbacks-form", ("redirect_uris", "http://prints.example/cb"), ("action", "check")) == 200
    assert 'data-problem="http"' in one.browser.page.text
    assert "https://prints.example/cb" in one.browser.page.text
    assert (await one.kept()).client.redirect_uris == ()


async def test_a_secret_is_shown_once_and_two_overlap(world: World) -> None:
    one = await developer(world)
    first = await one.make_secret()
    assert first not in await one.open("/secrets")
    second = await one.make_secret()
    assert len((await one.kept()).client.client_secrets) == 2
    await one.open("/secrets")
    assert not one.browser.shows("secret-form")
    end = next(form for form in one.browser.forms() if ("action", "end") in form.buttons)
    await one.browser.submit(end, ("action", "end"))
    assert one.browser.page.status_code == 303
    kept = await one.kept()
    assert len(kept.client.client_secrets) == 1
    assert second not in str(kept)


async def test_a_secret_needs_a_fresh_proof_of_who_acts(world: World) -> None:
    one = await developer(world)
    world.clock.advance(3600)
    await one.open("/secrets")
    assert await one.submit("secret-form", ("action", "make")) == 303
    location = one.browser.page.headers["location"]
    assert "/account/confirm" in location
    await one.browser.get(location)
    await one.browser.submit(one.browser.form("confirm-form"), ("password", "correct horse battery staple"))
    assert one.browser.page.headers["location"].endswith(one.path("/secrets"))


async def test_a_sensitive_permission_waits_for_approval(world: World) -> None:
    await world.add_scope("read_mail", sensitive=True)
    one = await developer(world)
    assert await one.want("read_mail", "") == 422
    assert await one.want("read_mail", "To print mails.") == 303
    assert await one.want("profile", "") == 303
    assert (await one.kept()).client.scope == "openid profile"
    assert await one.hand_in() == 303
    judge = await reviewer(world)
    assert await decide(judge, one.client_id, "approve", "", "read_mail") == 303
    kept = await one.kept()
    assert kept.client.scope == "openid profile read_mail"
    assert not kept.client.trial


async def test_an_approval_without_the_tick_refuses_the_permission(world: World) -> None:
    await world.add_scope("read_mail", sensitive=True)
    one = await developer(world)
    await one.want("read_mail", "To print mails.")
    await one.hand_in()
    assert await decide(await reviewer(world), one.client_id, "approve") == 303
    kept = await one.kept()
    assert kept.client.scope == "openid"
    assert kept.application.permissions["read_mail"].state == "refused"


async def test_changes_to_an_approved_application_wait_for_review(world: World) -> None:
    one = await developer(world)
    await one.hand_in()
    judge = await reviewer(world)
    await decide(judge, one.client_id, "approve")
    await one.open()
    assert await one.submit("basics-form", ("name", "Your bank"), ("description", "Prints.")) == 303
    assert (await one.kept()).client.client_name == "Prints"
    await one.open("/review")
    assert await one.submit("submit-form", ("action", "submit")) == 303
    assert await decide(judge, one.client_id, "approve") == 303
    assert (await one.kept()).client.client_name == "Your bank"


async def test_sending_back_needs_words_and_the_team_can_answer(world: World) -> None:
    one = await developer(world)
    await one.hand_in()
    judge = await reviewer(world)
    assert await decide(judge, one.client_id, "changes") == 422
    assert await decide(judge, one.client_id, "changes", "A better picture, please.") == 303
    assert "A better picture, please." in await one.open("/review")
    assert await one.submit("comment-form", ("text", "Gladly.\r\nTomorrow."), ("action", "comment")) == 303
    await judge.get(f"/admin/reviews/{one.client_id}")
    assert "Gladly.\nTomorrow." in judge.page.text
    assert await one.hand_in() == 303


async def test_a_suspended_application_is_dead_until_resumed(world: World) -> None:
    one = await developer(world)
    judge = await reviewer(world)
    assert await decide(judge, one.client_id, "suspend", "Phishing.") == 303
    assert (await one.kept()).client.disabled_at is not None
    assert await decide(judge, one.client_id, "resume") == 303
    kept = await one.kept()
    assert (kept.client.disabled_at, kept.application.state) == (None, "draft")


async def test_of_two_reviewers_the_first_decides(world: World) -> None:
    one = await developer(world)
    await one.hand_in()
    first, second = await reviewer(world, "first"), await reviewer(world, "second")
    await second.get(f"/admin/reviews/{one.client_id}")
    seen = second.form("decision-form")
    assert await decide(first, one.client_id, "changes", "No.") == 303
    assert await one.hand_in() == 303
    await second.submit(seen, ("action", "approve"))
    assert second.page.status_code == 409
    assert (await one.kept()).client.trial


async def test_nobody_decides_about_an_application_of_their_own_team(world: World) -> None:
    one = await developer(world)
    await one.hand_in()
    await world.server.portal.roles.put(one.account.id, "reviewer", world.clock.now)
    assert await decide(one.browser, one.client_id, "approve") == 422
    assert (await one.kept()).client.trial


async def test_the_queue_shows_who_waits(world: World) -> None:
    one = await developer(world)
    judge = await reviewer(world)
    await judge.get("/admin/reviews")
    assert one.client_id not in judge.page.text
    await one.hand_in()
    await judge.get("/admin/reviews")
    assert one.client_id in judge.page.text


@pytest.mark.parametrize("kind", ["web", "native", "machine"])
async def test_each_kind_gets_the_client_it_needs(world: World, kind: str) -> None:
    client = (await (await developer(world, kind=kind)).kept()).client
    assert client.trial
    assert (client.token_endpoint_auth_method == "none") is (kind == "native")
    assert ("client_credentials" in client.grant_types) is (kind == "machine")


async def test_an_application_for_qq_gets_a_number(world: World) -> None:
    one = await developer(world, with_qq=True)
    client = (await one.kept()).client
    assert client.client_id.isdigit()
    assert client.dialects == ("standard", "qq")
    assert client.developer == one.team_id


async def test_language_can_be_switched_on_a_page_with_an_id(world: World) -> None:
    one = await developer(world)
    await one.open("/callbacks")
    await one.browser.submit(one.browser.form("language-form"), ("locale", "zh_CN"))
    assert one.browser.page.headers["location"] == one.path("/callbacks")


async def test_a_draft_can_be_deleted_and_leaves_nothing(world: World) -> None:
    before = world.rows()
    one = await developer(world)
    await one.set_callbacks(CALLBACK)
    await one.open("/delete")
    assert await one.submit("delete-form") == 422, "not without the tick"
    assert await one.submit("delete-form", ("sure", "yes")) == 303
    assert (await one.browser.get(one.path())).status_code == 404
    grown = {name for name, count in world.rows().items() if count > before[name]}
    assert grown <= {"team", "team_member", "audit_event", "session", "known_browser", "throttle", "mail"}
