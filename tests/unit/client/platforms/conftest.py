"""Each platform's look-alike, and a client of either kind connected to it."""

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import httpx2
import pytest

from lingpai.client.platforms import AsyncPlatformClient, PlatformClient, get_platform
from tests.unit.client.people import FakeClock
from tests.unit.client.platforms.look_alike import LookAlike
from tests.unit.client.platforms.look_alikes import LOOK_ALIKES


@pytest.fixture(params=LOOK_ALIKES)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def site(name: str) -> LookAlike:
    return LOOK_ALIKES[name][1]()


class _Blocking:
    def __init__(self, client: AsyncPlatformClient, runner: asyncio.Runner) -> None:
        self._client = client
        self._runner = runner

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self._client, name)
        return lambda *args, **kwargs: self._runner.run(method(*args, **kwargs))


@pytest.fixture(params=["PlatformClient", "AsyncPlatformClient"])
def connect(request: pytest.FixtureRequest) -> Iterator[Callable[..., Any]]:
    with asyncio.Runner() as runner:

        def connect(name: str, site: LookAlike, **changes: Any) -> Any:
            given = {"client_id": site.client_id, "client_secret": site.client_secret, **site.given, **changes}
            platform = get_platform(LOOK_ALIKES[name][0], **given)
            if request.param == "PlatformClient":
                http = httpx2.Client(transport=site.transport())
                return PlatformClient(platform, http=http, clock=FakeClock())
            async_http = httpx2.AsyncClient(transport=site.transport())
            return _Blocking(AsyncPlatformClient(platform, http=async_http, clock=FakeClock()), runner)

        yield connect


@pytest.fixture
def client(connect: Callable[..., Any], name: str, site: LookAlike) -> Any:
    return connect(name, site)
