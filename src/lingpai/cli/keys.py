"""``lingpai key``: the keys that sign and seal what the server hands out."""

from typing import TYPE_CHECKING, Annotated

import typer

from lingpai.cli.options import ConfigFile, read_config
from lingpai.cli.refusal import Refused

if TYPE_CHECKING:
    from lingpai.server.config import Config
    from lingpai.server.storage.driver import Driver
    from lingpai.server.storage.records import Key

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Keys that sign and seal tokens.")


@app.command("list")
def list_(config: ConfigFile = None) -> None:
    """List the keys: id, use, algorithm, age in days, and whether each is next, in use or retiring.

    Into a pipe it prints tab-separated lines without a heading.

    Example:

        lingpai key list
    """
    from lingpai.cli.storage import with_driver
    from lingpai.cli.table import print_table
    from lingpai.server.storage.keys import Keys

    async def work(driver: "Driver", now: int) -> "tuple[list[Key], int]":
        return await Keys(driver).list(), now

    keys, now = with_driver(read_config(config), work)
    rows = [(k.kid, k.use, k.alg, str((now - k.created_at) // 86_400), _state(k, keys, now)) for k in keys]
    print_table(("kid", "use", "alg", "days", "state"), rows)


@app.command("rotate")
def rotate(
    use: Annotated[str, typer.Option(help="sig: the keys that sign; seal: the key that seals; all: both.")] = "all",
    at_once: Annotated[
        bool,
        typer.Option(
            "--at-once",
            help="Use it now, before every verifier has seen it. What the old key made stays good until it expires.",
        ),
    ] = False,
    config: ConfigFile = None,
) -> None:
    """Make new keys. Verifiers see each for a while before it is used; old ones stay until their last token is dead.

    A running server takes part within seconds. Nobody is signed out.

    Examples:

        lingpai key rotate

        lingpai key rotate --use sig --at-once
    """
    from lingpai.cli.keeper import check_master_key, read_master_key
    from lingpai.cli.storage import with_driver
    from lingpai.server.tokens.master_key import material_key

    if use not in ("sig", "seal", "all"):
        raise Refused(f"--use must be sig, seal or all, not {use}")
    settings = read_config(config)
    material = material_key(read_master_key(settings))

    async def work(driver: "Driver", now: int) -> "list[Key]":
        await check_master_key(settings, driver, now)
        return await _rotate(driver, settings, material, use=use, at_once=at_once, now=now)

    for key in with_driver(settings, work):
        typer.echo(f"{key.use} {key.alg} {key.kid}: used from {_utc(key.active_from)}")


async def _rotate(
    driver: "Driver", config: "Config", material: bytes, *, use: str, at_once: bool, now: int
) -> "list[Key]":
    from lingpai.cli.record import record_event
    from lingpai.server.audit import KEY_ROTATED
    from lingpai.server.storage.catalog import CatalogRows
    from lingpai.server.storage.clients import Clients
    from lingpai.server.storage.keys import Keys
    from lingpai.server.tokens.keyring import Keyring
    from lingpai.server.tokens.rotation import KeyRotation

    rows = Keys(driver)
    rotation = KeyRotation(Keyring(rows, material), rows, Clients(driver), CatalogRows(driver), config)
    wanted = sorted(kind for kind in await rotation.kinds() if use in (kind[0], "all"))
    if not wanted:
        raise Refused("there are no keys yet: `lingpai init` or the first `lingpai serve` makes them")
    made = []
    for key_use, alg in wanted:
        key = await rotation.rotate(key_use, alg, now=now, at_once=at_once)
        if key is None:
            raise Refused("somebody else rotated the keys at this moment: look at `lingpai key list`")
        await record_event(driver, KEY_ROTATED, now, detail={"kid": key.kid, "alg": key.alg})
        made.append(key)
    return made


def _state(key: "Key", keys: "list[Key]", now: int) -> str:
    active = [
        other.sequence for other in keys if (other.use, other.alg) == (key.use, key.alg) and other.active_from <= now
    ]
    if key.use == "pair":
        return "in use for ever"
    if key.active_from > now:
        return f"next, used from {_utc(key.active_from)}"
    if key.sequence == max(active):
        return "in use"
    return f"retiring until {_utc(key.expires_at)}" if key.expires_at else "retiring"


def _utc(instant: int) -> str:
    from datetime import UTC, datetime

    return f"{datetime.fromtimestamp(instant, UTC):%Y-%m-%d %H:%M:%S} UTC"
