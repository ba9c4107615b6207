"""Requests with a proof, and a second process of the same server."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2

from tests.proofs import Prover, ath
from tests.world import ISSUER, SECRET, Ask, World

TOKEN, PAR, USERINFO = "/oauth2/token", "/oauth2/par", "/oauth2/userinfo"


async def send(
    world: World, path: str, proof: str | list[str], *, client: str | None = "photo-print", **params: Any
) -> httpx2.Response:
    """A back-channel POST with these proofs in its DPoP headers; ``client=None``: without credentials."""
    proofs = [proof] if isinstance(proof, str) else proof
    headers = [("dpop", value) for value in proofs]
    if client is None:
        return await world.http.post(path, data=params, headers=headers)
    return await world.http.post(path, data=params, headers=headers, auth=(client, SECRET))


def prove(world: World, prover: Prover, path: str = TOKEN, method: str = "POST", **claims: Any) -> str:
    """A proof for one of our endpoints, made now."""
    return prover.prove(method, ISSUER + path, now=world.clock.now, **claims)


async def bound_tokens(
    world: World, prover: Prover, client: str = "photo-print", *, public: bool = False, **params: str | None
) -> dict[str, Any]:
    """The token response of a person who allowed everything to a client with this key."""
    ask = Ask(world, client, **params)
    code = (await ask.allow(world.browser()))["code"]
    response = await redeem(world, ask, code, prove(world, prover), client=client, public=public)
    assert response.status_code == 200, response.text
    tokens: dict[str, Any] = response.json()
    return tokens


async def redeem(
    world: World, ask: Ask, code: str, proof: str, *, client: str = "photo-print", public: bool = False
) -> httpx2.Response:
    """Redeem a code with this proof; ``""``: with none."""
    params = {"grant_type": "authorization_code", "code": code, "code_verifier": ask.code_verifier}
    if "redirect_uri" in ask.params:
        params["redirect_uri"] = ask.params["redirect_uri"]
    proofs = [proof] if proof else []
    if public:
        return await send(world, TOKEN, proofs, client=None, client_id=client, **params)
    return await send(world, TOKEN, proofs, client=client, **params)


async def userinfo(
    world: World, token: str, proof: str | None, *, scheme: str = "DPoP", method: str = "GET"
) -> httpx2.Response:
    headers = {"authorization": f"{scheme} {token}"} | ({} if proof is None else {"dpop": proof})
    return await world.http.request(method, USERINFO, headers=headers)


def prove_for(world: World, prover: Prover, token: str, **claims: Any) -> str:
    """A proof for UserInfo with this token."""
    return prove(world, prover, USERINFO, "GET", **{"ath": ath(token), **claims})


@asynccontextmanager
async def another_process(world: World) -> AsyncIterator[World]:
    """The same server once more, over the same database and keys."""
    other = World(world.config, world.clock)
    await other.start()
    yield other
    await other.close()
