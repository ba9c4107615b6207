import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest

import lingpai
from lingpai.cli.main import app
from tests.unit.cli.terminal import Lingpai

GROUPS_AND_COMMANDS = {
    "": {"serve", "init", "apply", "client", "registration-token", "account", "scope", "key", "db", "doctor"}
    | {"admin", "audit", "receipt", "qq", "resource-server", "grant", "review", "announcement", "terms"},
    "client": {"create", "list", "rotate-secret", "disable", "enable", "delete"},
    "registration-token": {"create", "list", "revoke"},
    "account": {"create", "list", "disable", "enable", "set-password", "reset-second-factor"}
    | {"end-sessions", "force-reset"},
    "admin": {"add", "remove", "list", "enable-api"},
    "audit": {"verify", "export", "list"},
    "receipt": {"verify"},
    "qq": {"import-openids"},
    "scope": {"add", "delete", "list"},
    "resource-server": {"list", "put", "delete"},
    "grant": {"list", "end"},
    "review": {"list", "show", "decide"},
    "announcement": {"add", "list", "withdraw"},
    "terms": {"publish", "list"},
    "key": {"list", "rotate", "withdraw"},
    "db": {"upgrade", "downgrade", "check", "move", "backup", "restore"},
}


def every_command(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    yield path, command
    if hasattr(command, "list_commands"):
        for name in command.list_commands(click.Context(command)):
            yield from every_command(command.get_command(click.Context(command), name), (*path, name))


COMMANDS = list(every_command(app))


@pytest.mark.parametrize(("path", "command"), COMMANDS, ids=[" ".join(path) for path, _ in COMMANDS])
def test_every_command_explains_itself_with_examples_that_fit_a_terminal(
    lingpai: Lingpai, path: tuple[str, ...], command: Any
) -> None:
    ended = lingpai(*path, "--help")
    assert ended.status == 0
    assert "Usage: lingpai" in ended.out
    assert all(parameter.help for parameter in command.params)
    if not hasattr(command, "list_commands"):
        examples = [line for line in command.help.splitlines() if line.startswith("    ")]
        assert any("lingpai" in line for line in examples)
        assert all(line in ended.out and len(line) <= 76 for line in (example.strip() for example in examples))


def test_the_commands_are_those_of_the_design() -> None:
    for group, names in GROUPS_AND_COMMANDS.items():
        command = next(command for path, command in COMMANDS if " ".join(path) == group)
        assert set(command.list_commands(click.Context(command))) == names


def test_the_version_is_the_package_s(lingpai: Lingpai) -> None:
    assert lingpai("--version").out == f"lingpai {sys.modules['lingpai'].__version__}\n"


@pytest.mark.parametrize("arguments", [("nonsense",), ("client", "nonsense"), ("serve", "--prot", "1"), ("apply",)])
def test_a_mistyped_command_says_how_it_is_used_and_ends_with_2(lingpai: Lingpai, arguments: tuple[str, ...]) -> None:
    ended = lingpai(*arguments)
    assert ended.status == 2
    assert "Usage: lingpai" in ended.err
    assert "Traceback" not in ended.err


def test_no_option_takes_a_password_or_a_secret() -> None:
    names = {name for _, command in COMMANDS for parameter in command.params for name in parameter.opts}
    assert {name for name in names if "password" in name or "secret" in name} == {"--password-stdin"}


def test_help_imports_nothing_of_the_server() -> None:
    code = (
        "import sys; from lingpai.cli.main import run; run(['--help']);"
        "print([m for m in sys.modules if m.startswith(('lingpai.server.', 'rich', 'pydantic', 'alembic', 'uvicorn'))])"
    )
    environment = os.environ | {"PYTHONPATH": str(Path(lingpai.__file__).parents[1])}
    ran = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines()[-1] == "[]"


def test_without_the_server_it_says_what_to_install() -> None:
    code = "import sys; sys.modules['click'] = None; from lingpai.__main__ import main; main()"
    environment = os.environ | {"PYTHONPATH": str(Path(lingpai.__file__).parents[1])}
    ran = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    said = "lingpai: click is missing; the server and its commands need: pip install 'lingpai[server]'\n"
    assert (ran.returncode, ran.stderr) == (1, said)
