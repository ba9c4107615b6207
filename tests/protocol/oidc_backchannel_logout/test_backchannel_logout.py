"""Applications are told that a session has ended: by a signed token, each on its own, until they have heard it."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from lingpai.server.accounts.logout_notices import RETRY_AFTER_S
from tests.foreign_web import ForeignWeb, hang, send
from tests.openid import APP, add_app, add_person, header_of, open_request, sign_in, userinfo
from tests.protocol.oidc_backchannel_logout.told import (
    HEARD,
    add_listener,
    raw_tokens,
    send_until,
    settled,
    sign_out,
    tokens_told,
    until_settled,
)
from tests.world import ISSUER, World

BACK = "OpenID Connect Back-Channel Logout 1.0"
EVENT = "http://schemas.openid.net/event/backchannel-logout"


@pytest_asyncio.fixture(loop_scope="session")
async def web() -> AsyncIterator[ForeignWeb]:
    async with ForeignWeb.open() as opened:
        opened.answer = HEARD
        yield opened


@pytest.mark.spec(BACK, "2.4", "the claims of a logout token")
@pytest.mark.spec(BACK, "2.5", "posted as a form")
async def test_an_application_is_told_with_a_signed_token(world: World, web: ForeignWeb) -> None:
    await add_listener(world, web, APP)
    signed_in = await sign_in(world)
    await sign_out(signed_in)
    await send_until(world, web, 1)
    assert web.asked[0].startswith("POST /logout HTTP/1.1\r\n")
    assert "content-type: application/x-www-form-urlencoded" in web.asked[0].lower()
    [claims] = await tokens_told(world, web)
    assert claims["iss"] == ISSUER
    assert claims["aud"] == APP
    assert (claims["sub"], claims["sid"]) == (signed_in.claims["sub"], signed_in.claims["sid"])
    assert claims["events"] == {EVENT: {}}
    assert 0 < claims["exp"] - claims["iat"] <= 120
    assert claims["jti"]
    assert "nonce" not in claims
    header = header_of(raw_tokens(web)[0])
    assert (header["typ"], header["alg"]) == ("logout+jwt", "ES256")


@pytest.mark.spec(BACK, "2.4", "a logout token is no ID Token")
async def test_a_logout_token_is_no_hint(world: World, web: ForeignWeb) -> None:
    await add_listener(world, web, APP)
    await sign_out(await sign_in(world))
    await send_until(world, web, 1)
    browser = await open_request(world, world.browser(), id_token_hint=raw_tokens(web)[0])
    assert browser.sent_to["error"] == "invalid_request"


async def test_what_was_heard_is_not_said_again(world: World, web: ForeignWeb) -> None:
    await add_listener(world, web, APP)
    await sign_out(await sign_in(world))
    await send_until(world, web, 1)
    await until_settled(world, 0)
    world.clock.advance(sum(RETRY_AFTER_S))
    assert await settled(world) == []
    assert len(web.asked) == 1


async def test_every_application_of_the_session_is_told_and_no_other(world: World, web: ForeignWeb) -> None:
    for name in (APP, "second", "never-used"):
        await add_listener(world, web, name, f"/{name}")
    await add_listener(world, web, "elsewhere", "/elsewhere")
    first = await sign_in(world)
    await sign_in(world, first.browser, client_id="second")
    await sign_in(world, client_id="elsewhere")
    await sign_out(first)
    await send_until(world, web, 2)
    assert await settled(world) == []
    told = {claims["aud"]: claims["sid"] for claims in await tokens_told(world, web)}
    assert told == {APP: first.claims["sid"], "second": first.claims["sid"]}


async def test_several_sessions_of_one_person_are_told_one_by_one(world: World, web: ForeignWeb) -> None:
    await add_listener(world, web, APP)
    phone, desk = await sign_in(world), await sign_in(world)
    assert phone.claims["sid"] != desk.claims["sid"]
    await sign_out(phone)
    await send_until(world, web, 1)
    assert [claims["sid"] for claims in await tokens_told(world, web)] == [phone.claims["sid"]]
    assert "code" in (await open_request(world, desk.browser, prompt="none")).sent_to
    await sign_out(desk)
    await send_until(world, web, 2)
    assert (await tokens_told(world, web))[1]["sid"] == desk.claims["sid"]


async def test_other_peoples_sessions_and_everybodys_grants_are_left_alone(world: World, web: ForeignWeb) -> None:
    await add_person(world)
    await add_listener(world, web, APP)
    await add_app(world, "second")
    mine, other = await sign_in(world), await sign_in(world, username="wang")
    second = await sign_in(world, mine.browser, client_id="second", scope="openid offline_access")
    await sign_out(mine)
    await send_until(world, web, 1)
    assert "code" in (await open_request(world, other.browser, prompt="none")).sent_to
    assert (await userinfo(world, second.access_token)).status_code == 200
    assert (await world.refresh(second.tokens["refresh_token"], client="second")).status_code == 200
    assert len(web.asked) == 1


async def test_a_pairwise_application_hears_its_own_name_for_the_person(world: World, web: ForeignWeb) -> None:
    await add_listener(world, web, APP, subject_type="pairwise")
    signed_in = await sign_in(world)
    await sign_out(signed_in)
    await send_until(world, web, 1)
    assert (await tokens_told(world, web))[0]["sub"] == signed_in.claims["sub"]


async def test_an_application_without_openid_is_not_told(world: World, web: ForeignWeb) -> None:
    await add_listener(world, web, APP)
    await add_app(world, "second")
    first = await sign_in(world, client_id="second")
    await sign_in(world, first.browser, scope="profile")
    await sign_out(first)
    assert await settled(world) == []


@pytest.mark.parametrize("how", ["own page", "somebody else signing in", "account locked out everywhere"])
async def test_however_a_session_ends_it_is_told(world: World, web: ForeignWeb, how: str) -> None:
    await add_listener(world, web, APP)
    signed_in = await sign_in(world)
    browser = signed_in.browser
    if how == "own page":
        await browser.get("/sign-out")
        await browser.submit(browser.form("sign-out-form"))
    elif how == "somebody else signing in":
        await add_person(world)
        await open_request(world, browser, prompt="login")
        await world.sign_in(browser, "wang")
    else:
        account = await world.server.store.accounts.get_by_username("zhangsan")
        assert account is not None
        await world.server.browser_sessions.end_all(account.id)
    await send_until(world, web, 1)
    assert (await tokens_told(world, web))[0]["sid"] == signed_in.claims["sid"]


async def test_signing_in_again_ends_nothing_for_the_applications(world: World, web: ForeignWeb) -> None:
    await add_listener(world, web, APP)
    await add_app(world, "second")
    first = await sign_in(world)
    await open_request(world, first.browser, client_id="second", prompt="login")
    await world.sign_in(first.browser)
    again = await sign_in(world, first.browser)
    assert again.claims["sid"] == first.claims["sid"]
    assert await settled(world) == []
    await sign_out(again)
    await send_until(world, web, 1)
    assert (await tokens_told(world, web))[0]["sid"] == first.claims["sid"]


BAD_ANSWERS = {
    "500": send(b"", status="500 No", content_length="0"),
    "400": send(b'{"error":"invalid_request"}', status="400 No", content_type="application/json"),
    "a redirect to itself": send(b"", status="302 Found", location="/logout", content_length="0"),
    "a redirect elsewhere": send(b"", status="307 Go", location="http://127.0.0.1:1/", content_length="0"),
    "no HTTP": send(b"hello", status="???"),
}


@pytest.mark.spec(BACK, "2.8", "an answer that is not 200 is a failure")
@pytest.mark.parametrize("answer", BAD_ANSWERS)
async def test_who_does_not_hear_is_told_again_and_no_redirect_is_followed(
    world: World, web: ForeignWeb, answer: str
) -> None:
    await add_listener(world, web, APP)
    await sign_out(await sign_in(world))
    web.answer = BAD_ANSWERS[answer]
    await send_until(world, web, 1)
    await until_settled(world, 1)
    assert await settled(world), "kept for later"
    assert len(web.asked) == 1, "not followed, not at once"
    web.answer = HEARD
    world.clock.advance(RETRY_AFTER_S[0])
    await send_until(world, web, 2)
    await until_settled(world, 0)
    first, second = await tokens_told(world, web)
    assert first["jti"] != second["jti"]
    assert second["exp"] > world.clock.now, "a fresh token, or it would have expired"


async def test_after_the_last_try_it_is_given_up(world: World, web: ForeignWeb) -> None:
    await add_listener(world, web, APP)
    await sign_out(await sign_in(world))
    web.answer = BAD_ANSWERS["500"]
    for number, wait_s in enumerate((0, *RETRY_AFTER_S), start=1):
        world.clock.advance(wait_s)
        await send_until(world, web, number)
    await until_settled(world, 0)
    world.clock.advance(10 * RETRY_AFTER_S[-1])
    assert await settled(world) == []
    assert len(web.asked) == 1 + len(RETRY_AFTER_S)


async def test_the_audit_log_says_what_became_of_it(world: World, web: ForeignWeb) -> None:
    await add_listener(world, web, APP)
    await sign_out(await sign_in(world))
    web.answer = BAD_ANSWERS["500"]
    await send_until(world, web, 1)
    world.clock.advance(RETRY_AFTER_S[0])
    web.answer = HEARD
    await send_until(world, web, 2)
    await until_settled(world, 0)
    events = [e for e in await world.server.store.audit.list(None, 50) if e.event.startswith("logout_notice")]
    assert [(e.event, e.detail.get("attempt"), e.client_id) for e in events] == [
        ("logout_notice_sent", 2, APP),
        ("logout_notice_failed", 1, APP),
    ]
    assert "500" in str(events[1].detail["reason"])


async def test_nobody_is_held_up_by_an_application_that_hangs(world: World, web: ForeignWeb) -> None:
    async with ForeignWeb.open() as slow:
        slow.answer = hang
        await add_listener(world, slow, APP)
        await add_listener(world, web, "second")
        first = await sign_in(world)
        await sign_in(world, first.browser, client_id="second")
        await sign_out(first)
        await open_request(world, first.browser, prompt="none")
        assert first.browser.sent_to["error"] == "login_required", "signed out at once, whoever has heard it"
        await send_until(world, web, 1)
        await until_settled(world, 1)
    [left] = await settled(world)
    assert left.client_id == APP


async def test_what_is_to_be_told_survives_a_restart(own_world: World, web: ForeignWeb) -> None:
    await add_listener(own_world, web, APP)
    web.answer = BAD_ANSWERS["500"]
    signed_in = await sign_in(own_world)
    await sign_out(signed_in)
    await send_until(own_world, web, 1)
    await until_settled(own_world, 1)
    await own_world.restart()
    web.answer = HEARD
    own_world.clock.advance(RETRY_AFTER_S[0])
    await send_until(own_world, web, 2)
    await until_settled(own_world, 0)
    assert (await tokens_told(own_world, web))[1]["sid"] == signed_in.claims["sid"]


async def test_an_application_that_is_gone_by_then_is_forgotten(world: World, web: ForeignWeb) -> None:
    await add_listener(world, web, APP)
    web.answer = BAD_ANSWERS["500"]
    await sign_out(await sign_in(world))
    await send_until(world, web, 1)
    await add_app(world)
    world.clock.advance(RETRY_AFTER_S[0])
    await settled(world)
    await until_settled(world, 0)
    assert len(web.asked) == 1


@pytest.mark.spec(BACK, "2.1", "metadata")
async def test_the_metadata_says_so(world: World) -> None:
    metadata = (await world.http.get("/.well-known/openid-configuration")).json()
    assert metadata["backchannel_logout_supported"] is True
    assert metadata["backchannel_logout_session_supported"] is True
