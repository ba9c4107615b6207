"""``lingpai db``: the database's schema. Copies of it are in ``moving``."""

from collections.abc import Callable
from typing import Annotated

import click

from lingpai.cli import moving
from lingpai.cli.commands import Group, argument, option
from lingpai.cli.options import ConfigFile, read_config
from lingpai.cli.refusal import Refused

app = Group("The database: its schema, backups, and moving it.")


@app.add("upgrade")
def upgrade(
    revision: Annotated[str, argument(help="A revision, or head for the newest.")] = "head",
    plan: Annotated[bool, option("--plan", help="Say what would be done, and do nothing.")] = False,
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
    click.echo(f"{settings.database_name} is at revision {migrate.check(settings.database).current}")


@app.add("downgrade")
def downgrade(
    revision: Annotated[str, argument(help="A revision, or base for an empty database.")],
    yes: Annotated[bool, option("--yes", help="Do not ask.")] = False,
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
        click.confirm(
            f"Data in {settings.database_name} that revision {revision} does not know will be lost. Go on?", abort=True
        )
    _migrate(lambda: migrate.downgrade(settings.database, revision))
    click.echo(f"{settings.database_name} is at revision {migrate.check(settings.database).current or 'base'}")


@app.add("check")
def check(config: ConfigFile = None) -> None:
    """Say which schema the database has; the exit status is 0 when this lingpai may serve it.

    Example:

        lingpai db check
    """
    from lingpai.cli.storage import check_schema, read_schema

    settings = read_config(config)
    check_schema(settings)
    state = read_schema(settings)
    fits = f"which a lingpai for {state.head} may serve" if state.is_ahead else "as this lingpai needs it"
    click.echo(f"{settings.database_name} is at revision {state.current}, {fits}")


app.add("move")(moving.move)
app.add("backup")(moving.backup)
app.add("restore")(moving.restore)


def _print_plan(database: str, revision: str) -> None:
    from lingpai.server.storage import migrate

    steps = migrate.plan(database, revision)
    for step in steps:
        click.echo(f"{step.revision}  {step.purpose}")
    if not steps:
        click.echo("there is nothing to do")
        return
    click.echo("all of it happens, or none")
    current = migrate.check(database).current
    if migrate.may_serve_meanwhile(current, steps):
        click.echo(f"servers of revision {current} may go on serving: upgrade, then exchange one after the other")
    elif current is not None:
        click.echo(f"servers of revision {current} cannot serve afterwards: stop them first")


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
