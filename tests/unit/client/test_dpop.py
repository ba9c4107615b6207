"""Tokens bound to our key, at a foreign server and at resources: a proof for every request, the nonce they want.

Each test with ``connect`` runs twice, once with ``Client`` and once with ``AsyncClient``.
"""

import json
from collections.abc import Callable
from typing import Any

import httpx2
import pytest
from starlette.responses import JSONResponse, Response

from lingpai.client import (
    AsyncClient,
    Client,
    ClientKey,
    DpopKey,
    TokenError,
    TokenSet,
    UnsupportedByProvider,
    UserinfoError,
)
from lingpai.client.dpop import DpopProver, asks_for_nonce
from lingpai.crypto.jwk import InvalidJwk
from lingpai.oauth.dpop import DpopProofs
from tests.unit.client.foreign import NOW, ForeignServer
from tests.unit.client.foreign_proofs import ProofCheck
from tests.unit.client.people import NO_TLS, REDIRECT_URI, FakeClock, sign_in, visit

ALBUMS = "https://photos.example/albums"


@pytest.fixture(params=["ES256", "EdDSA"])
def key(request: pytest.FixtureRequest) -> DpopKey:
    return DpopKey.generate(request.param)


@pytest.mark.spec("RFC 9449", "5", "token requests carry a proof, and the tokens are bound to its key")
def test_tokens_are_bound_to_the_key(foreign: ForeignServer, connect: Callable[..., Any], key: DpopKey) -> None:
    client = connect(dpop_key=key)
    tokens = sign_in(client)
    assert tokens.token_type == "DPoP"
    assert foreign.bound[tokens.access_token] == key.thumbprint
    assert client.userinfo(tokens)["sub"] == "zhang"
    assert client.userinfo(tokens.access_token)["sub"] == "zhang"
    assert client.refresh(tokens).token_type == "DPoP"
    assert client.client_credentials().token_type == "DPoP"
    client.revoke(tokens.access_token)
    with pytest.raises(UserinfoError, match="invalid_token"):
        client.userinfo(tokens)


@pytest.mark.spec("RFC 9449", "8", "a nonce the server gives is used, once more for the same request")
@pytest.mark.spec("RFC 9449", "8.2", "a new nonce replaces the old one")
def test_the_nonce_a_server_wants_is_used(foreign: ForeignServer, connect: Callable[..., Any]) -> None:
    foreign.proofs.nonce = "first"
    client = connect(dpop_key=DpopKey.generate())
    tokens = sign_in(client, scope="list_album", push=True)
    assert [path for path in foreign.requested if path in ("/par", "/token")] == ["/par", "/par", "/token"]
    client.refresh(tokens)
    assert foreign.requested.count("/token") == 2, "the nonce is remembered"
    foreign.proofs.nonce = "second"
    assert client.userinfo(tokens)["sub"] == "zhang"
    assert foreign.requested.count("/userinfo") == 2


def test_a_server_that_is_never_content_with_the_nonce_is_asked_twice(
    foreign: ForeignServer, connect: Callable[..., Any]
) -> None:
    answer = JSONResponse({"error": "use_dpop_nonce"}, 400, {"DPoP-Nonce": "again"})
    foreign.answers["/token"] = answer
    with pytest.raises(TokenError, match="use_dpop_nonce"):
        connect(dpop_key=DpopKey.generate()).client_credentials()
    assert foreign.requested.count("/token") == 2


def test_a_retry_for_the_nonce_uses_a_new_assertion(foreign: ForeignServer, connect: Callable[..., Any]) -> None:
    own = ClientKey.generate()
    foreign.assertions.jwk = own.public_jwk
    foreign.proofs.nonce = "n"
    client = connect(client_secret=None, private_key=own, dpop_key=DpopKey.generate())
    assert client.client_credentials().token_type == "DPoP"
    assert len(foreign.assertions.seen) == 2


@pytest.mark.spec("RFC 9449", "5", "a token that is not bound is refused where a bound one was asked for")
def test_a_server_that_ignores_the_proof_gives_nothing_we_take(
    foreign: ForeignServer, connect: Callable[..., Any]
) -> None:
    foreign.token_changes = {"token_type": "Bearer"}
    with pytest.raises(TokenError, match="not bound"):
        connect(dpop_key=DpopKey.generate()).client_credentials()
    foreign.token_changes = {"token_type": "DPoP"}
    with pytest.raises(TokenError, match="bearer"):
        connect().client_credentials()


@pytest.mark.spec("RFC 9449", "10", "a code is bound to the key by dpop_jkt")
def test_a_stolen_code_is_no_use_without_the_key(connect: Callable[..., Any]) -> None:
    client = connect(dpop_key=DpopKey.generate())
    pending = client.begin_sign_in(redirect_uri=REDIRECT_URI, scope="list_album")
    with pytest.raises(TokenError, match="invalid_grant"):
        connect(dpop_key=DpopKey.generate()).finish_sign_in(pending, visit(pending))


