"""``lingpai db``: the database's schema. Copies of it are in ``moving``."""

from collections.abc import Callable
from typing import Annotated

import typer

from lingpai.cli import moving
from lingpai.cli.options import ConfigFile, read_config
from lingpai.cli.refusal import Refused

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="The database: its schema, backups, and moving it.")


@app.command("upgrade")
def upgrade(
    revision: Annotated[str, typer.Argument(help="A revision, or head for the newest.")] = "head",
    plan: Annotated[bool, typer.Option("--plan", help="Say what would be done, and do nothing.")] = False,
    config: ConfigFile = None,
) -> None:
    """Bring the database to the schema this lingpai needs. Make a backup of it first. All steps happen, or none.

    Examples:

        lingpai db upgrade --plan

        lingpai db upgrade
    """
    from lingpai.server.storage import migrate

    settings = read_config(config)
    _check_revision(revision, ["head", *migrate.revisions()])
    if plan:
        _migrate(lambda: _print_plan(settings.database, revision))
        return
    _migrate(lambda: migrate.upgrade(settings.database, revision))
    typer.echo(f"{settings.database_name} is at revision {migrate.check(settings.database).current}")


@app.command("downgrade")
def downgrade(
    revision: Annotated[str, typer.Argument(help="A revision, or base for an empty database.", show_default=False)],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    config: ConfigFile = None,
) -> None:
    """Take the database back to an older schema, for an older lingpai. What only the newer one keeps is lost.

    Example:

        lingpai db downgrade 0001
    """
    from lingpai.server.storage import migrate

    settings = read_config(config)
    _check_revision(revision, ["base", *migrate.revisions()])
    if not yes:
        typer.confirm(
            f"Data in {settings.database_name} that revision {revision} does not know will be lost. Go on?", abort=True
        )
    _migrate(lambda: migrate.downgrade(settings.database, revision))
    typer.echo(f"{settings.database_name} is at revision {migrate.check(settings.database).current or 'base'}")


@app.command("check")
def check(config: ConfigFile = None) -> None:
    """Say which schema the database has; the exit status is 0 when it is the one this lingpai needs.

    Example:

        lingpai db check
    """
    from lingpai.cli.storage import check_schema, read_schema

    settings = read_config(config)
    check_schema(settings)
    typer.echo(f"{settings.database_name} is at revision {read_schema(settings).current}, as this lingpai needs it")


app.command("move")(moving.move)
app.command("backup")(moving.backup)
app.command("restore")(moving.restore)


def _print_plan(database: str, revision: str) -> None:
    from lingpai.server.storage import migrate

    steps = [step for step in migrate.plan(database) if revision in ("head", step[0]) or step[0] < revision]
    for number, purpose in steps:
        typer.echo(f"{number}  {purpose}")
    typer.echo("all of it happens, or none" if steps else "there is nothing to do")


def _check_revision(revision: str, known: list[str]) -> None:
    if revision not in known:
        raise Refused(f"there is no revision {revision}; there are {', '.join(known)}")


def _migrate(step: Callable[[], None]) -> None:
    from lingpai.server.storage.driver import StorageUnavailable
    from lingpai.server.storage.migrate import DatabaseNewerThanCode

    try:
        step()
    except (DatabaseNewerThanCode, StorageUnavailable) as error:
        raise Refused(str(error)) from None
