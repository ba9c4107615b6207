"""An apply file as typed entries: reading, the fields each table may hold, and where each of them stands.

Owns: syntax, unknown fields, types, missing and repeated keys. Leaves: what the values may be to ``check``; what is
stored already to ``difference``. Problems are collected, so that one run names them all.
"""

import json
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NoReturn

import msgspec
from msgspec import Struct

from lingpai.cli.apply import positions
from lingpai.server.storage.records import Account, Client, ResourceServer, ScopeDefinition, TrustedIssuer

LIMIT_BYTES = 16_000_000
_SHOWN_LIMIT = 30
_STEP = re.compile(r"\[(\d+)\]|\.(\w+)")


Values = Mapping[str, Any]
"""What an entry gives, by field."""
Refuse = Callable[..., None]
"""``refuse(message, *path inside the entry)``"""
Record = Client | Account | ScopeDefinition | ResourceServer | TrustedIssuer


class Problem(Struct, frozen=True):
    """Something wrong at one place of the file. ``where`` reads like ``clients[0].redirect_uris[1]``."""

    line: int | None
    where: str
    message: str

    def __str__(self) -> str:
        """One line for people: place first."""
        return ": ".join(
            [f"line {self.line}"] * (self.line is not None) + [self.where] * bool(self.where) + [self.message]
        )


class DocumentInvalid(ValueError):
    """The file cannot be applied."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


class Kind(Struct, frozen=True):
    """A table of the file and the record its entries become.

    ``managed``: fields of the record that no file may set. ``extra``: fields of the file the record keeps differently.
    """

    table: str
    record: type[Record]
    key: str
    required: tuple[str, ...]
    managed: frozenset[str] = frozenset()
    extra: Mapping[str, type] = {}

    def fields(self) -> dict[str, Any]:
        """Name -> type of everything an entry may hold."""
        own = {field.name: field.type for field in msgspec.structs.fields(self.record)}
        return {name: type_ for name, type_ in own.items() if name not in self.managed} | dict(self.extra)


_INSTANTS = frozenset({"created_at", "updated_at", "disabled_at"})
RESOURCES = Kind("resources", ResourceServer, "resource", ("resource",))
SCOPES = Kind("scopes", ScopeDefinition, "name", ("name", "descriptions"))
CLIENTS = Kind(
    "clients",
    Client,
    "client_id",
    ("client_id", "client_name"),
    managed=_INSTANTS | {"client_secrets", "registration_token_digest", "expires_at", "trial"},
    extra={"client_secret": str, "disabled": bool},
)
ACCOUNTS = Kind(
    "accounts",
    Account,
    "username",
    ("username",),
    managed=_INSTANTS | {"id"},
    extra={"password": str, "disabled": bool},
)
TRUSTED_ISSUERS = Kind("trusted_issuers", TrustedIssuer, "issuer", ("issuer",))
KINDS = (RESOURCES, SCOPES, CLIENTS, TRUSTED_ISSUERS, ACCOUNTS)
"""In the order they are shown and written: what is referred to comes first."""


class Entry(Struct, frozen=True):
    """One element of a table: only the fields the file gives, already of the right type."""

    kind: Kind
    index: int
    values: dict[str, Any]

    @property
    def key(self) -> str:
        """What tells it from the others of its table."""
        return str(self.values[self.kind.key])


class Document:
    """A whole file. ``entries`` holds those that could be read; ``problems`` says what is wrong with the others."""

    def __init__(self, entries: list[Entry], lines: Mapping[positions.Path, int], problems: list[Problem]) -> None:
        self.entries = entries
        self.problems = problems
        self._lines = lines

    def of(self, kind: Kind) -> list[Entry]:
        """The entries of one table."""
        return [entry for entry in self.entries if entry.kind is kind]

    def refuse(self, path: positions.Path, message: str) -> None:
        """Note that the value at ``path`` is wrong."""
        self.problems.append(problem_at(self._lines, path, message))


def read_document(file: Path) -> Document:
    """The entries of ``file``: JSON if its name ends in ``.json``, TOML otherwise.

    Raises ``DocumentInvalid`` when there is no table to look at (a syntax error), and ``OSError``.
    """
    if file.stat().st_size > LIMIT_BYTES:
        raise DocumentInvalid([Problem(None, "", f"larger than {LIMIT_BYTES} bytes: split it")])
    try:
        text = file.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise DocumentInvalid([Problem(line, "", "this is not UTF-8: save the file in that encoding")]) from None
    try:
        tables, lines = _parse_json(text) if file.suffix == ".json" else _parse_toml(text)
    except RecursionError:
        raise DocumentInvalid([Problem(None, "", "nested too deeply")]) from None
    document = Document([], lines, [])
    if not isinstance(tables, dict):
        raise DocumentInvalid([Problem(1, "", f"must be an object with {_table_names()}")])
    for name in tables.keys() - {kind.table for kind in KINDS}:
        document.refuse((name,), f"there is no such table{did_you_mean(name, [kind.table for kind in KINDS])}")
    for kind in KINDS:
        document.entries.extend(_read_table(kind, tables.get(kind.table, []), document))
    return document


def did_you_mean(name: str, known: list[str]) -> str:
    """``; did you mean …?``, or what there is."""
    by_lower = {there_is.lower(): there_is for there_is in known}
    if close := get_close_matches(name.lower(), by_lower, n=1):
        return f"; did you mean {by_lower[close[0]]}?"
    more = " …" if len(known) > _SHOWN_LIMIT else ""
    return f"; there are {', '.join(known[:_SHOWN_LIMIT])}{more}"


def problem_at(lines: Mapping[positions.Path, int], path: positions.Path, message: str) -> Problem:
    """The problem with its line: that of the value, or of the nearest thing around it the file has."""
    known = (lines[path[:length]] for length in range(len(path), 0, -1) if path[:length] in lines)
    return Problem(next(known, None), write_path(path), message)


def write_path(path: positions.Path) -> str:
    """``clients[0].redirect_uris[1]``."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).removeprefix(".")


