"""``lingpai admin``: who administers the server. The first administrator is made here: whoever can write the database
is trusted already.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import click

from lingpai.cli.commands import Group, argument, option
from lingpai.cli.options import ConfigFile, read_config
from lingpai.cli.refusal import Refused

if TYPE_CHECKING:
    from lingpai.server.config import Config
    from lingpai.server.storage.admin_roles import RoleHolder
    from lingpai.server.storage.driver import Driver
    from lingpai.server.storage.records import Account

app = Group("People who administer this server at /admin.")

Username = Annotated[str, argument(help="The account, as it signs in.")]
RoleName = Annotated[
    str,
    option(
        "--role",
        help="reader: sees everything; reviewer: also decides about submitted applications; support: also helps people "
        "with their accounts; administrator: everything.",
    ),
]


@app.add("add")
def add(username: Username, role: RoleName = "administrator", config: ConfigFile = None) -> None:
    """Give an account a role, in place of any it had. It holds from the next page on.

    Example:

        lingpai admin add zhangsan --role support
    """
    from lingpai.cli.remote import current_remote

    if (remote := current_remote()) is not None:
        remote.put(f"/accounts/{remote.account_id(username)}/role", {"role": role})
    else:
        give_role(read_config(config), username, role)
    click.echo(f"{username} is {role}")


def give_role(config: "Config", username: str, role: str) -> None:
    """Write the role. Raises ``Refused``."""
    from lingpai.cli.record import record_event
    from lingpai.cli.storage import write_with_driver
    from lingpai.server.audit import ROLE_CHANGED
    from lingpai.server.storage.admin_roles import ROLES, Roles

    found = next((known for known in ROLES if known == role), None)
    if found is None:
        raise Refused(f"--role must be one of {', '.join(ROLES)}, not {role}")

    async def work(driver: "Driver", now: int) -> None:
        account = await _find(driver, username)
        await Roles(driver).put(account.id, found, now)
        await record_event(driver, ROLE_CHANGED, now, account_id=account.id, detail={"role": found})

    write_with_driver(config, work)


@app.add("remove")
def remove(username: Username, config: ConfigFile = None) -> None:
    """Take an account's role away. Its own account stays as it is.

    Example:

        lingpai admin remove zhangsan
    """
    from lingpai.cli.record import record_event
    from lingpai.cli.remote import current_remote
    from lingpai.cli.storage import write_with_driver
    from lingpai.server.audit import ROLE_CHANGED
    from lingpai.server.storage.admin_roles import Roles

    async def work(driver: "Driver", now: int) -> None:
        account = await _find(driver, username)
        if await Roles(driver).role_of(account.id) is None:
            raise Refused(f"{username} has no role")
        await Roles(driver).remove(account.id)
        await record_event(driver, ROLE_CHANGED, now, account_id=account.id, detail={"role": None})

    if (remote := current_remote()) is not None:
        remote.put(f"/accounts/{remote.account_id(username)}/role", {"role": None})
    else:
        write_with_driver(read_config(config), work)
    click.echo(f"{username} has no role any more")


@app.add("list")
def list_(config: ConfigFile = None) -> None:
    """List who has a role: username, role, since when.

    Into a pipe it prints tab-separated lines without a heading.

    Example:

        lingpai admin list
    """
    from datetime import UTC, datetime

    from lingpai.cli.remote import current_remote
    from lingpai.cli.table import print_table

    if (remote := current_remote()) is not None:
        roles = sorted(remote.get("/roles").items())
        print_table(("username", "role", "since"), [(username, role, "") for username, role in roles])
        return
    rows = [
        (holder.username, holder.role, f"{datetime.fromtimestamp(holder.since, UTC):%Y-%m-%d}")
        for holder in _holders(config)
    ]
    print_table(("username", "role", "since"), rows)


@app.add("enable-api")
def enable_api(config: ConfigFile = None) -> None:
    """Switch the admin API on: adds its resource server and its two permissions to the catalog.

    Then register a client with these permissions, and get its tokens with client_credentials.

    Example:

        lingpai admin enable-api
    """
    from lingpai.cli.record import record_event
    from lingpai.cli.storage import write_with_driver
    from lingpai.server.audit import RESOURCE_SERVER_CHANGED
    from lingpai.server.storage.catalog import CatalogRows
    from lingpai.server.tokens.admin_scopes import admin_catalog

    settings = read_config(config)
    server, scopes = admin_catalog(settings.issuer)

    async def work(driver: "Driver", now: int) -> None:
        rows = CatalogRows(driver)
        await rows.put_resource_server(server)
        for scope in scopes:
            await rows.put_scope(scope)
        await record_event(driver, RESOURCE_SERVER_CHANGED, now, detail={"resource": server.resource})

    write_with_driver(settings, work)
    click.echo(f"{server.resource} accepts tokens with {' and '.join(scope.name for scope in scopes)}")


def _holders(config: Path | None) -> "list[RoleHolder]":
    from lingpai.cli.storage import with_driver
    from lingpai.server.storage.admin_roles import Roles

    async def work(driver: "Driver", _now: int) -> "list[RoleHolder]":
        return await Roles(driver).list()

    return with_driver(read_config(config), work)


async def _find(driver: "Driver", username: str) -> "Account":
    from lingpai.server.accounts.account import canonical_username
    from lingpai.server.storage.accounts import Accounts

    try:
        account = await Accounts(driver).get_by_username(canonical_username(username))
    except ValueError as error:
        raise Refused(str(error)) from None
    if account is None:
        raise Refused(f"there is no account {username}")
    return account
