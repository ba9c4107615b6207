"""The ``lingpai`` command: the list of its commands, and how it ends.

Nothing heavy is imported here or at the top of a command's module, so that ``lingpai --help`` answers at once and
``lingpai serve`` waits only for what it serves with.
"""

import sys
from collections.abc import Sequence
from typing import Annotated, NoReturn

import click

from lingpai import __version__
from lingpai.cli import (
    accounts,
    admin,
    audit,
    clients,
    database,
    doctor,
    grants,
    init,
    keys,
    notices,
    qq,
    receipts,
    registration_tokens,
    resource_servers,
    reviews,
    scopes,
    serve,
)
from lingpai.cli.apply import command as apply_command
from lingpai.cli.commands import command, entrance, option
from lingpai.cli.refusal import Refused
from lingpai.cli.remote import use_remote


def _print_version(_context: click.Context, _option: click.Parameter, wanted: bool) -> None:
    if wanted:
        click.echo(f"lingpai {__version__}")
        raise click.exceptions.Exit


def lingpai(
    _version: Annotated[
        bool, option("--version", callback=_print_version, is_eager=True, help="Print the version and stop.")
    ] = False,
    remote: Annotated[
        str | None,
        option(
            "--remote",
            envvar="LINGPAI_REMOTE",
            metavar="ISSUER",
            help="Work on that server through its admin API, not on the database here.",
        ),
    ] = None,
) -> None:
    """Lingpai (令牌), an OAuth 2.x and OpenID Connect authorization server.

    To look around, in an empty directory:

        lingpai init --account zhangsan

        lingpai serve
    """
    use_remote(remote)


app = entrance("lingpai", lingpai)
app.add_command(command("serve", serve.serve))
app.add_command(command("init", init.init))
app.add_command(command("apply", apply_command.apply))
app.add_command(command("doctor", doctor.doctor))
app.add_command(clients.app, "client")
app.add_command(registration_tokens.app, "registration-token")
app.add_command(accounts.app, "account")
app.add_command(admin.app, "admin")
app.add_command(audit.app, "audit")
app.add_command(receipts.app, "receipt")
app.add_command(scopes.app, "scope")
app.add_command(resource_servers.app, "resource-server")
app.add_command(grants.app, "grant")
app.add_command(reviews.app, "review")
app.add_command(notices.announcements, "announcement")
app.add_command(notices.terms, "terms")
app.add_command(keys.app, "key")
app.add_command(qq.app, "qq")
app.add_command(database.app, "db")


def run(arguments: Sequence[str]) -> int:
    """Run one command; returns the exit status. Expected failures become one line each on standard error."""
    try:
        app.main(args=list(arguments), prog_name="lingpai")
    except Refused as refused:
        for line in str(refused).splitlines():
            print(f"lingpai: {line}", file=sys.stderr)
        return 1
    except BrokenPipeError:  # `lingpai client list | head`: nobody reads on
        sys.stdout = None
        return 1
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else 0 if stop.code is None else 1


def main() -> NoReturn:
    """The console script."""
    sys.exit(run(sys.argv[1:]))
