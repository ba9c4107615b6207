"""``Scope``: a set of permissions as one value in canonical order.

Owns: the grammar of scope tokens and set operations. Leaves: which permissions exist to ``server.storage.catalog``.

Spec: RFC 6749 §3.3
"""

import functools
import re
from collections.abc import Iterable, Iterator

from msgspec import Struct

from lingpai.oauth.errors import InvalidScope

_CHARACTERS = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]*")
_LIMIT_COUNT = 100
_REMEMBERED_CHARS = 256


class Scope(Struct, frozen=True):
    """Unique scope tokens, sorted. Made by ``parse_scope`` or ``scope_of``, which see to both."""

    names: tuple[str, ...] = ()

    def __le__(self, other: "Scope") -> bool:
        """Whether ``other`` permits all of this."""
        return set(self.names) <= set(other.names)

    def __or__(self, other: "Scope") -> "Scope":
        return _canonical({*self.names, *other.names})

    def __and__(self, other: "Scope") -> "Scope":
        return self._of([name for name in self.names if name in other.names])

    def __sub__(self, other: "Scope") -> "Scope":
        return self._of([name for name in self.names if name not in other.names])

    def _of(self, part: list[str]) -> "Scope":
        """Some of these names, which are in order already."""
        return self if len(part) == len(self.names) else Scope(tuple(part))

    def __contains__(self, name: object) -> bool:
        return name in self.names

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __len__(self) -> int:
        return len(self.names)

    def __str__(self) -> str:
        return " ".join(self.names)


def parse_scope(text: str) -> Scope:
    """The scope ``text`` lists; stray and repeated spaces are forgiven, because real clients send them.

    Raises ``InvalidScope`` for other characters than RFC 6749 allows and for more than 100 tokens.

    Spec: RFC 6749 §3.3
    """
    return _parse_again(text) if len(text) <= _REMEMBERED_CHARS else _parse(text)


def _parse(text: str) -> Scope:
    return scope_of(token for token in text.split(" ") if token)


# The same few texts come with every request: those of the registered clients.
_parse_again = functools.lru_cache(maxsize=1024)(_parse)


def scope_of(names: Iterable[str]) -> Scope:
    """The scope of these tokens, in any order; ``InvalidScope`` as ``parse_scope``. Spec: RFC 6749 §3.3"""
    listed = tuple(names)
    return _scope_again(listed) if sum(map(len, listed)) <= _REMEMBERED_CHARS else _scope(listed)


def _scope(names: tuple[str, ...]) -> Scope:
    unique = set(names)
    if len(unique) > _LIMIT_COUNT:
        raise InvalidScope(f"more than {_LIMIT_COUNT} scopes")
    if "" in unique or not _CHARACTERS.fullmatch("".join(unique)):
        raise InvalidScope("scope has a character that is not allowed")
    return _canonical(unique)


_scope_again = functools.lru_cache(maxsize=1024)(_scope)


def _canonical(unique: set[str]) -> Scope:
    return Scope(tuple(sorted(unique)))
