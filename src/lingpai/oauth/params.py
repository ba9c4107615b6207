"""Parameters of a request: form or query decoded exactly once, everything odd refused.

Owns: decoding, sizes, repeats, allowed characters. Leaves: what a parameter means to whoever asks for it; reading the
body of a request to ``server.http``.

Spec: RFC 6749 §3.1; RFC 6749 §3.2; RFC 6749 Appendix B
"""

import functools
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from urllib.parse import quote_plus, unquote_to_bytes

from lingpai.oauth.errors import InvalidRequest

# Printable ASCII with nothing to decode in it.
_PLAIN = re.compile(rb"[!-$&-*,-~]*")
_UNRESERVED = re.compile(r"[A-Za-z0-9._~-]*")
_BAD_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_UNPRINTABLE_NAME = re.compile(r"[^A-Za-z0-9_.~#\[\]-]")
_NAME_SHOWN_CHARS = 60
_REMEMBERED_CHARS = 256


class _Undecodable(Exception):
    """The text says why; whoever knows the parameter names it."""


class Params:
    """Decoded parameters, unchangeable. A parameter sent without a value is absent (RFC 6749 §3.1)."""

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, tuple[str, ...]]) -> None:
        self._values = {name: present for name, all_ in values.items() if (present := tuple(filter(None, all_)))}

    def get(self, name: str) -> str | None:
        """The value, or the first of several where repeats are allowed."""
        values = self._values.get(name)
        return values[0] if values else None

    def get_all(self, name: str) -> tuple[str, ...]:
        """Every value, in the order sent."""
        return self._values.get(name, ())

    def require(self, name: str) -> str:
        """The value; ``InvalidRequest`` if it is absent. Spec: RFC 6749 §4.1.2.1; RFC 6749 §5.2"""
        value = self.get(name)
        if value is None:
            raise InvalidRequest(f"{name} is missing")
        return value

    def items(self) -> list[tuple[str, str]]:
        """Every name with every value, as ``encode_params`` takes them."""
        return [(name, value) for name, values in self._values.items() for value in values]

    def __contains__(self, name: object) -> bool:
        return name in self._values

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Params) and self._values == other._values

    def __hash__(self) -> int:
        return hash(frozenset(self._values.items()))

    def __repr__(self) -> str:
        # Values may be codes, secrets and passwords; a traceback or log line must not show them.
        return f"Params({', '.join(self._values)})"


def parse_params(
    encoded: bytes | str,
    *,
    limit_bytes: int = 65_536,
    value_limit_bytes: int = 16_384,
    limit_count: int = 100,
    may_repeat: Collection[str] = ("resource", "audience"),
) -> Params:
    """Decode ``application/x-www-form-urlencoded`` bytes, or raise ``InvalidRequest`` naming the parameter.

    ``value_limit_bytes`` is for one value after decoding, ``limit_bytes`` for everything before.

    Spec: RFC 6749 §3.1; RFC 6749 §3.2; RFC 6749 Appendix B
    """
    raw = encoded.encode("utf-8", "surrogatepass") if isinstance(encoded, str) else encoded
    if len(raw) > limit_bytes:
        raise InvalidRequest(f"the parameters are longer than {limit_bytes} bytes")
    segments = [segment for segment in raw.split(b"&") if segment]
    if len(segments) > limit_count:
        raise InvalidRequest(f"more than {limit_count} parameters")
    values: dict[str, tuple[str, ...]] = {}
    for segment in segments:
        if _PLAIN.fullmatch(segment):  # nearly all of them
            name, _, value = segment.decode("ascii").partition("=")
        else:
            name, value = _decode_pair(segment)
        # Decoding never makes it longer.
        if len(segment) > value_limit_bytes and len(value.encode()) > value_limit_bytes:
            raise InvalidRequest(f"{_shown(name)} is longer than {value_limit_bytes} bytes")
        # Two readers that pick different ones of two values is how checks are bypassed.
        before = values.get(name, ())
        if before and name not in may_repeat:
            raise InvalidRequest(f"{_shown(name)} is sent more than once")
        values[name] = (*before, value)
    return Params(values)


def encode_params(pairs: Iterable[tuple[str, str]]) -> str:
    """``pairs`` as ``application/x-www-form-urlencoded``. Spec: RFC 6749 Appendix B"""
    return "&".join(f"{_encode(name)}={_encode(value)}" for name, value in pairs)


def _encode(text: str) -> str:
    # Codes, tokens and most states have nothing to encode.
    if _UNRESERVED.fullmatch(text):
        return text
    return _quote_again(text) if len(text) <= _REMEMBERED_CHARS else quote_plus(text)


# What is left to encode is the same again and again: who we are, where somebody is sent.
_quote_again = functools.lru_cache(maxsize=256)(quote_plus)


def _decode_pair(segment: bytes) -> tuple[str, str]:
    raw_name, _, raw_value = segment.partition(b"=")
    try:
        name = raw_name.decode("ascii") if _PLAIN.fullmatch(raw_name) else _decode(raw_name)
    except _Undecodable as error:
        raise InvalidRequest(f"a parameter name {error}") from error
    try:
        return name, _decode(raw_value)
    except _Undecodable as error:
        raise InvalidRequest(f"the value of {_shown(name)} {error}") from error


def _decode(raw: bytes) -> str:
    data = raw.replace(b"+", b" ")
    if b"%" in data:
        if _BAD_ESCAPE.search(data):
            raise _Undecodable("has a broken percent escape")
        data = unquote_to_bytes(data)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _Undecodable("is not UTF-8") from error
    # No control character is printable, and nearly every value is: the search is for the others.
    if not text.isprintable() and _CONTROL.search(text):
        raise _Undecodable("has a control character")
    return text


def _shown(name: str) -> str:
    """A foreign name made fit for an ``error_description``."""
    return _UNPRINTABLE_NAME.sub("?", name[:_NAME_SHOWN_CHARS]) or "a parameter without a name"
