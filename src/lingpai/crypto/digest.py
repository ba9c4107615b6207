"""Random ids and secrets, their digests, and comparing them without telling how much was right.

Owns: how secrets are made and stored (SHA-256 of 256 random bits needs no slow hash). Leaves: passwords, which are
guessable and do need one, to ``server.accounts.passwords``.
"""

import functools
import hashlib
import hmac
import os
import secrets
import string

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_ALPHABET = (string.digits + string.ascii_letters).encode()
_SECRET_LENGTH = 43
"""62 ** 43 > 2 ** 256."""
# Every character stands for the same number of byte values; the few values left over stand for none.
_FAIR = len(_ALPHABET) * (256 // len(_ALPHABET))
_CHARACTER_OF = bytes(_ALPHABET[value % len(_ALPHABET)] for value in range(256))
_LEFT_OVER = bytes(range(_FAIR, 256))
_MASTER_KEY_BYTES = 32


def new_id() -> bytes:
    """16 random bytes: the id of a record. Unguessable, but not a secret."""
    return os.urandom(16)


def new_secret() -> str:
    """A secret of at least 256 bit, in characters that survive every wire format and a double click."""
    secret = b""
    while len(secret) < _SECRET_LENGTH:
        secret += secrets.token_bytes(2 * _SECRET_LENGTH).translate(_CHARACTER_OF, _LEFT_OVER)
    return secret[:_SECRET_LENGTH].decode("ascii")


def digest(secret: str) -> bytes:
    """SHA-256 of a secret made by ``new_secret``: what is stored in its place."""
    return hashlib.sha256(_as_bytes(secret)).digest()


def keyed_digest(key: bytes, *parts: str | bytes) -> bytes:
    """HMAC-SHA256 of ``parts``; each goes in with its length, so that ``("ab", "c")`` is not ``("a", "bc")``."""
    mac = _keyed(key).copy()
    for part in parts:
        data = part if isinstance(part, bytes) else _as_bytes(part)
        mac.update(len(data).to_bytes(8, "big") + data)
    return mac.finalize()


@functools.lru_cache(maxsize=64)
def _keyed(key: bytes) -> HMAC:
    """A few keys are used for everything, and making a new HMAC takes longer than using it."""
    return HMAC(key, SHA256())


def equal(a: bytes | str, b: bytes | str) -> bool:
    """Whether two secrets are the same, in time that does not depend on where they differ."""
    return hmac.compare_digest(_as_bytes(a), _as_bytes(b))


def derive_key(master: bytes, purpose: str) -> bytes:
    """A key of 32 bytes for ``purpose`` from the master key (HKDF-SHA256). Spec: RFC 5869 §2"""
    if len(master) < _MASTER_KEY_BYTES:
        raise ValueError(f"a master key has at least {_MASTER_KEY_BYTES} bytes")
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose.encode()).derive(master)


def _as_bytes(value: str | bytes) -> bytes:
    # A lone surrogate can arrive in foreign text; it must compare unequal, not raise.
    return value.encode("utf-8", "surrogatepass") if isinstance(value, str) else value
