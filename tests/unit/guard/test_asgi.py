"""``GuardMiddleware`` around real Starlette applications."""

import logging
from collections.abc import AsyncIterator

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient, WebSocketDenialResponse
from starlette.websockets import WebSocket

from lingpai.crypto.jws import Signer
from lingpai.guard import Guard, GuardMiddleware, Verifier
from lingpai.guard.asgi import Connection, Receive, Send
from lingpai.oauth.challenge import parse_challenge
from tests.unit.guard.foreign_server import AUDIENCE, NOW, ForeignServer, token_of


async def whose_albums(request: Request) -> Response:
    return JSONResponse({"owner": request.state.access_token.subject})


async def health(request: Request) -> Response:
    return JSONResponse({"token": hasattr(request.state, "access_token")})


async def updates(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.send_text(websocket.state.access_token.subject)
    await websocket.close()


@pytest.fixture
def guard(verifier: Verifier) -> Guard:
    return Guard(verifier, realm="photos", clock=lambda: NOW)


@pytest.fixture
def app(guard: Guard) -> GuardMiddleware:
    routes = [Route("/albums", whose_albums), Route("/health", health), WebSocketRoute("/updates", updates)]
    return GuardMiddleware(Starlette(routes=routes), guard, scope="list_album", exclude=["/health"])


@pytest.fixture
async def client(app: GuardMiddleware) -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url=AUDIENCE) as client:
        yield client


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def challenge_of(response: httpx2.Response) -> dict[str, str]:
    challenges = dict(parse_challenge(response.headers["www-authenticate"]))
    # Only who has no good token yet is told that there is another way to present one.
    assert list(challenges) == (["Bearer", "DPoP"] if response.status_code == 401 else ["Bearer"])
    return challenges["Bearer"]


async def test_the_application_finds_the_access_token(client: httpx2.AsyncClient, signer: Signer) -> None:
    response = await client.get("/albums", headers=bearer(token_of(signer)))
    assert response.json() == {"owner": "zhangsan"}


@pytest.mark.spec("RFC 6750", "3.1", "without authentication information there is no error code")
async def test_a_request_without_a_token_is_told_what_is_needed(client: httpx2.AsyncClient) -> None:
    response = await client.get("/albums")
    assert response.status_code == 401
    assert challenge_of(response) == {"realm": "photos", "scope": "list_album"}
    assert response.json() == {"error_description": "no access token was sent", "scope": "list_album"}
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["content-type"] == "application/json"


@pytest.mark.spec("RFC 6750", "3.1", "an expired token is invalid_token with 401")
async def test_a_bad_token_is_an_invalid_token(client: httpx2.AsyncClient, signer: Signer) -> None:
    response = await client.get("/albums", headers=bearer(token_of(signer, exp=NOW - 60)))
    assert response.status_code == 401
    assert challenge_of(response)["error"] == "invalid_token"
    assert "expired" in challenge_of(response)["error_description"]


@pytest.mark.spec("RFC 6750", "3.1", "insufficient_scope is 403 and names the scope")
async def test_a_token_without_the_permission_is_told_which(client: httpx2.AsyncClient, signer: Signer) -> None:
    for scope in ("get_user_info", "list_albums", "LIST_ALBUM", None):
        response = await client.get("/albums", headers=bearer(token_of(signer, scope=scope)))
        assert response.status_code == 403
        challenge = challenge_of(response)
        assert (challenge["error"], challenge["scope"]) == ("insufficient_scope", "list_album")
        assert response.json()["scope"] == "list_album"


@pytest.mark.spec("RFC 6750", "3.1", "more than one method is invalid_request with 400")
async def test_a_token_sent_twice_is_an_invalid_request(client: httpx2.AsyncClient, signer: Signer) -> None:
    token = token_of(signer)
    for response in (
        await client.get("/albums", headers=bearer(token), params={"access_token": token}),
        await client.get("/albums", headers=[("Authorization", f"Bearer {token}"), ("authorization", "Bearer x")]),
    ):
        assert response.status_code == 400
        assert challenge_of(response)["error"] == "invalid_request"


