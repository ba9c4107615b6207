"""``lingpai client``: applications, one at a time. Many at once, or kept in version control: ``lingpai apply``."""

from typing import TYPE_CHECKING, Annotated, Any

import click

from lingpai.cli.commands import Group, argument, option
from lingpai.cli.options import ConfigFile, read_config
from lingpai.cli.refusal import Refused

if TYPE_CHECKING:
    from pathlib import Path

    from lingpai.cli.secrets import SecretKeeper
    from lingpai.server.storage.driver import Driver
    from lingpai.server.storage.records import Client

app = Group("Applications that people sign in to.")

ClientId = Annotated[str, argument(metavar="CLIENT_ID", help="As the application sends it.")]

Native = Annotated[
    bool, option("--native", help="It runs on people's own machines: loopback URIs with any port (RFC 8252).")
]
AuthMethod = Annotated[
    str, option(help="client_secret_basic, client_secret_post, client_secret_jwt, private_key_jwt, or none.")
]


GrantTypes = Annotated[list[str] | None, option(help="Several times. Default: authorization_code and refresh_token.")]
Dialect = Annotated[
    str | None, option(help="qq: an old QQ Connect SDK. The id is a number then, URIs may be joined by ;.")
]
Developer = Annotated[
    str | None, option(help="Whose it is: applications of one developer see the same unionid of a person.")
]


@app.add("create")
def create(
    name: Annotated[str, argument(help="What people read on the consent page.")],
    redirect_uri: Annotated[
        list[str] | None, option(help="Where people are sent back to, exactly. May be given several times.")
    ] = None,
    scope: Annotated[str | None, option(help='What it may ask for: "openid list_album".')] = None,
    required_scope: Annotated[str | None, option(help="The part of it that people cannot untick.")] = None,
    client_id: Annotated[str | None, option(help="Its id; without it, a random one.")] = None,
    grant_type: GrantTypes = None,
    auth_method: AuthMethod = "client_secret_basic",
    jwks_uri: Annotated[str | None, option(help="Where its public keys are, for private_key_jwt.")] = None,
    native: Native = False,
    client_uri: Annotated[str | None, option(help="Its web site, shown on the consent page.")] = None,
    logo_uri: Annotated[str | None, option(help="Its icon, shown on the consent page.")] = None,
    dialect: Dialect = None,
    developer: Developer = None,
    config: ConfigFile = None,
) -> None:
    """Register an application and print its client_id and, this once, its client_secret.

    Examples:

        lingpai client create Print --redirect-uri https://print.example/cb

        lingpai client create App --native --redirect-uri com.example.app:/cb

        lingpai client create Shop --dialect qq --redirect-uri https://a.example
    """
    from lingpai.cli.apply.document import CLIENTS
    from lingpai.cli.entry import put_entry
    from lingpai.cli.secrets import make_secret, uses_secret

    secret = make_secret(auth_method) if uses_secret(auth_method) else None
    values = {
        "client_id": client_id,
        "client_name": name,
        "client_secret": secret,
        "application_type": "native" if native else "web",
        "redirect_uris": tuple(redirect_uri or ()),
        "grant_types": tuple(grant_type or ()),
        "token_endpoint_auth_method": auth_method,
        "jwks_uri": jwks_uri,
        "scope": scope,
        "required_scope": required_scope,
        "client_uri": client_uri,
        "logo_uri": logo_uri,
        "developer": developer,
    }
    made = put_entry(read_config(config), CLIENTS, _in_dialect(values, dialect))
    _print_secret(made.key, secret)


def _in_dialect(values: dict[str, Any], dialect: str | None) -> dict[str, Any]:
    """What the application gets that nobody named, which is not the same in every dialect."""
    from lingpai.cli.qq import client_values
    from lingpai.crypto.digest import new_id

    if dialect not in (None, "standard", "qq"):
        raise Refused("--dialect: there are standard and qq")
    return client_values(values) if dialect == "qq" else values | {"client_id": values["client_id"] or new_id().hex()}


@app.add("list")
def list_(config: ConfigFile = None) -> None:
    """List the applications: id, name, how they authenticate, what they may ask for, and what is special about them.

    Into a pipe it prints tab-separated lines without a heading.

    Example:

        lingpai client list
    """
    from lingpai.cli.apply.plan import every_client
    from lingpai.cli.remote import current_remote
    from lingpai.cli.storage import with_driver
    from lingpai.cli.table import print_table
    from lingpai.server.storage.clients import Clients

    async def work(driver: "Driver", _now: int) -> "list[Client]":
        return [client async for client in every_client(Clients(driver))]

    if (remote := current_remote()) is not None:
        from msgspec import convert

        from lingpai.server.storage.records import Client

        clients = [convert(item, Client) for item in remote.items("/clients")]
    else:
        clients = with_driver(read_config(config), work)
    columns = ("client_id", "name", "authentication", "scope", "remarks")
    print_table(
        columns,
        [(c.client_id, c.client_name, c.token_endpoint_auth_method, c.scope, _remarks(c)) for c in clients],
    )


