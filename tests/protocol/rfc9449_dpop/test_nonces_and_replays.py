"""A proof counts once, whichever process sees it; a nonce says that it was made just now."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.proofs import Prover
from tests.protocol.rfc9449_dpop.bound import (
    PAR,
    TOKEN,
    another_process,
    bound_tokens,
    prove,
    prove_for,
    send,
    userinfo,
)
from tests.world import Ask, World, at_once, refusal

PROVER = Prover()
FOR_ITSELF = {"grant_type": "client_credentials", "scope": "list_album"}


@pytest.fixture
async def report(world: World) -> World:
    """A world with a client that gets tokens for itself."""
    await world.add_client("report", grant_types=("client_credentials",), scope="list_album")
    return world


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def everybodys_strict_world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    opened = await World.open(tmp_path_factory.mktemp("strict"), dpop_nonce_required=True)
    yield opened
    await opened.close()


@pytest_asyncio.fixture(loop_scope="session")
async def strict(everybodys_strict_world: World) -> World:
    """A server that demands its nonce in every proof."""
    await everybodys_strict_world.reset()
    await everybodys_strict_world.add_client("report", grant_types=("client_credentials",), scope="list_album")
    return everybodys_strict_world


@pytest.mark.spec("RFC 9449", "11.1", "a proof is accepted once")
async def test_a_proof_counts_once(report: World) -> None:
    proof = prove(report, PROVER)
    assert (await send(report, TOKEN, proof, client="report", **FOR_ITSELF)).status_code == 200
    for seconds in (0, 30, 30, 1):
        report.clock.advance(seconds)
        again = await send(report, TOKEN, proof, client="report", **FOR_ITSELF)
        assert refusal(again) == (400, "invalid_dpop_proof")


@pytest.mark.spec("RFC 9449", "11.1", "of copies that arrive together one is accepted")
async def test_of_copies_that_arrive_together_one_counts(report: World) -> None:
    proof = prove(report, PROVER)
    answers = await at_once(*(send(report, TOKEN, proof, client="report", **FOR_ITSELF) for _ in range(16)))
    assert sorted(answer.status_code for answer in answers) == [200, *[400] * 15]


@pytest.mark.spec("RFC 9449", "11.1", "a proof is accepted by one of several processes")
async def test_a_proof_one_process_saw_is_no_use_at_another(report: World) -> None:
    async with another_process(report) as other:
        proof = prove(report, PROVER)
        assert (await send(report, TOKEN, proof, client="report", **FOR_ITSELF)).status_code == 200
        assert refusal(await send(other, TOKEN, proof, client="report", **FOR_ITSELF)) == (400, "invalid_dpop_proof")
        proof = prove(report, PROVER)
        places = [report, other] * 6
        answers = await asyncio.gather(*(send(at, TOKEN, proof, client="report", **FOR_ITSELF) for at in places))
        assert sorted(answer.status_code for answer in answers) == [200, *[400] * 11]


async def test_a_proof_stays_used_after_a_restart(report: World) -> None:
    proof = prove(report, PROVER)
    assert (await send(report, TOKEN, proof, client="report", **FOR_ITSELF)).status_code == 200
    await report.restart()
    assert refusal(await send(report, TOKEN, proof, client="report", **FOR_ITSELF)) == (400, "invalid_dpop_proof")


async def test_nobody_can_spend_the_jti_of_another_key(report: World) -> None:
    for prover in (Prover(), PROVER):
        proof = prove(report, prover, jti="guessed")
        assert (await send(report, TOKEN, proof, client="report", **FOR_ITSELF)).status_code == 200
    assert (await send(report, TOKEN, prove(report, PROVER, jti="guessed"), client="report", **FOR_ITSELF)).is_error


async def test_a_proof_of_one_endpoint_spends_nothing_at_another(world: World) -> None:
    await bound_tokens(world, PROVER)
    params = Ask(world).params
    assert (await send(world, PAR, prove(world, PROVER, PAR, jti="same"), **params)).status_code == 201
    refresh = {"grant_type": "refresh_token", "refresh_token": "x"}
    answer = await send(world, TOKEN, prove(world, PROVER, TOKEN, jti="same"), **refresh)
    assert refusal(answer) == (400, "invalid_grant")


async def test_what_is_remembered_of_proofs_is_swept(report: World) -> None:
    from lingpai.server.storage.sweep import sweep_all

    for _ in range(5):
        await send(report, TOKEN, prove(report, PROVER), client="report", **FOR_ITSELF)
    assert report.rows()["spent"] == 5
    report.clock.advance(60)
    await sweep_all(report.driver, report.clock.now)
    assert report.rows()["spent"] == 5, "they would still be taken"
    report.clock.advance(10)
    await sweep_all(report.driver, report.clock.now)
    assert report.rows()["spent"] == 0


@pytest.mark.spec("RFC 9449", "8", "use_dpop_nonce comes with the nonce to use")
@pytest.mark.spec("RFC 9449", "8.1", "the proof carries the nonce in its claim nonce")
@pytest.mark.parametrize(
    "wrong", [None, "", "made-up", "0" * 32], ids=["none", "empty", "made up", "of another server"]
)
async def test_a_nonce_is_demanded_at_the_token_endpoint(strict: World, wrong: str | None) -> None:
    refused = await send(strict, TOKEN, prove(strict, PROVER, nonce=wrong), client="report", **FOR_ITSELF)
    assert refusal(refused) == (400, "use_dpop_nonce")
    assert refused.headers["cache-control"] == "no-store"
    nonce = refused.headers["dpop-nonce"]
    assert len(nonce) >= 16
    answer = await send(strict, TOKEN, prove(strict, PROVER, nonce=nonce), client="report", **FOR_ITSELF)
    assert (answer.status_code, answer.headers["dpop-nonce"]) == (200, nonce)


async def test_a_proof_without_the_nonce_spends_nothing(strict: World) -> None:
    proof = prove(strict, PROVER)
    for _ in range(2):
        answer = await send(strict, TOKEN, proof, client="report", **FOR_ITSELF)
        assert refusal(answer) == (400, "use_dpop_nonce")
    assert strict.rows()["spent"] == 0


@pytest.mark.spec("RFC 9449", "8.2", "a new nonce is given in time, the previous one is good meanwhile")
async def test_a_nonce_is_followed_by_another(strict: World) -> None:
    first = await send(strict, TOKEN, prove(strict, PROVER), client="report", **FOR_ITSELF)
    old = first.headers["dpop-nonce"]
    strict.clock.advance(120)
    answer = await send(strict, TOKEN, prove(strict, PROVER, nonce=old), client="report", **FOR_ITSELF)
    assert answer.status_code == 200
    assert answer.headers["dpop-nonce"] != old
    strict.clock.advance(120)
    stale = await send(strict, TOKEN, prove(strict, PROVER, nonce=old), client="report", **FOR_ITSELF)
    assert refusal(stale) == (400, "use_dpop_nonce")


async def test_every_process_knows_the_nonce_of_the_others(strict: World) -> None:
    nonce = (await send(strict, TOKEN, prove(strict, PROVER), client="report", **FOR_ITSELF)).headers["dpop-nonce"]
    async with another_process(strict) as other:
        proof = prove(strict, PROVER, nonce=nonce)
        assert (await send(other, TOKEN, proof, client="report", **FOR_ITSELF)).status_code == 200


async def test_a_nonce_is_demanded_of_pushed_requests(strict: World) -> None:
    params = Ask(strict).params
    refused = await send(strict, PAR, prove(strict, PROVER, PAR), **params)
    assert refusal(refused) == (400, "use_dpop_nonce")
    proof = prove(strict, PROVER, PAR, nonce=refused.headers["dpop-nonce"])
    assert (await send(strict, PAR, proof, **params)).status_code == 201


@pytest.mark.spec("RFC 9449", "9", "UserInfo demands its nonce with 401 and a DPoP challenge")
async def test_a_nonce_is_demanded_at_userinfo(strict: World) -> None:
    nonce = (await send(strict, TOKEN, prove(strict, PROVER), client="report", **FOR_ITSELF)).headers["dpop-nonce"]
    ask = Ask(strict)
    code = (await ask.allow(strict.browser()))["code"]
    params = {"grant_type": "authorization_code", "code": code, "code_verifier": ask.code_verifier}
    params["redirect_uri"] = ask.params["redirect_uri"]
    tokens = (await send(strict, TOKEN, prove(strict, PROVER, nonce=nonce), **params)).json()
    refused = await userinfo(strict, tokens["access_token"], prove_for(strict, PROVER, tokens["access_token"]))
    assert refused.status_code == 401
    assert refused.headers["www-authenticate"].startswith("DPoP ")
    assert 'error="use_dpop_nonce"' in refused.headers["www-authenticate"]
    proof = prove_for(strict, PROVER, tokens["access_token"], nonce=refused.headers["dpop-nonce"])
    assert (await userinfo(strict, tokens["access_token"], proof)).status_code == 200


async def test_without_dpop_nobody_is_asked_for_a_nonce(strict: World) -> None:
    answer = await strict.post(TOKEN, client="report", **FOR_ITSELF)
    assert answer.status_code == 200
    assert "dpop-nonce" not in answer.headers


@pytest.mark.spec("RFC 9449", "8.2", "a nonce is offered where none is demanded, and checked where it is sent")
async def test_a_nonce_that_is_offered_is_checked_when_it_comes(report: World) -> None:
    offered = (await send(report, TOKEN, prove(report, PROVER), client="report", **FOR_ITSELF)).headers["dpop-nonce"]
    good = await send(report, TOKEN, prove(report, PROVER, nonce=offered), client="report", **FOR_ITSELF)
    bad = await send(report, TOKEN, prove(report, PROVER, nonce="made-up"), client="report", **FOR_ITSELF)
    assert (good.status_code, refusal(bad)) == (200, (400, "use_dpop_nonce"))


async def test_a_proof_counts_once_at_userinfo(world: World) -> None:
    token = (await bound_tokens(world, PROVER))["access_token"]
    proof = prove_for(world, PROVER, token)
    answers = await at_once(*(userinfo(world, token, proof) for _ in range(6)))
    assert sorted(answer.status_code for answer in answers) == [200, *[401] * 5]
