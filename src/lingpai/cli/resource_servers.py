"""``lingpai resource-server``: APIs that accept this server's access tokens."""

from typing import Annotated

import click

from lingpai.cli.commands import Group, argument, option
from lingpai.cli.options import ConfigFile

app = Group("APIs that accept this server's access tokens.")

Resource = Annotated[str, argument(help="Its address, as tokens name it (aud).")]


@app.add("list")
def list_(config: ConfigFile = None) -> None:
    """List the resource servers: address, name, form of their tokens, clients that check them.

    Into a pipe it prints tab-separated lines without a heading.

    Example:

        lingpai resource-server list
    """
    from lingpai.cli.admin_api import admin_api
    from lingpai.cli.table import print_table

    with admin_api(config) as api:
        rows = [
            (s["resource"], s["name"], s["access_token_format"], " ".join(s["client_ids"]))
            for s in api.items("/resource-servers")
        ]
    print_table(("resource", "name", "tokens", "client_ids"), rows)


@app.add("put")
def put(
    resource: Resource,
    name: Annotated[str, option(help="What people call it.")] = "",
    access_token_format: Annotated[str, option("--format", help="opaque, or at+jwt.")] = "opaque",
    client_id: Annotated[
        list[str] | None, option(help="A client that may check its tokens. May be given several times.")
    ] = None,
    config: ConfigFile = None,
) -> None:
    """Write a resource server, new or changed: what is not said is as for a new one.

    Example:

        lingpai resource-server put https://api.example.com --client-id api
    """
    from lingpai.cli.admin_api import admin_api

    body = {
        "resource": resource,
        "name": name,
        "access_token_format": access_token_format,
        "client_ids": client_id or [],
    }
    with admin_api(config) as api:
        api.put("/resource-servers", body)
    click.echo(f"{resource} is written")


@app.add("delete")
def delete(resource: Resource, config: ConfigFile = None) -> None:
    """Take a resource server out of the catalog. Refused while permissions belong to it.

    Example:

        lingpai resource-server delete https://photos.example.com
    """
    from lingpai.cli.admin_api import admin_api

    with admin_api(config) as api:
        api.delete("/resource-servers", resource=resource)
    click.echo(f"{resource} is deleted")
