"""``lingpai announcement`` and ``lingpai terms``: what every page shows, and what people accept."""

from pathlib import Path
from typing import Annotated

import click

from lingpai.cli.commands import Group, argument, option
from lingpai.cli.options import ConfigFile
from lingpai.cli.refusal import Refused

announcements = Group("What every page shows for a while.")
terms = Group("Terms of service, which people accept.")


@announcements.add("add")
def announce(
    en: Annotated[str, option("--en", help="The text in English.")],
    zh_cn: Annotated[str, option("--zh-cn", help="The same in Chinese.")],
    hours: Annotated[int, option(min=1, max=8760, help="For how long, from now on.")] = 24,
    audience: Annotated[str, option(help="people, or developers: only in the developer portal.")] = "people",
    config: ConfigFile = None,
) -> None:
    """Show a text on every page, from now on. Prints its id.

    Example:

        lingpai announcement add --en "Maintenance tonight" --zh-cn "今晚维护"
    """
    from lingpai.cli.admin_api import admin_api
    from lingpai.server.clock import system_clock

    now = system_clock()
    body = {
        "audience": audience,
        "texts": {"en": en, "zh_CN": zh_cn},
        "begins_at": now,
        "ends_at": now + hours * 3600,
    }
    with admin_api(config) as api:
        click.echo(api.post("/announcements", body)["id"])


@announcements.add("list")
def list_announcements(config: ConfigFile = None) -> None:
    """List the announcements, those that end last first: id, audience, from, until, text.

    Into a pipe it prints tab-separated lines without a heading.

    Example:

        lingpai announcement list
    """
    from lingpai.cli.admin_api import admin_api
    from lingpai.cli.table import print_table

    with admin_api(config) as api:
        rows = [
            (a["id"], a["audience"], _utc(a["begins_at"]), _utc(a["ends_at"]), a["texts"].get("en", ""))
            for a in api.items("/announcements")
        ]
    print_table(("id", "audience", "from", "until", "text"), rows)


@announcements.add("withdraw")
def withdraw(announcement_id: Annotated[str, argument(help="Its id.")], config: ConfigFile = None) -> None:
    """Take an announcement away.

    Example:

        lingpai announcement withdraw 0123456789abcdef0123456789abcdef
    """
    from lingpai.cli.admin_api import admin_api
    from lingpai.cli.remote import segment

    with admin_api(config) as api:
        api.delete(f"/announcements/{segment(announcement_id)}")
    click.echo(f"{announcement_id} is withdrawn")


@terms.add("publish")
def publish(
    en: Annotated[Path, option("--en", help="A file with the text in English.")],
    zh_cn: Annotated[Path, option("--zh-cn", help="A file with the same in Chinese.")],
    config: ConfigFile = None,
) -> None:
    """Publish a new version, in force from now on. People accept it the next time they sign in.

    Example:

        lingpai terms publish --en terms.en.txt --zh-cn terms.zh.txt
    """
    from lingpai.cli.admin_api import admin_api

    try:
        texts = {"en": en.read_text(encoding="utf-8"), "zh_CN": zh_cn.read_text(encoding="utf-8")}
    except (OSError, UnicodeDecodeError) as error:
        raise Refused(f"cannot read the terms: {error}") from None
    with admin_api(config) as api:
        api.post("/terms", {"texts": texts})
        version = next(api.items("/terms"))["version"]
    click.echo(f"version {version} is published")


@terms.add("list")
def list_terms(config: ConfigFile = None) -> None:
    """List the versions, newest first: number, in force from, how long the English text is.

    Into a pipe it prints tab-separated lines without a heading.

    Example:

        lingpai terms list
    """
    from lingpai.cli.admin_api import admin_api
    from lingpai.cli.table import print_table

    with admin_api(config) as api:
        rows = [
            (str(t["version"]), _utc(t["active_from"]), f"{len(t['texts'].get('en', ''))} characters")
            for t in api.items("/terms")
        ]
    print_table(("version", "from", "text"), rows)


def _utc(instant: int) -> str:
    from datetime import UTC, datetime

    return f"{datetime.fromtimestamp(instant, UTC):%Y-%m-%d %H:%M} UTC"
