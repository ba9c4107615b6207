"""``lingpai key``: the keys that sign and seal what the server hands out."""

from typing import TYPE_CHECKING, Annotated

import click

from lingpai.cli.commands import Group, argument, option
from lingpai.cli.options import ConfigFile, read_config
from lingpai.cli.refusal import Refused

if TYPE_CHECKING:
    from lingpai.server.administration.keys import KeyView
    from lingpai.server.config import Config
    from lingpai.server.storage.driver import Driver
    from lingpai.server.storage.records import Key
    from lingpai.server.tokens.rotation import KeyRotation, KeyState

app = Group("Keys that sign and seal tokens.")


@app.add("list")
def list_(config: ConfigFile = None) -> None:
    """List the keys: id, use, algorithm, age in days, and whether each is next, in use or retiring.

    Into a pipe it prints tab-separated lines without a heading.

    Example:

        lingpai key list
    """
    from lingpai.cli.remote import current_remote
    from lingpai.cli.storage import with_driver
    from lingpai.cli.table import print_table
    from lingpai.server.storage.keys import Keys
    from lingpai.server.tokens.rotation import living

    async def work(driver: "Driver", now: int) -> "list[tuple[str, ...]]":
        return [_row(key, state, now) for key, state in living(await Keys(driver).list(), now)]

    if (remote := current_remote()) is not None:
        from msgspec import convert

        from lingpai.server.administration.keys import KeyView
        from lingpai.server.clock import system_clock

        views = [convert(item, KeyView) for item in remote.items("/keys")]
        rows = [_row(view, view.state, system_clock()) for view in views]
    else:
        rows = with_driver(read_config(config), work)
    print_table(("kid", "use", "alg", "days", "state"), rows)


@app.add("rotate")
def rotate(
    use: Annotated[str, option(help="sig: the keys that sign; seal: the key that seals; all: both.")] = "all",
    at_once: Annotated[
        bool,
        option(
            "--at-once",
            help="Use it now, before every verifier has seen it. What the old key made stays good until it expires;"
            " `lingpai key withdraw` ends that.",
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
    from lingpai.cli.remote import current_remote
    from lingpai.cli.storage import with_driver
    from lingpai.server.tokens.master_key import material_key

    if use not in ("sig", "seal", "all"):
        raise Refused(f"--use must be sig, seal or all, not {use}")
    if (remote := current_remote()) is not None:
        for each in ("sig", "seal") if use == "all" else (use,):
            remote.post("/keys/rotate", {"use": each, "at_once": at_once})
        click.echo("There are new keys: `lingpai key list` shows them")
        return
    settings = read_config(config)
    material = material_key(read_master_key(settings))

    async def work(driver: "Driver", now: int) -> "list[Key]":
        await check_master_key(settings, driver, now)
        return await _rotate(driver, _rotation(driver, settings, material), use=use, at_once=at_once, now=now)

    for key in with_driver(settings, work):
        click.echo(f"{key.use} {key.alg} {key.kid}: used from {_utc(key.active_from)}")


@app.add("withdraw")
def withdraw(
    kid: Annotated[str, argument(metavar="KID", help="As `lingpai key list` shows it.")],
    yes: Annotated[bool, option("--yes", help="Do not ask.")] = False,
    config: ConfigFile = None,
) -> None:
    """End a key that leaked: from now on nothing made under it is accepted, and it is published no more.

    Another key takes over at once. Everybody who holds something made under the old one loses it.

    Example:

        lingpai key withdraw 5f0c2a91
    """
    from lingpai.cli.keeper import check_master_key, read_master_key
    from lingpai.cli.storage import with_driver
    from lingpai.server.storage.keys import Keys
    from lingpai.server.tokens.master_key import material_key

    settings = read_config(config)
    material = material_key(read_master_key(settings))

    async def look(driver: "Driver", now: int) -> "Key | None":
        await check_master_key(settings, driver, now)
        return next((key for key in await Keys(driver).list() if key.kid == kid), None)

    async def work(driver: "Driver", now: int) -> "Key | None":
        return await _withdraw(driver, _rotation(driver, settings, material), kid, now)

    key = with_driver(settings, look)
    if key is not None and not yes:
        click.confirm(f"{_LOST[key.use].format(kid=kid)} Withdraw it?", abort=True)
    successor = with_driver(settings, work)
    click.echo(f"{kid} is withdrawn; running servers follow within {settings.catalog_staleness_s} seconds")
    if successor is not None:
        click.echo(f"{successor.use} {successor.alg} {successor.kid}: used from {_utc(successor.active_from)}")


_LOST = {
    "sig": "Every ID Token, signed access token, logout token and receipt that {kid} signed will be refused: here at"
    " once, by others when they read the published keys again, which they may keep for five minutes. People stay signed"
    " in, and applications refresh their access tokens.",
    "seal": "Every code, refresh token and access token made under {kid} will be refused: every application has to send"
    " its people through the sign-in again. They stay signed in here, and what they allowed stays allowed.",
    "pair": "",
}
"""What to say before a key of each use is withdrawn."""


async def _withdraw(driver: "Driver", rotation: "KeyRotation", kid: str, now: int) -> "Key | None":
    """The successor, if one had to be made. Raises ``Refused``."""
    from lingpai.cli.record import record_event
    from lingpai.server.audit import KEY_ROTATED, KEY_WITHDRAWN
    from lingpai.server.storage.keys import Keys
    from lingpai.server.storage.together import Together

    replaced = await rotation.replace_leaked(kid, now)
    if replaced is None:
        raise Refused(f"there is no key {kid} that can be withdrawn: `lingpai key list` shows those there are")
    leaked, successor = replaced
    together = Together(driver)
    await Keys(together).withdraw(kid, now)
    await record_event(together, KEY_WITHDRAWN, now, detail={"kid": kid, "alg": leaked.alg})
    if successor is not None:
        await record_event(together, KEY_ROTATED, now, detail={"kid": successor.kid, "alg": successor.alg})
    if not await together.write():
        raise Refused("somebody else withdrew it at this moment: look at `lingpai key list`")
    return successor


async def _rotate(driver: "Driver", rotation: "KeyRotation", *, use: str, at_once: bool, now: int) -> "list[Key]":
    from lingpai.cli.record import record_event
    from lingpai.server.audit import KEY_ROTATED

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


def _rotation(driver: "Driver", config: "Config", material: bytes) -> "KeyRotation":
    from lingpai.server.storage.catalog import CatalogRows
    from lingpai.server.storage.clients import Clients
    from lingpai.server.storage.keys import Keys
    from lingpai.server.tokens.keyring import Keyring
    from lingpai.server.tokens.rotation import KeyRotation

    rows = Keys(driver)
    return KeyRotation(Keyring(rows, material), rows, Clients(driver), CatalogRows(driver), config)


def _row(key: "Key | KeyView", state: "KeyState", now: int) -> tuple[str, ...]:
    return key.kid, key.use, key.alg, str((now - key.created_at) // 86_400), _what_it_does(key, state)


def _what_it_does(key: "Key | KeyView", state: "KeyState") -> str:
    if state == "next":
        return f"next, used from {_utc(key.active_from)}"
    if state == "retiring" and key.expires_at is not None:
        return f"retiring until {_utc(key.expires_at)}"
    return {"for_ever": "in use for ever", "in_use": "in use"}.get(state, state)


def _utc(instant: int) -> str:
    from datetime import UTC, datetime

    return f"{datetime.fromtimestamp(instant, UTC):%Y-%m-%d %H:%M:%S} UTC"
