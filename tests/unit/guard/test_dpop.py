"""Tokens bound to a key: taken with a proof of that key, for that request, once."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Annotated, Any

import httpx2
import pytest
from fastapi import Depends, FastAPI
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket

from lingpai.crypto.jws import Signer
from lingpai.guard import (
    AccessToken,
    Dpop,
    Guard,
    GuardMiddleware,
    Introspector,
    ProofMemory,
    TokenCheckUnavailable,
    Verifier,
)
from lingpai.oauth.challenge import parse_challenge
from lingpai.oauth.dpop import ALGS
from tests.proofs import Prover, ath
from tests.unit.guard.foreign_server import AUDIENCE, ISSUER, NOW, ForeignServer, claims_of, token_of

PROVER = Prover()
ALBUMS = f"{AUDIENCE}/albums"
NONCE_KEY = b"n" * 32


class Clock:
    now = NOW

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def token(signer: Signer) -> str:
    return token_of(signer, cnf={"jkt": PROVER.jkt})


def middleware(guard: Guard) -> Any:
    async def albums(request: Request) -> Response:
        return JSONResponse({"owner": request.state.access_token.subject})

    return GuardMiddleware(Starlette(routes=[Route("/albums", albums)]), guard, scope="list_album")


def dependency(guard: Guard) -> Any:
    app = FastAPI()

    @app.get("/albums")
    async def albums(token: Annotated[AccessToken, Depends(guard.require("list_album"))]) -> dict[str, object]:
        return {"owner": token.subject}

    return app


@pytest.fixture(params=[middleware, dependency], ids=["middleware", "dependency"])
def guarded(request: pytest.FixtureRequest) -> Callable[[Guard], Any]:
    make: Callable[[Guard], Any] = request.param
    return make


def reach(app: Any) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url=AUDIENCE)


@pytest.fixture
async def client(
    guarded: Callable[[Guard], Any], verifier: Verifier, clock: Clock
) -> AsyncIterator[httpx2.AsyncClient]:
    async with reach(guarded(Guard(verifier, realm="photos", clock=clock))) as client:
        yield client


def present(token: str, prover: Prover = PROVER, **claims: Any) -> dict[str, str]:
    claims = {"now": NOW, "ath": ath(token), **claims}
    method, url = claims.pop("method", "GET"), claims.pop("url", ALBUMS)
    return {"Authorization": f"DPoP {token}", "DPoP": prover.prove(method, url, **claims)}


def challenges(response: httpx2.Response) -> dict[str, dict[str, str]]:
    return dict(parse_challenge(response.headers["www-authenticate"]))


@pytest.mark.spec("RFC 9449", "7.1", "a bound token is good with a proof of its key")
async def test_a_bound_token_with_its_proof_is_let_in(client: httpx2.AsyncClient, token: str) -> None:
    for _ in range(2):
        response = await client.get("/albums", headers=present(token))
        assert (response.status_code, response.json()) == (200, {"owner": "zhangsan"})


@pytest.mark.spec("RFC 9449", "7.1", "who sent no token learns that both schemes are there, and the algorithms")
async def test_the_challenge_names_both_schemes(client: httpx2.AsyncClient) -> None:
    response = await client.get("/albums")
    assert challenges(response) == {
        "Bearer": {"realm": "photos", "scope": "list_album"},
        "DPoP": {"realm": "photos", "algs": " ".join(ALGS)},
    }


@pytest.mark.spec("RFC 9449", "7.2", "a bound token is not a bearer token")
@pytest.mark.parametrize("with_proof", [False, True], ids=["alone", "with its proof"])
async def test_a_bound_token_is_refused_as_a_bearer_token(
    client: httpx2.AsyncClient, token: str, *, with_proof: bool
) -> None:
    headers = present(token) if with_proof else {}
    response = await client.get("/albums", headers={**headers, "Authorization": f"Bearer {token}"})
    assert response.status_code == 401
    assert challenges(response)["Bearer"]["error"] == "invalid_token"
    assert "key" in challenges(response)["Bearer"]["error_description"]
    assert challenges(response)["DPoP"]["algs"] == " ".join(ALGS)


@pytest.mark.spec("RFC 9449", "7.1", "a token that is not bound is refused under the scheme DPoP")
async def test_a_token_that_is_not_bound_is_no_dpop_token(client: httpx2.AsyncClient, signer: Signer) -> None:
    response = await client.get("/albums", headers=present(token_of(signer)))
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
    client: httpx2.AsyncClient, token: str, changes: dict[str, Any], error: str
) -> None:
    response = await client.get("/albums", headers=present(token, **changes))
    assert response.status_code == 401
    assert list(challenges(response)) == ["DPoP"]
    assert challenges(response)["DPoP"]["error"] == error
    assert challenges(response)["DPoP"]["algs"] == " ".join(ALGS)
    assert response.headers["cache-control"] == "no-store"
    assert token not in response.text


async def test_without_a_proof_or_with_two_nobody_is_let_in(client: httpx2.AsyncClient, token: str) -> None:
    headers = present(token)
    for proofs in ([], [headers["DPoP"], headers["DPoP"]]):
        sent = [("Authorization", headers["Authorization"]), *(("DPoP", proof) for proof in proofs)]
        response = await client.get("/albums", headers=sent)
        assert (response.status_code, challenges(response)["DPoP"]["error"]) == (401, "invalid_dpop_proof")


async def test_a_permission_is_asked_of_bound_tokens_too(client: httpx2.AsyncClient, signer: Signer) -> None:
    poor = token_of(signer, cnf={"jkt": PROVER.jkt}, scope="upload_pic")
    response = await client.get("/albums", headers=present(poor))
    assert response.status_code == 403
    assert list(challenges(response)) == ["DPoP"]
    assert challenges(response)["DPoP"]["scope"] == "list_album"


@pytest.mark.spec("RFC 9449", "11.1", "a proof counts once")
async def test_a_proof_counts_once(client: httpx2.AsyncClient, token: str, clock: Clock) -> None:
    headers = present(token)
    assert (await client.get("/albums", headers=headers)).status_code == 200
    for seconds in (0, 30, 60):
        clock.now = NOW + seconds
        response = await client.get("/albums", headers=headers)
        assert (response.status_code, challenges(response)["DPoP"]["error"]) == (401, "invalid_dpop_proof")
    clock.now = NOW + 61
    assert "iat" in (await client.get("/albums", headers=headers)).text, "forgotten, and too old"


async def test_of_copies_that_arrive_together_one_counts(client: httpx2.AsyncClient, token: str) -> None:
    headers = present(token)
    answers = await asyncio.gather(*(client.get("/albums", headers=headers) for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [200, *[401] * 7]


async def test_nobody_can_spend_the_proof_of_another(client: httpx2.AsyncClient, token: str, signer: Signer) -> None:
    thief = Prover()
    for prover, presented in ((thief, token_of(signer, cnf={"jkt": thief.jkt})), (PROVER, token)):
        response = await client.get("/albums", headers=present(presented, prover, jti="the-same-name"))
        assert response.status_code == 200


async def test_a_proof_with_a_bad_token_fills_no_memory(
    guarded: Callable[[Guard], Any], verifier: Verifier, token: str, signer: Signer
) -> None:
    memory = ProofMemory()
    async with reach(guarded(Guard(verifier, dpop=Dpop(replays=memory), clock=lambda: NOW))) as client:
        for bad in (token_of(signer, cnf={"jkt": PROVER.jkt}, exp=NOW - 60), token_of(signer), "made.up.token"):
            assert (await client.get("/albums", headers=present(bad))).status_code == 401
        assert len(memory) == 0
        await client.get("/albums", headers=present(token))
    assert len(memory) == 1


@pytest.mark.spec("RFC 9449", "9", "a resource server may demand its nonce")
async def test_a_nonce_is_demanded_where_it_was_set_up(
    guarded: Callable[[Guard], Any], verifier: Verifier, token: str, clock: Clock
) -> None:
    async with reach(guarded(Guard(verifier, dpop=Dpop(nonce_key=NONCE_KEY), clock=clock))) as client:
        nonce = ""
        for wrong in (None, "made-up"):
            refused = await client.get("/albums", headers=present(token, nonce=wrong))
            assert (refused.status_code, challenges(refused)["DPoP"]["error"]) == (401, "use_dpop_nonce")
            nonce = refused.headers["dpop-nonce"]
        assert (await client.get("/albums", headers=present(token, nonce=nonce))).status_code == 200
        clock.now += 240
        stale = await client.get("/albums", headers=present(token, nonce=nonce, now=clock.now))
        assert challenges(stale)["DPoP"]["error"] == "use_dpop_nonce"
        assert stale.headers["dpop-nonce"] != nonce
        assert "dpop-nonce" not in (await client.get("/albums")).headers, "who does not use DPoP needs none"


async def test_every_process_with_the_key_knows_the_nonce(verifier: Verifier, token: str) -> None:
    apps = [middleware(Guard(verifier, dpop=Dpop(nonce_key=NONCE_KEY), clock=lambda: NOW)) for _ in range(2)]
    async with reach(apps[0]) as first, reach(apps[1]) as second:
        nonce = (await first.get("/albums", headers=present(token))).headers["dpop-nonce"]
        assert (await second.get("/albums", headers=present(token, nonce=nonce))).status_code == 200


class SharedStore:
    """Somebody's Redis."""

    def __init__(self) -> None:
        self.kept: dict[bytes, int] = {}
        self.is_away = False

    async def record(self, proof_id: bytes, forget_at: int, now: int) -> bool:
        assert now < forget_at
        if self.is_away:
            raise TokenCheckUnavailable("the store is away")
        return self.kept.setdefault(proof_id, forget_at) is forget_at


