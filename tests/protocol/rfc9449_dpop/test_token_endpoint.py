"""Proofs at the token endpoint: what they bind, and what is no proof."""

from typing import Any

import pytest

from lingpai.oauth.dpop import ALGS
from tests.proofs import Prover
from tests.protocol.rfc9449_dpop.bound import PAR, TOKEN, bound_tokens, prove, redeem, send
from tests.world import SECRET, Ask, World, refusal

PROVER = Prover()
FOR_ITSELF = {"grant_type": "client_credentials", "scope": "list_album"}


@pytest.fixture
async def report(world: World) -> World:
    """A world with a client that gets tokens for itself."""
    await world.add_client("report", grant_types=("client_credentials",), scope="list_album")
    return world


@pytest.mark.spec("RFC 9449", "5", "token_type is DPoP and the token is bound to the key of the proof")
@pytest.mark.spec("RFC 9449", "6.2", "introspection names the key in cnf.jkt, and the token type")
@pytest.mark.parametrize("alg", ["ES256", "EdDSA", "RS256"])
async def test_a_proof_binds_the_tokens(world: World, alg: str) -> None:
    prover = Prover(alg)
    tokens = await bound_tokens(world, prover)
    assert tokens["token_type"] == "DPoP"
    claims = await world.introspect(tokens["access_token"])
    assert (claims["cnf"], claims["token_type"]) == ({"jkt": prover.jkt}, "DPoP")


@pytest.mark.spec("RFC 9449", "6.1", "a signed token names the key in cnf.jkt")
async def test_a_signed_token_is_bound_too(report: World) -> None:
    await report.add_resource_server("http://localhost:5000", client_ids=("photos",), access_token_format="at+jwt")
    answer = await send(report, TOKEN, prove(report, PROVER), client="report", **FOR_ITSELF)
    assert answer.json()["token_type"] == "DPoP"
    claims = await report.introspect(answer.json()["access_token"], client="photos")
    assert claims["cnf"] == {"jkt": PROVER.jkt}


@pytest.mark.spec("RFC 9449", "5", "without a proof tokens are what they always were")
async def test_without_a_proof_tokens_are_bearer_tokens(report: World) -> None:
    answer = await report.post(TOKEN, client="report", **FOR_ITSELF)
    assert answer.json()["token_type"] == "Bearer"
    assert "dpop-nonce" not in answer.headers
    assert "cnf" not in await report.introspect(answer.json()["access_token"], client="report")


@pytest.mark.spec("RFC 9449", "5.1", "the metadata names the algorithms, all asymmetric")
async def test_the_metadata_says_which_algorithms(world: World) -> None:
    document = (await world.http.get("/.well-known/oauth-authorization-server")).json()
    assert document["dpop_signing_alg_values_supported"] == list(ALGS)
    assert not {"none", "HS256"} & set(document["dpop_signing_alg_values_supported"])


WRONG: dict[str, dict[str, Any]] = {
    "for another method": {"method": "GET"},
    "for another endpoint": {"path": PAR},
    "for another server": {"htu": "https://other.example/oauth2/token"},
    "too old": {"iat": 1_800_000_000 - 61},
    "too early": {"iat": 1_800_000_000 + 61},
    "without iat": {"iat": None},
    "without jti": {"jti": None},
    "with a jti nobody should store": {"jti": "x" * 257},
    "without a key": {"header": {"jwk": None}},
    "with a private key": {"header": {"jwk": PROVER.jwk | {"d": "AAAA"}}},
    "signed with another key": {"header": {"jwk": Prover().jwk}},
    "alg none": {"header": {"alg": "none"}},
    "a symmetric alg": {"header": {"alg": "HS256"}},
    "another type": {"header": {"typ": "JWT"}},
    "an unknown critical header": {"header": {"crit": ["x"], "x": 1}},
    "oversized": {"padding": "x" * 9000},
}


@pytest.mark.spec("RFC 9449", "5", "a wrong proof is invalid_dpop_proof")
@pytest.mark.spec("RFC 9449", "4.3", "every check of a proof is made")
@pytest.mark.parametrize("changes", WRONG.values(), ids=WRONG.keys())
async def test_a_wrong_proof_is_refused(report: World, changes: dict[str, Any]) -> None:
    answer = await send(report, TOKEN, prove(report, PROVER, **changes), client="report", **FOR_ITSELF)
    assert refusal(answer) == (400, "invalid_dpop_proof")
    assert "PRIVATE" not in answer.text
    good = await send(report, TOKEN, prove(report, PROVER), client="report", **FOR_ITSELF)
    assert good.status_code == 200


@pytest.mark.parametrize("text", ["", "x", "a.b.c", "\xff", "é", "." * 8192, "eyJhbGciOiJub25lIn0.e30."])
async def test_what_is_no_proof_at_all_is_refused(report: World, text: str) -> None:
    proof = text.encode("latin-1")
    answer = await report.http.post(TOKEN, data=FOR_ITSELF, auth=("report", SECRET), headers={b"dpop": proof})
    assert refusal(answer) == (400, "invalid_dpop_proof")


@pytest.mark.spec("RFC 9449", "4.3", "there is not more than one DPoP header")
async def test_two_proofs_are_refused(report: World) -> None:
    proofs = [prove(report, PROVER), prove(report, PROVER)]
    assert refusal(await send(report, TOKEN, proofs, client="report", **FOR_ITSELF)) == (400, "invalid_dpop_proof")


