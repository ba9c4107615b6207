"""What a code is bound to, how long it lives, and what happens when it comes twice."""

import pytest

from lingpai.server.config import Config
from tests.world import CALLBACK, Ask, World, at_once, grant_tokens, refusal

OTHER = "http://localhost:3000/other"


@pytest.mark.spec("RFC 6749", "5.1", "the token response is JSON that nobody keeps")
async def test_the_token_response_is_json_that_nobody_keeps(world: World) -> None:
    ask = Ask(world)
    response = await ask.redeem((await ask.allow(world.browser()))["code"])
    assert response.headers["content-type"] == "application/json"
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["pragma"] == "no-cache"


@pytest.mark.spec("RFC 6749", "4.1.2", "a code is used once")
@pytest.mark.spec("RFC 6749", "4.1.2", "tokens of a code that comes twice are revoked")
@pytest.mark.spec("RFC 9700", "4.5.3", "a replayed code ends what it bought")
async def test_a_code_that_comes_twice_ends_what_it_bought(world: World) -> None:
    ask = Ask(world)
    code = (await ask.allow(world.browser()))["code"]
    tokens = (await ask.redeem(code)).json()
    assert await world.is_active(tokens["access_token"])
    assert refusal(await ask.redeem(code)) == (400, "invalid_grant")
    assert not await world.is_active(tokens["access_token"])
    assert refusal(await world.refresh(tokens["refresh_token"])) == (400, "invalid_grant")


@pytest.mark.spec("RFC 6749", "4.1.2", "of requests that arrive together one is answered")
async def test_a_code_is_redeemed_once_even_if_two_requests_arrive_together(world: World) -> None:
    ask = Ask(world)
    code = (await ask.allow(world.browser()))["code"]
    answers = await at_once(*(ask.redeem(code) for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [200, *[400] * 7]


async def test_a_used_code_stays_used_after_a_restart(world: World) -> None:
    ask = Ask(world)
    code = (await ask.allow(world.browser()))["code"]
    assert (await ask.redeem(code)).status_code == 200
    await world.restart()
    assert refusal(await ask.redeem(code)) == (400, "invalid_grant")


async def test_a_code_survives_a_restart(world: World) -> None:
    ask = Ask(world)
    code = (await ask.allow(world.browser()))["code"]
    await world.restart()
    assert (await ask.redeem(code)).status_code == 200


@pytest.mark.spec("RFC 6749", "4.1.2", "a code expires shortly after it was issued")
async def test_a_code_expires(world: World) -> None:
    ask = Ask(world)
    code = (await ask.allow(world.browser()))["code"]
    world.clock.advance(world.config.authorization_code_lifetime_s)
    assert refusal(await ask.redeem(code)) == (400, "invalid_grant")


@pytest.mark.spec("RFC 6749", "4.1.2", "a code lives ten minutes at most")
def test_no_setting_makes_a_code_live_longer_than_ten_minutes() -> None:
    assert Config(authorization_code_lifetime_s=600)
    with pytest.raises(ValueError, match="authorization_code_lifetime_s"):
        Config(authorization_code_lifetime_s=601)


async def test_a_code_is_good_until_its_last_second(world: World) -> None:
    ask = Ask(world)
    code = (await ask.allow(world.browser()))["code"]
    world.clock.advance(world.config.authorization_code_lifetime_s - 1)
    assert (await ask.redeem(code)).status_code == 200


@pytest.mark.spec("RFC 6749", "4.1.3", "a code is only good for the client it was issued to")
async def test_the_code_of_another_client_is_refused_and_stays_good(world: World) -> None:
    await world.add_client("other")
    ask = Ask(world)
    code = (await ask.allow(world.browser()))["code"]
    assert refusal(await ask.redeem(code, client="other")) == (400, "invalid_grant")
    # Nobody but the client itself can spend its code, so nobody else can end its tokens either.
    assert (await ask.redeem(code)).status_code == 200


@pytest.mark.spec("RFC 6749", "4.1.3", "redirect_uri is the same as in the authorization request")
@pytest.mark.parametrize(
    ("redirect_uri", "error"),
    [(OTHER, "invalid_grant"), (f"{CALLBACK}/", "invalid_grant"), (None, "invalid_request"), ("é", "invalid_grant")],
    ids=["another registered one", "with a slash more", "missing", "not ASCII"],
)
async def test_the_redirect_uri_must_be_the_same_again(world: World, redirect_uri: str | None, error: str) -> None:
    await world.add_client(redirect_uris=(CALLBACK, OTHER))
    ask = Ask(world)
    code = (await ask.allow(world.browser()))["code"]
    assert refusal(await ask.redeem(code, redirect_uri=redirect_uri)) == (400, error)
    assert (await ask.redeem(code)).status_code == 200


@pytest.mark.parametrize("made_up", ["x", "lpc_", "lpc_" + "0" * 400, "code with spaces", "密", "\x7e" * 5000])
async def test_a_made_up_code_is_refused(world: World, made_up: str) -> None:
    assert refusal(await Ask(world).redeem(made_up)) == (400, "invalid_grant")


async def test_no_other_value_of_ours_passes_for_a_code(world: World) -> None:
    tokens = await grant_tokens(world)
    for value in (tokens["access_token"], tokens["refresh_token"]):
        assert refusal(await Ask(world).redeem(value)) == (400, "invalid_grant")
    code = (await Ask(world).allow(world.browser()))["code"]
    assert refusal(await world.refresh(code)) == (400, "invalid_grant")


async def test_a_code_dies_with_the_grant(world: World) -> None:
    account = await world.server.store.accounts.get_by_username("zhangsan")
    assert account
    ask = Ask(world)
    code = (await ask.allow(world.browser()))["code"]
    await world.server.store.grants.end(account.id, "photo-print", world.clock.now)
    assert refusal(await ask.redeem(code)) == (400, "invalid_grant")


async def test_a_code_dies_with_the_account(world: World) -> None:
    person = await world.add_account("lisi")
    ask = Ask(world)
    code = (await ask.allow(world.browser(), username="lisi"))["code"]
    await world.disable_account(person)
    assert refusal(await ask.redeem(code)) == (400, "invalid_grant")


async def test_a_code_buys_nothing_when_all_it_stands_for_was_taken_back_meanwhile(world: World) -> None:
    browser = world.browser()
    await Ask(world, scope="get_user_info").allow(browser)
    ask = Ask(world, scope="list_album")
    code = (await ask.allow(browser))["code"]
    await browser.get("/account/grants")
    form = next(form for form in browser.forms() if ("scope", "list_album") in form.fields)
    await browser.submit(form, ("action", "take_back"))
    assert refusal(await ask.redeem(code)) == (400, "invalid_grant")


async def test_access_tokens_of_one_sign_in_do_not_outlive_the_grant(world: World) -> None:
    ask = Ask(world)
    code = (await ask.allow(world.browser(), lifetime="once"))["code"]
    world.clock.advance(30)
    assert (await ask.redeem(code)).json()["expires_in"] == 3570
