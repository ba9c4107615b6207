"""``lingpai audit``: the log of what an operator may have to prove, verified and taken out."""

from typing import TYPE_CHECKING, Annotated

import click

from lingpai.cli.commands import Group, option
from lingpai.cli.options import ConfigFile, read_config
from lingpai.cli.refusal import Refused

if TYPE_CHECKING:
    from lingpai.server.storage.audit_chain import ChainState
    from lingpai.server.storage.driver import Driver

app = Group("The audit log: verify its chain, export it.")


@app.add("verify")
def verify(
    expect: Annotated[
        str, option(help="A hash printed by an earlier run: it must still be in the chain.", metavar="HASH")
    ] = "",
    config: ConfigFile = None,
) -> None:
    """Check that no row of the audit log was changed, inserted or deleted. Prints the last row's hash.

    The exit status is 1 when the chain is broken; the message names the row. Note the hash somewhere else and give it
    to a later run with --expect: then it is seen as well when somebody cut off the end of the log.

    Examples:

        lingpai audit verify

        lingpai audit verify --expect 3f0c…
    """
    from lingpai.cli.storage import with_driver
    from lingpai.server.storage.audit_chain import verify_chain

    async def work(driver: "Driver", _now: int) -> "ChainState":
        return await verify_chain(driver, expected)

    try:
        expected = bytes.fromhex(expect) if expect else None
    except ValueError:
        raise Refused("--expect must be a hash as an earlier run printed it") from None
    state = with_driver(read_config(config), work)
    if state.broken_at is not None:
        raise Refused(
            f"the audit log is broken at row {state.broken_at}: it is not what was written behind row {state.last_id}"
        )
    if expected is not None and not state.has_expected:
        raise Refused("the audit log does not hold the hash to expect: rows were cut off, or it is another log")
    click.echo(f"rows={state.rows}\nlast={state.last_id}\nhash={state.last_hash.hex()}")


@app.add("export")
def export(
    after: Annotated[int, option(help="Only rows behind this one, by its id.", min=0)] = 0,
    config: ConfigFile = None,
) -> None:
    """Print the audit log, oldest first, one JSON object in each line, with what its hash covers.

    Example:

        lingpai audit export > audit.jsonl
    """
    import sys

    import msgspec

    from lingpai.cli.storage import with_driver
    from lingpai.server.storage.audit_chain import export_row, walk

    async def work(driver: "Driver", _now: int) -> None:
        async for row in walk(driver, after):
            sys.stdout.write(msgspec.json.encode(export_row(row)).decode() + "\n")

    with_driver(read_config(config), work)


@app.add("list")
def list_(
    event: Annotated[str, option(help="Only this event, such as client_deleted.")] = "",
    client_id: Annotated[str, option(help="Only of this application.")] = "",
    limit: Annotated[int, option(min=1, max=200, help="How many.")] = 50,
    config: ConfigFile = None,
) -> None:
    """List the latest events, newest first: id, when, event, account, application, details.

    Into a pipe it prints tab-separated lines without a heading.

    Example:

        lingpai audit list --event client_deleted
    """
    from datetime import UTC, datetime

    from lingpai.cli.admin_api import admin_api
    from lingpai.cli.table import print_table

    query = {"event": event, "client_id": client_id, "limit": str(limit)}
    with admin_api(config) as api:
        found = api.get("/audit", **{name: value for name, value in query.items() if value})["items"]
    rows = [
        (
            str(e["id"]),
            f"{datetime.fromtimestamp(e['at'], UTC):%Y-%m-%d %H:%M:%S} UTC",
            e["event"],
            e["account_id"] or "",
            e["client_id"] or "",
            " ".join(f"{name}={value}" for name, value in e["detail"].items()),
        )
        for e in found
    ]
    print_table(("id", "at", "event", "account", "client_id", "detail"), rows)
