"""A server where people may register, for all tests of this folder."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.world import World


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def open_world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    opened = await World.open(tmp_path_factory.mktemp("people"), account_registration="open", mail_outbox=True)
    yield opened
    await opened.close()


@pytest_asyncio.fixture(loop_scope="session")
async def world(open_world: World) -> World:
    await open_world.reset()
    return open_world
