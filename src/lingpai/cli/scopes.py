"""``lingpai scope``: the permissions people can give."""

from typing import TYPE_CHECKING, Annotated

import typer

from lingpai.cli.options import ConfigFile, read_config
from lingpai.cli.refusal import Refused

if TYPE_CHECKING:
    from lingpai.server.storage.driver import Driver
    from lingpai.server.storage.records import ScopeDefinition

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Permissions that people give to applications.")


@app.command("add")
def add(
    name: Annotated[str, typer.Argument(help="As applications ask for it: list_album.", show_default=False)],
    en: Annotated[str, typer.Option("--en", help="What people read beside the checkbox, in English.")],
    zh_cn: Annotated[str, typer.Option("--zh-cn", help="The same in Chinese.")],
    resource: Annotated[
        str | None, typer.Option(help="The resource server it is for; without it, the account's own data here.")
    ] = None,
    claim: Annotated[
        list[str] | None, typer.Option(help="A UserInfo claim it opens. May be given several times.")
    ] = None,
    config: ConfigFile = None,
) -> None:
    """Add a permission, with its description in both languages of the pages.

    Example:

        lingpai scope add list_album --en "See your albums" --zh-cn "查看相册"
    """
    from lingpai.cli.apply.document import SCOPES
    from lingpai.cli.entry import put_entry
    from lingpai.cli.remote import current_remote, segment

    values = {
        "name": name,
        "descriptions": {"en": en, "zh_CN": zh_cn},
        "resource": resource,
        "claims": tuple(claim or ()),
    }
    if (remote := current_remote()) is not None:
        if any(item["name"] == name for item in remote.items("/scopes")):
            raise Refused(f"scope {name} exists already")
        remote.put(f"/scopes/{segment(name)}", {key: value for key, value in values.items() if key != "name"})
        typer.echo(f"{name} is added")
        return
    typer.echo(f"{put_entry(read_config(config), SCOPES, values).key} is added")


@app.command("list")
def list_(config: ConfigFile = None) -> None:
    """List the permissions: name, resource server, claims, descriptions.

    Into a pipe it prints tab-separated lines without a heading.

    Example:

        lingpai scope list
    """
    from lingpai.cli.remote import current_remote
    from lingpai.cli.storage import with_driver
    from lingpai.cli.table import print_table
    from lingpai.server.storage.catalog import CatalogRows

    async def work(driver: "Driver", _now: int) -> "list[ScopeDefinition]":
        return await CatalogRows(driver).scopes()

    if (remote := current_remote()) is not None:
        from msgspec import convert

        from lingpai.server.storage.records import ScopeDefinition

        scopes = [convert(item, ScopeDefinition) for item in remote.items("/scopes")]
    else:
        scopes = with_driver(read_config(config), work)
    rows = [
        (s.name, s.resource or "", " ".join(s.claims), s.descriptions.get("en", ""), s.descriptions.get("zh_CN", ""))
        for s in scopes
    ]
    print_table(("name", "resource", "claims", "en", "zh_CN"), rows)
