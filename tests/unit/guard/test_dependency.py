"""``guard.require`` in a real FastAPI application."""

from collections.abc import AsyncIterator
from typing import Annotated

import httpx2
import pytest
from fastapi import Depends, FastAPI, WebSocket
from starlette.testclient import TestClient, WebSocketDenialResponse

from lingpai.crypto.jws import Signer
from lingpai.guard import AccessToken, Guard, Introspector, Verifier
from lingpai.oauth.challenge import parse_challenge
from lingpai.oauth.errors import InvalidScope
from tests.unit.guard.foreign_server import AUDIENCE, ISSUER, NOW, ForeignServer, claims_of, token_of


def photo_service(guard: Guard) -> FastAPI:
    app = FastAPI()

    @app.get("/albums")
    async def albums(token: Annotated[AccessToken, Depends(guard.require("list_album"))]) -> dict[str, object]:
        return {"owner": token.subject, "client": token.client_id}

    @app.post("/photos")
    def upload(token: Annotated[AccessToken, Depends(guard.require("list_album", "upload_pic"))]) -> dict[str, object]:
        return {"owner": token.subject}

    @app.get("/me", dependencies=[Depends(guard.require())])
    async def me() -> str:
        return "somebody"

    @app.websocket("/updates")
    async def updates(
        websocket: WebSocket, token: Annotated[AccessToken, Depends(guard.require("list_album"))]
    ) -> None:
        await websocket.accept()
        await websocket.send_text(str(token.subject))
        await websocket.close()

    return app


@pytest.fixture
def app(verifier: Verifier) -> FastAPI:
    return photo_service(Guard(verifier, clock=lambda: NOW))


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url=AUDIENCE) as client:
        yield client


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def test_the_route_gets_the_access_token(client: httpx2.AsyncClient, signer: Signer) -> None:
    response = await client.get("/albums", headers=bearer(token_of(signer)))
    assert response.json() == {"owner": "zhangsan", "client": "photo-print"}
    assert (await client.get("/me", headers=bearer(token_of(signer, scope=None)))).json() == "somebody"


@pytest.mark.spec("RFC 6750", "3", "a refusal carries WWW-Authenticate")
async def test_refusals_carry_the_challenge_and_say_why_in_json(client: httpx2.AsyncClient, signer: Signer) -> None:
    token = token_of(signer)
    for response, status, error in (
        (await client.get("/albums"), 401, None),
        (await client.get("/albums", headers=bearer("ey.ey.ey")), 401, "invalid_token"),
        (await client.post("/photos", headers=bearer(token)), 403, "insufficient_scope"),
        (await client.get("/albums", params={"access_token": token}), 400, "invalid_request"),
    ):
        scheme, params = parse_challenge(response.headers["www-authenticate"])[0]
        assert (response.status_code, scheme, params.get("error")) == (status, "Bearer", error)
        assert response.json()["detail"].get("error") == error
        assert response.headers["cache-control"] == "no-store"


async def test_a_refused_upload_names_everything_it_needs(client: httpx2.AsyncClient, signer: Signer) -> None:
    response = await client.post("/photos", headers=bearer(token_of(signer)))
    assert response.json()["detail"]["scope"] == "list_album upload_pic"


async def test_a_server_that_cannot_be_asked_lets_nobody_in(
    client: httpx2.AsyncClient, server: ForeignServer, signer: Signer
) -> None:
    server.metadata.clear()
    response = await client.get("/albums", headers=bearer(token_of(signer)))
    assert (response.status_code, response.headers["retry-after"]) == (503, "5")


def test_a_websocket_route_is_guarded_too(app: FastAPI, signer: Signer) -> None:
    with TestClient(app) as client:
        with client.websocket_connect("/updates", headers=bearer(token_of(signer))) as socket:
            assert socket.receive_text() == "zhangsan"
        with pytest.raises(WebSocketDenialResponse), client.websocket_connect("/updates"):
            pytest.fail("it was let in")


async def test_a_revocation_reaches_a_service_that_introspects(http: httpx2.AsyncClient, server: ForeignServer) -> None:
    now = [NOW]
    check = Introspector(issuer=ISSUER, audience=AUDIENCE, client_id="photos", client_secret="s3cret", http=http)
    app = photo_service(Guard(check, clock=lambda: now[0]))
    server.introspection["opaque"] = {"active": True, **claims_of()}
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url=AUDIENCE) as client:
        assert (await client.get("/albums", headers=bearer("opaque"))).status_code == 200
        server.introspection.clear()
        now[0] += 5
        refused = await client.get("/albums", headers=bearer("opaque"))
    assert (refused.status_code, refused.json()["detail"]["error"]) == (401, "invalid_token")


def test_a_permission_that_is_no_scope_is_refused_when_the_route_is_made(verifier: Verifier) -> None:
    for permission in ("", "list album", 'list"album'):
        with pytest.raises(InvalidScope):
            Guard(verifier).require(permission)


async def test_the_dependency_adds_nothing_to_the_routes_parameters(app: FastAPI) -> None:
    assert "parameters" not in app.openapi()["paths"]["/albums"]["get"]
