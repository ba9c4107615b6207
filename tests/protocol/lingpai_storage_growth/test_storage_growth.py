"""Storage grows with people and applications, not with use (docs/decisions/0001); what expired goes."""

import httpx2

from lingpai.server.storage.driver import Statement
from lingpai.server.storage.sweep import sweep_all
from tests.world import Ask, World, grant_tokens

DAY_S = 86_400
PER_USE = {"token_family", "account_grant", "spent", "session", "throttle", "audit_event"}


async def test_fifty_refreshes_add_no_row(world: World) -> None:
    tokens = await grant_tokens(world)
    before = world.rows()
    for _ in range(50):
        response = await world.refresh(tokens["refresh_token"])
        assert response.status_code == 200
        tokens = response.json()
    assert world.rows() == before


async def test_a_hundred_introspections_and_profile_reads_add_no_row(world: World) -> None:
    tokens = await grant_tokens(world)
    before = world.rows()
    headers = {"authorization": f"Bearer {tokens['access_token']}"}
    for _ in range(50):
        assert await world.is_active(tokens["access_token"])
        assert (await world.http.get("/oauth2/userinfo", headers=headers)).status_code == 200
    assert world.rows() == before


async def test_a_flood_of_authorization_requests_adds_no_row(world: World) -> None:
    before = world.rows()
    for number in range(50):
        async with httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app=world.server.app), base_url=world.config.issuer
        ) as stranger:
            response = await stranger.get(Ask(world, state=str(number)).url)
            assert response.status_code == 303
            assert (await stranger.get(response.headers["location"])).status_code == 200
    assert world.rows() == before


async def test_codes_that_nobody_redeems_add_no_row(world: World) -> None:
    browser = world.browser()
    await Ask(world).allow(browser)
    before = world.rows()
    for _ in range(20):
        await browser.get(Ask(world).url)
        assert "code" in browser.sent_to
    assert world.rows() == before


async def test_each_sign_in_of_an_application_is_one_row(world: World) -> None:
    browser = world.browser()
    await grant_tokens(world, browser)
    before = world.rows()
    for _ in range(3):
        await grant_tokens(world, browser)
    assert world.rows() == before | {"token_family": before["token_family"] + 3}


async def test_consenting_again_and_again_keeps_one_grant(world: World) -> None:
    browser = world.browser()
    for lifetime in ("1d", "30d", "once", "forever"):
        await Ask(world, prompt="consent").allow(browser, lifetime=lifetime)
    assert world.rows()["account_grant"] == 1


async def test_what_is_refused_adds_no_row(world: World) -> None:
    tokens = await grant_tokens(world)
    before = world.rows()
    for _ in range(10):
        await world.refresh("garbage")
        await Ask(world).redeem("garbage")
        await world.post("/oauth2/token", client="nobody", grant_type="refresh_token", refresh_token="x")
        await world.post("/oauth2/revoke", token="garbage")
        await world.refresh(tokens["refresh_token"], scope="upload_pic")
    assert world.rows() == before


async def test_the_sweep_leaves_what_is_alive(world: World) -> None:
    browser = world.browser()
    tokens = await grant_tokens(world, browser)
    await world.post("/oauth2/revoke", token=tokens["access_token"])
    before = world.rows()
    assert not any((await sweep_all(world.driver, world.clock.now)).values())
    assert world.rows() == before
    assert (await world.refresh(tokens["refresh_token"])).status_code == 200


async def test_the_sweep_takes_everything_that_expired(world: World) -> None:
    fresh = world.rows()
    tokens = await grant_tokens(world)
    await world.post("/oauth2/revoke", token=tokens["access_token"])
    browser = world.browser()
    await world.sign_in(browser, password="wrong")
    assert (world.rows()["spent"], world.rows()["throttle"] > 0) == (1, True)
    world.clock.advance(400 * DAY_S)
    await sweep_all(world.driver, world.clock.now)
    left = {name: count for name, count in world.rows().items() if name in PER_USE and name != "audit_event"}
    assert left == {name: fresh[name] for name in left}


async def test_a_used_code_is_refused_as_long_as_it_could_be_presented_though_swept(world: World) -> None:
    await world.add_client("brief", grant_types=("authorization_code",), access_token_lifetime_s=30)
    ask = Ask(world, "brief")
    code = (await ask.allow(world.browser()))["code"]
    assert (await ask.redeem(code, client="brief")).status_code == 200
    world.clock.advance(45)
    await sweep_all(world.driver, world.clock.now)
    assert (await ask.redeem(code, client="brief")).status_code == 400


async def test_a_sweep_larger_than_one_batch_ends(world: World) -> None:
    insert = "INSERT INTO spent (purpose, id, expires_at) VALUES ('access_token', $1, $2)"
    now = world.clock.now
    await world.driver.transact([Statement(insert, (number.to_bytes(16, "big"), now)) for number in range(1100)])
    assert (await sweep_all(world.driver, world.clock.now))["spent"] == 1100
    assert world.rows()["spent"] == 0


async def test_a_grant_goes_a_month_after_its_end(world: World) -> None:
    tokens = await grant_tokens(world)
    account = await world.server.store.accounts.get_by_username("zhangsan")
    assert account
    await world.server.store.grants.end(account.id, "photo-print", world.clock.now)
    world.clock.advance(31 * DAY_S - 1)
    await sweep_all(world.driver, world.clock.now)
    assert world.rows()["account_grant"] == 1
    world.clock.advance(1)
    await sweep_all(world.driver, world.clock.now)
    assert world.rows()["account_grant"] == 0
    assert not await world.is_active(tokens["access_token"])
