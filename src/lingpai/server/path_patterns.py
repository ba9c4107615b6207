"""Paths that hold an id, for the application's table and for every link to them.

Owns the grammar: ``/developer/teams/{team_id}``, where each name in braces stands for ids of one shape, so that a
handler never sees an id that cannot be one. Leaves to the handlers whether there is such a thing and whose it is.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Generic, TypeVar

_SHAPES: Mapping[str, str] = {
    "account_id": "[0-9a-f]{32}",
    "team_id": "[0-9a-f]{32}",
    "client_id": "[A-Za-z0-9._~-]{1,128}",
    "reference": "[0-9a-f]{16}",
    "api": "[a-z0-9_]{1,64}",
    "rest": "(?:/[^\\x00]{0,1000})?",
}
"""Name in a pattern -> what an id of that kind looks like. A pattern with another name is refused at start."""

_PLACE = re.compile(r"\{(\w+)\}")

T = TypeVar("T")


def is_pattern(path: str) -> bool:
    """Whether ``path`` holds a name in braces."""
    return "{" in path


def compile_pattern(pattern: str) -> re.Pattern[str]:
    """What matches the whole paths of ``pattern``. Raises ``KeyError`` for a kind of id that has no shape."""
    parts = _PLACE.split(pattern)
    written = (f"(?P<{part}>{_SHAPES[part]})" if number % 2 else re.escape(part) for number, part in enumerate(parts))
    return re.compile("".join(written) + r"\Z")


class PathPatterns(Generic[T]):
    """Finds by pattern what an exact table did not have."""

    def __init__(self, values: Iterable[tuple[str, T]]) -> None:
        self._patterns = [(compile_pattern(pattern), pattern, value) for pattern, value in values]

    def find(self, path: str) -> tuple[str, T, dict[str, str]] | None:
        """(pattern, value, ids by name) of the first pattern that ``path`` fits."""
        for compiled, pattern, value in self._patterns:
            match = compiled.match(path)
            if match is not None:
                return pattern, value, match.groupdict()
        return None