@pytest.mark.spec("RFC 9449", "5.2", "a client registered for bound tokens gets no others")
async def test_a_client_that_must_bind_its_tokens_gets_no_others(world: World) -> None:
    await world.add_client(
        "bound", grant_types=("client_credentials",), scope="list_album", dpop_bound_access_tokens=True
    )
    assert refusal(await world.post(TOKEN, client="bound", **FOR_ITSELF)) == (400, "invalid_dpop_proof")
    assert (await send(world, TOKEN, prove(world, PROVER), client="bound", **FOR_ITSELF)).status_code == 200


async def test_a_client_that_must_bind_its_tokens_gets_none_through_the_browser(world: World) -> None:
    await world.add_client(
        "bound", grant_types=("implicit",), response_types=("token",), legacy=True, dpop_bound_access_tokens=True
    )
    browser = world.browser()
    await browser.get(Ask(world, "bound", response_type="token", code_challenge=None, code_challenge_method=None).url)
    assert browser.sent_to["error"] == "unauthorized_client"


async def test_the_proof_is_looked_at_only_after_the_client_proved_itself(report: World) -> None:
    proof = prove(report, PROVER)
    wrong = await report.http.post(TOKEN, data=FOR_ITSELF, auth=("report", "wrong"), headers={"dpop": proof})
    assert refusal(wrong) == (401, "invalid_client")
    assert (await send(report, TOKEN, proof, client="report", **FOR_ITSELF)).status_code == 200, "not spent"


@pytest.mark.spec("RFC 9449", "5", "a refresh token of a public client is bound to the key")
async def test_a_public_clients_refresh_token_works_with_its_key_only(world: World) -> None:
    await world.add_client("app", secret=None)
    tokens = await bound_tokens(world, PROVER, "app", public=True)
    params = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"], "client_id": "app"}
    for proof in ([], [prove(world, Prover())]):
        answer = await send(world, TOKEN, proof, client=None, **params)
        assert refusal(answer) == (400, "invalid_grant")
    again = await send(world, TOKEN, prove(world, PROVER), client=None, **params)
    assert (again.status_code, again.json()["token_type"]) == (200, "DPoP")
    params["refresh_token"] = again.json()["refresh_token"]
    assert (await send(world, TOKEN, prove(world, Prover()), client=None, **params)).status_code == 400
    assert (await send(world, TOKEN, prove(world, PROVER), client=None, **params)).status_code == 200


@pytest.mark.spec("RFC 9449", "5", "a confidential client may change its key: its credentials bind the refresh token")
async def test_a_confidential_client_may_refresh_with_another_key(world: World) -> None:
    tokens = await bound_tokens(world, PROVER)
    other = Prover()
    params = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    answer = await send(world, TOKEN, prove(world, other), **params)
    assert answer.status_code == 200
    assert (await world.introspect(answer.json()["access_token"]))["cnf"] == {"jkt": other.jkt}


@pytest.mark.spec("RFC 9449", "10", "a code asked for with dpop_jkt is redeemed with that key only")
async def test_a_code_is_bound_by_dpop_jkt(world: World) -> None:
    ask = Ask(world, dpop_jkt=PROVER.jkt)
    code = (await ask.allow(world.browser()))["code"]
    for proof in ("", prove(world, Prover())):
        assert refusal(await redeem(world, ask, code, proof)) == (400, "invalid_grant")
    assert (await redeem(world, ask, code, prove(world, PROVER))).json()["token_type"] == "DPoP"


@pytest.mark.parametrize(
    "jkt",
    ["x", PROVER.jkt + "=", PROVER.jkt[:-1], "密" * 43, PROVER.jkt + "\n"],
    ids=["short", "padded", "one less", "not ASCII", "line break"],
)
async def test_a_dpop_jkt_that_is_no_thumbprint_is_refused(world: World, jkt: str) -> None:
    browser = world.browser()
    page = await browser.get(Ask(world, dpop_jkt=jkt).url)
    assert page.headers["location"].startswith("http://localhost:3000/")
    assert browser.sent_to["error"] == "invalid_request"


async def test_bound_tokens_are_revoked_like_others(world: World) -> None:
    tokens = await bound_tokens(world, PROVER)
    await world.post("/oauth2/revoke", token=tokens["access_token"])
    assert not await world.is_active(tokens["access_token"])


async def test_a_stolen_bound_token_cannot_be_exchanged_without_the_key(world: World) -> None:
    exchange = "urn:ietf:params:oauth:grant-type:token-exchange"
    tokens = await bound_tokens(world, PROVER)
    await world.add_client(
        "photo-print",
        grant_types=("authorization_code", "refresh_token", exchange),
        resources=("http://localhost:5000",),
    )
    params = {
        "grant_type": exchange,
        "subject_token": tokens["access_token"],
        "subject_token_type": "urn:ietf:params:oauth:token-type:access_token",
        "resource": "http://localhost:5000",
    }
    for proof in ([], [prove(world, Prover())]):
        assert refusal(await send(world, TOKEN, proof, **params)) == (400, "invalid_request")
    answer = await send(world, TOKEN, prove(world, PROVER), **params)
    assert (answer.status_code, answer.json()["token_type"]) == (200, "DPoP")
