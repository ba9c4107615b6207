"""One server for all protocol tests, as new for each of them: starting one costs more than most of them."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.world import World


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The server lives in one event loop, so these tests run in that one."""
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here) and pytest_asyncio.is_async_test(item):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def everybodys_world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    """Not for tests: they take ``world``, ``module_world`` or ``own_world``."""
    opened = await World.open(tmp_path_factory.mktemp("world"))
    yield opened
    await opened.close()


@pytest_asyncio.fixture(loop_scope="session")
async def world(everybodys_world: World) -> World:
    """A running server with one client, one account, two scopes and a photo service; nothing has happened yet."""
    await everybodys_world.reset()
    return everybodys_world


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def module_world(everybodys_world: World) -> World:
    """The same for a whole module of tests that leave nothing behind."""
    await everybodys_world.reset()
    return everybodys_world


@pytest_asyncio.fixture(loop_scope="session")
async def own_world(tmp_path: Path) -> AsyncIterator[World]:
    """A server for one test alone, whose database may be broken and whose clock has only ever gone forward."""
    opened = await World.open(tmp_path)
    yield opened
    await opened.close()
