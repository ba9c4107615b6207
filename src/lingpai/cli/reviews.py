"""``lingpai review``: applications that developers handed in."""

from typing import Annotated

import click

from lingpai.cli.commands import Group, argument, option
from lingpai.cli.options import ConfigFile

app = Group("Applications that developers handed in.")

ClientId = Annotated[str, argument(help="Its client_id.")]
Text = Annotated[str, option("--text", help="What the team reads, on its pages and in a mail.")]


@app.add("list")
def list_(
    state: Annotated[
        str, option(help="submitted, approved, changes_asked, rejected, suspended or draft.")
    ] = "submitted",
    config: ConfigFile = None,
) -> None:
    """List applications in one state, who has waited longest first: client_id, name, team, website.

    Into a pipe it prints tab-separated lines without a heading.

    Example:

        lingpai review list
    """
    from lingpai.cli.admin_api import admin_api
    from lingpai.cli.table import print_table

    with admin_api(config) as api:
        rows = [(a["client_id"], a["name"], a["team"], a["website"]) for a in api.items("/reviews", state=state)]
    print_table(("client_id", "name", "team", "website"), rows)


@app.add("show")
def show(client_id: ClientId, config: ConfigFile = None) -> None:
    """Print everything a reviewer should read, as JSON: what it is, what it wants and why, what was said.

    Example:

        lingpai review show 1234567890
    """
    import msgspec

    from lingpai.cli.admin_api import admin_api
    from lingpai.cli.remote import segment

    with admin_api(config) as api:
        application = api.get(f"/reviews/{segment(client_id)}")
        history = api.get(f"/reviews/{segment(client_id)}/history")["items"]
    click.echo(msgspec.json.format(msgspec.json.encode(application | {"history": history})).decode())


@app.add("decide")
def decide(
    client_id: ClientId,
    decision: Annotated[str, argument(help="approve, changes, reject, suspend, resume or comment.")],
    text: Text = "",
    permission: Annotated[
        list[str] | None, option(help="A sensitive permission that is approved. May be given several times.")
    ] = None,
    config: ConfigFile = None,
) -> None:
    """Decide about an application as it is now, or say something to its team. The team is told by mail.

    Examples:

        lingpai review decide 1234567890 approve --permission read_mail

        lingpai review decide 1234567890 changes --text "What is it for?"
    """
    from lingpai.cli.admin_api import admin_api
    from lingpai.cli.remote import segment

    path = f"/reviews/{segment(client_id)}"
    with admin_api(config) as api:
        body = {"decision": decision, "text": text, "permissions": permission or []}
        api.post(path, body | {"revision": api.get(path)["revision"]})
        state = api.get(path)["state"]
    click.echo(f"{client_id} is {state}")
