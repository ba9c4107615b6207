"""The pytest plugin as a stranger uses it: the tests of the how-to, run by a pytest of their own."""

import subprocess
import sys
from pathlib import Path

from tests.unit.docs.snippets import read_blocks
from tools.tree import ROOT

HOW_TO = ROOT / "docs/how-to/test-a-client-without-tencent.md"


def run_pytest(folder: Path, *arguments: str) -> str:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "lingpai.testing.plugin"]
    run = subprocess.run(
        [*command, "-p", "no:lingpai", "-p", "no:asyncio", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    return run.stdout + run.stderr


def test_the_tests_of_the_how_to_pass(tmp_path: Path) -> None:
    for block in read_blocks(HOW_TO):
        if block.file_name:
            (tmp_path / block.file_name).write_text(block.text, encoding="utf-8")
    said = run_pytest(tmp_path, "-W", "error")
    assert "4 passed" in said, said


def test_callbacks_are_those_a_project_defines(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(
        "import pytest\n\n\n@pytest.fixture(scope='session')\ndef lingpai_callbacks():\n    return ('http://127.0.0.1:9/cb',)\n"
    )
    (tmp_path / "test_it.py").write_text(
        "def test_it(lingpai_server):\n    assert lingpai_server.qq.redirect_uri == 'http://127.0.0.1:9/cb'\n"
    )
    said = run_pytest(tmp_path)
    assert "1 passed" in said, said