async def test_processes_that_share_a_store_let_a_proof_in_once(verifier: Verifier, token: str) -> None:
    store = SharedStore()
    apps = [middleware(Guard(verifier, dpop=Dpop(replays=store), clock=lambda: NOW)) for _ in range(2)]
    async with reach(apps[0]) as first, reach(apps[1]) as second:
        headers = present(token)
        assert (await first.get("/albums", headers=headers)).status_code == 200
        assert (await second.get("/albums", headers=headers)).status_code == 401
        store.is_away = True
        assert (await first.get("/albums", headers=present(token))).status_code == 503


async def test_a_memory_that_is_full_lets_nobody_in_until_something_is_over() -> None:
    memory = ProofMemory(limit=2)
    assert await memory.record(b"a", NOW + 10, NOW)
    assert await memory.record(b"b", NOW + 20, NOW)
    assert not await memory.record(b"a", NOW + 10, NOW)
    with pytest.raises(TokenCheckUnavailable):
        await memory.record(b"c", NOW + 30, NOW)
    assert await memory.record(b"c", NOW + 30, NOW + 10)
    assert len(memory) == 2
    assert not await memory.record(b"b", NOW + 20, NOW + 10)


PLACES: dict[str, tuple[dict[str, Any], str]] = {
    "as the Host header says": ({}, ALBUMS),
    "as the application was told": ({"base_url": "https://photos.example.com"}, "https://photos.example.com/albums"),
    "with a slash at the end": ({"base_url": "https://photos.example.com/"}, "https://photos.example.com/albums"),
    "behind a prefix": ({"base_url": "https://example.com/photos"}, "https://example.com/photos/albums"),
}


