"""The page of one application: what it may do, how long, what happened, and a receipt for it."""

import re

import pytest

from tests.protocol.lingpai_grants.pages import PAGE, RECEIPT, opened, press, receipt, text_of
from tests.world import Ask, World, grant_tokens, refusal

DAY_S = 86_400


async def test_only_who_is_signed_in_sees_it(world: World) -> None:
    browser = world.browser()
    for path in (PAGE, RECEIPT):
        await browser.get(path)
        assert (browser.page.status_code, browser.page.headers["location"]) == (303, "/sign-in")


@pytest.mark.parametrize("client_id", ["photos", "nobody", "x" * 129, "a%00b", "%E4%BB%A4", "photo-print%2Fx"])
async def test_what_somebody_never_allowed_is_not_there(world: World, client_id: str) -> None:
    browser = await opened(world)
    for path in (f"/account/grants/{client_id}", f"/account/grants/{client_id}/receipt"):
        await browser.get(path)
        assert browser.page.status_code == 404


async def test_what_another_person_allowed_is_not_there(world: World) -> None:
    await opened(world)
    await world.add_account("lisi")
    other = world.browser()
    await world.sign_in(other, "lisi")
    await other.get("/account")
    token = dict(other.form("profile-form").fields)["csrf_token"]
    for answer in (
        await other.get(PAGE),
        await other.get(RECEIPT),
        await other.http.post(PAGE, data={"csrf_token": token, "action": "end"}),
    ):
        assert answer.status_code == 404
        assert "Photo Print" not in answer.text


async def test_a_forged_form_changes_nothing(world: World) -> None:
    browser = await opened(world)
    for token in ("", "x"):
        await browser.submit(browser.form("end-form"), ("csrf_token", token), ("action", "end"))
        assert browser.page.status_code == 403
    await browser.get(PAGE)
    assert "no access any more" not in browser.page.text


@pytest.mark.parametrize(
    "answers",
    [
        pytest.param({}, id="no action"),
        pytest.param({"action": "delete"}, id="unknown action"),
        pytest.param({"action": "take_back"}, id="no permission"),
        pytest.param({"action": "lifetime"}, id="no lifetime"),
        pytest.param({"action": "lifetime", "lifetime": "999d"}, id="a lifetime nobody has"),
    ],
)
async def test_half_a_form_is_refused(world: World, answers: dict[str, str]) -> None:
    browser = await opened(world)
    await browser.submit(browser.form("end-form"), *answers.items())
    assert browser.page.status_code == 400


async def test_one_permission_is_taken_back_here_too(world: World) -> None:
    tokens = await grant_tokens(world, browser := world.browser())
    await browser.get(PAGE)
    await press(browser, "take_back", scope="list_album")
    assert "no longer has that permission" in browser.page.text
    assert (await world.introspect(tokens["access_token"]))["scope"] == "get_user_info"


async def test_ending_it_leaves_history_and_receipt(world: World) -> None:
    tokens = await grant_tokens(world, browser := world.browser())
    await browser.get(PAGE)
    await press(browser, "end")
    assert "It has no access any more." in text_of(browser)
    assert not browser.shows("end-form")
    assert not browser.shows("lifetime-form")
    assert not await world.is_active(tokens["access_token"])
    assert (await receipt(browser))["receipt"]["ended_at"] == "2027-01-15T08:00:00Z"


async def test_it_is_extended_and_shortened_counted_from_now(world: World) -> None:
    await world.add_client(refresh_token_lifetime_s=90 * DAY_S)
    tokens = await grant_tokens(world, browser := world.browser())
    world.clock.advance(29 * DAY_S)
    await world.sign_in(browser := world.browser())
    await browser.get(PAGE)
    await press(browser, "lifetime", lifetime="90d")
    assert "The new time holds from now." in browser.page.text
    grant = (await world.server.store.audit.list())[0]
    assert (grant.event, grant.detail) == ("grant_lifetime_changed", {"lifetime": "90d"})
    world.clock.advance(2 * DAY_S)
    refreshed = await world.refresh(tokens["refresh_token"])
    assert refreshed.status_code == 200, "it would have ended yesterday"
    await world.sign_in(browser := world.browser())
    await browser.get(PAGE)
    await press(browser, "lifetime", lifetime="1d")
    world.clock.advance(DAY_S)
    assert refusal(await world.refresh(refreshed.json()["refresh_token"])) == (400, "invalid_grant")


