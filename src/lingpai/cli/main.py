"""The ``lingpai`` command: the list of its commands, and how it ends.

Nothing heavy is imported here or at the top of a command's module, so that ``lingpai --help`` answers at once and
``lingpai serve`` waits only for what it serves with.
"""

import sys
from collections.abc import Sequence
from typing import Annotated, NoReturn

import typer

from lingpai import __version__
from lingpai.cli import (
    accounts,
    admin,
    audit,
    clients,
    database,
    doctor,
    init,
    keys,
    qq,
    receipts,
    registration_tokens,
    scopes,
    serve,
)
from lingpai.cli.apply import command as apply_command
from lingpai.cli.refusal import Refused
from lingpai.cli.remote import use_remote

app = typer.Typer(
    name="lingpai",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("serve")(serve.serve)
app.command("init")(init.init)
app.command("apply")(apply_command.apply)
app.add_typer(clients.app, name="client")
app.add_typer(registration_tokens.app, name="registration-token")
app.add_typer(accounts.app, name="account")
app.add_typer(admin.app, name="admin")
app.add_typer(audit.app, name="audit")
app.add_typer(receipts.app, name="receipt")
app.add_typer(scopes.app, name="scope")
app.add_typer(keys.app, name="key")
app.add_typer(qq.app, name="qq")
app.add_typer(database.app, name="db")
app.command("doctor")(doctor.doctor)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"lingpai {__version__}")
        raise typer.Exit


@app.callback()
def lingpai(
    _version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and stop.")
    ] = False,
    remote: Annotated[
        str | None,
        typer.Option(
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


def run(arguments: Sequence[str]) -> int:
    """Run one command; returns the exit status. Expected failures become one line each on standard error."""
    try:
        app(args=list(arguments), prog_name="lingpai")
    except Refused as refused:
        for line in str(refused).splitlines():
            print(f"lingpai: {line}", file=sys.stderr)
        return 1
    except BrokenPipeError:  # `lingpai client list | head`: nobody reads on
        sys.stdout = None
        return 1
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else 0 if stop.code is None else 1
    return 0


def main() -> NoReturn:
    """The console script."""
    sys.exit(run(sys.argv[1:]))
