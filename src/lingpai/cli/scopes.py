"""``lingpai scope``: the permissions people can give."""

from typing import TYPE_CHECKING, Annotated

import click

from lingpai.cli.commands import Group, argument, option
from lingpai.cli.options import ConfigFile, read_config
from lingpai.cli.refusal import Refused

if TYPE_CHECKING:
    from lingpai.server.storage.driver import Driver
    from lingpai.server.storage.records import ScopeDefinition

app = Group("Permissions that people give to applications.")


@app.add("add")
def add(
    name: Annotated[str, argument(help="As applications ask for it: list_album.")],
    en: Annotated[str, option("--en", help="What people read beside the checkbox, in English.")],
    zh_cn: Annotated[str, option("--zh-cn", help="The same in Chinese.")],
    resource: Annotated[
        str | None, option(help="The resource server it is for; without it, the account's own data here.")
    ] = None,
    claim: Annotated[list[str] | None, option(help="A UserInfo claim it opens. May be given several times.")] = None,
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
        click.echo(f"{name} is added")
        return
    click.echo(f"{put_entry(read_config(config), SCOPES, values).key} is added")


@app.add("delete")
def delete(
    name: Annotated[str, argument(help="As applications ask for it.")],
    config: ConfigFile = None,
) -> None:
    """Take a permission out of the catalog: nobody gives it any more.

    Example:

        lingpai scope delete list_album
    """
    from lingpai.cli.admin_api import admin_api
    from lingpai.cli.remote import segment

    with admin_api(config) as api:
        api.delete(f"/scopes/{segment(name)}")
    click.echo(f"{name} is deleted")


@app.add("list")
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
