"""``lingpai db move``, ``backup`` and ``restore``: the database copied to another place, with its progress shown."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import click

from lingpai.cli.commands import argument, option
from lingpai.cli.options import ConfigFile, read_config
from lingpai.cli.refusal import Refused

if TYPE_CHECKING:
    from lingpai.server.storage.moving import Copied, Progress


def move(
    to: Annotated[str, option("--to", help="The new database: postgresql://user:password@host/database.")],
    config: ConfigFile = None,
) -> None:
    """Move an SQLite database to an empty PostgreSQL while the server runs. Nothing can be written during the end.

    Interrupted, it is run again and goes on where it was. Afterwards the file refuses to be written: set `database`
    to the new one and start the servers with it. A password in the URL is better left to PGPASSWORD or ~/.pgpass.

    Example:

        lingpai db move --to postgresql://lingpai@db.example/lingpai
    """
    from lingpai.server.database_url import check_database_url
    from lingpai.server.storage import moving

    settings = read_config(config)
    try:
        check_database_url(to)
    except ValueError as error:
        raise Refused(f"--to {error}") from None
    _copy(lambda progress: moving.move(settings.database, to, progress))
    click.echo(f"moved. {settings.database_name} is closed for writing: set database, then restart every server")


def backup(
    file: Annotated[Path, argument(help="The file to make.")],
    config: ConfigFile = None,
) -> None:
    """Write a consistent copy of the database to a new file while the server runs. The master key is not in it.

    The copy is an SQLite file, whatever the database is.

    Example:

        lingpai db backup lingpai-backup.db
    """
    from lingpai.server.storage import moving

    settings = read_config(config)
    _copy(lambda progress: moving.backup(settings.database, file, progress))
    click.echo(f"{file} is a copy of {settings.database_name}; keep the master key too, elsewhere")


def restore(
    file: Annotated[Path, argument(help="What `lingpai db backup` made.")],
    config: ConfigFile = None,
) -> None:
    """Fill the database of the settings, which must be empty, with what a backup holds. Stop the server first.

    Example:

        lingpai db restore lingpai-backup.db
    """
    from lingpai.server.storage import moving

    settings = read_config(config)
    _copy(lambda progress: moving.restore(file, settings.database, progress))
    click.echo(f"{settings.database_name} holds what is in {file}")


def _copy(run: "Callable[[Progress], list[Copied]]") -> None:
    """Run it with its progress on standard error, then print what was copied."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    from lingpai.server.storage.driver import StorageUnavailable
    from lingpai.server.storage.migrate import DatabaseNewerThanCode
    from lingpai.server.storage.moving import CopyRefused, database_errors

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as shown:

        def begin(phase: str, table: str, total: int) -> Callable[[int], None]:
            task = shown.add_task(f"{phase} {table}", total=total)
            return lambda rows: shown.advance(task, rows)

        try:
            copied = run(begin)
        except (CopyRefused, DatabaseNewerThanCode, StorageUnavailable, OSError, ValueError) as error:
            raise Refused(str(error)) from None
        except database_errors() as error:
            raise Refused(f"the copy was interrupted: {error}") from None
    for each in copied:
        if each.sum.rows:
            click.echo(f"{each.table}: {each.sum.rows} rows, {each.sum.digest[:16]}")
