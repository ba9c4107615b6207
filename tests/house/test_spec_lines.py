"""A `Spec:` line points at a document and a section, or it points nowhere."""

import subprocess
import sys
from pathlib import Path

import pytest

from tools.specifications import (
    DECISIONS,
    Proof,
    Section,
    parse_spec_lines,
    read_documents,
    sections_named_in,
    write_coverage,
)
from tools.tree import ROOT


def test_every_spec_line_names_a_known_document() -> None:
    known = read_documents()
    unknown = {
        f"{section.document}: named in {', '.join(sorted(files))}"
        for section, files in sections_named_in(ROOT / "src").items()
        if section.document not in known and section.document != DECISIONS
    }
    assert unknown == set(), "unknown documents; add them to tests/specifications.toml"


def test_every_decision_a_spec_line_names_was_written_down() -> None:
    named = {s.number for s in sections_named_in(ROOT / "src") if s.document == DECISIONS}
    written = {path.name[:4] for path in (ROOT / DECISIONS).glob("*.md")}
    assert named - written == set()


@pytest.mark.parametrize(
    ("docstring", "sections"),
    [
        pytest.param("Spec: RFC 6749 §4.1.3", [("RFC 6749", "4.1.3")], id="one section"),
        pytest.param("A. Spec: RFC 6749 §5.2", [("RFC 6749", "5.2")], id="at the end of a sentence"),
        pytest.param("Spec: RFC 1 §2; RFC 3 §4", [("RFC 1", "2"), ("RFC 3", "4")], id="two sections"),
        pytest.param("Spec: RFC 6749 Appendix B", [("RFC 6749", "Appendix B")], id="an appendix"),
        pytest.param(
            "Spec: OpenID Connect Core 1.0 §3.1.2.1", [("OpenID Connect Core 1.0", "3.1.2.1")], id="not an RFC"
        ),
        pytest.param("Spec: docs/decisions/0001", [(DECISIONS, "0001")], id="a decision of ours"),
        pytest.param("No line.", [], id="none"),
    ],
)
def test_a_spec_line_is_read(docstring: str, sections: list[tuple[str, str]]) -> None:
    assert parse_spec_lines(docstring) == [Section(*section) for section in sections]


@pytest.mark.parametrize("text", ["RFC 6749", "§4.1", "RFC 6749 4.1", "RFC 6749 §4.1, §4.2", "the OAuth book"])
def test_a_spec_line_that_names_no_section_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not of the form"):
        parse_spec_lines(f"Spec: {text}")


def test_the_coverage_page_is_fresh(every_proof: list[Proof] | None, tmp_path: Path) -> None:
    if every_proof is None:
        page = tmp_path / "spec-coverage.md"
        command = [sys.executable, "-m", "pytest", "--collect-only", "-qq", "--spec-coverage", str(page)]
        run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert run.returncode == 0, run.stdout + run.stderr
        coverage = page.read_text(encoding="utf-8")
    else:
        coverage = write_coverage(every_proof)
    kept = ROOT / "docs" / "reference" / "spec-coverage.md"
    assert kept.read_text(encoding="utf-8") == coverage, "run `make docs`"