async def test_only_a_time_the_application_offers_can_be_chosen(world: World) -> None:
    await world.add_client(grant_lifetimes=("1d", "30d"))
    browser = await opened(world)
    form = browser.form("lifetime-form")
    assert form.boxes["lifetime"] == ["1d", "30d"]
    await browser.submit(form, ("lifetime", "forever"), ("action", "lifetime"))
    assert browser.page.status_code == 400


async def test_what_is_over_cannot_be_extended(world: World) -> None:
    tokens = await grant_tokens(world, browser := world.browser())
    await browser.get(PAGE)
    form = browser.form("lifetime-form")
    await press(browser, "end")
    await browser.submit(form, ("lifetime", "forever"), ("action", "lifetime"))
    assert browser.page.status_code == 303
    assert not await world.is_active(tokens["access_token"])
    assert "grant_lifetime_changed" not in {event.event for event in await world.server.store.audit.list()}


async def test_last_used_is_the_day_of_the_last_sign_in_or_refresh(world: World) -> None:
    browser = await opened(world)
    assert "Last used not lately" in text_of(browser)
    tokens = await grant_tokens(world, browser)
    world.clock.advance(3 * DAY_S)
    await world.refresh(tokens["refresh_token"])
    world.clock.advance(2 * DAY_S)
    await world.sign_in(browser := world.browser())
    for path in (PAGE, "/account/grants"):
        await browser.get(path)
        assert "Last used January 18, 2027" in text_of(browser)


async def test_what_used_a_grant_that_was_ended_says_nothing_about_the_next_one(world: World) -> None:
    await grant_tokens(world, browser := world.browser())
    await browser.get(PAGE)
    await press(browser, "end")
    await Ask(world).allow(browser)
    await browser.get(PAGE)
    assert "Last used not lately" in text_of(browser)


async def test_the_list_takes_one_read_more_for_all_last_uses(world: World) -> None:
    browser = await opened(world)
    await world.add_client("other")
    await Ask(world, "other").allow(browser)
    await browser.get("/account/grants")
    world.driver.reset()
    await browser.get("/account/grants")
    assert len([sql for sql in world.driver.reads if "token_family" in sql]) == 1


async def test_the_history_says_what_happened(world: World) -> None:
    tokens = await grant_tokens(world, browser := world.browser())
    await browser.get(PAGE)
    await press(browser, "lifetime", lifetime="forever")
    await press(browser, "take_back", scope="list_album")
    await world.refresh(tokens["refresh_token"])
    world.clock.advance(3600)
    await world.refresh(tokens["refresh_token"])
    await browser.get(PAGE)
    await press(browser, "end")
    history = text_of(browser).partition("History")[2]
    said = (
        "You ended its access",
        "A key it had received was used a second time",
        "You took something back",
        "You changed how long · Until I end it",
        "You allowed it something · 30 days",
    )
    places = [history.find(words) for words in said]
    assert -1 not in places
    assert places == sorted(places), "newest first"
    assert "English words for list_album" in history


async def test_the_history_is_of_this_application_and_goes_page_by_page(world: World) -> None:
    await world.add_client("other")
    browser = await opened(world)
    await Ask(world, "other").allow(browser)
    for lifetime in ("1d", "30d") * 12:
        await browser.get(PAGE)
        await press(browser, "lifetime", lifetime=lifetime)
    assert text_of(browser).count("You changed how long") == 20
    assert browser.page.text.count('id="more"') == 1
    address = re.search(r'href="([^"]+)" id="more"', browser.page.text)
    assert address
    await browser.get(address[1])
    assert text_of(browser).count("You changed how long") == 4
    assert text_of(browser).count("You allowed it something") == 1
    assert 'id="more"' not in browser.page.text
    for odd in ("-1", "x", "9" * 30, "²", ""):
        assert (await browser.get(f"{PAGE}?before={odd}")).status_code == 200


async def test_what_a_developer_changed_is_not_in_the_history_of_what_they_allowed(world: World) -> None:
    browser = await opened(world)
    account = await world.server.store.accounts.get_by_username("zhangsan")
    assert account
    await world.server.audit.record(
        "client_changed", now=world.clock.now, account_id=account.id, client_id="photo-print", fields=["name"]
    )
    await browser.get(PAGE)
    assert text_of(browser).partition("History")[2].count("2027") == 1


async def test_the_page_switches_its_language_and_stays(world: World) -> None:
    browser = await opened(world)
    await browser.submit(browser.form("language-form"), ("locale", "zh_CN"))
    assert browser.page.headers["location"] == PAGE
    await browser.follow()
    assert "下载凭据" in browser.page.text
