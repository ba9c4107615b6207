"""What a setting may hold: the value somebody wrote becomes what its type says, or a sentence about what it should be.

Owns: conversion, and those sentences. Leaves: which settings there are and the rules of each to the classes that have
them; where a value was written to ``setting_sources``.
"""

import ast
import functools
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Literal, TypeVar, get_args, get_origin

import msgspec
from msgspec import Meta, Struct

SECRET = Meta(extra={"secret": True})
"""For the type of a setting that is shown to nobody."""

Checks = Mapping[str, Callable[[Any], object]]
"""Setting -> what else must hold for its value; raises ``ValueError`` with a sentence."""

_Table = TypeVar("_Table", bound=Struct)
_NAMES = {int: "a whole number", str: "text", bool: "true or false", Path: "a path", tuple: "a list", dict: "a table"}


class Problem(Struct, frozen=True):
    """What is wrong at ``path``: the name of a setting, and of what is within it."""

    path: tuple[str, ...]
    sentence: str


class ValuesWrong(ValueError):
    """Everything that is wrong with the values of some settings."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(f"{'.'.join(problem.path)}: {problem.sentence}" for problem in problems))
        self.problems = problems


class Setting(Struct, frozen=True):
    """One field of a class of settings."""

    type: Any
    default: Any
    is_secret: bool


@functools.cache
def settings_of(table: type[Struct]) -> Mapping[str, Setting]:
    """Every setting of a class by its name, in the order it has them."""
    return MappingProxyType(
        {
            field.name: Setting(
                field.type,
                field.default_factory() if field.default is msgspec.NODEFAULT else field.default,
                any(rule is SECRET for rule in get_args(field.type)),
            )
            for field in msgspec.structs.fields(table)
        }
    )


def explanations(table: type[Struct]) -> dict[str, str]:
    """What stands below each setting in the source of its class."""
    source = Path(str(sys.modules[table.__module__].__file__)).read_text(encoding="utf-8")
    classes = [
        node for node in ast.parse(source).body if isinstance(node, ast.ClassDef) and node.name == table.__name__
    ]
    said = {}
    for field, below in zip(classes[0].body, classes[0].body[1:], strict=False):
        if isinstance(field, ast.AnnAssign) and isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant):
            lines = str(below.value.value).splitlines()
            said[ast.unparse(field.target)] = "\n".join(line.strip() for line in lines)
    return said


def settle(settings: Struct, checks: Checks) -> None:
    """Make each value of new ``settings`` what its type says. Raises ``ValuesWrong`` naming each that cannot be."""
    problems = []
    for name, setting in settings_of(type(settings)).items():
        given = getattr(settings, name)
        if given is setting.default:
            continue
        try:
            value = read_value(setting.type, given)
            if name in checks:
                checks[name](value)
            msgspec.structs.force_setattr(settings, name, value)
        except ValuesWrong as wrong:
            problems += [Problem((name, *problem.path), problem.sentence) for problem in wrong.problems]
        except ValueError as error:
            problems.append(Problem((name,), str(error)))
    if problems:
        raise ValuesWrong(problems)


def read_value(kind: Any, given: object) -> Any:
    """``given`` as the type says. An environment variable has no lists and no tables: there they are text."""
    origin = get_origin(kind)
    if origin is tuple and isinstance(given, str):
        given = tuple(part.strip() for part in given.split(",") if part.strip())
    if origin is dict:
        given = _read_json(given)
        inner = get_args(kind)[1]
        if isinstance(inner, type) and issubclass(inner, Struct):
            return _read_tables(inner, given)
    try:
        return msgspec.convert(given, kind, strict=False, dec_hook=_read_path)
    except msgspec.ValidationError:
        raise ValueError(f"should be {expectation(kind)}") from None


def _read_json(given: object) -> object:
    try:
        return msgspec.json.decode(given) if isinstance(given, str) else given
    except ValueError:
        raise ValueError("must be a JSON object: name -> value") from None


def _read_tables(kind: type[_Table], given: object) -> dict[str, _Table]:
    if not isinstance(given, Mapping):
        raise ValueError("should be tables, each with a name")  # noqa: TRY004 - somebody wrote it, no programmer
    problems, tables = [], {}
    for name, values in given.items():
        try:
            tables[name] = values if isinstance(values, kind) else read_table(kind, values)
        except ValuesWrong as wrong:
            problems += [Problem((name, *problem.path), problem.sentence) for problem in wrong.problems]
        except ValueError as error:
            problems.append(Problem((name,), str(error)))
    if problems:
        raise ValuesWrong(problems)
    return tables


def read_table(kind: type[_Table], values: object) -> _Table:
    """Settings of that class from a table. Raises ``ValuesWrong`` for what is unknown or cannot be."""
    if not isinstance(values, Mapping):
        raise ValueError("should be a table")  # noqa: TRY004 - as above
    unknown = [Problem((name,), "there is no such setting") for name in values if name not in settings_of(kind)]
    if unknown:
        raise ValuesWrong(unknown)
    return kind(**values)


def _read_path(kind: type, given: object) -> Path:
    if kind is Path and isinstance(given, str | Path):
        return Path(given)
    raise ValueError("not a path")


def expectation(kind: Any) -> str:
    """What a value of that type is, in words."""
    origin, args = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return _bounded(expectation(args[0]), args[1])
    if origin is Literal:
        *most, last = map(repr, args)
        return f"{', '.join(most)} or {last}"
    if origin is tuple:
        return f"a list of {expectation(args[0])}"
    return _NAMES.get(origin or kind, "another")


def _bounded(what: str, rule: Meta) -> str:
    bounds = (("at least {}", rule.ge), ("at most {}", rule.le), ("at most {} characters", rule.max_length))
    said = " and ".join(text.format(bound) for text, bound in bounds if bound is not None)
    return rule.description or (f"{what}, {said}" if said else what)
