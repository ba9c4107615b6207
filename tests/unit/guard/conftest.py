from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx2
import pytest

from lingpai.crypto.jws import Signer
from lingpai.guard import Guard, Jwks, Verifier
from tests.unit.guard.bound_tokens import PROVER, Clock, dependency, middleware, reach
from tests.unit.guard.foreign_server import AUDIENCE, ISSUER, ForeignServer, token_of


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


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def bound_token(signer: Signer) -> str:
    return token_of(signer, cnf={"jkt": PROVER.jkt})


@pytest.fixture(params=[middleware, dependency], ids=["middleware", "dependency"])
def guarded(request: pytest.FixtureRequest) -> Callable[[Guard], Any]:
    make: Callable[[Guard], Any] = request.param
    return make


@pytest.fixture
async def bound_client(
    guarded: Callable[[Guard], Any], verifier: Verifier, clock: Clock
) -> AsyncIterator[httpx2.AsyncClient]:
    async with reach(guarded(Guard(verifier, realm="photos", clock=clock))) as client:
        yield client
