"""One server for all peers. The npm peer is there only where ``make interop`` has installed it."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx2
import pytest

from tests.interop.provider import Person, Process, Provider

NODE = Path(__file__).parent / "node"
collect_ignore = [] if (NODE / "node_modules").is_dir() else ["test_oauth4webapi.py", "test_qq_node.py"]


@pytest.fixture(scope="session")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    """The running server."""
    process = Process(tmp_path_factory.mktemp("provider"))
    yield process.provider
    process.stop()


@pytest.fixture
async def person(provider: Provider) -> AsyncIterator[Person]:
    """Somebody with a new browser."""
    async with httpx2.AsyncClient(verify=provider.context()) as http:
        yield Person(http, provider.issuer)