@pytest.mark.spec("RFC 9700", "4.3.2", "a token in a query opens nothing")
async def test_a_token_elsewhere_than_in_the_header_opens_nothing(client: httpx2.AsyncClient, signer: Signer) -> None:
    token = token_of(signer)
    assert (await client.get("/albums", params={"access_token": token})).status_code == 400
    assert (await client.request("GET", "/albums", data={"access_token": token})).status_code == 401
    assert (await client.get("/albums", headers={"Cookie": f"access_token={token}"})).status_code == 401
    assert (await client.get("/albums", headers={"Authorization": f"DPoP {token}"})).status_code == 401


async def test_a_server_that_cannot_be_asked_lets_nobody_in(
    client: httpx2.AsyncClient, server: ForeignServer, signer: Signer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    token = token_of(signer)
    server.jwks = lambda: Response(status_code=500)
    response = await client.get("/albums", headers=bearer(token))
    assert response.status_code == 503
    assert response.headers["retry-after"] == "5"
    assert "www-authenticate" not in response.headers
    assert response.json()["error"] == "temporarily_unavailable"
    assert "https://as.example/jwks: answered 500" in caplog.text
    assert token not in caplog.text


async def test_only_the_very_paths_excluded_are_open(client: httpx2.AsyncClient) -> None:
    assert (await client.get("/health")).json() == {"token": False}
    for path in ("/health/", "/Health", "/healthz", "/health/../albums", "//health", "/health;x", "/", "/unknown"):
        assert (await client.get(path)).status_code == 401


def test_one_string_of_excluded_paths_is_refused(guard: Guard) -> None:
    with pytest.raises(TypeError):
        GuardMiddleware(Starlette(), guard, exclude="/health")


async def test_an_answer_remembered_for_one_permission_opens_no_other(guard: Guard, signer: Signer) -> None:
    def guarded(scope: str) -> list[Middleware]:
        return [Middleware(GuardMiddleware, guard, scope=scope)]

    routes = [
        Route("/albums", whose_albums, middleware=guarded("list_album")),
        Route("/upload", whose_albums, middleware=guarded("list_album upload_pic")),
        Route("/me", whose_albums, middleware=guarded("")),
    ]
    headers = bearer(token_of(signer))
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(Starlette(routes=routes)), base_url=AUDIENCE) as http:
        assert (await http.get("/albums", headers=headers)).status_code == 200
        refused = await http.get("/upload", headers=headers)
        assert (refused.status_code, challenge_of(refused)["scope"]) == (403, "list_album upload_pic")
        assert (await http.get("/me", headers=headers)).status_code == 200


async def test_the_realm_is_the_audience_unless_given(verifier: Verifier) -> None:
    app = GuardMiddleware(Starlette(), Guard(verifier, clock=lambda: NOW))
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url=AUDIENCE) as http:
        assert challenge_of(await http.get("/")) == {"realm": AUDIENCE}


def test_a_websocket_is_guarded_like_a_request(app: GuardMiddleware, signer: Signer) -> None:
    with TestClient(app) as client:
        with client.websocket_connect("/updates", headers=bearer(token_of(signer))) as socket:
            assert socket.receive_text() == "zhangsan"
        with pytest.raises(WebSocketDenialResponse) as denied, client.websocket_connect("/updates"):
            pytest.fail("it was let in")
        assert denied.value.status_code == 401
        assert "www-authenticate" in denied.value.headers


async def test_a_websocket_that_cannot_be_answered_is_closed(app: GuardMiddleware) -> None:
    sent: list[dict] = []

    async def send(message: object) -> None:
        assert isinstance(message, dict)
        sent.append(message)

    async def receive() -> dict[str, object]:
        return {"type": "websocket.connect"}

    connection = {"type": "websocket", "path": "/updates", "query_string": b"", "headers": []}
    await app(connection, receive, send)
    assert [message["type"] for message in sent] == ["websocket.close"]


async def test_the_lifespan_passes_through(guard: Guard) -> None:
    seen: list[str] = []

    async def inner(scope: Connection, receive: Receive, send: Send) -> None:
        assert callable(receive)
        assert callable(send)
        seen.append(scope["type"])

    async def receive() -> dict[str, object]:
        return {"type": "lifespan.startup"}

    async def send(_: object) -> None:
        pass

    await GuardMiddleware(inner, guard)({"type": "lifespan"}, receive, send)
    assert seen == ["lifespan"]
