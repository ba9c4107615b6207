"""What a test of the command line works with."""

from pathlib import Path
from typing import NamedTuple, Protocol


class Ended(NamedTuple):
    """How a command ended."""

    status: int
    out: str
    err: str


class Lingpai(Protocol):
    """``lingpai("client", "list", stdin="")`` runs the command in the current directory."""

    def __call__(self, *arguments: str | Path, stdin: str = "") -> Ended: ...
