"""base64url without padding, the only base64 of JOSE and PKCE.

Owns: one text for every byte string and one byte string for every text. Leaves: size limits to the callers.

Spec: RFC 7515 §2; RFC 4648 §5
"""

import base64
import binascii
import re

_URL_SAFE = bytes.maketrans(b"+/", b"-_")
_ALPHABET = re.compile(r"[A-Za-z0-9_-]*", re.ASCII)


def encode(data: bytes) -> str:
    """``data`` as base64url text without padding. Spec: RFC 7515 §2"""
    return binascii.b2a_base64(data, newline=False).translate(_URL_SAFE, b"=").decode("ascii")


def decode(text: str) -> bytes:
    """The bytes ``text`` stands for; ``ValueError`` for every text ``encode`` would not write.

    Spec: RFC 7515 §2; RFC 4648 §3.5
    """
    if not _ALPHABET.fullmatch(text):
        raise ValueError("not base64url: a character outside its alphabet")
    if len(text) % 4 == 1:
        raise ValueError("not base64url: impossible length")
    data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    # Unused trailing bits would give one signature or token several spellings, and deny-lists a way around them.
    if encode(data) != text:
        raise ValueError("not base64url: trailing bits are not zero")
    return data
