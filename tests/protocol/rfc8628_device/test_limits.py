"""How many devices may wait at once, and that what waits goes away."""

import pytest

from lingpai.server.storage.sweep import sweep_all
from tests.device import TV, Device, add_tv, allow_device
from tests.wire import FORM, send
from tests.world import SECRET, World

TOO_MANY = (429, "temporarily_unavailable")


async def ask(world: World, client_id: str = TV, *, address: str = "127.0.0.1") -> tuple[int, str]:
    """Ask as this client from this address."""
    body = f"client_id={client_id}".encode()
    response = await send(
        world.server.app, "POST", "/oauth2/device_authorization", body=body, headers=[FORM], address=address
    )
    return response.status_code, response.json().get("error", "")


async def test_at_one_address_fifty_may_wait(world: World) -> None:
    await add_tv(world)
    await add_tv(world, "other-tv")
    assert [await ask(world) for _ in range(50)] == [(200, "")] * 50
    assert await ask(world) == TOO_MANY
    assert await ask(world, "other-tv") == TOO_MANY, "whichever client it names"
    assert await ask(world, address="192.0.2.7") == (200, "")
    assert world.rows()["device_code"] == 51


async def test_an_ipv6_network_is_one_address(world: World) -> None:
    await add_tv(world)
    answers = [await ask(world, address=f"2001:db8::{number:x}") for number in range(51)]
    assert answers == [(200, "")] * 50 + [TOO_MANY]


async def test_the_refusal_says_when_to_come_back(world: World) -> None:
    await add_tv(world)
    device = Device(world)
    for _ in range(50):
        await device.begin()
    response = await device.begin()
    assert response.status_code == 429
    assert int(response.headers["retry-after"]) > 0


async def test_of_one_application_a_thousand_may_wait_from_wherever(world: World) -> None:
    await add_tv(world)
    for network in range(20):
        for _ in range(50):
            assert await ask(world, address=f"192.0.2.{network}") == (200, "")
    assert await ask(world, address="198.51.100.1") == TOO_MANY
    await add_tv(world, "other-tv")
    assert await ask(world, "other-tv", address="198.51.100.1") == (200, "")


async def test_a_client_with_credentials_may_ask_for_many_from_its_one_machine(world: World) -> None:
    await add_tv(world, secret=SECRET)
    for _ in range(60):
        assert (await Device(world, client=TV).begin(scope="list_album")).status_code == 200


@pytest.mark.parametrize("allowed", [False, True], ids=["waiting", "allowed"])
async def test_a_place_is_free_again_once_a_code_has_expired(world: World, allowed: bool) -> None:
    await add_tv(world)
    device = Device(world)
    for _ in range(50):
        await device.begin()
    if allowed:
        await allow_device(world, device)
        assert await ask(world) == TOO_MANY
    world.clock.advance(600)
    assert await ask(world) == (200, "")


async def test_a_flood_leaves_nothing_behind(world: World) -> None:
    await add_tv(world)
    before = world.rows()
    for _ in range(60):
        await ask(world)
    world.clock.advance(600 + 300)
    await sweep_all(world.driver, world.clock.now)
    assert world.rows() == before
