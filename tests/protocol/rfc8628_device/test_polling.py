"""The token endpoint for devices: every state of a device code and what it is answered with."""

import pytest

from tests.attack.scene import claims_of
from tests.device import TV, Device, add_tv, allow_device, answer, to_question, waiting_tv
from tests.world import PHOTOS, SECRET, World, refusal

PENDING = (400, "authorization_pending")
SLOW_DOWN = (400, "slow_down")
DEAD = (400, "invalid_grant")


@pytest.mark.spec("RFC 8628", "3.5", "authorization_pending while the person has not answered")
async def test_a_device_waits_until_its_person_answers(world: World) -> None:
    device = await waiting_tv(world)
    assert refusal(await device.poll()) == PENDING
    assert refusal(await device.poll_in_time()) == PENDING
    await allow_device(world, device)
    tokens = (await device.poll_in_time()).json()
    assert set(tokens["scope"].split()) == {"get_user_info", "list_album"}
    assert tokens["token_type"] == "Bearer"
    assert await world.is_active(tokens["access_token"]) is False, "photo-print is not who it is for"
    claims = await world.introspect(tokens["access_token"], client="photos")
    assert (claims["active"], claims["client_id"], claims["username"]) == (True, TV, "zhangsan")


@pytest.mark.spec("RFC 8628", "3.5", "slow_down, and five more seconds for this and all later polls")
async def test_who_polls_too_fast_must_wait_five_seconds_longer(world: World) -> None:
    device = await waiting_tv(world)
    assert refusal(await device.poll()) == PENDING
    world.clock.advance(3)
    assert refusal(await device.poll()) == SLOW_DOWN
    world.clock.advance(8)
    assert refusal(await device.poll()) == SLOW_DOWN, "it is ten seconds now"
    world.clock.advance(15)
    assert refusal(await device.poll()) == PENDING, "and now fifteen"
    world.clock.advance(5)
    assert refusal(await device.poll()) == SLOW_DOWN, "for all later polls"


async def test_what_jitters_by_a_second_is_not_punished(world: World) -> None:
    device = await waiting_tv(world)
    for _ in range(5):
        assert refusal(await device.poll()) == PENDING
        world.clock.advance(4)


async def test_a_device_that_polled_too_fast_still_gets_its_answer(world: World) -> None:
    device = await waiting_tv(world)
    await device.poll()
    await device.poll()
    await allow_device(world, device)
    assert (await device.poll()).status_code == 200


@pytest.mark.spec("RFC 8628", "3.5", "expired_token once the device code has expired")
@pytest.mark.parametrize("allowed", [False, True], ids=["unanswered", "allowed but not fetched"])
async def test_an_expired_code_says_so(world: World, allowed: bool) -> None:
    device = await waiting_tv(world)
    if allowed:
        await allow_device(world, device)
    world.clock.advance(600)
    assert refusal(await device.poll()) == (400, "expired_token")
    assert world.rows()["token_family"] == 0


@pytest.mark.spec("RFC 8628", "3.5", "access_denied when the person refused")
async def test_a_refusal_reaches_the_device(world: World) -> None:
    device = await waiting_tv(world)
    browser = world.browser()
    await to_question(world, browser, device.began["user_code"])
    await answer(browser, "refuse")
    assert 'data-outcome="refused"' in browser.page.text
    assert refusal(await device.poll_in_time()) == (400, "access_denied")
    assert world.rows()["account_grant"] == 0


@pytest.mark.parametrize(
    "device_code",
    [None, "", "x", "A" * 43, "A" * 10_000, "\u4ee4\u724c"],
    ids=["none", "empty", "short", "unknown", "10 kB", "Chinese"],
)
async def test_what_is_no_device_code_is_refused(world: World, device_code: str | None) -> None:
    device = await waiting_tv(world)
    error = "invalid_grant" if device_code else "invalid_request"
    assert refusal(await device.poll(device_code=device_code)) == (400, error)


@pytest.mark.parametrize("change", ["truncated", "one letter differs", "another letter case"])
async def test_a_changed_device_code_is_no_device_code(world: World, change: str) -> None:
    device = await waiting_tv(world)
    code = device.began["device_code"]
    changed = {
        "truncated": code[:-1],
        "one letter differs": ("B" if code[0] == "A" else "A") + code[1:],
        "another letter case": code.swapcase(),
    }[change]
    assert refusal(await device.poll(device_code=changed)) == DEAD


async def test_another_client_gets_nothing_for_it(world: World) -> None:
    device = await waiting_tv(world)
    await add_tv(world, "other-tv")
    other = Device(world, client_id="other-tv")
    other.began = device.began
    assert refusal(await other.poll()) == DEAD
    assert refusal(await device.poll()) == PENDING, "nor slows it down"
    await allow_device(world, device)
    assert refusal(await other.poll()) == DEAD
    assert (await device.poll()).status_code == 200, "and does not spoil it for the right one"


@pytest.mark.spec("RFC 8628", "3.4", "a confidential client authenticates when it polls")
async def test_a_confidential_client_authenticates_when_it_polls(world: World) -> None:
    await add_tv(world, secret=SECRET)
    device = Device(world, client=TV)
    await device.begin(scope="list_album")
    await allow_device(world, device)
    assert refusal(await world.post("/oauth2/token", client=None, **_as_public(device))) == (401, "invalid_client")
    assert (await device.poll()).status_code == 200


