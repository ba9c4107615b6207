"""SQL is written down once, when the module is imported: no value of a request can be in reach of its text."""

import ast
import re
from collections.abc import Iterator

import pytest

from tools.tree import name_of, python_files

_SQL = re.compile(r"\b(?:SELECT|INSERT INTO|UPDATE|DELETE FROM)\b")


_COPIES_TABLES = {"src/lingpai/server/storage/copying.py", "src/lingpai/server/storage/copying_postgres.py"}
"""They copy every table there is and take the names from the database's own catalog; values are arguments there too."""


def _is_sql(node: ast.AST) -> bool:
    return any(
        isinstance(n, ast.Constant) and isinstance(n.value, str) and _SQL.search(n.value) for n in ast.walk(node)
    )


def _assembled(source: str) -> Iterator[str]:
    """Every place inside a function that puts SQL together."""
    functions = [n for n in ast.walk(ast.parse(source)) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]
    for node in (node for function in functions for node in ast.walk(function)):
        match node:
            case ast.JoinedStr() if any(isinstance(part, ast.FormattedValue) for part in node.values):
                suspect: ast.AST = node
            case ast.BinOp(op=ast.Add() | ast.Mod()):
                suspect = node
            case ast.Call(func=ast.Attribute(value=suspect, attr="format" | "replace" | "join")):
                pass
            case _:
                continue
        if _is_sql(suspect):
            yield f"line {node.lineno}"


def test_no_function_assembles_sql() -> None:
    files = {name_of(file): file.read_text(encoding="utf-8") for file in python_files("src")}
    files = {name: source for name, source in files.items() if name not in _COPIES_TABLES}
    assert {name: found for name, source in files.items() if (found := list(_assembled(source)))} == {}


@pytest.mark.parametrize(
    "line",
    [
        'f"SELECT {name} FROM client"',
        '"SELECT * FROM client WHERE id = " + name',
        '"DELETE FROM client WHERE id = %s" % name',
        '"UPDATE client SET name = {}".format(name)',
    ],
)
def test_assembled_sql_is_found(line: str) -> None:
    assert list(_assembled(f"def find(name):\n    return {line}"))
    assert not list(_assembled(f"name = 'id'\nSTATEMENT = {line}"))
