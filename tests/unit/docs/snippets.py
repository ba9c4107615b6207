"""The code blocks of a document, and what following the document would do with each.

A block whose first line is ``# name.ext`` is that file; a ``sh`` block is typed line by line; other TOML is a part of
the settings file. Owns: reading them. Leaves: following them to ``follower``.
"""

import re
import tomllib
from pathlib import Path

from msgspec import Struct

from tools.tree import ROOT

_BLOCK = re.compile(r"^```(?P<language>\w*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_FILE_NAME = re.compile(r"# (?P<name>[\w-]+\.(?:toml|py))\n")
_ONLY_SHOWN = frozenset({"", "text", "nginx", "ini"})


class Block(Struct, frozen=True):
    """One code block."""

    language: str
    text: str

    @property
    def file_name(self) -> str | None:
        """The file it is, if it is one."""
        found = _FILE_NAME.match(self.text)
        return found["name"] if found else None

    @property
    def settings(self) -> dict[str, object] | None:
        """The settings it shows, if it is a part of that file."""
        return tomllib.loads(self.text) if self.language == "toml" and not self.file_name else None

    @property
    def commands(self) -> list[str]:
        """What is typed, if it is a terminal's."""
        return self.text.splitlines() if self.language == "sh" else []


def read_blocks(document: Path) -> list[Block]:
    """The blocks in order, without those that are only shown."""
    text = document.read_text(encoding="utf-8")
    blocks = [Block(found["language"], found["text"]) for found in _BLOCK.finditer(text)]
    return [block for block in blocks if block.language not in _ONLY_SHOWN]


def is_typed_in_a_clone(command: str) -> bool:
    """Whether the command belongs to the repository; then check that it says something true."""
    program, *arguments = command.split()
    if program == "make":
        makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
        assert re.search(rf"^{re.escape(arguments[0])}:", makefile, re.MULTILINE), f"no such target: {command}"
        return True
    if command.startswith("pip install '.["):
        project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        extras = command.removeprefix("pip install '.[").removesuffix("]'").split(",")
        assert set(extras) <= project["optional-dependencies"].keys(), f"no such extra: {command}"
        return True
    return False
