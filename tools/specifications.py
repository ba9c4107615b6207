"""Which specifications Lingpai follows, where the code says so, and which tests prove it.

Owns: the grammar of ``Spec:`` lines, the list of known documents (``tests/specifications.toml``) and the text of
``docs/reference/spec-coverage.md``. Leaves: collecting the tests to ``tests/conftest.py``.
"""

import ast
import re
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from msgspec import Struct, convert

from tools.tree import ROOT, name_of

DECISIONS = "docs/decisions"
_SPEC_LINE = re.compile(r"\bSpec: (?P<sections>.*)$", re.MULTILINE)
_SECTION = re.compile(
    r"(?P<document>[A-Z][\w .-]*?) (?:§|(?=Appendix ))(?P<section>(?:Appendix )?[A-Z\d]+(?:\.\d+)*)\Z"
    r"|docs/decisions/(?P<decision>\d{4})\Z"
)


class Document(Struct, frozen=True):
    """A specification we follow; ``not_supported`` says what of it we leave out."""

    title: str
    url: str = ""
    not_supported: tuple[str, ...] = ()


class Section(Struct, frozen=True, order=True):
    """A numbered part of a document: ``4.1.3`` or ``Appendix B``."""

    document: str
    number: str


class Proof(Struct, frozen=True, order=True):
    """One test that proves one requirement; ``test`` is a pytest node id without parameters."""

    section: Section
    requirement: str
    test: str


def read_documents() -> dict[str, Document]:
    """Name, as ``Spec:`` lines write it -> document."""
    text = (ROOT / "tests" / "specifications.toml").read_text(encoding="utf-8")
    return convert(tomllib.loads(text), dict[str, Document])


def parse_spec_lines(docstring: str) -> list[Section]:
    """What the ``Spec:`` lines of a docstring name. Raises ``ValueError`` for a line that does not parse.

    The grammar is ``Spec: RFC 6749 §4.1.3; RFC 6749 Appendix B; docs/decisions/0001`` at the end of a line: where no
    specification asks for something, a decision of ours may.
    """
    sections = []
    for line in _SPEC_LINE.finditer(docstring):
        for part in line["sections"].strip().removesuffix(".").split("; "):
            match = _SECTION.match(part)
            if match is None:
                raise ValueError(f"not of the form 'RFC 6749 §4.1.3': {part!r}")
            sections.append(Section(match["document"] or DECISIONS, match["section"] or match["decision"]))
    return sections


def docstrings(tree: ast.Module) -> Iterator[str]:
    """Every string that stands alone: of modules, classes, functions and attributes."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            yield node.value.value


def sections_named_in(folder: Path) -> dict[Section, set[str]]:
    """Section -> the files under ``folder`` whose ``Spec:`` lines name it."""
    named = defaultdict(set)
    for file in sorted(folder.rglob("*.py")):
        path = name_of(file)
        for text in docstrings(ast.parse(file.read_text(encoding="utf-8"))):
            try:
                sections = parse_spec_lines(text)
            except ValueError as error:
                raise ValueError(f"{path}: {error}") from error
            for section in sections:
                named[section].add(path)
    return dict(named)


def _section_order(number: str) -> list[tuple[int, str]]:
    return [(int(part) if part.isdigit() else 1000, part) for part in number.split(".")]  # appendices last


def _written(number: str) -> str:
    return number if number.startswith("Appendix") else f"§{number}"


def _link(name: str, document: Document) -> str:
    number = name.removeprefix("RFC ")
    return document.url or f"https://www.rfc-editor.org/rfc/rfc{number}"


def _one_document(name: str, document: Document, proofs: list[Proof], named: Mapping[Section, set[str]]) -> list[str]:
    lines = [f"## {name}", "", f"[{document.title}]({_link(name, document)})", ""]
    if proofs:
        lines += ["| section | requirement | proved by |", "|---|---|---|"]
        tests: dict[tuple[str, str], list[str]] = defaultdict(list)
        for proof in proofs:
            tests[proof.section.number, proof.requirement].append(proof.test)
        for number, requirement in sorted(tests, key=lambda key: (_section_order(key[0]), key[1])):
            proved_by = "<br>".join(f"`{test}`" for test in sorted(tests[number, requirement]))
            lines.append(f"| {_written(number)} | {requirement.replace('|', '&#124;')} | {proved_by} |")
        lines.append("")
    proved = {proof.section for proof in proofs}
    unproved = sorted(
        (s for s in named if s.document == name and s not in proved), key=lambda s: _section_order(s.number)
    )
    if unproved:
        lines += [
            "Named in the code, no test tagged yet: " + ", ".join(_written(s.number) for s in unproved) + ".",
            "",
        ]
    lines += [f"- NOT SUPPORTED: {part}" for part in document.not_supported]
    return [*lines, ""] if document.not_supported else lines


def write_coverage(proofs: Iterable[Proof]) -> str:
    """The Markdown page: document -> section -> requirement -> tests, and what is missing."""
    by_document: dict[str, list[Proof]] = defaultdict(list)
    for proof in sorted(set(proofs)):
        by_document[proof.section.document].append(proof)
    named = sections_named_in(ROOT / "src")
    lines = [
        "# Specifications and the tests that prove them",
        "",
        "Written by `make spec-coverage`; do not edit. A requirement stands here because a test carries it as",
        '`@pytest.mark.spec("RFC 7636", "4.6", "…")`.',
        "",
    ]
    mentioned = {section.document for section in named}
    for name, document in read_documents().items():
        if name in by_document or document.not_supported or name in mentioned:
            lines += _one_document(name, document, by_document[name], named)
    return "\n".join(lines).rstrip("\n") + "\n"
