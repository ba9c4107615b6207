r"""Sealed values: what the server hands out and gets back unread and unchanged by anybody else.

Owns: authenticated encryption (AES-256-GCM-SIV, so that random nonces may be used without counting them), the key id
in front, the purpose bound to it, and the text form. Leaves: what is inside, and its expiry, to the callers; where keys
come from to ``server.tokens.keyring``.

The text is ``prefix_`` + hex of (key id, nonce, ciphertext) + CRC-32 of all before it as 8 hex digits. Its alphabet is
``[0-9a-z_]`` because official SDKs match tokens with ``\w+``; prefix and checksum let a secret scanner know a leaked
one without our keys.

Spec: RFC 8452 §4
"""

import os
import re
import zlib
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCMSIV
from msgspec import Struct

from lingpai.crypto.digest import derive_key

_KID_BYTES = 4
_KEY_BYTES = 32
_NONCE_BYTES = 12
_CHECKSUM_DIGITS = 8
_LIMIT_CHARS = 1 << 19
"""Longer texts are not even looked at; the largest request we accept stays well below it when sealed."""
_PREFIX = re.compile(r"[a-z][a-z0-9]*")
_HEX = re.compile(r"[0-9a-f]+", re.ASCII)
_MATERIAL_VERSION = b"\x01"


class Unsealable(Exception):
    """Not sealed by us, for this purpose, under a key we still have; or damaged."""


class Purpose(Struct, frozen=True):
    """What a sealed value is for; one sealed for another purpose does not open."""

    name: str
    """Bound to the value as associated data. Never changes while sealed values of this purpose live."""
    prefix: str
    """How its text begins: lower-case letters and digits, such as ``lpat``."""

    def __post_init__(self) -> None:
        if not _PREFIX.fullmatch(self.prefix):
            raise ValueError(f"a prefix is lower-case letters and digits: {self.prefix!r}")


class SealingKey(Struct, frozen=True):
    """A key of 32 bytes and the 4 bytes by which sealed values name it."""

    kid: bytes
    key: bytes

    def __post_init__(self) -> None:
        if len(self.kid) != _KID_BYTES or len(self.key) != _KEY_BYTES:
            raise ValueError(f"a sealing key has {_KID_BYTES} bytes of id and {_KEY_BYTES} bytes of key")

    def __repr__(self) -> str:
        return f"SealingKey(kid={self.kid.hex()})"


class Sealer:
    """Seals under the first of ``keys`` and unseals under any of them; without keys it does neither."""

    def __init__(self, keys: Sequence[SealingKey]) -> None:
        self._ciphers = {key.kid: AESGCMSIV(key.key) for key in keys}
        if len(self._ciphers) != len(keys):
            raise ValueError("two sealing keys have the same id")
        self._kid = keys[0].kid if keys else b""

    def seal(self, purpose: Purpose, payload: bytes) -> str:
        """``payload`` as text that only ``unseal`` with the same purpose and key can read. Spec: RFC 8452 §4"""
        if not self._kid:
            raise RuntimeError("there is no sealing key yet")
        nonce = os.urandom(_NONCE_BYTES)
        ciphertext = self._ciphers[self._kid].encrypt(nonce, payload, purpose.name.encode())
        text = f"{purpose.prefix}_{(self._kid + nonce + ciphertext).hex()}"
        return text + _checksum(text)

    def unseal(self, purpose: Purpose, text: str) -> bytes:
        """The payload of ``text``; ``Unsealable`` for every other input, whatever it is. Spec: RFC 8452 §5"""
        if not looks_like(purpose, text):
            raise Unsealable("not a sealed value of this purpose, or damaged")
        sealed = text[len(purpose.prefix) + 1 : -_CHECKSUM_DIGITS]
        if len(sealed) % 2:
            raise Unsealable("damaged")
        data = bytes.fromhex(sealed)
        cipher = self._ciphers.get(data[:_KID_BYTES])
        if cipher is None:
            raise Unsealable("sealed under a key that is not here any more, or never was")
        return _decrypt(cipher, data[_KID_BYTES:], purpose.name.encode())


def looks_like(purpose: Purpose, text: str) -> bool:
    """Whether prefix and checksum are right: cheap, keyless, and no proof of anything."""
    prefix = purpose.prefix + "_"
    if len(text) > _LIMIT_CHARS or not text.startswith(prefix):
        return False
    if not _HEX.fullmatch(text, len(prefix)) or len(text) < len(prefix) + _CHECKSUM_DIGITS:
        return False
    return _checksum(text[:-_CHECKSUM_DIGITS]) == text[-_CHECKSUM_DIGITS:]


def seal_material(master: bytes, name: str, payload: bytes) -> bytes:
    """Key material sealed for the database under the master key; opens only under the same ``name``."""
    nonce = os.urandom(_NONCE_BYTES)
    return _MATERIAL_VERSION + nonce + _material_cipher(master).encrypt(nonce, payload, name.encode())


def unseal_material(master: bytes, name: str, sealed: bytes) -> bytes:
    """What ``seal_material`` sealed; ``Unsealable`` if the master key is another one or ``sealed`` is damaged."""
    if not sealed.startswith(_MATERIAL_VERSION):
        raise Unsealable("damaged, or sealed by a newer version")
    return _decrypt(_material_cipher(master), sealed[len(_MATERIAL_VERSION) :], name.encode())


def _material_cipher(master: bytes) -> AESGCMSIV:
    return AESGCMSIV(derive_key(master, "seal key material"))


def _decrypt(cipher: AESGCMSIV, data: bytes, associated_data: bytes) -> bytes:
    try:
        return cipher.decrypt(data[:_NONCE_BYTES], data[_NONCE_BYTES:], associated_data)
    except (InvalidTag, ValueError) as error:
        raise Unsealable("damaged, forged, or sealed for another purpose or under another key") from error


def _checksum(text: str) -> str:
    return f"{zlib.crc32(text.encode('ascii')):08x}"
