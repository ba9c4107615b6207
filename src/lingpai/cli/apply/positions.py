"""On which line of a TOML or JSON text each value stands, so that an error can name it.

Owns: a light walk over a text that ``tomllib`` or ``json`` has already accepted; it decides nothing about validity but
one thing: JSON with a repeated member, which ``json`` lets pass. Leaves: values to the real parsers.
"""

import re
from bisect import bisect_right

Path = tuple[str | int, ...]
"""Where a value is: ``("clients", 0, "redirect_uris", 1)``."""

_STRING = re.compile(
    r'"""(?:[^"\\]|\\.|"{1,2}(?!"))*"{3,5}'
    r"|'''(?:[^']|'{1,2}(?!'))*'{3,5}"
    r'|"(?:[^"\\\n]|\\.)*"'
    r"|'[^'\n]*'",
    re.DOTALL,
)
_BLANK = re.compile(r"(?:[\s,]|#[^\n]*)*")
_WORD = re.compile(r"[A-Za-z0-9_-]+")
_SCALAR = re.compile(r"[^\],}\n#]+")
_ESCAPE = re.compile(r"""\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(["\\/]))""")


class RepeatedMember(ValueError):
    """A JSON object names a member twice; which one would count is anybody's guess."""

    def __init__(self, path: Path, line: int) -> None:
        super().__init__(f"line {line}: {path[-1]} is given twice")
        self.path = path
        self.line = line


def toml_lines(text: str) -> dict[Path, int]:
    """The line of every table and value in a valid TOML text."""
    return _Walk(text).toml()


def json_lines(text: str) -> dict[Path, int]:
    """The line of every value in a valid JSON text. Raises ``RepeatedMember``."""
    return _Walk(text).json()


class _Walk:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._line_starts = [0, *(found.end() for found in re.finditer("\n", text))]
        self._lines: dict[Path, int] = {}
        self._lengths: dict[Path, int] = {}

    def json(self) -> dict[Path, int]:
        self._skip(_BLANK)
        self._value((), unique=True)
        return self._lines

    def toml(self) -> dict[Path, int]:
        table: Path = ()
        self._skip(_BLANK)
        while self._at < len(self._text):
            if self._next("[["):
                table = self._append(self._key())
                self._skip(_BLANK)
                self._at += 2
            elif self._next("["):
                table = self._inside(self._key())
                self._note(table)
                self._skip(_BLANK)
                self._at += 1
            else:
                self._member(table, unique=False)
            self._skip(_BLANK)
        return self._lines

    def _append(self, key: Path) -> Path:
        """``[[key]]`` begins the next element of the array ``key``."""
        array = (*self._inside(key[:-1]), key[-1])
        index = self._lengths.get(array, 0)
        self._lengths[array] = index + 1
        self._note(array)
        self._note((*array, index))
        return (*array, index)

    def _inside(self, key: Path) -> Path:
        """``key``, with the last element of every array of tables it passes through."""
        path: Path = ()
        for part in key:
            path = (*path, part)
            if path in self._lengths:
                path = (*path, self._lengths[path] - 1)
        return path

    def _member(self, table: Path, *, unique: bool) -> None:
        """``key = value`` or ``"key": value``."""
        line = self._line()
        path = (*table, *self._key())
        if unique and path in self._lines:
            raise RepeatedMember(path, line)
        self._lines.setdefault(path, line)
        self._skip(_BLANK)
        self._at += 1  # = or :
        self._skip(_BLANK)
        self._value(path, unique=unique)

    def _value(self, path: Path, *, unique: bool) -> None:
        self._note(path)
        if self._next("{"):
            while not self._next("}"):
                self._member(path, unique=unique)
                self._skip(_BLANK)
        elif self._next("["):
            index = 0
            while not self._next("]"):
                self._value((*path, index), unique=unique)
                self._skip(_BLANK)
                index += 1
        elif not (self._skip(_STRING) or self._skip(_SCALAR)):
            raise LookupError(f"lost at line {self._line()}")  # never in a valid text; endless otherwise

    def _key(self) -> Path:
        parts: list[str] = []
        self._skip(_BLANK)
        while True:
            if quoted := self._skip(_STRING):
                parts.append(_unescape(quoted[1:-1]) if quoted[0] == '"' else quoted[1:-1])
            else:
                parts.append(self._skip(_WORD))
            self._skip(_BLANK)
            if not self._next("."):
                return tuple(parts)

    def _next(self, token: str) -> bool:
        """Whether ``token`` comes next; then it is consumed, and the blank behind it."""
        if not self._text.startswith(token, self._at):
            return False
        self._at += len(token)
        if token not in ("}", "]"):
            self._skip(_BLANK)
        return True

    def _skip(self, pattern: re.Pattern[str]) -> str:
        found = pattern.match(self._text, self._at)
        if found is None:
            return ""
        self._at = found.end()
        return found[0]

    def _note(self, path: Path) -> None:
        self._lines.setdefault(path, self._line())

    def _line(self) -> int:
        return bisect_right(self._line_starts, self._at)


def _unescape(quoted: str) -> str:
    """What the escapes of a key stand for, as far as keys need it; JSON writes some characters as two of them."""
    with_pairs = _ESCAPE.sub(lambda found: chr(int(found[1] or found[2], 16)) if not found[3] else found[3], quoted)
    return with_pairs.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")
