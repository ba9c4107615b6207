"""Mounted in another application, or behind a proxy that keeps or strips the path of the issuer."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest
import pytest_asyncio
from msgspec.structs import replace
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Message

from lingpai.server.tokens.master_key import load_master_key
from lingpai.server.wiring import Server, open_database
from tests.wire import send
from tests.world import World

ISSUER = "https://sso.example/auth"
WELL_KNOWN = "/.well-known/oauth-authorization-server"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def world_at_a_path(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    opened = await World.open(tmp_path_factory.mktemp("path"), issuer=ISSUER)
    yield opened
    await opened.close()


async def hello(_request: Request) -> PlainTextResponse:
    return PlainTextResponse("the other application")


def around(app: ASGIApp) -> Starlette:
    return Starlette(routes=[Route(f"{WELL_KNOWN}/auth", endpoint=app), Mount("/auth", app=app), Route("/", hello)])


@pytest.mark.spec("RFC 8414", "3.1", "the path of the issuer follows the well-known part")
@pytest.mark.parametrize(
    ("path", "root_path"),
    [
        pytest.param("/auth/oauth2/jwks", "", id="proxy keeps the path"),
        pytest.param("/oauth2/jwks", "", id="proxy strips the path"),
        pytest.param("/auth/oauth2/jwks", "/auth", id="mounted"),
        pytest.param("/oauth2/jwks", "/auth", id="root_path of an older server"),
        pytest.param(f"{WELL_KNOWN}/auth", "", id="well-known"),
        pytest.param(f"/auth{WELL_KNOWN}", "", id="well-known below the path"),
    ],
)
async def test_the_path_is_understood_wherever_it_is_cut(world_at_a_path: World, path: str, root_path: str) -> None:
    response = await send(world_at_a_path.server.app, "GET", path, root_path=root_path, scheme="https")
    assert response.status_code == 200


@pytest.mark.parametrize("path", ["/authoauth2/jwks", "/other/oauth2/jwks", "/auth", "/auth/auth/oauth2/jwks2"])
async def test_a_path_that_only_looks_like_it_is_not_found(world_at_a_path: World, path: str) -> None:
    assert (await send(world_at_a_path.server.app, "GET", path)).status_code == 404


async def test_errors_come_in_the_form_of_the_endpoint_below_a_path_too(world_at_a_path: World) -> None:
    app = world_at_a_path.server.app
    assert (await send(app, "GET", "/auth/oauth2/token")).json()["error"] == "invalid_request"
    page = await send(app, "PUT", "/auth/sign-in")
    assert page.headers["content-type"].startswith("text/html")
    assert 'href="/auth/' in page.text
    assert "https://sso.example/sign-in" not in page.text


async def test_it_serves_mounted_in_another_application(world_at_a_path: World) -> None:
    transport = httpx2.ASGITransport(app=around(world_at_a_path.server.app))
    async with httpx2.AsyncClient(transport=transport, base_url="https://sso.example") as client:
        document = (await client.get(f"{WELL_KNOWN}/auth")).json()
        assert document["issuer"] == ISSUER
        assert (await client.get(document["jwks_uri"])).json()["keys"]
        assert (await client.post(document["token_endpoint"])).status_code == 400
        page = await client.get("/auth/sign-in")
        assert 'action="/auth/sign-in"' in page.text
        assert (await client.get("/")).text == "the other application"
        redirect = await client.get("/auth/account/grants")
        assert redirect.headers["location"] == "/auth/sign-in"


async def test_mounted_without_a_lifespan_it_starts_at_the_first_request(tmp_path: Path, world: World) -> None:
    config = replace(
        world.config,
        issuer=ISSUER,
        database=f"sqlite:///{tmp_path}/mounted.db",
        master_key_file=tmp_path / "mounted.key",
    )
    server = Server(config, open_database(config), load_master_key(config, create=True), world.clock)
    transport = httpx2.ASGITransport(app=around(server.app))
    try:
        async with httpx2.AsyncClient(transport=transport, base_url="https://sso.example") as client:
            assert (await client.get("/auth/oauth2/jwks")).json()["keys"]
            assert (await client.get("/auth/health/ready")).status_code == 200
    finally:
        await server.close()


async def test_the_lifespan_starts_and_stops_it(tmp_path: Path, world: World) -> None:
    config = replace(world.config, database=f"sqlite:///{tmp_path}/life.db", master_key_file=tmp_path / "life.key")
    server = Server(config, open_database(config), load_master_key(config, create=True), world.clock)
    asked = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]
    answered: list[str] = []

    async def receive() -> dict[str, str]:
        return asked.pop(0)

    async def write(message: Message) -> None:
        answered.append(message["type"])
        if message["type"] == "lifespan.startup.complete":
            assert (await send(server.app, "GET", "/oauth2/jwks")).json()["keys"]

    await server.app({"type": "lifespan"}, receive, write)
    assert answered == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
