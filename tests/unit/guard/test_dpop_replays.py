"""A proof counts once, everywhere it is remembered; a nonce says it was made just now."""

import asyncio
from collections.abc import Callable
from typing import Any

import httpx2
import pytest

from lingpai.crypto.jws import Signer
from lingpai.guard import Dpop, Guard, ProofMemory, TokenCheckUnavailable, Verifier
from tests.proofs import Prover
from tests.unit.guard.bound_tokens import PROVER, Clock, challenges, middleware, present, reach
from tests.unit.guard.foreign_server import NOW, token_of

NONCE_KEY = b"n" * 32


@pytest.mark.spec("RFC 9449", "11.1", "a proof counts once")
async def test_a_proof_counts_once(bound_client: httpx2.AsyncClient, bound_token: str, clock: Clock) -> None:
    headers = present(bound_token)
    assert (await bound_client.get("/albums", headers=headers)).status_code == 200
    for seconds in (0, 30, 60):
        clock.now = NOW + seconds
        response = await bound_client.get("/albums", headers=headers)
        assert (response.status_code, challenges(response)["DPoP"]["error"]) == (401, "invalid_dpop_proof")
    clock.now = NOW + 61
    assert "iat" in (await bound_client.get("/albums", headers=headers)).text, "forgotten, and too old"


async def test_of_copies_that_arrive_together_one_counts(bound_client: httpx2.AsyncClient, bound_token: str) -> None:
    headers = present(bound_token)
    answers = await asyncio.gather(*(bound_client.get("/albums", headers=headers) for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [200, *[401] * 7]


async def test_nobody_can_spend_the_proof_of_another(
    bound_client: httpx2.AsyncClient, bound_token: str, signer: Signer
) -> None:
    thief = Prover()
    for prover, presented in ((thief, token_of(signer, cnf={"jkt": thief.jkt})), (PROVER, bound_token)):
        response = await bound_client.get("/albums", headers=present(presented, prover, jti="the-same-name"))
        assert response.status_code == 200


async def test_a_proof_with_a_bad_token_fills_no_memory(
    guarded: Callable[[Guard], Any], verifier: Verifier, bound_token: str, signer: Signer
) -> None:
    memory = ProofMemory()
    async with reach(guarded(Guard(verifier, dpop=Dpop(replays=memory), clock=lambda: NOW))) as client:
        for bad in (token_of(signer, cnf={"jkt": PROVER.jkt}, exp=NOW - 60), token_of(signer), "made.up.token"):
            assert (await client.get("/albums", headers=present(bad))).status_code == 401
        assert len(memory) == 0
        await client.get("/albums", headers=present(bound_token))
    assert len(memory) == 1


@pytest.mark.spec("RFC 9449", "9", "a resource server may demand its nonce")
async def test_a_nonce_is_demanded_where_it_was_set_up(
    guarded: Callable[[Guard], Any], verifier: Verifier, bound_token: str, clock: Clock
) -> None:
    async with reach(guarded(Guard(verifier, dpop=Dpop(nonce_key=NONCE_KEY), clock=clock))) as client:
        nonce = ""
        for wrong in (None, "made-up"):
            refused = await client.get("/albums", headers=present(bound_token, nonce=wrong))
            assert (refused.status_code, challenges(refused)["DPoP"]["error"]) == (401, "use_dpop_nonce")
            nonce = refused.headers["dpop-nonce"]
        assert (await client.get("/albums", headers=present(bound_token, nonce=nonce))).status_code == 200
        clock.now += 240
        stale = await client.get("/albums", headers=present(bound_token, nonce=nonce, now=clock.now))
        assert challenges(stale)["DPoP"]["error"] == "use_dpop_nonce"
        assert stale.headers["dpop-nonce"] != nonce
        assert "dpop-nonce" not in (await client.get("/albums")).headers, "who does not use DPoP needs none"


async def test_every_process_with_the_key_knows_the_nonce(verifier: Verifier, bound_token: str) -> None:
    apps = [middleware(Guard(verifier, dpop=Dpop(nonce_key=NONCE_KEY), clock=lambda: NOW)) for _ in range(2)]
    async with reach(apps[0]) as first, reach(apps[1]) as second:
        nonce = (await first.get("/albums", headers=present(bound_token))).headers["dpop-nonce"]
        assert (await second.get("/albums", headers=present(bound_token, nonce=nonce))).status_code == 200


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


async def test_processes_that_share_a_store_let_a_proof_in_once(verifier: Verifier, bound_token: str) -> None:
    store = SharedStore()
    apps = [middleware(Guard(verifier, dpop=Dpop(replays=store), clock=lambda: NOW)) for _ in range(2)]
    async with reach(apps[0]) as first, reach(apps[1]) as second:
        headers = present(bound_token)
        assert (await first.get("/albums", headers=headers)).status_code == 200
        assert (await second.get("/albums", headers=headers)).status_code == 401
        store.is_away = True
        assert (await first.get("/albums", headers=present(bound_token))).status_code == 503


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
