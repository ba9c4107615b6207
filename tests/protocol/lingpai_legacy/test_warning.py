"""What the log says as long as a client may do what RFC 9700 advises against."""

from typing import Any

import pytest
from msgspec.structs import replace

from lingpai.server.storage.records import Client
from tests.log_lines import log_lines
from tests.world import World

LEGACY: dict[str, Any] = {"grant_types": ("password",), "response_types": (), "redirect_uris": (), "legacy": True}


async def warnings_of_a_look(world: World) -> list[Any]:
    """What is logged when the server looks at its tables again, as it does every few seconds."""
    world.clock.advance(world.config.catalog_staleness_s + 1)
    with log_lines() as lines:
        await world.http.get("/oauth2/jwks")
    return about_legacy(lines)


def about_legacy(lines: Any) -> list[Any]:
    return [line for line in lines if line["level"] == "warning" and "RFC 9700" in line["event"]]


async def disable(world: World, client: Client) -> None:
    await world.server.store.clients.put(replace(client, disabled_at=world.clock.now))


@pytest.mark.spec("RFC 9700", "2.4", "an operator who allows a legacy grant is told at every start")
async def test_a_start_with_a_legacy_client_is_warned_about_once(own_world: World) -> None:
    await own_world.add_client("old", **LEGACY)
    with log_lines() as lines:
        await own_world.restart()
    assert len(about_legacy(lines)) == 1
    assert await warnings_of_a_look(own_world) == []


async def test_nothing_is_said_where_there_is_none(own_world: World) -> None:
    with log_lines() as lines:
        await own_world.restart()
    assert about_legacy(lines) == []
    assert await warnings_of_a_look(own_world) == []


async def test_the_first_that_appears_is_warned_about_while_the_server_runs(own_world: World) -> None:
    for name in ("old", "old-again"):
        client = await own_world.add_client(name, **LEGACY)
        assert len(await warnings_of_a_look(own_world)) == 1
        assert await warnings_of_a_look(own_world) == [], "once"
        await disable(own_world, client)
        assert await warnings_of_a_look(own_world) == []