def test_a_key_the_server_cannot_check_is_said_before_anything_is_sent(
    foreign: ForeignServer, connect: Callable[..., Any]
) -> None:
    foreign.metadata_changes = {"dpop_signing_alg_values_supported": ["ES256"]}
    assert connect(dpop_key=DpopKey.generate("ES256")).client_credentials()
    with pytest.raises(UnsupportedByProvider, match="EdDSA"):
        connect(dpop_key=DpopKey.generate("EdDSA")).client_credentials()
    assert foreign.requested.count("/token") == 1


def test_bound_tokens_are_no_use_to_a_client_without_the_key(connect: Callable[..., Any]) -> None:
    bound = TokenSet(access_token="a", token_type="DPoP")
    with pytest.raises(ValueError, match="DPoP key"):
        connect().userinfo(bound)
    with pytest.raises(ValueError, match="DPoP key"):
        connect().auth_for(bound)


def test_tokens_from_before_there_was_a_key_still_work(connect: Callable[..., Any]) -> None:
    tokens = TokenSet.from_json(sign_in(connect()).to_json())
    assert connect(dpop_key=DpopKey.generate()).userinfo(tokens)["sub"] == "zhang"


class Photos:
    """A resource server that wants a nonce, or does not."""

    def __init__(self, nonce: str = "") -> None:
        self.proofs = ProofCheck()
        self.proofs.nonce = nonce
        self.asked: list[httpx2.Request] = []
        self.never_content = False

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        self.asked.append(request)
        scheme, _, token = request.headers["authorization"].partition(" ")
        if scheme == "Bearer":
            return httpx2.Response(200, text=f"bearer {token}")
        url = str(request.url).partition("?")[0]
        claims = DpopProofs().check(
            request.headers["dpop"], method=request.method, url=url, now=NOW, access_token=token
        )
        if self.never_content or (self.proofs.nonce and claims.nonce != self.proofs.nonce):
            challenge = 'Bearer realm="x", DPoP error="use_dpop_nonce", algs="ES256"'
            return httpx2.Response(401, headers={"WWW-Authenticate": challenge, "DPoP-Nonce": self.proofs.nonce})
        return httpx2.Response(200, text=f"{claims.jkt} {request.content.decode()}")


def client_of(key: DpopKey | None) -> Client:
    return Client("https://as.example", "photos", dpop_key=key, clock=FakeClock())


@pytest.mark.spec("RFC 9449", "7.1", "resource requests carry the token under DPoP, and a proof with ath")
@pytest.mark.spec("RFC 9449", "9", "a nonce of a resource server is used, once more for the same request")
def test_a_resource_gets_token_proof_and_the_nonce_it_wants(key: DpopKey) -> None:
    photos = Photos("n-1")
    auth = client_of(key).auth_for(TokenSet(access_token="t0ken", token_type="DPoP"))
    with httpx2.Client(transport=httpx2.MockTransport(photos), verify=NO_TLS) as http:
        answer = http.post(f"{ALBUMS}?page=2", auth=auth, content=b"photo")
        assert (answer.status_code, answer.text) == (200, f"{key.thumbprint} photo")
        assert http.get(ALBUMS, auth=auth).status_code == 200
        assert len(photos.asked) == 3, "the nonce is remembered"
        photos.never_content = True
        assert http.get(ALBUMS, auth=auth).status_code == 401
        assert len(photos.asked) == 5, "once more and no more"


async def test_the_same_for_code_that_awaits() -> None:
    key = DpopKey.generate()
    async with (
        AsyncClient("https://as.example", "photos", dpop_key=key, clock=FakeClock()) as client,
        httpx2.AsyncClient(transport=httpx2.MockTransport(Photos("n-1")), verify=NO_TLS) as http,
    ):
        auth = client.auth_for(TokenSet(access_token="t0ken", token_type="DPoP"))
        assert (await http.get(ALBUMS, auth=auth)).text.startswith(key.thumbprint)


def test_a_bearer_token_goes_as_one(key: DpopKey) -> None:
    photos = Photos()
    with httpx2.Client(transport=httpx2.MockTransport(photos), verify=NO_TLS) as http:
        for client in (client_of(None), client_of(key)):
            auth = client.auth_for(TokenSet(access_token="t0ken"))
            assert http.get(ALBUMS, auth=auth).text == "bearer t0ken"
    assert "dpop" not in photos.asked[-1].headers