def _as_public(device: Device) -> dict[str, str]:
    code: str = device.began["device_code"]
    return {
        "grant_type": "urn:ietf:params:oauth:grant-type:device_code",
        "client_id": device.client_id,
        "device_code": code,
    }


async def test_a_code_of_another_kind_does_not_pass(world: World) -> None:
    device = await waiting_tv(world)
    await allow_device(world, device)
    tokens = (await device.poll()).json()
    assert refusal(await device.poll(device_code=tokens["refresh_token"])) == DEAD
    assert refusal(await device.poll(device_code=device.began["user_code"])) == DEAD


async def test_the_device_may_stay_signed_in(world: World) -> None:
    device = await waiting_tv(world)
    await allow_device(world, device, lifetime="forever")
    tokens = (await device.poll()).json()
    response = await world.refresh(tokens["refresh_token"], client=None, client_id=TV)
    assert response.status_code == 200


async def test_this_time_only_gives_no_refresh_token(world: World) -> None:
    device = await waiting_tv(world)
    await allow_device(world, device, lifetime="once")
    tokens = (await device.poll()).json()
    assert "refresh_token" not in tokens
    assert tokens["expires_in"] <= 3600


async def test_the_device_gets_only_what_was_ticked(world: World) -> None:
    device = await waiting_tv(world)
    await allow_device(world, device, tick=["list_album"])
    tokens = (await device.poll()).json()
    assert tokens["scope"] == "list_album"


async def test_what_is_allowed_later_elsewhere_does_not_reach_this_device(world: World) -> None:
    device, second = await waiting_tv(world), Device(world)
    browser = await allow_device(world, device, tick=["list_album"])
    first = (await device.poll()).json()
    await second.begin()
    await allow_device(world, second, browser)
    assert (await second.poll()).json()["scope"] == "get_user_info list_album"
    refreshed = (await world.refresh(first["refresh_token"], client=None, client_id=TV)).json()
    assert refreshed["scope"] == "list_album"


@pytest.mark.spec("RFC 8707", "2.2", "the token is for the resource named when the device asked")
async def test_a_resource_narrows_the_token(world: World) -> None:
    device = await waiting_tv(world, resource=PHOTOS)
    await allow_device(world, device)
    assert refusal(await device.poll(resource="http://localhost:4000")) == (400, "invalid_target")
    tokens = (await device.poll()).json()
    assert tokens["scope"] == "list_album"
    assert (await world.introspect(tokens["access_token"], client="photos"))["aud"] == PHOTOS


async def test_signing_out_of_the_browser_does_not_switch_the_device_off(world: World) -> None:
    device = await waiting_tv(world)
    browser = await allow_device(world, device)
    await browser.get("/sign-out")
    await browser.submit(browser.form("sign-out-form"))
    tokens = (await device.poll()).json()
    assert (await world.introspect(tokens["access_token"], client="photos"))["active"]


@pytest.mark.parametrize("what", ["account", "client", "grant"])
async def test_whoever_was_locked_out_meanwhile_gets_nothing(world: World, what: str) -> None:
    device = await waiting_tv(world)
    await allow_device(world, device)
    account = await world.server.store.accounts.get_by_username("zhangsan")
    assert account
    if what == "account":
        await world.disable_account(account)
    elif what == "client":
        await add_tv(world, disabled_at=world.clock.now)
    else:
        await world.server.store.grants.end(account.id, TV, world.clock.now)
    assert refusal(await device.poll()) == ((401, "invalid_client") if what == "client" else DEAD)
    assert world.rows()["token_family"] == 0


async def test_nothing_that_matters_lives_in_memory(world: World) -> None:
    device = await waiting_tv(world)
    await device.poll()
    await world.restart()
    assert refusal(await device.poll()) == SLOW_DOWN
    await allow_device(world, device)
    await world.restart()
    assert (await device.poll()).status_code == 200
    await world.restart()
    assert refusal(await device.poll()) == DEAD


async def test_waiting_costs_two_reads_and_an_update_and_redeeming_two_reads_and_an_insert(world: World) -> None:
    device = await waiting_tv(world)
    world.driver.reset()
    await device.poll()
    assert (len(world.driver.reads), len(world.driver.writes)) == (2, 1)
    await allow_device(world, device)
    world.driver.reset()
    await device.poll()
    assert (len(world.driver.reads), len(world.driver.writes)) == (2, 1)


@pytest.mark.spec("OpenID Connect Core 1.0", "2", "an ID Token says when and how the person signed in")
async def test_a_device_that_signs_people_in_gets_an_id_token(world: World) -> None:
    await add_tv(world, scope="openid list_album")
    device = Device(world)
    await device.begin()
    signed_in_at = world.clock.now
    browser = await allow_device(world, device)
    world.clock.advance(60)
    tokens = (await device.poll()).json()
    claims = claims_of(tokens["id_token"])
    account = await world.server.store.accounts.get_by_username("zhangsan")
    assert account
    assert (claims["aud"], claims["sub"]) == (TV, account.id.hex())
    assert (claims["auth_time"], claims["amr"]) == (signed_in_at, ["pwd"])
    assert "sid" not in claims, "the browser's session is not the device's"
    assert "openid" in tokens["scope"].split()
    assert tokens["id_token"] not in browser.page.text
