"""Ways to change a value by a little. The checksum at its end is no secret, so an attacker mends it."""

import zlib
from collections.abc import Iterator

_CHECKSUM_DIGITS = 8


def with_checksum(text: str) -> str:
    """A sealed value whose last eight digits are right again."""
    body = text[:-_CHECKSUM_DIGITS]
    return f"{body}{zlib.crc32(body.encode()):08x}"


def _flipped(text: str, at: int) -> str:
    """The character at ``at`` changed by one bit, within the alphabet of its encoding where that is hex."""
    old = text[at]
    new = f"{int(old, 16) ^ 1:x}" if old in "0123456789abcdef" else chr(ord(old) ^ 1)
    return text[:at] + new + text[at + 1 :]


def damaged(value: str, *, step: int) -> Iterator[tuple[str, str]]:
    """What was done, and the result. ``step``: a bit is flipped in every so-manyth character."""
    yield "the last character cut off", value[:-1]
    yield "the first character cut off", value[1:]
    yield "half of it", value[: len(value) // 2]
    yield "one character more", value + "0"
    yield "twice", value + value
    yield "a space before", " " + value
    yield "a line break behind", value + "\n"
    yield "a NUL behind", value + "\0"
    yield "in capitals", value.upper()
    yield "digits of another script", value.replace("1", "١")
    for at in range(0, len(value), step):
        yield f"a bit at {at} flipped", _flipped(value, at)
    if value.startswith("lp"):
        start, end = value.index("_") + 1, len(value) - _CHECKSUM_DIGITS
        yield "cut by a byte, checksum mended", with_checksum(value[: end - 2] + "0" * _CHECKSUM_DIGITS)
        yield "nothing inside, checksum mended", with_checksum(value[:start] + "0" * _CHECKSUM_DIGITS)
        yield "a byte more, checksum mended", with_checksum(value[:end] + "00" + "0" * _CHECKSUM_DIGITS)
        for at in range(start, end, step):
            yield f"a bit at {at} flipped, checksum mended", with_checksum(_flipped(value, at))
