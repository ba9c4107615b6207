"""Tokens bound to a key: taken with a proof of that key, for that request, once."""

from collections.abc import Callable
from typing import Any

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket

from lingpai.crypto.jws import Signer
from lingpai.guard import Dpop, Guard, GuardMiddleware, Introspector, Verifier
from lingpai.oauth.dpop import ALGS
from tests.proofs import Prover, ath
from tests.unit.guard.bound_tokens import ALBUMS, PROVER, challenges, middleware, present, reach
from tests.unit.guard.foreign_server import AUDIENCE, ISSUER, NOW, ForeignServer, claims_of, token_of


@pytest.mark.spec("RFC 9449", "7.1", "a bound token is good with a proof of its key")
async def test_a_bound_token_with_its_proof_is_let_in(bound_client: httpx2.AsyncClient, bound_token: str) -> None:
    for _ in range(2):
        response = await bound_client.get("/albums", headers=present(bound_token))
        assert (response.status_code, response.json()) == (200, {"owner": "zhangsan"})


@pytest.mark.spec("RFC 9449", "7.1", "who sent no token learns that both schemes are there, and the algorithms")
async def test_the_challenge_names_both_schemes(bound_client: httpx2.AsyncClient) -> None:
    response = await bound_client.get("/albums")
    assert challenges(response) == {
        "Bearer": {"realm": "photos", "scope": "list_album"},
        "DPoP": {"realm": "photos", "algs": " ".join(ALGS)},
    }


@pytest.mark.spec("RFC 9449", "7.2", "a bound token is not a bearer token")
@pytest.mark.parametrize("with_proof", [False, True], ids=["alone", "with its proof"])
async def test_a_bound_token_is_refused_as_a_bearer_token(
    bound_client: httpx2.AsyncClient, bound_token: str, *, with_proof: bool
) -> None:
    headers = present(bound_token) if with_proof else {}
    response = await bound_client.get("/albums", headers={**headers, "Authorization": f"Bearer {bound_token}"})
    assert response.status_code == 401
    assert challenges(response)["Bearer"]["error"] == "invalid_token"
    assert "key" in challenges(response)["Bearer"]["error_description"]
    assert challenges(response)["DPoP"]["algs"] == " ".join(ALGS)


@pytest.mark.spec("RFC 9449", "7.1", "a token that is not bound is refused under the scheme DPoP")
async def test_a_token_that_is_not_bound_is_no_dpop_token(bound_client: httpx2.AsyncClient, signer: Signer) -> None:
    response = await bound_client.get("/albums", headers=present(token_of(signer)))
    assert response.status_code == 401
    assert challenges(response)["DPoP"]["error"] == "invalid_token"


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "of another key": ({"prover": Prover()}, "invalid_token"),
    "for another token": ({"ath": ath("another")}, "invalid_dpop_proof"),
    "for no token": ({"ath": None}, "invalid_dpop_proof"),
    "for another method": ({"method": "POST"}, "invalid_dpop_proof"),
    "for another path": ({"url": f"{AUDIENCE}/photos"}, "invalid_dpop_proof"),
    "for another host": ({"url": "https://other.example/albums"}, "invalid_dpop_proof"),
    "too old": ({"iat": NOW - 61}, "invalid_dpop_proof"),
    "too early": ({"iat": NOW + 61}, "invalid_dpop_proof"),
    "without a name": ({"jti": None}, "invalid_dpop_proof"),
    "of another type": ({"header": {"typ": "JWT"}}, "invalid_dpop_proof"),
    "signed by nobody": ({"header": {"alg": "none"}}, "invalid_dpop_proof"),
}


@pytest.mark.spec("RFC 9449", "4.3", "a proof that is not of this request is refused")
@pytest.mark.parametrize(("changes", "error"), WRONG.values(), ids=WRONG.keys())
async def test_a_wrong_proof_is_refused(
    bound_client: httpx2.AsyncClient, bound_token: str, changes: dict[str, Any], error: str
) -> None:
    response = await bound_client.get("/albums", headers=present(bound_token, **changes))
    assert response.status_code == 401
    assert list(challenges(response)) == ["DPoP"]
    assert challenges(response)["DPoP"]["error"] == error
    assert challenges(response)["DPoP"]["algs"] == " ".join(ALGS)
    assert response.headers["cache-control"] == "no-store"
    assert bound_token not in response.text


async def test_without_a_proof_or_with_two_nobody_is_let_in(bound_client: httpx2.AsyncClient, bound_token: str) -> None:
    headers = present(bound_token)
    for proofs in ([], [headers["DPoP"], headers["DPoP"]]):
        sent = [("Authorization", headers["Authorization"]), *(("DPoP", proof) for proof in proofs)]
        response = await bound_client.get("/albums", headers=sent)
        assert (response.status_code, challenges(response)["DPoP"]["error"]) == (401, "invalid_dpop_proof")


