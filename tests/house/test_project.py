"""The way in: what a newcomer reads and types first works and says the same everywhere."""

import re
import tomllib
from pathlib import Path

import pytest

from tools.tree import ROOT

_LINK = re.compile(
    r"!?\[[^\]]*\]\((?P<target>[^)\s#]+)[^)]*\)|<(?:img|source)[^>]*\bsrc(?:set)?=\"(?P<source>[^\"]+)\""
)
_REQUIREMENT = re.compile(r"[a-z0-9][a-z0-9._-]*(?:\[[\w,]+\])?", re.IGNORECASE)
PAGES = ["README.md", "README.zh.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"]


@pytest.mark.parametrize("readme", ["README.md", "README.zh.md"])
@pytest.mark.parametrize("command", ["make demo", "make test"])
def test_a_readme_has_the_two_commands(readme: str, command: str) -> None:
    assert command in (ROOT / readme).read_text(encoding="utf-8")


def _local_targets(page: Path) -> list[str]:
    targets = [match["target"] or match["source"] for match in _LINK.finditer(page.read_text(encoding="utf-8"))]
    return [target for target in targets if "://" not in target and not target.startswith("mailto:")]


@pytest.mark.parametrize("page", PAGES)
def test_every_image_and_link_of_a_page_leads_somewhere(page: str) -> None:
    assert [target for target in _local_targets(ROOT / page) if not (ROOT / target).exists()] == []


def test_the_readmes_show_the_same_images() -> None:
    images = [
        sorted(t for t in _local_targets(ROOT / page) if t.endswith((".png", ".svg", ".jpg")))
        for page in ("README.md", "README.zh.md")
    ]
    assert len(images[0]) == len(images[1])
    assert images[0], "a picture says what it is"


def test_continuous_integration_runs_make_test_and_nothing_else() -> None:
    lines = (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    commands = [line for line in lines if line and not line.startswith(("#", "set ", "cd "))]
    assert commands == ["make test"]


def test_every_make_target_explains_itself() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    phony = re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
    assert phony is not None
    explained = set(re.findall(r"^([a-z0-9-]+):.*## \S", makefile, re.MULTILINE))
    assert explained == set(phony[1].split())


def _names(requirements: list[str]) -> set[str]:
    found = [_REQUIREMENT.match(requirement) for requirement in requirements]
    return {match[0].lower() for match in found if match}


def test_the_pinned_requirements_are_those_of_the_package() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = [*project["dependencies"], *project["optional-dependencies"]["server"]]
    lines = (ROOT / "requirements" / "server.in").read_text(encoding="utf-8").splitlines()
    assert _names([line for line in lines if not line.startswith("#")]) == _names(declared)


@pytest.mark.parametrize("name", ["server", "dev"])
def test_every_requirement_is_pinned_with_its_hashes(name: str) -> None:
    lines = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    packages = [line for line in lines if line and not line.startswith((" ", "#"))]
    assert packages
    assert [line for line in packages if "==" not in line or not line.endswith("\\")] == []
