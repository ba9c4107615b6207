"""Every test that the pages about the Foundation's suite and about known attacks name is there."""

import re

import pytest

from tools.tree import ROOT

_REFERENCE = ROOT / "docs" / "reference"
_PAGES = {"openid-conformance.md": (r"\| `oidcc", 77), "attack-catalogue.md": (r"\| \d+\. ", 19)}
_TEST = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")


def _text(page: str) -> str:
    return (_REFERENCE / page).read_text(encoding="utf-8")


@pytest.mark.parametrize("page", _PAGES)
def test_every_test_the_page_names_exists(page: str) -> None:
    missing = [
        f"{file}::{test}"
        for file, test in sorted(set(_TEST.findall(_text(page))))
        if not re.search(rf"^(?:(?:async )?def )?{test}\b", (ROOT / file).read_text(encoding="utf-8"), re.MULTILINE)
    ]
    assert missing == []


@pytest.mark.parametrize("page", _PAGES)
def test_every_row_has_a_test(page: str) -> None:
    begins, count = _PAGES[page]
    rows = [line for line in _text(page).splitlines() if re.match(begins, line)]
    assert len(rows) == len(set(rows)) >= count
    assert [row for row in rows if not _TEST.search(row)] == []
