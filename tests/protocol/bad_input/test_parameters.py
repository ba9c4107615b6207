"""Every parameter of every endpoint, spoiled in every way: the error its specification names, and nothing stored."""

from collections.abc import Iterable
from typing import Any

import pytest
import pytest_asyncio

from tests.protocol.bad_input.endpoints import ENDPOINTS, Endpoint, Good, Param, register
from tests.protocol.bad_input.spoil import ABSENT, DUPLICATED, MALFORMED, WAYS, expected, outcome, send_spoiled
from tests.world import World

Prepared = dict[str, Good]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def prepared(module_world: World) -> Prepared:
    """A good request to every endpoint; spoiled ones leave all of them good."""
    await register(module_world)
    return {endpoint.name: await endpoint.make(module_world) for endpoint in ENDPOINTS}


def every_parameter(*, required: bool = False) -> list[Any]:
    return [
        pytest.param(endpoint, param, id=f"{endpoint.name}: {param.name}")
        for endpoint in ENDPOINTS
        for param in endpoint.params
        if param.absent or not required
    ]


async def outcomes(world: World, good: Good, param: Param, ways: Iterable[str]) -> dict[str, str]:
    """Way of spoiling -> what the answer amounts to. Nothing may be stored, nobody signed in."""
    before, found = world.rows(), {}
    for way in ways:
        response = await send_spoiled(world, good, param, WAYS[way])
        assert "session" not in response.headers.get("set-cookie", ""), way
        found[way] = outcome(response)
    assert world.rows() == before, "nothing is stored"
    return found


@pytest.mark.spec("RFC 9110", "15.5.14", "a body longer than an endpoint reads is 413")
@pytest.mark.spec("RFC 6749", "3.1", "malformed and repeated parameters are refused as invalid_request")
@pytest.mark.spec("RFC 6749", "3.2", "malformed and repeated parameters are refused as invalid_request")
@pytest.mark.parametrize(("endpoint", "param"), every_parameter())
async def test_a_malformed_parameter_is_refused(
    module_world: World, prepared: Prepared, endpoint: Endpoint, param: Param
) -> None:
    ways = [way for way in MALFORMED if not (param.may_repeat and way.startswith(DUPLICATED))]
    found = await outcomes(module_world, prepared[endpoint.name], param, ways)
    assert found == {way: expected(endpoint, param, way) for way in ways}


@pytest.mark.spec("RFC 6749", "3.1", "a parameter without a value counts as left out")
@pytest.mark.parametrize(("endpoint", "param"), every_parameter(required=True))
async def test_a_required_parameter_is_missed(
    module_world: World, prepared: Prepared, endpoint: Endpoint, param: Param
) -> None:
    found = await outcomes(module_world, prepared[endpoint.name], param, ABSENT)
    assert found == dict.fromkeys(ABSENT, param.absent)