def test_no_token_goes_over_plain_http_to_another_machine(key: DpopKey) -> None:
    photos = Photos()
    auth = client_of(key).auth_for(TokenSet(access_token="t0ken", token_type="DPoP"))
    with httpx2.Client(transport=httpx2.MockTransport(photos), verify=NO_TLS) as http:
        with pytest.raises(ValueError, match="plain http"):
            http.get("http://photos.example/albums", auth=auth)
        assert http.get("http://localhost:5000/albums", auth=auth).status_code == 200


@pytest.mark.spec("RFC 9449", "8", "a nonce belongs to the server that gave it")
def test_every_server_has_its_own_nonce(key: DpopKey) -> None:
    prover = DpopProver(key)
    prover.learn("https://a.example/x", [("DPoP-Nonce", "of-a")])
    prover.learn("https://b.example/x", [("dpop-nonce", "x"), ("dpop-nonce", "y")])
    prover.learn("https://c.example/x", [("dpop-nonce", "x" * 2000)])

    def nonce(url: str) -> str | None:
        [(name, proof)] = prover.headers("GET", url, now=NOW)
        assert name == "DPoP"
        return DpopProofs().check(proof, method="GET", url=url, now=NOW).nonce

    assert nonce("https://a.example/y") == "of-a"
    for other in ("https://b.example/x", "https://c.example/x", "https://a.example:8443/x", "http://a.example/x"):
        assert nonce(other) is None
    for number in range(200):
        prover.learn(f"https://{number}.example", [("DPoP-Nonce", "n")])
    assert nonce("https://199.example") == "n"
    assert nonce("https://a.example/y") is None, "forgotten, and asked for again"


ANSWERS: dict[str, tuple[int, list[tuple[str, str]], bytes, bool]] = {
    "an authorization server": (400, [("DPoP-Nonce", "n")], b'{"error":"use_dpop_nonce"}', True),
    "with 401": (401, [("DPoP-Nonce", "n")], b'{"error":"use_dpop_nonce"}', True),
    "a resource server": (
        401,
        [("DPoP-Nonce", "n"), ("WWW-Authenticate", "Basic"), ("WWW-Authenticate", 'DPoP error="use_dpop_nonce"')],
        b"",
        True,
    ),
    "without a nonce": (400, [], b'{"error":"use_dpop_nonce"}', False),
    "another error": (400, [("DPoP-Nonce", "n")], b'{"error":"invalid_dpop_proof"}', False),
    "another challenge": (401, [("DPoP-Nonce", "n"), ("WWW-Authenticate", 'DPoP error="invalid_token"')], b"", False),
    "success": (200, [("DPoP-Nonce", "n")], b'{"error":"use_dpop_nonce"}', False),
    "no JSON": (400, [("DPoP-Nonce", "n")], b"<h1>400</h1>", False),
    "a list": (400, [("DPoP-Nonce", "n")], b"[]", False),
    "nested deeply": (400, [("DPoP-Nonce", "n")], b"[" * 100_000, False),
}


@pytest.mark.parametrize(("status", "headers", "body", "asks"), ANSWERS.values(), ids=ANSWERS.keys())
def test_an_answer_that_asks_for_the_nonce_is_known(
    status: int, headers: list[tuple[str, str]], body: bytes, *, asks: bool
) -> None:
    assert asks_for_nonce(status, headers, body) is asks


def test_a_key_survives_being_kept_and_is_not_shown(key: DpopKey) -> None:
    kept = DpopKey.from_json(key.to_json())
    assert (kept.alg, kept.thumbprint) == (key.alg, key.thumbprint)
    proof = kept.proof("GET", f"{ALBUMS}?a=b#c", now=NOW, nonce="n")
    assert DpopProofs().check(proof, method="GET", url=ALBUMS, now=NOW).jkt == key.thumbprint
    assert json.loads(key.to_json())["d"] not in repr(key)
    with pytest.raises(InvalidJwk):
        DpopKey.from_json("{}")


def test_a_resource_that_is_away_is_the_applications_matter(key: DpopKey) -> None:
    def away(_: httpx2.Request) -> httpx2.Response:
        raise httpx2.ConnectError("away")

    auth = client_of(key).auth_for(TokenSet(access_token="t", token_type="DPoP"))
    with httpx2.Client(transport=httpx2.MockTransport(away), verify=NO_TLS) as http, pytest.raises(httpx2.ConnectError):
        http.get(ALBUMS, auth=auth)


def test_an_empty_answer_is_no_nonce_challenge(foreign: ForeignServer, connect: Callable[..., Any]) -> None:
    foreign.answers["/token"] = Response("", 500)
    with pytest.raises(TokenError):
        connect(dpop_key=DpopKey.generate()).client_credentials()
    assert foreign.requested.count("/token") == 1
