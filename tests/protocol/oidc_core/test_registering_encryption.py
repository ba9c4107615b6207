"""Registering for signed and encrypted answers: what the metadata names, with a key to do it, and nothing else."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from joserfc.jwk import ECKey, RSAKey

from lingpai.crypto.jwe import ALGS, ENCS
from tests.registration import post, register, registering_world
from tests.world import World

REGISTRATION = "OpenID Connect Dynamic Client Registration 1.0"
KEYS = (RSAKey.generate_key(2048, {"use": "enc"}), ECKey.generate_key("P-256", {"use": "enc"}))
JWKS: dict[str, Any] = {"keys": [key.as_dict(private=False) for key in KEYS]}
WHAT = ("id_token", "userinfo")


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def opened(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    async with registering_world(tmp_path_factory.mktemp("encryption"), registrations_per_address=1000) as world:
        yield world


@pytest.mark.spec(REGISTRATION, "2", "what the metadata names for encryption can be registered")
@pytest.mark.parametrize("what", WHAT)
@pytest.mark.parametrize("alg", ALGS)
async def test_everything_named_can_be_registered(opened: World, what: str, alg: str) -> None:
    for enc in ENCS:
        fields = {f"{what}_encrypted_response_alg": alg, f"{what}_encrypted_response_enc": enc}
        answer = await register(opened, jwks=JWKS, **fields)
        assert fields.items() <= answer.items()


@pytest.mark.parametrize("what", WHAT)
async def test_without_a_key_it_cannot_be_registered(opened: World, what: str) -> None:
    field = f"{what}_encrypted_response_alg"
    documents: list[dict[str, Any]] = [{}, {"jwks": {"keys": []}}, {"jwks": {"keys": JWKS["keys"][1:]}}]
    for document in documents:
        refused = await post(opened, **{field: "RSA-OAEP"}, **document)
        assert refused.json()["error"] == "invalid_client_metadata"
        assert refused.json()["error_description"].startswith(field)
    await register(opened, jwks_uri="https://print.example/keys", **{field: "RSA-OAEP"})


async def test_userinfo_may_be_signed(opened: World) -> None:
    answer = await register(opened, userinfo_signed_response_alg="RS256")
    assert answer["userinfo_signed_response_alg"] == "RS256"