def _parse_toml(text: str) -> tuple[Any, dict[positions.Path, int]]:
    try:
        return tomllib.loads(text), positions.toml_lines(text.replace("\r\n", "\n"))
    except tomllib.TOMLDecodeError as error:
        found = re.search(r" \(at (?:line (\d+), column \d+|end of document)\)$", str(error))
        line = int(found[1]) if found and found[1] else text.count("\n") + 1
        message = str(error)[: found.start()] if found else str(error)
        raise DocumentInvalid([Problem(line, "", f"this is not TOML: {message}")]) from None
    except ValueError:
        raise _number_too_long() from None


def _parse_json(text: str) -> tuple[Any, dict[positions.Path, int]]:
    try:
        return json.loads(text, parse_constant=_refuse_constant), positions.json_lines(text)
    except json.JSONDecodeError as error:
        raise DocumentInvalid([Problem(error.lineno, "", f"this is not JSON: {error.msg}")]) from None
    except positions.RepeatedMember as error:
        raise DocumentInvalid([Problem(error.line, write_path(error.path), "is given twice")]) from None
    except DocumentInvalid:
        raise
    except ValueError:
        raise _number_too_long() from None


def _number_too_long() -> DocumentInvalid:
    """What Python says of thousands of digits, which it refuses to read."""
    return DocumentInvalid([Problem(None, "", "a number has thousands of digits")])


def _refuse_constant(name: str) -> NoReturn:
    raise DocumentInvalid([Problem(None, "", f"this is not JSON: {name} is no JSON value")])


def _read_table(kind: Kind, table: object, document: Document) -> Iterator[Entry]:
    if not isinstance(table, list) or not all(isinstance(entry, dict) for entry in table):
        document.refuse((kind.table,), f"must be a list of tables: [[{kind.table}]]")
        return
    seen: dict[str, int] = {}
    for index, values in enumerate(table):
        entry = _read_entry(kind, index, values, document)
        if entry is None:
            continue
        if entry.key in seen:
            document.refuse((kind.table, index, kind.key), f"the same as {kind.table}[{seen[entry.key]}].{kind.key}")
        seen.setdefault(entry.key, index)
        yield entry


def _read_entry(kind: Kind, index: int, values: dict[str, object], document: Document) -> Entry | None:
    before = len(document.problems)
    fields = kind.fields()
    converted: dict[str, Any] = {}
    for name, value in values.items():
        path = (kind.table, index, name)
        if name not in fields:
            document.refuse(path, f"there is no such field{did_you_mean(name, sorted(fields))}")
            continue
        try:
            converted[name] = msgspec.convert(value, fields[name])
        except msgspec.ValidationError as error:
            message, _, inside = str(error).partition(" - at `$")
            steps = [int(found[1]) if found[1] else found[2] for found in _STEP.finditer(inside)]
            document.refuse((*path, *steps), message.replace("`", ""))
    for name in kind.required:
        if name not in values:
            document.refuse((kind.table, index), f"{name} is missing")
    return Entry(kind, index, converted) if len(document.problems) == before else None


def _table_names() -> str:
    return ", ".join(kind.table for kind in KINDS)