@pytest.mark.parametrize(("settings", "url"), PLACES.values(), ids=PLACES.keys())
async def test_the_address_is_the_one_the_client_sees(
    verifier: Verifier, token: str, settings: dict[str, Any], url: str
) -> None:
    guard = Guard(verifier, dpop=Dpop(**settings), clock=lambda: NOW)
    async with reach(middleware(guard)) as client:
        assert (await client.get("/albums?page=2", headers=present(token, url=url))).status_code == 200
        assert (await client.get("/albums", headers=present(token, url="http://localhost/albums"))).status_code == 401


async def test_a_host_header_sent_twice_is_no_address(verifier: Verifier, token: str) -> None:
    guard = Guard(verifier, clock=lambda: NOW)
    headers = [*present(token, url="https:///albums").items(), ("Host", "photos.example"), ("Host", "other.example")]
    connection = {"type": "http", "method": "GET", "path": "/albums", "scheme": "https"}
    raw = [(name.lower().encode(), value.encode()) for name, value in headers]
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> dict[str, object]:
        return {"type": "http.request"}

    await middleware(guard)({**connection, "headers": raw, "query_string": b""}, receive, send)
    assert sent[0]["status"] == 400


async def test_an_escape_in_the_path_is_compared_as_it_was_sent(verifier: Verifier, token: str) -> None:
    async def photo(request: Request) -> Response:
        return JSONResponse(request.path_params["name"])

    app = GuardMiddleware(Starlette(routes=[Route("/p/{name}", photo)]), Guard(verifier, clock=lambda: NOW))
    async with reach(app) as client:
        good = present(token, url=f"{AUDIENCE}/p/%e7%85%a7")
        assert (await client.get("/p/%E7%85%A7", headers=good)).json() == "照"
        assert (await client.get("/p/a%2Fb", headers=present(token, url=f"{AUDIENCE}/p/a/b"))).status_code == 401


def test_a_websocket_opens_with_a_proof_for_get(verifier: Verifier, token: str) -> None:
    async def updates(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.close()

    app = GuardMiddleware(Starlette(routes=[WebSocketRoute("/u", updates)]), Guard(verifier, clock=lambda: NOW))
    headers = present(token, url="http://testserver/u")
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
