"""How many statements a request costs (docs/decisions/0006), counted at the driver."""

from collections.abc import Awaitable, Callable
from typing import Any, Self

import pytest

from tests.world import PHOTOS, Ask, World, grant_tokens


class Cost:
    """Reads and writes of what runs inside ``async with``."""

    def __init__(self, world: World) -> None:
        self._driver = world.driver
        self.reads = self.writes = -1

    async def __aenter__(self) -> Self:
        self._driver.reset()
        return self

    async def __aexit__(self, *_: object) -> None:
        self.reads, self.writes = len(self._driver.reads), len(self._driver.writes)

    @property
    def both(self) -> tuple[int, int]:
        return self.reads, self.writes


async def test_redeeming_a_code_is_the_client_and_one_insert(world: World) -> None:
    ask = Ask(world)
    code = (await ask.allow(world.browser()))["code"]
    async with Cost(world) as cost:
        assert (await ask.redeem(code)).status_code == 200
    assert cost.both == (1, 1)
    assert world.driver.writes[0].startswith("INSERT INTO token_family")


async def test_refreshing_is_the_client_and_one_update(world: World) -> None:
    tokens = await grant_tokens(world)
    async with Cost(world) as cost:
        assert (await world.refresh(tokens["refresh_token"])).status_code == 200
    assert cost.both == (1, 1)
    assert world.driver.writes[0].startswith("UPDATE token_family")


async def test_a_lost_answer_changes_nothing(world: World) -> None:
    tokens = await grant_tokens(world)
    await world.refresh(tokens["refresh_token"])
    async with Cost(world) as cost:
        assert (await world.refresh(tokens["refresh_token"])).status_code == 200
    # The update is tried and meets no row; what it does not find is read.
    assert cost.reads == 2
    assert await world.driver.fetch_one("SELECT generation FROM token_family") == (1,)


@pytest.mark.parametrize("form", ["opaque", "at+jwt"])
async def test_introspection_is_the_caller_and_one_joined_read(world: World, form: str) -> None:
    await world.add_resource_server(PHOTOS, client_ids=("photos",), access_token_format=form)
    tokens = await grant_tokens(world, scope="list_album")
    async with Cost(world) as cost:
        assert (await world.introspect(tokens["access_token"], client="photos"))["active"]
    assert cost.both == (2, 0)


async def test_introspecting_garbage_asks_for_the_caller_only(world: World) -> None:
    async with Cost(world) as cost:
        assert not (await world.introspect("garbage"))["active"]
    assert cost.both == (1, 0)


async def test_userinfo_is_one_joined_read(world: World) -> None:
    tokens = await grant_tokens(world)
    async with Cost(world) as cost:
        headers = {"authorization": f"Bearer {tokens['access_token']}"}
        assert (await world.http.get("/oauth2/userinfo", headers=headers)).status_code == 200
    assert cost.both == (1, 0)


async def test_the_silent_path_is_the_client_and_one_joined_read(world: World) -> None:
    browser = world.browser()
    await Ask(world).allow(browser)
    async with Cost(world) as cost:
        await browser.get(Ask(world).url)
    assert "code" in browser.sent_to
    assert cost.both == (2, 0)


@pytest.mark.parametrize(
    "path", ["/oauth2/jwks", "/.well-known/oauth-authorization-server", "/health/live", "/static/lingpai.css"]
)
async def test_public_documents_cost_nothing(world: World, path: str) -> None:
    async with Cost(world) as cost:
        assert (await world.http.get(path)).status_code == 200
    assert cost.both == (0, 0)


async def unknown_client(world: World) -> Any:
    return await world.post("/oauth2/token", client="nobody", grant_type="refresh_token", refresh_token="x")


async def garbage_code(world: World) -> Any:
    return await Ask(world).redeem("garbage")


async def garbage_refresh_token(world: World) -> Any:
    return await world.refresh("garbage")


async def foreign_redirect_uri(world: World) -> Any:
    return await world.http.get(Ask(world, redirect_uri="https://evil.example/").url)


async def broken_request(world: World) -> Any:
    return await world.http.get(Ask(world, code_challenge=None).url)


@pytest.mark.parametrize(
    "request_of", [unknown_client, garbage_code, garbage_refresh_token, foreign_redirect_uri, broken_request]
)
async def test_what_is_refused_costs_one_read_at_most(
    world: World, request_of: Callable[[World], Awaitable[Any]]
) -> None:
    async with Cost(world) as cost:
        await request_of(world)
    assert cost.reads <= 1
    assert cost.writes == 0


async def test_the_catalog_is_read_again_only_after_its_time(own_world: World) -> None:
    world = own_world
    await world.http.get("/oauth2/jwks")
    async with Cost(world) as cost:
        for _ in range(20):
            await world.http.get("/oauth2/jwks")
    assert cost.both == (0, 0)
    world.clock.advance(world.config.catalog_staleness_s)
    async with Cost(world) as cost:
        for _ in range(20):
            await world.http.get("/oauth2/jwks")
    assert 0 < cost.reads <= 6, "once, not once per request"
