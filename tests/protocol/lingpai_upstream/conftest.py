"""Two servers for all tests of this folder, as new for each of them."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.upstream import Lobby, open_lobby


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def everybodys_lobby(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Lobby]:
    """Not for tests: they take ``lobby``."""
    async with open_lobby(tmp_path_factory.mktemp("upstream"), trust_amr=True) as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="session")
async def lobby(everybodys_lobby: Lobby) -> Lobby:
    """Two servers; at the company there is chen, whom nobody in the lobby knows."""
    await everybodys_lobby.reset()
    return everybodys_lobby
