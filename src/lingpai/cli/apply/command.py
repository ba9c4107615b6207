"""``lingpai apply``: the command around the plan."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import click

from lingpai.cli.commands import argument, option
from lingpai.cli.options import ConfigFile, read_config
from lingpai.cli.refusal import Refused

if TYPE_CHECKING:
    from lingpai.cli.apply.difference import Difference
    from lingpai.cli.apply.document import Document
    from lingpai.cli.apply.plan import Plan
    from lingpai.server.config import Config

_SIGNS = {"added": "+", "changed": "~", "unchanged": " "}


def apply(
    file: Annotated[Path, argument(help="TOML, or JSON if its name ends in .json.")],
    config: ConfigFile = None,
    dry_run: Annotated[bool, option("--dry-run", help="Print the difference and change nothing.")] = False,
) -> None:
    """Bring applications, accounts, permissions, resource servers and trusted issuers to what FILE says.

    FILE holds lists of tables: [[clients]] with the names of RFC 7591, [[accounts]], [[scopes]], [[resources]],
    [[trusted_issuers]]. What it does not mention is left alone; what it mentions twice or wrongly is refused with its
    line, and then nothing is changed. Applying the same file again changes nothing. Secrets and passwords are stored as
    digests and hashes.

    Examples:

        lingpai apply photos.toml --dry-run

        lingpai apply photos.toml
    """
    from lingpai.cli.apply.document import DocumentInvalid, read_document

    settings = read_config(config)
    try:
        plan = apply_document(settings, read_document(file), dry_run=dry_run)
    except DocumentInvalid as error:
        lines = [f"{file}: {problem}" for problem in error.problems]
        raise Refused("\n".join([*lines, "nothing was changed"])) from None
    except OSError as error:
        raise Refused(f"cannot read {file}: {error.strerror}") from None
    for warning in plan.warnings:
        click.echo(f"lingpai: warning: {file}: {warning}", err=True)
    _print(plan, dry_run=dry_run)


def apply_document(
    settings: "Config", document: "Document", *, dry_run: bool = False, may_change: bool = True
) -> "Plan":
    """Make the document true, all of it or nothing; returns what was different. Raises ``DocumentInvalid``.

    ``may_change=False``: an entry that is stored already, and would be changed, is refused.
    """
    from lingpai.cli.apply.plan import plan_document
    from lingpai.cli.apply.write import write_differences
    from lingpai.cli.keeper import check_master_key, secret_keeper
    from lingpai.cli.storage import with_driver
    from lingpai.server.storage.driver import Driver

    async def work(driver: Driver, now: int) -> "Plan":
        await check_master_key(settings, driver, now)
        plan = await plan_document(document, driver, keeper, settings.signing_algs, now)
        for difference in plan.differences:
            if difference.before is not None and not may_change:
                raise Refused(f"{_noun(difference)} {difference.key} exists already")
        if not dry_run and not await write_differences(driver, plan.differences, now):
            raise Refused("somebody else took one of the usernames at this moment: run it again; nothing was changed")
        return plan

    with secret_keeper(settings) as keeper:
        return with_driver(settings, work)


def _print(plan: "Plan", *, dry_run: bool) -> None:
    counts = dict.fromkeys(_SIGNS, 0)
    for difference in plan.differences:
        counts[difference.status] += 1
        _print_difference(difference)
    summary = ", ".join(f"{count} {status}" for status, count in counts.items())
    click.echo(f"{summary}{' (dry run: nothing was changed)' if dry_run else ''}")


def _print_difference(difference: "Difference") -> None:
    click.echo(f"{_SIGNS[difference.status]} {_noun(difference)} {difference.key}: {difference.status}")
    for field in difference.fields:
        change = f"{field.before} -> {field.after}" if field.before else field.after
        click.echo(f"    {field.name}: {change}")


def _noun(difference: "Difference") -> str:
    return difference.kind.table.removesuffix("s")
