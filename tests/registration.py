"""Applications that register themselves, for tests: a server that lets them, and what one sends."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2

from lingpai.crypto.digest import digest, new_secret
from lingpai.server.storage.records import Client, RegistrationToken
from lingpai.server.storage.registrations import Registrations
from tests.world import World

REGISTER = "/oauth2/register"
CALLBACK = "https://print.example/callback"
SCOPES = ("openid", "profile", "offline_access", "list_album")
DEVICE = "urn:ietf:params:oauth:grant-type:device_code"

Answer = dict[str, Any]


@asynccontextmanager
async def registering_world(folder: Path, **settings: Any) -> AsyncIterator[World]:
    """A server where anybody may register."""
    defaults: dict[str, Any] = {
        "registration": "open",
        "registration_scope_ceiling": SCOPES,
        "signing_algs": ("ES256", "RS256"),
    }
    world = await World.open(folder, **(defaults | settings))
    try:
        yield world
    finally:
        await world.close()


async def post(world: World, *, token: Any = None, **document: Any) -> httpx2.Response:
    """Ask for a registration; one redirect URI unless told."""
    headers = {} if token is None else {"authorization": f"Bearer {token}"}
    return await world.http.post(REGISTER, json={"redirect_uris": [CALLBACK]} | document, headers=headers)


async def register(world: World, *, token: Any = None, **document: Any) -> Answer:
    """The answer of a registration that succeeds."""
    response = await post(world, token=token, **document)
    assert response.status_code == 201, response.text
    answer: Answer = response.json()
    return answer


async def manage(
    world: World, answer: Answer, method: str, *, token: str | None = None, **json: Any
) -> httpx2.Response:
    """GET, PUT or DELETE at the client's own address, with its own token unless told."""
    bearer = answer["registration_access_token"] if token is None else token
    headers = {"authorization": f"Bearer {bearer}"}
    return await world.http.request(method, answer["registration_client_uri"], headers=headers, json=json or None)


async def put(world: World, answer: Answer, **changes: Any) -> httpx2.Response:
    """Replace the registration by what it is, with ``changes`` (``None``: leave out)."""
    ours = {"registration_access_token", "registration_client_uri", "client_id_issued_at", "client_secret_expires_at"}
    document = {name: value for name, value in (answer | changes).items() if name not in ours and value is not None}
    return await manage(world, answer, "PUT", **document)


async def stored(world: World, answer: Answer) -> Client:
    """The record behind an answer."""
    client = await world.server.store.clients.get(answer["client_id"])
    assert client is not None
    return client


async def initial_token(world: World, *, uses: int = 1, lifetime_s: int = 3600) -> str:
    """An initial access token, as ``lingpai registration-token create`` makes one."""
    secret, now = new_secret(), world.clock.now
    token = RegistrationToken(digest=digest(secret), uses_left=uses, created_at=now, expires_at=now + lifetime_s)
    await Registrations(world.driver).record_token(token)
    return secret
