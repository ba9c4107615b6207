"""A foreign authorization server on loopback, and clients of both kinds connected to it."""

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import httpx2
import pytest
import uvicorn

from lingpai.client import AsyncClient, Client, Provider
from tests.unit.client.foreign import ForeignServer
from tests.unit.client.people import NO_TLS, Blocking, FakeClock


@pytest.fixture(scope="module")
def running() -> Iterator[ForeignServer]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        foreign = ForeignServer(f"http://127.0.0.1:{listener.getsockname()[1]}")
        config = uvicorn.Config(foreign.app, log_level="critical", lifespan="off", ws="none")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        yield foreign
        server.should_exit = True
        thread.join()


@pytest.fixture
def foreign(running: ForeignServer) -> ForeignServer:
    running.reset()
    return running


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture(params=["Client", "AsyncClient"])
def connect(request: pytest.FixtureRequest, foreign: ForeignServer, clock: FakeClock) -> Iterator[Callable[..., Any]]:
    with asyncio.Runner() as runner, httpx2.Client(verify=NO_TLS) as http:
        async_http = httpx2.AsyncClient(verify=NO_TLS)

        def connect(provider: Provider | str = foreign.issuer, **options: Any) -> Any:
            identity = {"client_id": foreign.client_id, "client_secret": foreign.client_secret}
            settings = {**identity, "clock": clock, **options}
            if request.param == "Client":
                return Client(provider, http=http, **settings)
            return Blocking(AsyncClient(provider, http=async_http, **settings), runner)

        yield connect
        runner.run(async_http.aclose())


@pytest.fixture
def client(connect: Callable[..., Any]) -> Any:
    return connect()
