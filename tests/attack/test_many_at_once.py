"""The same credential presented 64 times in the same moment.

Spec: RFC 6819 §4.4.1.1; RFC 9700 §4.14.2. Stops: CVE-2026-1035 (time of check, time of use).
"""

from collections import Counter

import pytest

from tests.attack.scene import INVALID_GRANT
from tests.world import PASSWORD, Ask, World, at_once, grant_tokens, refusal

MANY = 64


@pytest.mark.spec("RFC 6749", "4.1.2", "a code is used once, however many requests arrive together")
async def test_of_64_redemptions_one_wins_and_the_replay_is_noticed(world: World) -> None:
    ask = Ask(world)
    code = (await ask.allow(world.browser()))["code"]
    answers = await at_once(*[ask.redeem(code) for _ in range(MANY)])
    assert Counter(answer.status_code for answer in answers) == {200: 1, 400: MANY - 1}
    assert {refusal(answer) for answer in answers if answer.status_code == 400} == {INVALID_GRANT}
    winner = next(answer.json() for answer in answers if answer.status_code == 200)
    assert not await world.is_active(winner["access_token"]), "somebody else may hold the code"


async def test_of_64_redemptions_with_one_right_verifier_the_right_one_wins(world: World) -> None:
    ask = Ask(world)
    code = (await ask.allow(world.browser()))["code"]
    wrong = [ask.redeem(code, code_verifier=f"{number:x<43}") for number in range(MANY - 1)]
    answers = await at_once(*wrong[:30], ask.redeem(code), *wrong[30:])
    winners = [answer for answer in answers if answer.status_code == 200]
    assert len(winners) == 1
    assert await world.is_active(winners[0].json()["access_token"])


async def test_64_refreshes_get_the_same_successor(world: World) -> None:
    first = await grant_tokens(world)
    answers = await at_once(*[world.refresh(first["refresh_token"]) for _ in range(MANY)])
    assert Counter(answer.status_code for answer in answers) == {200: MANY}
    successors = [answer.json()["refresh_token"] for answer in answers]
    assert (await world.refresh(successors[0])).status_code == 200
    world.clock.advance(30)
    assert refusal(await world.refresh(successors[-1])) == INVALID_GRANT, "each was the same generation"


async def test_64_replays_of_an_old_refresh_token_end_the_family_once(world: World) -> None:
    first = await grant_tokens(world)
    second = (await world.refresh(first["refresh_token"])).json()
    await world.refresh(second["refresh_token"])
    answers = await at_once(*[world.refresh(first["refresh_token"]) for _ in range(MANY)])
    assert {refusal(answer) for answer in answers} == {INVALID_GRANT}
    families = await world.server.store.driver.fetch_all("SELECT revoke_reason FROM token_family")
    assert families == [("refresh_token_replayed",)]
    events = [event.event for event in await world.server.store.audit.list(limit=1000)]
    assert events.count("refresh_token_replayed") == 1


async def test_refreshes_and_a_revocation_at_once_leave_nothing_alive(world: World) -> None:
    first = await grant_tokens(world)
    revocation = world.post("/oauth2/revoke", token=first["refresh_token"])
    refreshes = [world.refresh(first["refresh_token"]) for _ in range(MANY)]
    *answers, revoked = await at_once(*refreshes, revocation)
    assert revoked.status_code == 200
    assert all(answer.status_code in (200, 400) for answer in answers)
    for tokens in (answer.json() for answer in answers if answer.status_code == 200):
        assert not await world.is_active(tokens["access_token"])


async def test_64_consents_at_once_leave_one_grant(world: World) -> None:
    browser = world.browser()
    await Ask(world).to_consent(browser)
    form, url = browser.form("consent-form"), str(browser.page.url)
    token = dict(form.fields)["csrf_token"]
    answer = {"csrf_token": token, "scope": ["list_album"], "lifetime": "1d", "decision": "allow"}
    pages = await at_once(*[browser.http.post(url, data=answer) for _ in range(MANY)])
    assert {page.status_code for page in pages} <= {303, 422}
    assert world.rows()["account_grant"] == 1


async def test_64_sign_ins_at_once_are_64_sessions_or_a_polite_no(world: World) -> None:
    browser = world.browser()
    await browser.get("/sign-in")
    token = dict(browser.form("sign-in-form").fields)["csrf_token"]
    form = {"csrf_token": token, "username": "zhangsan", "password": PASSWORD}
    cookies = {"cookie": f"lingpai_browser={browser.http.cookies['lingpai_browser']}"}
    pages = await at_once(*[world.http.post("/sign-in", data=form, headers=cookies) for _ in range(MANY)])
    assert {page.status_code for page in pages} <= {303, 429, 503}
    assert world.rows()["session"] == sum(page.status_code == 303 for page in pages)
