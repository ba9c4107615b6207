from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.world import World


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """A running server with one client, one account, two scopes and a photo service."""
    opened = await World.open(tmp_path)
    yield opened
    await opened.close()