async def test_a_permission_is_asked_of_bound_tokens_too(bound_client: httpx2.AsyncClient, signer: Signer) -> None:
    poor = token_of(signer, cnf={"jkt": PROVER.jkt}, scope="upload_pic")
    response = await bound_client.get("/albums", headers=present(poor))
    assert response.status_code == 403
    assert list(challenges(response)) == ["DPoP"]
    assert challenges(response)["DPoP"]["scope"] == "list_album"


PLACES: dict[str, tuple[dict[str, Any], str]] = {
    "as the Host header says": ({}, ALBUMS),
    "as the application was told": ({"base_url": "https://photos.example.com"}, "https://photos.example.com/albums"),
    "with a slash at the end": ({"base_url": "https://photos.example.com/"}, "https://photos.example.com/albums"),
    "behind a prefix": ({"base_url": "https://example.com/photos"}, "https://example.com/photos/albums"),
}


@pytest.mark.parametrize(("settings", "url"), PLACES.values(), ids=PLACES.keys())
async def test_the_address_is_the_one_the_client_sees(
    verifier: Verifier, bound_token: str, settings: dict[str, Any], url: str
) -> None:
    guard = Guard(verifier, dpop=Dpop(**settings), clock=lambda: NOW)
    async with reach(middleware(guard)) as client:
        assert (await client.get("/albums?page=2", headers=present(bound_token, url=url))).status_code == 200
        assert (
            await client.get("/albums", headers=present(bound_token, url="http://localhost/albums"))
        ).status_code == 401


async def test_a_host_header_sent_twice_is_no_address(verifier: Verifier, bound_token: str) -> None:
    guard = Guard(verifier, clock=lambda: NOW)
    headers = [
        *present(bound_token, url="https:///albums").items(),
        ("Host", "photos.example"),
        ("Host", "other.example"),
    ]
    connection = {"type": "http", "method": "GET", "path": "/albums", "scheme": "https"}
    raw = [(name.lower().encode(), value.encode()) for name, value in headers]
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> dict[str, object]:
        return {"type": "http.request"}

    await middleware(guard)({**connection, "headers": raw, "query_string": b""}, receive, send)
    assert sent[0]["status"] == 400


async def test_an_escape_in_the_path_is_compared_as_it_was_sent(verifier: Verifier, bound_token: str) -> None:
    async def photo(request: Request) -> Response:
        return JSONResponse(request.path_params["name"])

    app = GuardMiddleware(Starlette(routes=[Route("/p/{name}", photo)]), Guard(verifier, clock=lambda: NOW))
    async with reach(app) as client:
        good = present(bound_token, url=f"{AUDIENCE}/p/%e7%85%a7")
        assert (await client.get("/p/%E7%85%A7", headers=good)).json() == "照"
        assert (await client.get("/p/a%2Fb", headers=present(bound_token, url=f"{AUDIENCE}/p/a/b"))).status_code == 401


def test_a_websocket_opens_with_a_proof_for_get(verifier: Verifier, bound_token: str) -> None:
    async def updates(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.close()

    app = GuardMiddleware(Starlette(routes=[WebSocketRoute("/u", updates)]), Guard(verifier, clock=lambda: NOW))
    headers = present(bound_token, url="http://testserver/u")
    with TestClient(app) as client, client.websocket_connect("/u", headers=headers):
        pass


async def test_introspection_says_to_which_key_a_token_is_bound(
    guarded: Callable[[Guard], Any], http: httpx2.AsyncClient, server: ForeignServer
) -> None:
    check = Introspector(issuer=ISSUER, audience=AUDIENCE, client_id="photos", client_secret="s3cret", http=http)
    server.introspection["bound"] = {
        "active": True,
        "token_type": "DPoP",
        **claims_of(cnf={"jkt": PROVER.jkt}),
    }
    async with reach(guarded(Guard(check, clock=lambda: NOW))) as client:
        assert (await client.get("/albums", headers=present("bound"))).status_code == 200
        assert (await client.get("/albums", headers={"Authorization": "Bearer bound"})).status_code == 401
        assert (await client.get("/albums", headers=present("bound", Prover()))).status_code == 401
    assert server.count("/introspect") == 1


async def test_only_the_algorithms_named_are_taken(verifier: Verifier, signer: Signer) -> None:
    modern = Prover("EdDSA")
    guard = Guard(verifier, dpop=Dpop(algs=("EdDSA",)), clock=lambda: NOW)
    async with reach(middleware(guard)) as client:
        bound = token_of(signer, cnf={"jkt": modern.jkt})
        assert (await client.get("/albums", headers=present(bound, modern))).status_code == 200
        refused = await client.get("/albums", headers=present(token_of(signer, cnf={"jkt": PROVER.jkt})))
        assert (refused.status_code, challenges(refused)["DPoP"]["algs"]) == (401, "EdDSA")


@pytest.mark.parametrize(
    "wrong",
    [
        {"algs": ()},
        {"algs": "ES256"},
        {"algs": ("HS256",)},
        {"base_url": "photos.example"},
        {"base_url": "https://photos.example?x"},
        {"base_url": "https://photos.example#x"},
        {"nonce_key": b"short"},
        {"window_s": 0},
        {"window_s": 3600},
    ],
    ids=str,
)
def test_settings_that_check_nothing_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        Dpop(**wrong)
