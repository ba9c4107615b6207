"""The door of the admin API, tried by people with no token, and with one that is taken away while they speak."""

from collections.abc import AsyncIterator

import pytest

from lingpai.server.tokens.admin_scopes import ADMIN_READ, ADMIN_WRITE
from tests.protocol.lingpai_administration.test_admin_api import V1, switch_on, token_for
from tests.world import World


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "PATCH"])
async def test_the_public_description_is_no_way_in(world: World, method: str) -> None:
    await switch_on(world)
    answer = await world.http.request(method, f"{V1}/openapi.json", headers={"idempotency-key": "k"}, content=b"{}")
    assert answer.status_code == (200 if method == "GET" else 405)
    for path in ("/openapi.json/", "//openapi.json", "/openapi.json/../accounts", "/x/openapi.json"):
        answer = await world.http.request(method, V1 + path)
        assert answer.status_code in (401, 404), path


async def test_a_token_that_is_revoked_while_the_body_comes_does_nothing(world: World) -> None:
    await switch_on(world)
    token = await token_for(world, ADMIN_READ, ADMIN_WRITE)

    async def slowly() -> AsyncIterator[bytes]:
        yield b'{"clien'
        await world.post("/oauth2/revoke", client="ops", token=token)
        yield b't_name":"Evil"}'

    headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
    answer = await world.http.post(f"{V1}/applications", content=slowly(), headers=headers)
    assert answer.status_code == 401


async def test_a_body_without_end_is_refused(world: World) -> None:
    await switch_on(world)
    answer = await world.http.post(f"{V1}/announcements", content=b"x" * 300_000)
    assert answer.status_code in (400, 413)
