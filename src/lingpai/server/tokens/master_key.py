"""The key above all keys: from the environment or a file, never from the database.

Whoever has the database without this key can open nothing in it; whoever loses it must start new keys, and everybody
signs in again. ``derived`` gives each use its own key.
"""

import os
from pathlib import Path

from lingpai.crypto import b64
from lingpai.crypto.digest import derive_key
from lingpai.server.config import Config

_LENGTH_BYTES = 32


class MasterKeyError(Exception):
    """The master key is missing or not a key; the message says what to do."""


def load_master_key(config: Config, *, create: bool) -> bytes:
    """The 32 bytes from ``master_key`` or ``master_key_file``.

    ``create``: write a new file (readable by its owner only) when there is none. Raises ``MasterKeyError``.
    """
    if config.master_key:
        return _parse(config.master_key, "the setting master_key")
    path = config.master_key_file
    if create and not path.exists():
        _create(path)
    try:
        return _parse(path.read_text("ascii").strip(), str(path))
    except FileNotFoundError as error:
        raise MasterKeyError(
            f"there is no master key at {path}: run `lingpai init`, or set LINGPAI_MASTER_KEY"
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise MasterKeyError(f"cannot read the master key {path}: {error}") from error


def material_key(master_key: bytes) -> bytes:
    """Seals signing and sealing keys in the database."""
    return derive_key(master_key, "key-material")


def client_secret_pepper(master_key: bytes) -> bytes:
    """Keys the digests of client secrets: a short secret cannot be guessed from the database alone."""
    return derive_key(master_key, "client-secret")


def client_secret_key(master_key: bytes) -> bytes:
    """Seals the secrets of clients that sign with them (``client_secret_jwt``)."""
    return derive_key(master_key, "client-secret-seal")


def dpop_nonce_key(master_key: bytes) -> bytes:
    """Makes the nonces of DPoP."""
    return derive_key(master_key, "dpop-nonce")


def csrf_key(master_key: bytes) -> bytes:
    """Signs the tokens in our forms."""
    return derive_key(master_key, "csrf")


def idempotency_key(master_key: bytes) -> bytes:
    """Seals the answers the admin API keeps."""
    return derive_key(master_key, "idempotency")


def mail_key(master_key: bytes) -> bytes:
    """Seals mails that wait to be sent."""
    return derive_key(master_key, "mail")


def second_factor_key(master_key: bytes) -> bytes:
    """Seals the secrets of authenticator apps and keys the digests of recovery codes."""
    return derive_key(master_key, "second-factor")


def passkey_challenge_key(master_key: bytes) -> bytes:
    """Makes the challenges passkeys sign."""
    return derive_key(master_key, "passkey-challenge")


def _parse(text: str, source: str) -> bytes:
    try:
        key = b64.decode(text)
    except ValueError:
        key = b""
    if len(key) != _LENGTH_BYTES:
        raise MasterKeyError(f"{source} is not a master key: it must be 32 bytes in base64url (43 characters)")
    return key


def _create(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return  # another process was first; its key is read next
    except OSError as error:
        raise MasterKeyError(f"cannot write the master key {path}: {error}") from error
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(b64.encode(os.urandom(_LENGTH_BYTES)) + "\n")
        file.flush()
        os.fsync(file.fileno())
