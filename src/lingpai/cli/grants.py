"""``lingpai grant``: what people allowed applications."""

from typing import Annotated

import click

from lingpai.cli.commands import Group, argument
from lingpai.cli.options import ConfigFile

app = Group("What people allowed applications.")

Username = Annotated[str, argument(help="Whose, as the person signs in.")]


@app.add("list")
def list_(username: Username, config: ConfigFile = None) -> None:
    """List what somebody allowed: client_id, permissions, until when, whether it is in force.

    Into a pipe it prints tab-separated lines without a heading.

    Example:

        lingpai grant list zhangsan
    """
    from datetime import UTC, datetime

    from lingpai.cli.admin_api import admin_api
    from lingpai.cli.table import print_table

    with admin_api(config) as api:
        rows = [
            (
                grant["client_id"],
                " ".join(grant["permissions"]),
                f"{datetime.fromtimestamp(grant['expires_at'], UTC):%Y-%m-%d}" if grant["expires_at"] else "for ever",
                "ended" if grant["ended_at"] else "",
            )
            for grant in api.items(f"/accounts/{api.account_id(username)}/grants")
        ]
    print_table(("client_id", "permissions", "until", "remarks"), rows)


@app.add("end")
def end(
    username: Username,
    client_id: Annotated[str, argument(help="The application.")],
    config: ConfigFile = None,
) -> None:
    """Take back what somebody allowed an application: every token under it is refused from now on.

    Example:

        lingpai grant end zhangsan photo-print
    """
    from lingpai.cli.admin_api import admin_api
    from lingpai.cli.remote import segment

    with admin_api(config) as api:
        api.delete(f"/accounts/{api.account_id(username)}/grants/{segment(client_id)}")
    click.echo(f"{client_id} may do nothing for {username} any more")
