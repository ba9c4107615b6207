"""Commands written as functions: each argument is an option or an argument of the command, the docstring is its help.

Owns how a function's annotations become parameters of click, which comes with uvicorn. (Typer reads them the same way,
but loads pydantic for it: 0.3 s for every command, and for every start of the server.)
"""

from collections.abc import Callable
from pathlib import Path
from textwrap import dedent
from types import NoneType, UnionType
from typing import Any, TypeVar, get_args, get_origin

import click
from msgspec import Struct

_Function = TypeVar("_Function", bound=Callable[..., None])
_TYPES: dict[Any, click.ParamType[Any]] = {str: click.STRING, Path: click.Path(path_type=Path)}
_SETTINGS = {"help_option_names": ["-h", "--help"], "show_default": True}


class Option(Struct, frozen=True):
    """For ``Annotated[type, option(…)]``."""

    names: tuple[str, ...]
    attributes: dict[str, Any]
    min: int | None
    max: int | None


class Argument(Struct, frozen=True):
    """For ``Annotated[type, argument(…)]``."""

    help: str
    metavar: str | None


def option(*names: str, min: int | None = None, max: int | None = None, **attributes: Any) -> Option:  # noqa: A002
    """An option: its names, if not that of the function's argument; ``attributes``: those of ``click.Option``."""
    return Option(names, attributes, min, max)


def argument(*, help: str, metavar: str | None = None) -> Argument:  # noqa: A002 - as click calls it
    """Something that is told by its place."""
    return Argument(help, metavar)


class _InOrder(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click gives it
        """As they were added: what comes first comes first."""
        return list(self.commands)


class Group(_InOrder):
    """Commands with something in common."""

    def __init__(self, help: str) -> None:  # noqa: A002 - as click calls it
        super().__init__(no_args_is_help=True, help=help)

    def add(self, name: str) -> Callable[[_Function], _Function]:
        """Make the function below the command ``name`` of this group."""

        def add(function: _Function) -> _Function:
            self.add_command(command(name, function))
            return function

        return add


def command(name: str, function: Callable[..., None]) -> click.Command:
    """The function as a command."""
    return click.Command(name, callback=function, params=parameters(function), help=_help(function))


def _help(function: Callable[..., None]) -> str:
    first, _, rest = str(function.__doc__).partition("\n")
    return f"{first}\n{dedent(rest)}".strip()


def entrance(name: str, function: Callable[..., None]) -> click.Group:
    """The outermost group, whose own options the function takes."""
    return _InOrder(
        name,
        callback=function,
        params=parameters(function),
        help=_help(function),
        no_args_is_help=True,
        context_settings=_SETTINGS,
    )


def parameters(function: Callable[..., None]) -> list[click.Parameter]:
    """What click reads for the function."""
    kinds = {name: kind for name, kind in function.__annotations__.items() if name != "return"}
    given = function.__defaults__ or ()
    defaults = dict(zip(list(kinds)[len(kinds) - len(given) :], given, strict=True))
    return [_parameter(name, kind, defaults) for name, kind in kinds.items()]


def _parameter(name: str, kind: Any, defaults: dict[str, Any]) -> click.Parameter:
    kind, rule = get_args(kind)
    if get_origin(kind) is UnionType:
        (kind,) = (part for part in get_args(kind) if part is not NoneType)
    many = get_origin(kind) is list
    if many:
        (kind,) = get_args(kind)
    required = name not in defaults
    if isinstance(rule, Argument):
        default = {} if required else {"default": defaults[name]}
        return click.Argument(
            [name], help=rule.help, metavar=rule.metavar, type=_TYPES[kind], required=required, **default
        )
    attributes = dict(rule.attributes)
    if kind is bool:
        attributes["is_flag"] = True
    elif kind is int:
        attributes["type"] = click.IntRange(rule.min, rule.max) if (rule.min, rule.max) != (None, None) else click.INT
    else:
        attributes["type"] = _TYPES[kind]
    if not required:
        attributes["default"] = defaults[name]
    names = rule.names or ("--" + name.replace("_", "-"),)
    return click.Option(
        [name, *names],
        required=required,
        multiple=many,
        show_envvar="envvar" in attributes,
        **attributes,
    )
