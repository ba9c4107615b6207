"""The requests that the tables spoil are good before, and a refusal spends nothing."""

import pytest

from tests.protocol.bad_input.endpoints import ENDPOINTS, Endpoint, register
from tests.protocol.bad_input.spoil import DUPLICATED, WAYS, outcome, send_spoiled
from tests.world import World


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.name)
async def test_the_same_request_is_good_when_nothing_is_spoiled(world: World, endpoint: Endpoint) -> None:
    await register(world)
    response = await send_spoiled(world, await endpoint.make(world))
    assert outcome(response) in ("200", "201", "200 page", "200 picture", "303 elsewhere", "303 success")


@pytest.mark.parametrize("way", ["missing", "with a NUL byte", "with invalid UTF-8", DUPLICATED])
async def test_a_refusal_spends_neither_code_nor_refresh_token(world: World, way: str) -> None:
    await register(world)
    for endpoint in ENDPOINTS[:2]:
        good = await endpoint.make(world)
        for param in endpoint.params:
            if not (param.may_repeat or way == "missing"):
                await send_spoiled(world, good, param, WAYS[way])
        assert outcome(await send_spoiled(world, good)) == "200"
