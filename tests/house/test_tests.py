"""How we test: the real thing, with nobody standing in for our own code, and no waiting for luck."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools.tree import name_of, python_files

BANNED_MODULES = frozenset({"unittest.mock", "mock", "pytest_mock"})
BANNED_NAMES = frozenset({"MagicMock", "AsyncMock", "Mock", "mocker"})
BANNED_CALLS = frozenset({"monkeypatch.setattr", "monkeypatch.setitem", "time.sleep"})


def _dotted(node: ast.expr) -> str:
    return f"{_dotted(node.value)}.{node.attr}" if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def _breaches(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import(names=names) if any(alias.name in BANNED_MODULES for alias in names):
                yield f"line {node.lineno}: imports a mock"
            case ast.ImportFrom(module=str(module)) if module in BANNED_MODULES:
                yield f"line {node.lineno}: imports a mock"
            case ast.ImportFrom(module="unittest", names=names) if any(alias.name == "mock" for alias in names):
                yield f"line {node.lineno}: imports a mock"
            case ast.Name(id=name) | ast.arg(arg=name) if name in BANNED_NAMES:
                yield f"line {node.lineno}: {name}"
            case ast.Call(func=called) if _dotted(called) in BANNED_CALLS:
                yield f"line {node.lineno}: {_dotted(called)}"


@pytest.mark.parametrize("file", python_files("tests"), ids=name_of)
def test_nobody_stands_in_for_our_code(file: Path) -> None:
    assert list(_breaches(file.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    "source",
    [
        "import unittest.mock",
        "from unittest import mock",
        "from unittest.mock import patch",
        "def test_x(mocker): ...",
        "client = MagicMock()",
        "monkeypatch.setattr(clock, 'now', 3)",
        "time.sleep(1)",
    ],
)
def test_a_stand_in_is_found(source: str) -> None:
    assert len(list(_breaches(source))) == 1
