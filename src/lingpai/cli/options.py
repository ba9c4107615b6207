"""Options several commands share, and how they become values."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import click

from lingpai.cli.commands import option
from lingpai.cli.refusal import Refused

if TYPE_CHECKING:
    from lingpai.server.config import Config

DEFAULT_CONFIG_FILE = Path("lingpai.toml")

ConfigFile = Annotated[
    Path | None,
    option(
        "--config",
        "-c",
        envvar="LINGPAI_CONFIG",
        help="The TOML file with the settings. Without it: lingpai.toml in this directory, if there is one.",
    ),
]
PasswordStdin = Annotated[
    bool, option("--password-stdin", help="Read the password from standard input instead of asking for it.")
]


def read_config(file: Path | None, **overrides: Any) -> "Config":
    """The settings in force for a command; ``overrides`` are its options that were given. Raises ``Refused``."""
    from lingpai.cli.remote import current_remote
    from lingpai.server.config import ConfigInvalid, load_config

    if current_remote() is not None:
        raise Refused("this command works on the database of this machine: run it there, without --remote")
    if file is None and DEFAULT_CONFIG_FILE.exists():
        file = DEFAULT_CONFIG_FILE
    try:
        return load_config(file, **{name: value for name, value in overrides.items() if value is not None})
    except ConfigInvalid as error:
        raise Refused(str(error)) from None
    except OSError as error:
        raise Refused(f"cannot read the settings in {file}: {error.strerror}") from None


def read_password(*, from_stdin: bool) -> str:
    """A new password: asked for twice, or the one line on standard input. Never an argument: those are seen by all."""
    if from_stdin:
        return sys.stdin.read().removesuffix("\n").removesuffix("\r")
    if not sys.stdin.isatty():
        raise Refused("there is no terminal to ask for the password: pipe it in and say --password-stdin")
    password: str = click.prompt("Password", hide_input=True, confirmation_prompt="Once more", err=True)
    return password