@app.add("rotate-secret")
def rotate_secret(
    client_id: ClientId,
    keep_old_s: Annotated[
        int, option(min=0, max=90 * 86_400, help="Seconds the old secret still works, for a change without gap.")
    ] = 0,
    config: ConfigFile = None,
) -> None:
    """Give an application a new client_secret and print it, this once. The old one stops working at once.

    Examples:

        lingpai client rotate-secret photo-print

        lingpai client rotate-secret photo-print --keep-old-s 86400
    """
    from lingpai.cli.keeper import check_master_key, secret_keeper
    from lingpai.cli.remote import current_remote, segment
    from lingpai.cli.storage import write_with_driver

    if (remote := current_remote()) is not None:
        if keep_old_s:
            raise Refused("--keep-old-s works on the database of this machine only")
        made = remote.post(f"/clients/{segment(client_id)}/rotate-secret")
        _print_secret(client_id, made["client_secret"])
        return
    settings = read_config(config)

    async def work(driver: "Driver", now: int) -> str:
        await check_master_key(settings, driver, now)
        return await _replace_secret(driver, keeper, client_id, keep_old_s, now)

    with secret_keeper(settings) as keeper:
        secret = write_with_driver(settings, work)
    _print_secret(client_id, secret)
    if keep_old_s:
        click.echo(f"The old secret works for {keep_old_s} more seconds.", err=True)


@app.add("disable")
def disable(client_id: ClientId, config: ConfigFile = None) -> None:
    """Switch an application off: it gets no tokens, and those it has no longer work.

    Example:

        lingpai client disable photo-print
    """
    _act(config, client_id, "disable")
    click.echo(f"{client_id} is disabled")


@app.add("enable")
def enable(client_id: ClientId, config: ConfigFile = None) -> None:
    """Switch an application on again. What people allowed it is as it was.

    Example:

        lingpai client enable photo-print
    """
    _act(config, client_id, "enable")
    click.echo(f"{client_id} is enabled")


@app.add("delete")
def delete(
    client_id: ClientId,
    yes: Annotated[bool, option("--yes", help="Do not ask; needed where there is no terminal.")] = False,
    config: ConfigFile = None,
) -> None:
    """Delete an application with everything people allowed it. Nobody can bring it back.

    Every token and code of it is worth nothing from then on. The audit log stays. To be able to undo it, disable the
    application instead.

    Example:

        lingpai client delete photo-print
    """
    import sys

    from lingpai.cli.admin_api import admin_api
    from lingpai.cli.remote import segment

    if not yes and not sys.stdin.isatty():
        raise Refused("there is no terminal to ask: say --yes")
    if not yes:
        click.confirm(f"Delete {client_id} with everything people allowed it?", abort=True, err=True)
    with admin_api(config) as api:
        api.delete(f"/clients/{segment(client_id)}")
    click.echo(f"{client_id} is deleted")


def _act(config: "Path | None", client_id: str, act: str) -> None:
    from lingpai.cli.admin_api import admin_api
    from lingpai.cli.remote import segment

    with admin_api(config) as api:
        api.post(f"/clients/{segment(client_id)}/{act}")


async def _replace_secret(driver: "Driver", keeper: "SecretKeeper", client_id: str, keep_old_s: int, now: int) -> str:
    from msgspec.structs import replace

    from lingpai.cli.record import record_event
    from lingpai.cli.secrets import make_secret, uses_secret
    from lingpai.server.audit import CLIENT_SECRET_ROTATED
    from lingpai.server.storage.clients import Clients

    client = await Clients(driver).get(client_id)
    if client is None:
        raise Refused(f"there is no client {client_id}: `lingpai client list` shows them")
    method = client.token_endpoint_auth_method
    if not uses_secret(method):
        raise Refused(f"{client_id} has no secret: its method is {method}")
    secret = make_secret(method)
    new = keeper.keep(client_id, secret, method, now)
    until = now + keep_old_s
    old = tuple(
        replace(known, expires_at=min(until, known.expires_at or until))
        for known in client.client_secrets
        if keep_old_s and (known.expires_at is None or known.expires_at > now)
    )
    await Clients(driver).put(replace(client, client_secrets=(new, *old), updated_at=now))
    await record_event(driver, CLIENT_SECRET_ROTATED, now, client_id=client_id, detail={"keep_old_s": keep_old_s})
    return secret


def _print_secret(client_id: str, secret: str | None) -> None:
    click.echo(f"client_id={client_id}")
    if secret is not None:
        click.echo(f"client_secret={secret}")
        click.echo("Keep the secret now: it cannot be shown again.", err=True)


def _remarks(client: "Client") -> str:
    remarks = {
        "disabled": client.disabled_at is not None,
        "legacy": client.legacy,
        "qq": "qq" in client.dialects,
        "native": client.application_type == "native",
        "registered": client.registration_token_digest != b"",
    }
    return " ".join(name for name, is_so in remarks.items() if is_so)
