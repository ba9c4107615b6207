"""What is thrown at parsers: good inputs spoiled at a few places, JSON of any shape, and plain noise."""

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from hypothesis import strategies as st

CPU_LIMIT_S = 1.0
"""For one input of at most some hundred KB: whatever takes longer grows faster than its input."""

_FRAGMENTS = (
    *("", "\x00", "\x1f", "\x7f", "\xff", "é", "令", "\u2028", "\u202e", "\ud800", "\U0010ffff", "\ufeff"),
    *("%", "%z", "%00", "%ff", "%2e%2e", "%ed%b3%bf", "+", "=", "&", ";", ",", " ", "\t", "\r\n", "#", "?", "@", ":"),
    *(
        "/",
        "//",
        "\\",
        "..",
        "/../",
        "[",
        "]",
        "{",
        "}",
        "[[",
        '"',
        "'",
        '"""',
        "\\u",
        "\\ud800",
        "<!--",
        "*",
        ".",
        "-",
    ),
    *("0", "-1", "9" * 25, "1e999", "0x1F", "NaN", "null", "true", "none", "[]", "{}", "javascript:", "a", "_"),
)
_TIMES = (1, 1, 1, 1, 2, 7, 100, 20_000)
_ODD_NUMBERS = (0, -1, 1 << 31, 1 << 53, (1 << 63) - 1, 1 << 63, 1 << 64, 10**25, -(10**25), 0.5, 1e308, float("inf"))

TEXT = st.text(max_size=40)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(_ODD_NUMBERS) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=6,
)


@st.composite
def spoiled(draw: st.DrawFn, *seeds: str) -> str:
    """One of ``seeds`` with up to three pieces replaced, some of them by something very long."""
    text = draw(st.sampled_from(seeds))
    for _ in range(draw(st.integers(0, 3))):
        start = draw(st.integers(0, len(text)))
        end = draw(st.integers(start, min(len(text), start + 12)))
        fragment = draw(st.sampled_from(_FRAGMENTS) | TEXT)
        text = text[:start] + fragment * draw(st.sampled_from(_TIMES)) + text[end:]
    return text


def texts(*seeds: str) -> st.SearchStrategy[str]:
    """Spoiled seeds most of the time, noise otherwise."""
    return spoiled(*seeds) | spoiled(*seeds) | TEXT


@st.composite
def changed(draw: st.DrawFn, good: Mapping[str, object], *more: str) -> dict[str, object]:
    """``good`` with up to three members left out or replaced by any JSON; ``more``: names that may be added."""
    members = dict(good)
    for name in draw(st.lists(st.sampled_from((*good, *more)) | TEXT, max_size=3)):
        if draw(st.booleans()):
            members.pop(name, None)
        else:
            members[name] = draw(JSON | st.sampled_from(tuple(good.values())))
    return members


def written(value: object) -> str:
    """JSON as Python writes it: with ``NaN``, numbers of any size and lone surrogates."""
    return json.dumps(value)


def as_bytes(text: str) -> bytes:
    """Whatever the text holds, as it might come over the wire."""
    return text.encode("utf-8", "surrogatepass")


@contextmanager
def bounded_time() -> Iterator[None]:
    """Fails if this thread computed for longer than an input may take; waiting for a busy machine does not count."""
    began = time.thread_time()
    yield
    assert time.thread_time() - began < CPU_LIMIT_S


def one_of(*values: Sequence[str]) -> st.SearchStrategy[str]:
    """Any of all these."""
    return st.sampled_from([value for group in values for value in group])
