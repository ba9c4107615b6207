"""Where two texts differ, character by character. Pure.

Linear but for a middle of bounded length: what is compared was sent by a stranger.
"""

from collections.abc import Sequence
from difflib import SequenceMatcher

from msgspec import Struct

_COMPARED_CHARS = 300


class Part(Struct, frozen=True):
    """A piece of a text; ``same``: it stands in the other one too, at this place."""

    text: str
    same: bool


def difference(left: str, right: str) -> tuple[tuple[Part, ...], tuple[Part, ...]]:
    """Both texts in pieces."""
    head, tail = _common(left, right)
    a, b = left[len(head) : len(left) - len(tail)], right[len(head) : len(right) - len(tail)]
    lefts, rights = [Part(head, same=True)], [Part(head, same=True)]
    if max(len(a), len(b)) > _COMPARED_CHARS:
        lefts.append(Part(a, same=False))
        rights.append(Part(b, same=False))
    else:
        for operation, i, j, k, m in SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
            lefts.append(Part(a[i:j], same=operation == "equal"))
            rights.append(Part(b[k:m], same=operation == "equal"))
    lefts.append(Part(tail, same=True))
    rights.append(Part(tail, same=True))
    return tuple(part for part in lefts if part.text), tuple(part for part in rights if part.text)


def closest(text: str, candidates: Sequence[str]) -> str | None:
    """The candidate that has most in common with ``text`` at its beginning and end."""
    return max(candidates, key=lambda other: _likeness(text, other), default=None)


def _likeness(left: str, right: str) -> float:
    head, tail = _common(left, right)
    return (len(head) + len(tail)) / (max(len(left), len(right)) or 1)


def _common(left: str, right: str) -> tuple[str, str]:
    """Beginning and end that both have, without overlapping."""
    head = _same_beginning(left, right)
    tail = _same_beginning(left[head:][::-1], right[head:][::-1])
    return left[:head], left[len(left) - tail :]


def _same_beginning(left: str, right: str) -> int:
    """How many characters are the same."""
    pairs = zip(left, right, strict=False)
    return next((place for place, (a, b) in enumerate(pairs) if a != b), min(len(left), len(right)))
