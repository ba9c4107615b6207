"""What a document points at is there."""

import re
from pathlib import Path

import pytest

from tools.tree import ROOT

DOCUMENTS = [
    "README.md",
    "README.zh.md",
    *sorted(str(file.relative_to(ROOT)) for file in (ROOT / "docs").rglob("*.md")),
]
_LINK = re.compile(r"!?\[[^\]]*\]\((?P<target>[^)\s#]+)[^)]*\)")
_FILE = re.compile(r"`(?P<name>[\w/.-]+\.py)`")


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_link_leads_somewhere(document: str) -> None:
    page = ROOT / document
    targets = [found["target"] for found in _LINK.finditer(page.read_text(encoding="utf-8"))]
    assert [t for t in targets if "://" not in t and not (page.parent / t).exists()] == []


@pytest.mark.parametrize(
    ("document", "folder"),
    [
        pytest.param("docs/design/map.md", "src/lingpai", id="the map"),
        pytest.param("docs/design/threat-model.md", "tests/attack", id="the threat model"),
    ],
)
def test_every_file_a_design_page_names_is_there(document: str, folder: str) -> None:
    named = {found["name"] for found in _FILE.finditer((ROOT / document).read_text(encoding="utf-8"))}
    there = [file.as_posix() for file in Path(ROOT / folder).rglob("*.py")]
    assert named
    assert sorted(name for name in named if not any(file.endswith(f"/{name}") for file in there)) == []
