"""The command run in this process, in a directory of its own with a real database; what it printed and how it ended."""

import io
import logging
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from lingpai.cli.main import run
from tests.unit.cli.terminal import Ended, Lingpai

SETTINGS = """\
# hashing is cheap here: its cost is tested elsewhere
password_memory_kib = 8
password_time_cost = 1
"""


@pytest.fixture(autouse=True)
def logging_as_it_was() -> Iterator[None]:
    """``lingpai serve`` sends every line of its process to its standard error; this process goes on."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture
def lingpai(capsys: pytest.CaptureFixture[str]) -> Lingpai:

    def lingpai(*arguments: str | Path, stdin: str = "") -> Ended:
        capsys.readouterr()
        before, sys.stdin = sys.stdin, io.StringIO(stdin)
        try:
            status = run([str(argument) for argument in arguments])
        finally:
            sys.stdin = before
        return Ended(status, *capsys.readouterr())

    return lingpai


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty directory, which is the current one."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What ``lingpai init`` makes, made once."""
    folder = tmp_path_factory.mktemp("template")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        assert run(["init"]) == 0
    (folder / "lingpai.toml").write_text(SETTINGS)
    return folder


@pytest.fixture
def home(template: Path, empty: Path) -> Path:
    """The current directory, with settings, key and an empty database."""
    shutil.copytree(template, empty, dirs_exist_ok=True)
    return empty
