"""A server where anybody may register."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.registration import registering_world
from tests.world import World


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def open_world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    """Not for tests: ``world`` is."""
    async with registering_world(tmp_path_factory.mktemp("registering")) as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="session")
async def world(open_world: World) -> World:
    """Nobody has registered yet."""
    await open_world.reset()
    return open_world
