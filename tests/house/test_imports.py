"""Who may import whom, and what an import costs."""

import subprocess
import sys
from pathlib import Path

import pytest

from tools.tree import ROOT


def test_the_layers_hold() -> None:
    lint_imports = Path(sys.executable).with_name("lint-imports")
    run = subprocess.run([lint_imports, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr


def _modules_after(statement: str) -> set[str]:
    program = f"{statement}\nimport sys\nprint(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    return set(run.stdout.split())


def test_importing_lingpai_imports_nothing_else() -> None:
    assert {name for name in _modules_after("import lingpai") if name.startswith("lingpai")} == {"lingpai"}


@pytest.mark.parametrize("role", ["lingpai.guard", "lingpai.client"])
def test_a_resource_server_or_client_does_not_load_the_server(role: str) -> None:
    loaded = _modules_after(f"import {role}")
    assert loaded.isdisjoint({"lingpai.server", "starlette", "uvicorn", "jinja2", "alembic", "argon2", "fastapi"})
