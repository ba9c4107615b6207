"""``client_secret_jwt``: a client that signs with its secret instead of sending it."""

import pytest

from tests import databases
from tests.assertions import (
    LONG_SECRET,
    Keyholder,
    add_secret_worker,
    add_worker,
    authenticate,
    claims_of,
    kept_secret,
    sign_with_secret,
)
from tests.world import SECRET, World, refusal

REFUSED = (401, "invalid_client")


@pytest.mark.spec("OpenID Connect Core 1.0", "9", "client_secret_jwt")
@pytest.mark.spec("RFC 7523", "2.2", "the assertion may be signed with the client secret")
@pytest.mark.parametrize("alg", ["HS256", "HS384", "HS512"])
async def test_a_client_signs_with_its_secret(world: World, alg: str) -> None:
    await add_secret_worker(world)
    response = await authenticate(world, sign_with_secret(LONG_SECRET, claims_of(world), alg))
    assert response.status_code == 200, response.text


async def test_two_secrets_live_side_by_side_while_one_replaces_the_other(world: World) -> None:
    new, old = LONG_SECRET, LONG_SECRET[::-1]
    secrets = (kept_secret(world, "worker", new), kept_secret(world, "worker", old, expires_at=world.clock.now + 60))
    await add_worker(world, token_endpoint_auth_method="client_secret_jwt", client_secrets=secrets)
    for secret in (new, old):
        assert (await authenticate(world, sign_with_secret(secret, claims_of(world)))).status_code == 200
    world.clock.advance(60)
    assert (await authenticate(world, sign_with_secret(new, claims_of(world)))).status_code == 200
    assert refusal(await authenticate(world, sign_with_secret(old, claims_of(world)))) == REFUSED


@pytest.mark.spec("RFC 7591", "2", "token_endpoint_auth_signing_alg is the only algorithm accepted")
async def test_only_the_registered_algorithm_is_accepted(world: World) -> None:
    await add_secret_worker(world, token_endpoint_auth_signing_alg="HS512")
    assert (await authenticate(world, sign_with_secret(LONG_SECRET, claims_of(world), "HS512"))).status_code == 200
    assert refusal(await authenticate(world, sign_with_secret(LONG_SECRET, claims_of(world)))) == REFUSED


@pytest.mark.spec("RFC 7518", "3.2", "the secret is at least as long as the hash")
async def test_a_short_secret_cannot_sign_with_a_long_hash(world: World) -> None:
    await add_secret_worker(world, "worker", SECRET)
    assert (await authenticate(world, sign_with_secret(SECRET, claims_of(world), "HS256"))).status_code == 200
    assert refusal(await authenticate(world, sign_with_secret(SECRET, claims_of(world), "HS512"))) == REFUSED


async def test_the_secret_itself_is_no_credential_any_more(world: World) -> None:
    await add_secret_worker(world)
    posted = {"grant_type": "client_credentials", "client_id": "worker", "client_secret": LONG_SECRET}
    assert refusal(await world.http.post("/oauth2/token", data=posted)) == REFUSED
    basic = await world.post("/oauth2/token", client="worker", secret=LONG_SECRET, grant_type="client_credentials")
    assert refusal(basic) == REFUSED
    assert "registered for client_secret_jwt" in basic.json()["error_description"]


async def test_a_secret_that_was_kept_for_another_method_cannot_sign(world: World) -> None:
    kept = kept_secret(world, "worker", LONG_SECRET)
    digest_only = type(kept)(kept.digest, kept.created_at)
    await add_worker(world, token_endpoint_auth_method="client_secret_jwt", client_secrets=(digest_only,))
    assert refusal(await authenticate(world, sign_with_secret(LONG_SECRET, claims_of(world)))) == REFUSED


async def test_a_sealed_secret_opens_for_no_other_client(world: World) -> None:
    stolen = kept_secret(world, "somebody", LONG_SECRET)
    await add_worker(world, token_endpoint_auth_method="client_secret_jwt", client_secrets=(stolen,))
    assert refusal(await authenticate(world, sign_with_secret(LONG_SECRET, claims_of(world)))) == REFUSED


async def test_the_database_does_not_hold_the_secret(world: World) -> None:
    await add_secret_worker(world)
    assert LONG_SECRET.encode() not in databases.stored_bytes(world.config.database)


async def test_a_client_with_keys_and_a_secret_uses_what_it_registered(world: World) -> None:
    holder = Keyholder()
    await add_secret_worker(world, jwks=holder.jwks)
    assert refusal(await authenticate(world, holder.sign(claims_of(world)))) == REFUSED
    secrets = (kept_secret(world, "worker", LONG_SECRET),)
    await add_worker(world, jwks=holder.jwks, client_secrets=secrets)
    assert refusal(await authenticate(world, sign_with_secret(LONG_SECRET, claims_of(world)))) == REFUSED
    assert (await authenticate(world, holder.sign(claims_of(world)))).status_code == 200
