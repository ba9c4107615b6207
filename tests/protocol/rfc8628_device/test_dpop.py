"""Device codes and tokens bound to a key of the device."""

import pytest

from tests.device import TV, Device, add_tv, allow_device, waiting_tv
from tests.proofs import Prover
from tests.world import ISSUER, World, refusal

ASKING = f"{ISSUER}/oauth2/device_authorization"
TOKEN = f"{ISSUER}/oauth2/token"


def dpop(world: World, prover: Prover, url: str) -> dict[str, str]:
    return {"dpop": prover.prove("POST", url, now=world.clock.now)}


@pytest.mark.spec("RFC 9449", "5", "a proof at the token endpoint binds the device's tokens")
async def test_a_proof_with_the_poll_binds_the_tokens(world: World) -> None:
    prover, device = Prover(), await waiting_tv(world)
    await allow_device(world, device)
    tokens = (await device.poll(headers=dpop(world, prover, TOKEN))).json()
    assert tokens["token_type"] == "DPoP"
    claims = await world.introspect(tokens["access_token"], client="photos")
    assert claims["cnf"] == {"jkt": prover.jkt}
    stolen = await world.refresh(tokens["refresh_token"], client=None, client_id=TV)
    assert stolen.status_code == 400


@pytest.mark.parametrize("who", ["nobody", "somebody else"])
async def test_a_code_asked_for_with_a_proof_is_redeemed_only_with_that_key(world: World, who: str) -> None:
    await add_tv(world)
    prover, device = Prover(), Device(world)
    response = await device.begin(headers=dpop(world, prover, ASKING))
    assert response.status_code == 200
    assert response.headers["dpop-nonce"]
    await allow_device(world, device)
    headers = {} if who == "nobody" else dpop(world, Prover(), TOKEN)
    assert refusal(await device.poll(headers=headers)) == (400, "invalid_grant")
    tokens = (await device.poll(headers=dpop(world, prover, TOKEN))).json()
    assert tokens["token_type"] == "DPoP"


async def test_a_bad_proof_gets_no_code(world: World) -> None:
    await add_tv(world)
    headers = dpop(world, Prover(), TOKEN)
    assert refusal(await Device(world).begin(headers=headers)) == (400, "invalid_dpop_proof")
    assert world.rows()["device_code"] == 0


async def test_a_client_that_must_bind_is_refused_without_a_proof(world: World) -> None:
    await add_tv(world, dpop_bound_access_tokens=True)
    device = Device(world)
    await device.begin()
    await allow_device(world, device)
    assert refusal(await device.poll()) == (400, "invalid_dpop_proof")
    assert (await device.poll(headers=dpop(world, Prover(), TOKEN))).status_code == 200
