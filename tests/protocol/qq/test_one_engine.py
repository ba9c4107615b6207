"""One person, one list of permissions, one revocation, whichever dialect is spoken."""

import pytest

from tests.qq import APPID, CALLBACK, App, add_qq_client
from tests.world import PHOTOS, SECRET, Ask, World


@pytest.fixture
async def app(world: World) -> App:
    await add_qq_client(world)
    return App(world)


def credentials() -> dict[str, str]:
    return {"client_id": APPID, "client_secret": SECRET}


async def standard_tokens(world: World) -> dict[str, str]:
    ask = Ask(world, APPID, scope="get_user_info list_album")
    answer = await ask.allow(world.browser(), lifetime="forever")
    response = await ask.redeem(answer["code"], client=None, **credentials())
    tokens: dict[str, str] = response.json()
    return tokens


async def test_a_token_of_the_dialect_works_at_the_standard_endpoints(world: World, app: App) -> None:
    token = (await app.tokens())["access_token"]
    info = await world.http.get("/oauth2/userinfo", headers={"authorization": f"Bearer {token}"})
    assert info.json()["nickname"] == "zhangsan"
    claims = await world.introspect(token, client="photos")
    assert (claims["active"], claims["client_id"], claims["scope"]) == (True, APPID, "get_user_info list_album")
    assert PHOTOS in claims["aud"]


async def test_a_standard_token_works_at_the_endpoints_of_the_dialect(world: World, app: App) -> None:
    token = (await standard_tokens(world))["access_token"]
    assert (await app.identity(token)).client_id == APPID
    assert (await app.api("/user/get_user_info", token)).json()["ret"] == 0


async def test_a_standard_token_without_the_permission_does_not(world: World, app: App) -> None:
    ask = Ask(world, APPID, scope="list_album", resource=PHOTOS)
    answer = await ask.allow(world.browser())
    token = (await ask.redeem(answer["code"], client=None, **credentials())).json()["access_token"]
    assert (await app.api("/user/get_user_info", token)).json()["ret"] == 100030


async def test_both_are_one_entry_on_the_account_page_and_end_together(world: World, app: App) -> None:
    browser = world.browser()
    qq = await app.tokens(browser)
    standard = await standard_tokens(world)
    await browser.get("/account/grants")
    assert browser.page.text.count(f'data-client="{APPID}"') <= 1
    account = await world.server.store.accounts.get_by_username("zhangsan")
    assert account
    assert len(await world.server.store.grants.list_with_clients(account.id, world.clock.now)) == 1
    assert await world.server.store.grants.end(account.id, APPID, world.clock.now)
    assert (await app.me(qq["access_token"], fmt="json")).json()["error"] == 100015
    assert (await app.me(standard["access_token"], fmt="json")).json()["error"] == 100015
    info = await world.http.get("/oauth2/userinfo", headers={"authorization": f"Bearer {qq['access_token']}"})
    assert info.status_code == 401
    refused = await app.token(grant_type="refresh_token", refresh_token=qq["refresh_token"], fmt="json")
    assert refused.json()["error"] == 100021


async def test_what_the_application_revokes_there_is_dead_here(world: World, app: App) -> None:
    tokens = await app.tokens()
    await world.post("/oauth2/revoke", client=None, token=tokens["refresh_token"], **credentials())
    assert (await app.me(tokens["access_token"], fmt="json")).json()["error"] == 100015


async def test_a_refresh_token_can_change_sides(world: World, app: App) -> None:
    tokens = await app.tokens()
    params = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    there = (await world.post("/oauth2/token", client=None, **params, **credentials())).json()
    assert there["token_type"] == "Bearer"
    back = await app.token(grant_type="refresh_token", refresh_token=there["refresh_token"])
    assert back.text.startswith("access_token=")


async def test_an_openid_is_another_one_for_each_application_and_stays_the_same(world: World, app: App) -> None:
    await add_qq_client(world, "100333333")
    await add_qq_client(world, "100444444", developer="somebody else")
    mine = await app.identity((await app.tokens())["access_token"])
    again = await app.identity((await app.tokens())["access_token"])
    others = [
        await other.identity((await other.tokens())["access_token"])
        for other in (App(world, "100333333"), App(world, "100444444"))
    ]
    assert mine == again
    assert len({identity.openid for identity in (mine, *others)}) == 3
    assert others[0].unionid == mine.unionid
    assert others[1].unionid != mine.unionid


async def test_a_person_who_is_locked_out_is_locked_out_here_too(world: World, app: App) -> None:
    token = (await app.tokens())["access_token"]
    account = await world.server.store.accounts.get_by_username("zhangsan")
    assert account
    openid = (await app.identity(token)).openid
    await world.disable_account(account)
    assert (await app.me(token, fmt="json")).json()["error"] == 100015
    assert (await app.api("/user/get_user_info", token, openid=openid)).json()["ret"] == -21


async def test_a_disabled_application_is_unknown(world: World, app: App) -> None:
    token = (await app.tokens())["access_token"]
    await add_qq_client(world, disabled_at=world.clock.now)
    assert (await app.me(token, fmt="json")).json()["error"] == 100015
    assert (await app.token(code="x", fmt="json")).json()["error"] == 100008


async def test_imported_openids_are_what_the_application_sees(world: World, app: App) -> None:
    from lingpai.server.storage.openids import ImportedOpenid, Openids

    account = await world.server.store.accounts.get_by_username("zhangsan")
    assert account
    known = "0E302B779D8D4C72D21E3172C015682B"
    imported = [ImportedOpenid(APPID, account.id, known, "zhufeng", "F" * 32)]
    assert await Openids(world.driver).put(imported)
    assert await Openids(world.driver).put(imported)
    identity = await app.identity((await app.tokens())["access_token"])
    assert (identity.openid, identity.unionid) == (known, "F" * 32)
    await world.add_account("lisi")
    lisi = await world.server.store.accounts.get_by_username("lisi")
    assert lisi
    assert not await Openids(world.driver).put([ImportedOpenid(APPID, lisi.id, known)])


async def test_signed_callbacks_are_those_of_the_standard_endpoint_only_exactly(world: World) -> None:
    """The lenient rule for callbacks holds in the dialect and nowhere else."""
    await add_qq_client(world)
    browser = world.browser()
    await browser.get(Ask(world, APPID, redirect_uri=CALLBACK + "?x=1").url)
    assert browser.page.status_code == 400
