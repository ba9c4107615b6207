"""Write ``docs/reference/settings.md`` and ``cli.md`` from the code: ``python -m tools.reference``.

Owns: how the pages look. Leaves: every sentence in them to the docstrings of ``Config`` and of the commands.
``tests/house/test_reference.py`` fails when a page is older than the code.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin

import click
from msgspec import Meta

from lingpai.server.config import SETTINGS, Config
from lingpai.server.setting_values import explanations
from tools.tree import ROOT

FOLDER = ROOT / "docs" / "reference"
_BOUNDS = {
    "ge": "at least {}",
    "gt": "more than {}",
    "le": "at most {}",
    "lt": "less than {}",
    "max_length": "at most {} characters",
}


def _values(kind: Any) -> str:
    rules: list[Meta] = []
    if get_origin(kind) is Annotated:
        kind, *rules = get_args(kind)
    if get_origin(kind) is Literal:
        return " · ".join(f"`{value}`" for value in get_args(kind))
    names = {int: "number", str: "text", bool: "true or false", Path: "path", tuple: "list of text", dict: "table"}
    bounds = [
        text.format(getattr(rule, bound))
        for rule in rules
        for bound, text in _BOUNDS.items()
        if getattr(rule, bound) is not None
    ]
    return ", ".join([names[get_origin(kind) or kind], *bounds])


def _default(value: Any) -> str:
    if value in ("", (), {}):
        return "empty"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def write_settings() -> str:
    """The page of settings, in the order of ``Config``."""
    lines = [
        "# Settings",
        "",
        "Written by `make docs` from `src/lingpai/server/config.py`; do not edit. A setting stands in the TOML file",
        "under its name or in the environment as `LINGPAI_` and its name in capitals; the environment wins. An unknown",
        "setting is an error. Names that end in `_s` are seconds, in `_kib` kibibytes.",
    ]
    explained = explanations(Config)
    for name, setting in SETTINGS.items():
        lines += ["", f"## `{name}`", "", explained[name], ""]
        lines += [
            f"{_values(setting.type)}. Default: {_default(setting.default)}. Environment: `LINGPAI_{name.upper()}`."
        ]
    return "\n".join(lines) + "\n"


def commands(command: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Every command below ``command``, with the words to type, groups before what they hold."""
    yield path, command
    if not hasattr(command, "list_commands"):
        return
    context = click.Context(command)  # asked this way, a group that loads its commands late loads them
    for name in command.list_commands(context):
        child = command.get_command(context, name)
        if not child.hidden:
            yield from commands(child, f"{path} {name}")


def _argument(parameter: Any) -> str:
    name = parameter.metavar or parameter.name.upper()
    name = name if parameter.nargs == 1 else f"{name}..."
    return name if parameter.required else f"[{name}]"


def _usage(path: str, command: Any) -> str:
    arguments = [_argument(p) for p in command.params if p.param_type_name == "argument"]
    has_options = any(p.param_type_name == "option" and p.name != "help" for p in command.params)
    return " ".join([path, *(["[OPTIONS]"] if has_options else []), *arguments])


def _option(parameter: Any) -> str:
    is_argument = parameter.param_type_name == "argument"
    written = [_argument(parameter)] if is_argument else [*parameter.opts, *parameter.secondary_opts]
    names = ", ".join(f"`{name}`" for name in written)
    default = parameter.default
    says_default = default not in (None, "", False, ()) and not callable(default) and not parameter.required
    ending = (
        " (required)" if parameter.required and not is_argument else f" Default: `{default}`." if says_default else ""
    )
    return f"- {names}: {parameter.help or ''}{ending}"


def write_cli() -> str:
    """The page of commands: usage, help text, options."""
    from lingpai.cli.main import app  # here, so that the page of settings does not need the commands to load

    lines = [
        "# Commands",
        "",
        "Written by `make docs` from `src/lingpai/cli/`; do not edit. Every command answers `--help`.",
    ]
    for path, command in commands(app, "lingpai"):
        lines += ["", f"## `{path}`", "", (command.help or "").replace("\f", "").strip()]
        if hasattr(command, "list_commands"):
            continue
        lines += ["", f"    {_usage(path, command)}"]
        shown = [p for p in command.params if not getattr(p, "hidden", False) and p.name != "help"]
        if shown:
            lines += ["", *(_option(parameter) for parameter in shown)]
    return "\n".join(lines) + "\n"


PAGES = {"settings.md": write_settings, "cli.md": write_cli}


def main() -> None:
    """Write every page."""
    for name, write in PAGES.items():
        (FOLDER / name).write_text(write(), encoding="utf-8")


if __name__ == "__main__":
    main()
