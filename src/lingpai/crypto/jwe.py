"""Encrypting for somebody else: their public keys, and compact JSON Web Encryption through joserfc.

Owns: which algorithms exist here and which key fits which. Leaves: where the keys come from to the callers. Nothing is
decrypted here: nobody sends us anything encrypted.

Spec: RFC 7516 §7.1; RFC 7518 §4; RFC 7518 §5
"""

from collections.abc import Mapping, Sequence

from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import DictKey, ECKey, OKPKey, RSAKey
from msgspec import Struct

from lingpai.crypto.jwk import InvalidJwk, check_key_set, import_public

ALGS = ("RSA-OAEP", "RSA-OAEP-256", "ECDH-ES", "ECDH-ES+A128KW", "ECDH-ES+A256KW")
"""How the content key reaches its reader. RSA1_5 is missing: it cannot be decrypted safely (RFC 8725 §3.2)."""
ENCS = ("A128GCM", "A256GCM", "A128CBC-HS256", "A256CBC-HS512")
"""With what the content is encrypted."""
DEFAULT_ENC = "A128CBC-HS256"
"""Where a client names none. Spec: OpenID Connect Dynamic Client Registration 1.0 §2"""

_KEY_OPS = frozenset({"encrypt", "wrapKey", "deriveKey", "deriveBits"})
_CURVES = {"EC": frozenset({"P-256", "P-384", "P-521"}), "OKP": frozenset({"X25519"})}


class EncryptionKey(Struct, frozen=True):
    """A key its owner decrypts with; we have the public half."""

    kid: str | None
    algs: frozenset[str]
    key: ECKey | OKPKey | RSAKey


def parse_encryption_keys(document: object) -> tuple[EncryptionKey, ...]:
    """The keys for encryption in a decoded JWK Set; raises ``InvalidJwk`` as ``parse_jwks`` does. Spec: RFC 7517 §5"""
    entries = check_key_set(document)
    return tuple(key for entry in entries if (key := _parse_key(entry)) is not None)


def _parse_key(entry: Mapping[str, object]) -> EncryptionKey | None:
    algs = _algs_of(entry)
    if not algs:
        return None
    kid = entry.get("kid")
    if kid is not None and not isinstance(kid, str):
        raise InvalidJwk("kid is not a string")
    return EncryptionKey(kid, algs, import_public(entry))


def _algs_of(entry: Mapping[str, object]) -> frozenset[str]:
    """What may be encrypted for the key; empty for what we do not know or is not meant for encryption."""
    key_ops = entry.get("key_ops", ["wrapKey"])
    if entry.get("use", "enc") != "enc" or not isinstance(key_ops, list) or _KEY_OPS.isdisjoint(map(str, key_ops)):
        return frozenset()
    kty = str(entry.get("kty"))
    if kty == "RSA":
        fitting = frozenset({"RSA-OAEP", "RSA-OAEP-256"})
    elif str(entry.get("crv")) in _CURVES.get(kty, ()):
        fitting = frozenset(alg for alg in ALGS if alg.startswith("ECDH-ES"))
    else:
        return frozenset()
    alg = entry.get("alg")
    return fitting if alg is None else fitting & {str(alg)}


def key_for(keys: Sequence[EncryptionKey], alg: str) -> EncryptionKey | None:
    """The first of ``keys`` that fits ``alg``: owners put the one they want used first."""
    return next((key for key in keys if alg in key.algs), None)


def encrypt(payload: bytes, key: EncryptionKey, alg: str, enc: str, *, content_type: str = "") -> str:
    """``payload`` so that only the owner of ``key`` can read it. ``content_type``: ``JWT`` where it is one.

    Spec: RFC 7516 §7.1; RFC 7519 §5.2
    """
    header: DictKey = {"alg": alg, "enc": enc}
    if content_type:
        header["cty"] = content_type
    if key.kid is not None:
        header["kid"] = key.kid
    try:
        return jwe.encrypt_compact(header, payload, key.key, algorithms=[alg, enc])
    except (JoseError, ValueError) as error:
        raise InvalidJwk(f"the key cannot be used for {alg}") from error
