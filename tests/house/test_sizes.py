"""A file is read in one sitting and a function on one screen."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools.tree import name_of, python_files

FILE_LIMIT_LINES = 300
FUNCTION_LIMIT_LINES = 40  # without the docstring

# What is too long today, and how long. An entry may only shrink; once it fits it must be deleted.
LONG_FILES: dict[str, int] = {}
LONG_FUNCTIONS: dict[str, int] = {}

FOLDERS = ("src", "tests", "examples", "tools", "bench")


def _body_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    lines = (function.end_lineno or function.lineno) - function.lineno + 1
    first = function.body[0]
    if ast.get_docstring(function) is not None:
        lines -= (first.end_lineno or first.lineno) - first.lineno + 1
    return lines


def _functions(file: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield f"{name_of(file)}::{node.name}", _body_lines(node)


def _breaches(sizes: dict[str, int], limit: int, exceptions: dict[str, int]) -> list[str]:
    too_long = [
        f"{name}: {lines} lines, at most {exceptions.get(name, limit)}"
        for name, lines in sizes.items()
        if lines > exceptions.get(name, limit)
    ]
    fits_now = [f"{name}: fits now, delete its exception" for name in exceptions if sizes.get(name, 0) <= limit]
    shrunk = [
        f"{name}: has shrunk to {sizes[name]}, lower its exception"
        for name, allowed in exceptions.items()
        if limit < sizes.get(name, 0) < allowed
    ]
    return too_long + fits_now + shrunk


def test_no_file_is_longer_than_300_lines() -> None:
    sizes = {name_of(file): len(file.read_text(encoding="utf-8").splitlines()) for file in python_files(*FOLDERS)}
    assert _breaches(sizes, FILE_LIMIT_LINES, LONG_FILES) == []


def test_no_function_is_longer_than_40_lines() -> None:
    sizes = dict(entry for file in python_files(*FOLDERS) for entry in _functions(file))
    assert _breaches(sizes, FUNCTION_LIMIT_LINES, LONG_FUNCTIONS) == []


@pytest.mark.parametrize(
    ("sizes", "exceptions", "breaches"),
    [
        pytest.param({"a": 300}, {}, 0, id="what fits is fine"),
        pytest.param({"a": 301}, {}, 1, id="what is too long is reported"),
        pytest.param({"a": 310}, {"a": 310}, 0, id="an exception is respected"),
        pytest.param({"a": 311}, {"a": 310}, 1, id="an exception may not grow"),
        pytest.param({"a": 305}, {"a": 310}, 1, id="an exception follows what shrank"),
        pytest.param({"a": 300}, {"a": 310}, 1, id="an exception nobody needs is deleted"),
        pytest.param({}, {"a": 310}, 1, id="an exception for nothing is deleted"),
    ],
)
def test_the_rule_itself(sizes: dict[str, int], exceptions: dict[str, int], breaches: int) -> None:
    assert len(_breaches(sizes, FILE_LIMIT_LINES, exceptions)) == breaches
