"""UserInfo is a resource like others: a bound token needs its proof there."""

from typing import Any

import httpx2
import pytest

from lingpai.oauth.challenge import parse_challenge
from tests.proofs import Prover, ath
from tests.protocol.rfc9449_dpop.bound import TOKEN, USERINFO, bound_tokens, prove, prove_for, userinfo
from tests.world import World, grant_tokens

PROVER = Prover()


@pytest.fixture
async def token(world: World) -> str:
    return str((await bound_tokens(world, PROVER))["access_token"])


def challenge(response: httpx2.Response) -> tuple[int, str, str]:
    scheme, params = parse_challenge(response.headers["www-authenticate"])[0]
    return response.status_code, scheme, params["error"]


@pytest.mark.spec("RFC 9449", "7.1", "a bound token with its proof is good")
@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("scheme", ["DPoP", "dpop"])
async def test_a_bound_token_with_its_proof_opens_userinfo(world: World, token: str, method: str, scheme: str) -> None:
    proof = prove(world, PROVER, USERINFO, method, ath=ath(token))
    answer = await userinfo(world, token, proof, scheme=scheme, method=method)
    assert (answer.status_code, answer.json()["nickname"]) == (200, "zhangsan")


@pytest.mark.spec("RFC 9449", "7.2", "a bound token is refused as a bearer token")
@pytest.mark.parametrize("with_proof", [False, True])
async def test_a_bound_token_is_no_bearer_token(world: World, token: str, *, with_proof: bool) -> None:
    proof = prove_for(world, PROVER, token) if with_proof else None
    answer = await userinfo(world, token, proof, scheme="Bearer")
    assert challenge(answer) == (401, "Bearer", "invalid_token")
    in_body = await world.http.post(USERINFO, data={"access_token": token})
    assert challenge(in_body) == (401, "Bearer", "invalid_token")


@pytest.mark.spec("RFC 9449", "7.1", "a token that is not bound is refused under DPoP")
async def test_a_bearer_token_is_no_bound_token(world: World) -> None:
    token = (await grant_tokens(world))["access_token"]
    answer = await userinfo(world, token, prove_for(world, PROVER, token))
    assert (answer.status_code, "invalid_token" in answer.headers["www-authenticate"]) == (401, True)


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "of another key": ({"prover": Prover()}, "invalid_token"),
    "for another token": ({"ath": ath("another")}, "invalid_dpop_proof"),
    "for no token": ({"ath": None}, "invalid_dpop_proof"),
    "for another method": ({"htm": "POST"}, "invalid_dpop_proof"),
    "for another endpoint": ({"htu": f"http://localhost:4000{TOKEN}"}, "invalid_dpop_proof"),
    "too old": ({"iat": 1_800_000_000 - 61}, "invalid_dpop_proof"),
    "of another type": ({"header": {"typ": "JWT"}}, "invalid_dpop_proof"),
}


@pytest.mark.spec("RFC 9449", "4.3", "a proof that is not of this request and token is refused")
@pytest.mark.parametrize(("changes", "error"), WRONG.values(), ids=WRONG.keys())
async def test_a_wrong_proof_opens_nothing(world: World, token: str, changes: dict[str, Any], error: str) -> None:
    changes = dict(changes)
    prover = changes.pop("prover", PROVER)
    answer = await userinfo(world, token, prove_for(world, prover, token, **changes))
    assert (answer.status_code, error in answer.headers["www-authenticate"]) == (401, True)
    assert "nickname" not in answer.text


async def test_without_a_proof_nothing_opens(world: World, token: str) -> None:
    answer = await userinfo(world, token, None)
    assert challenge(answer) == (401, "DPoP", "invalid_dpop_proof")


@pytest.mark.spec("RFC 9449", "7.1", "the challenge names both schemes and the algorithms")
async def test_the_challenge_says_that_both_ways_are_there(world: World, token: str) -> None:
    for answer in (await world.http.get(USERINFO), await userinfo(world, token, None, scheme="Bearer")):
        schemes = dict(parse_challenge(answer.headers["www-authenticate"]))
        assert list(schemes) == ["Bearer", "DPoP"]
        assert "ES256" in schemes["DPoP"]["algs"].split()
    refused = await userinfo(world, token, prove_for(world, Prover(), token))
    assert [scheme for scheme, _ in parse_challenge(refused.headers["www-authenticate"])] == ["DPoP"]


async def test_a_proof_beside_a_dead_token_is_not_remembered(world: World, token: str) -> None:
    before = world.rows()["spent"]
    for bad in (token[:-1], "made-up"):
        assert (await userinfo(world, bad, prove_for(world, PROVER, bad))).status_code == 401
    assert world.rows()["spent"] == before
