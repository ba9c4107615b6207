"""Every parameter of every endpoint, spoiled in every way: the error its specification names, and nothing stored."""

from collections.abc import Iterator
from typing import Any

import pytest
import pytest_asyncio

from tests.protocol.bad_input.endpoints import ENDPOINTS, Endpoint, Good, Param, register
from tests.protocol.bad_input.spoil import ABSENT, DUPLICATED, MALFORMED, expected, outcome, send_spoiled
from tests.world import World

Prepared = dict[str, Good]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def prepared(module_world: World) -> Prepared:
    """A good request to every endpoint; spoiled ones leave all of them good."""
    await register(module_world)
    return {endpoint.name: await endpoint.make(module_world) for endpoint in ENDPOINTS}


def malformed() -> Iterator[Any]:
    for endpoint in ENDPOINTS:
        for param in endpoint.params:
            for way in MALFORMED:
                if not (param.may_repeat and way.startswith(DUPLICATED)):
                    yield pytest.param(endpoint, param, way, id=f"{endpoint.name}: {param.name} {way}")


def absent() -> Iterator[Any]:
    for endpoint in ENDPOINTS:
        for param in endpoint.params:
            for way in ABSENT if param.absent else ():
                yield pytest.param(endpoint, param, way, id=f"{endpoint.name}: {param.name} {way}")


async def assert_refused(world: World, good: Good, endpoint: Endpoint, param: Param, way: str, refused: str) -> None:
    before = world.rows()
    response = await send_spoiled(world, good, param, (ABSENT | MALFORMED)[way])
    assert outcome(response) == refused
    assert world.rows() == before, "nothing is stored"
    assert "set-cookie" not in response.headers or endpoint.form == "page"
    assert "session" not in response.headers.get("set-cookie", "")


@pytest.mark.spec("RFC 6749", "3.1", "malformed and repeated parameters are refused as invalid_request")
@pytest.mark.spec("RFC 6749", "3.2", "malformed and repeated parameters are refused as invalid_request")
@pytest.mark.parametrize(("endpoint", "param", "way"), list(malformed()))
async def test_a_malformed_parameter_is_refused(
    module_world: World, prepared: Prepared, endpoint: Endpoint, param: Param, way: str
) -> None:
    refused = expected(endpoint, param, way)
    await assert_refused(module_world, prepared[endpoint.name], endpoint, param, way, refused)


@pytest.mark.spec("RFC 6749", "3.1", "a parameter without a value counts as left out")
@pytest.mark.parametrize(("endpoint", "param", "way"), list(absent()))
async def test_a_required_parameter_is_missed(
    module_world: World, prepared: Prepared, endpoint: Endpoint, param: Param, way: str
) -> None:
    await assert_refused(module_world, prepared[endpoint.name], endpoint, param, way, param.absent)


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.name)
async def test_the_same_request_is_good_when_nothing_is_spoiled(world: World, endpoint: Endpoint) -> None:
    await register(world)
    response = await send_spoiled(world, await endpoint.make(world))
    assert outcome(response) in ("200", "200 page", "303 elsewhere", "303 success")


@pytest.mark.parametrize("way", ["missing", "with a NUL byte", "with invalid UTF-8", DUPLICATED])
async def test_a_refusal_spends_neither_code_nor_refresh_token(world: World, way: str) -> None:
    await register(world)
    for endpoint in ENDPOINTS[:2]:
        good = await endpoint.make(world)
        for param in endpoint.params:
            if not (param.may_repeat or way == "missing"):
                await send_spoiled(world, good, param, (ABSENT | MALFORMED)[way])
        assert outcome(await send_spoiled(world, good)) == "200"
