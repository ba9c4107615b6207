"""Every test that the page about the Foundation's suite names is there."""

import re

from tools.tree import ROOT

_PAGE = ROOT / "docs" / "reference" / "openid-conformance.md"
_TEST = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")


def test_every_test_the_page_names_exists() -> None:
    named = set(_TEST.findall(_PAGE.read_text(encoding="utf-8")))
    assert len(named) > 50
    missing = [
        f"{file}::{test}"
        for file, test in sorted(named)
        if not re.search(rf"^(?:async )?def {test}\b", (ROOT / file).read_text(encoding="utf-8"), re.MULTILINE)
    ]
    assert missing == []


def test_every_module_has_a_test() -> None:
    rows = [line for line in _PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| `oidcc")]
    assert len(rows) == len(set(rows)) >= 77
    assert [row for row in rows if "::test_" not in row] == []
