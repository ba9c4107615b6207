"""An application that registered itself is the operator's once the operator's file names it."""

import asyncio
from pathlib import Path

from lingpai.server.config import load_config
from lingpai.server.storage.clients import Clients
from lingpai.server.storage.records import Client
from lingpai.server.wiring import open_driver
from tests.unit.cli.terminal import Lingpai

REGISTERED = Client(
    client_id="print",
    client_name="Print",
    redirect_uris=("https://print.example/callback",),
    token_endpoint_auth_method="none",
    registration_token_digest=b"digest of the registration access token",
    expires_at=2_000_000_000,
)


async def _put(client: Client) -> None:
    driver = open_driver(load_config())
    await Clients(driver).put(client)
    await driver.close()


async def _get(client_id: str) -> Client | None:
    driver = open_driver(load_config())
    client = await Clients(driver).get(client_id)
    await driver.close()
    return client


def test_its_token_works_no_more_and_it_does_not_go_by_itself(lingpai: Lingpai, home: Path) -> None:
    asyncio.run(_put(REGISTERED))
    assert "registered" in lingpai("client", "list").out
    (home / "clients.toml").write_text(
        '[[clients]]\nclient_id = "print"\nclient_name = "Print"\ntoken_endpoint_auth_method = "none"\n'
        'redirect_uris = ["https://print.example/callback"]\ndisabled = true\n'
    )
    ended = lingpai("apply", "clients.toml")
    assert ended.status == 0, ended.err
    assert "digest of" not in ended.out
    client = asyncio.run(_get("print"))
    assert client
    assert (client.registration_token_digest, client.expires_at) == (b"", None)
    assert client.disabled_at is not None
    assert "registered" not in lingpai("client", "list").out


def test_a_file_cannot_hold_the_token_of_a_registration(lingpai: Lingpai, home: Path) -> None:
    (home / "clients.toml").write_text(
        '[[clients]]\nclient_id = "a"\nclient_name = "A"\nregistration_token_digest = "AA=="\nexpires_at = 1\n'
    )
    ended = lingpai("apply", "clients.toml")
    assert ended.status == 1
    assert "registration_token_digest" in ended.err
    assert "expires_at" in ended.err
