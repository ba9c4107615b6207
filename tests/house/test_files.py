"""What no file of the project may hold."""

import re
from pathlib import Path

import pytest

from tools.tree import ROOT, name_of, written_files

_RULES_OF = Path(__file__)

FORBIDDEN = {
    "a package index": re.compile(
        r"--(?:extra-)?index-url|--find-links|--trusted-host|https?://[\w.-]+/(?:\w+/)*simple\b|files\.pythonhosted"
        r"|registry\.(?:npmjs|yarnpkg)|mirrors?\.\w+\.\w+|index-url\s*="
    ),
    "an absolute path of somebody's machine": re.compile(r"(?<![\w.:/*~}\"-])/(?:home|root|Users|work|mnt)/[\w.-]+"),
}
FORBIDDEN_IN_SRC = {
    "unfinished work": re.compile(r"\b(?:TODO|FIXME|XXX|HACK)\b|NotImplementedError"),
    "a debugging aid": re.compile(r"\bbreakpoint\(\)|\bpdb\b"),
}


def _lines(file: Path) -> list[str]:
    """The lines of a text; none of a picture or another binary file."""
    content = file.read_bytes()
    return [] if b"\0" in content else content.decode(errors="replace").splitlines()


def _findings(pattern: re.Pattern[str], folder: Path) -> list[str]:
    return [
        f"{name_of(file)}:{number}: {line.strip()[:120]}"
        for file in written_files(folder)
        if file != _RULES_OF
        for number, line in enumerate(_lines(file), start=1)
        if pattern.search(line)
    ]


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_file_names(what: str) -> None:
    assert _findings(FORBIDDEN[what], ROOT) == []


@pytest.mark.parametrize("what", FORBIDDEN_IN_SRC)
def test_the_package_holds_no(what: str) -> None:
    assert _findings(FORBIDDEN_IN_SRC[what], ROOT / "src") == []
