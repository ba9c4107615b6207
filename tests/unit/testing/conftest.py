"""One server on a port for all of it."""

import ssl
from collections.abc import Iterator

import httpx2
import pytest

from lingpai.client.platforms import PlatformClient, get_platform
from lingpai.testing import LingpaiServer

_NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


@pytest.fixture(scope="session")
def running() -> Iterator[LingpaiServer]:
    with LingpaiServer() as server:
        yield server


@pytest.fixture
def server(running: LingpaiServer) -> LingpaiServer:
    running.reset()
    return running


@pytest.fixture(scope="session")
def http() -> Iterator[httpx2.Client]:
    with httpx2.Client(verify=_NO_TLS, timeout=30) as client:
        yield client


@pytest.fixture
def qq(server: LingpaiServer, http: httpx2.Client) -> PlatformClient:
    own = server.qq
    platform = get_platform(
        "qq", client_id=own.client_id, client_secret=own.client_secret, base_url=server.issuer, unionid=True
    )
    return PlatformClient(platform, http=http, clock=server.clock, timeout_s=30)
