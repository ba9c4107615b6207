from collections.abc import AsyncIterator

import httpx2
import pytest

from lingpai.crypto.jws import Signer
from lingpai.guard import Jwks, Verifier
from tests.unit.guard.foreign_server import AUDIENCE, ISSUER, ForeignServer


@pytest.fixture
def server() -> ForeignServer:
    return ForeignServer()


@pytest.fixture
def signer(server: ForeignServer) -> Signer:
    return server.new_signer("key-1")


@pytest.fixture
async def http(server: ForeignServer) -> AsyncIterator[httpx2.AsyncClient]:
    async with server.http() as client:
        yield client


@pytest.fixture
def verifier(http: httpx2.AsyncClient) -> Verifier:
    return Verifier(issuer=ISSUER, audience=AUDIENCE, jwks=Jwks(issuer=ISSUER, http=http))
