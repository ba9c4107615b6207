"""One server for all attacks, as new for each of them: starting one costs more than most of them."""

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
async def attacked_world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    """Not for tests: ``world`` is."""
    # Without a sweep in the middle of a test that counts rows or writes.
    opened = await World.open(tmp_path_factory.mktemp("world"), sweep_interval_s=86_400, registration="token")
    yield opened
    await opened.close()


@pytest_asyncio.fixture(loop_scope="session")
async def world(attacked_world: World) -> World:
    """A running server with one client, one account, two scopes and a photo service; nothing has happened yet."""
    await attacked_world.reset()
    return attacked_world


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def attacked_people_world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    """Not for tests: ``people_world`` is."""
    opened = await World.open(
        tmp_path_factory.mktemp("people"),
        sweep_interval_s=86_400,
        account_registration="open",
        identity_providers={
            "company": {"issuer": "https://company.example", "client_id": "lobby", "create_accounts": True}
        },
    )
    yield opened
    await opened.close()


@pytest_asyncio.fixture(loop_scope="session")
async def people_world(attacked_people_world: World) -> World:
    """``world``, where people may register and sign in with a company that nobody can reach."""
    await attacked_people_world.reset()
    return attacked_people_world
