"""Keys for signatures: making our private ones, showing their public half, reading those of others.

Owns: which algorithms exist here and which key fits which. Leaves: where private keys are kept and when they rotate to
``server.tokens.keyring``; fetching foreign key sets to ``guard`` and ``client``.

Spec: RFC 7517 §4; RFC 7518 §6; RFC 7638 §3; RFC 8037 §2; RFC 9864 §2
"""

from collections.abc import Mapping

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ec import generate_private_key as generate_ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key as generate_rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)
from joserfc.errors import JoseError
from joserfc.jwk import DictKey, ECKey, OKPKey, RSAKey
from joserfc.jwk import thumbprint as digest_members
from msgspec import Struct

from lingpai.crypto import b64

PrivateKey = EllipticCurvePrivateKey | Ed25519PrivateKey | RSAPrivateKey
VerifyingKey = ECKey | OKPKey | RSAKey

_LIMIT_KEYS = 100
_RSA_BITS = 2048
_RSA_LIMIT_BITS = 8192
"""A longer modulus makes every verification slow: a key set must not be a way to stop us."""
_RSA_LIMIT_EXPONENT = 1 << 32
_RSA_ALGS = frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"})
_CURVE_ALGS = {
    ("EC", "P-256"): frozenset({"ES256"}),
    ("EC", "P-384"): frozenset({"ES384"}),
    ("EC", "P-521"): frozenset({"ES512"}),
    ("OKP", "Ed25519"): frozenset({"Ed25519"}),
}
_KNOWN_ALGS = _RSA_ALGS.union(*_CURVE_ALGS.values())
_REQUIRED_MEMBERS = {"EC": ("crv", "kty", "x", "y"), "OKP": ("crv", "kty", "x"), "RSA": ("e", "kty", "n")}
_PRIVATE_MEMBERS = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})


class InvalidJwk(ValueError):
    """Not a key or key set we can trust; the reason never holds key material."""


class PublicKey(Struct, frozen=True):
    """A key others sign with. The key, not the token, says which algorithms are believed. Spec: RFC 8725 §3.1"""

    kid: str | None
    algs: frozenset[str]
    """Names as ``canonical_alg`` gives them."""
    key: VerifyingKey


def canonical_alg(alg: str) -> str:
    """One name for one algorithm: ``EdDSA``, as most still say, is ``Ed25519`` here. Spec: RFC 9864 §2.2"""
    return "Ed25519" if alg == "EdDSA" else alg


def generate_private_key(alg: str) -> bytes:
    """A new private key (PKCS #8 DER) for ``ES256``, ``EdDSA``, ``RS256`` or ``PS256``. Spec: RFC 7518 §3.1"""
    key: PrivateKey
    match canonical_alg(alg):
        case "ES256":
            key = generate_ec(SECP256R1())
        case "Ed25519":
            key = Ed25519PrivateKey.generate()
        case "RS256" | "PS256":
            key = generate_rsa(public_exponent=65537, key_size=_RSA_BITS)
        case _:
            raise ValueError(f"no keys are made for alg {alg}")
    return key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def load_private_key(private_der: bytes, alg: str, *, made_here: bool = False) -> PrivateKey:
    """The private key in ``private_der``; ``ValueError`` unless it is one for ``alg``.

    ``made_here``: it comes from ``generate_private_key`` and nobody can have changed it since, so the primes of an RSA
    key are not tested again, which takes a tenth of a second.
    """
    key = load_der_private_key(private_der, password=None, unsafe_skip_rsa_key_validation=made_here)
    match canonical_alg(alg), key:
        case "ES256", EllipticCurvePrivateKey(curve=SECP256R1()):
            return key
        case "Ed25519", Ed25519PrivateKey():
            return key
        case "RS256" | "PS256", RSAPrivateKey():
            return key
        case _:
            raise ValueError(f"not a private key for alg {alg}")


def public_jwk(private_der: bytes, *, kid: str, alg: str, made_here: bool = False) -> dict[str, str]:
    """The public half as it goes into our JWKS. ``made_here`` as for ``load_private_key``. Spec: RFC 7517 §4"""
    public = joserfc_key(load_private_key(private_der, alg, made_here=made_here)).as_dict(private=False)
    kty = str(public["kty"])
    members = {name: str(public[name]) for name in _REQUIRED_MEMBERS[kty]}
    return {**members, "use": "sig", "alg": alg, "kid": kid}


def thumbprint(jwk: Mapping[str, object]) -> str:
    """The SHA-256 thumbprint of a key, base64url. Spec: RFC 7638 §3"""
    required = _REQUIRED_MEMBERS.get(str(jwk.get("kty")))
    if required is None or not all(isinstance(jwk.get(name), str) for name in required):
        raise InvalidJwk("not an EC, OKP or RSA key with all its members")
    return digest_members({name: jwk[name] for name in required})


def parse_jwks(document: object) -> tuple[PublicKey, ...]:
    """The verification keys in a decoded JWK Set; ``InvalidJwk`` if it is malformed or publishes a private key.

    Keys of kinds, curves, uses and algorithms we do not know are ignored, as RFC 7517 asks.

    Spec: RFC 7517 §5; RFC 8725 §3.1
    """
    return tuple(key for entry in check_key_set(document) if (key := _parse_key(entry)) is not None)


def check_key_set(document: object) -> list[Mapping[str, object]]:
    """The entries of a decoded JWK Set, each an object with a ``kty`` and nothing private. Raises ``InvalidJwk``."""
    keys = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(keys, list):
        raise InvalidJwk("not a JWK Set: no list of keys")
    if len(keys) > _LIMIT_KEYS:
        raise InvalidJwk(f"more than {_LIMIT_KEYS} keys")
    for entry in keys:
        if not isinstance(entry, dict) or not isinstance(entry.get("kty"), str):
            raise InvalidJwk("an entry is not a key")
        if not _PRIVATE_MEMBERS.isdisjoint(entry):
            # Whoever can read the set can sign: none of it can be believed.
            raise InvalidJwk("a private or symmetric key is published")
    return keys


def _parse_key(entry: Mapping[str, object]) -> PublicKey | None:
    algs = _algs_of(entry)
    if not algs:
        return None
    kid = entry.get("kid")
    if kid is not None and not isinstance(kid, str):
        raise InvalidJwk("kid is not a string")
    return PublicKey(kid, algs, import_public(entry))


def _algs_of(entry: Mapping[str, object]) -> frozenset[str]:
    """What the key may verify; empty for what we do not know or is not meant for signatures."""
    if entry.get("use", "sig") != "sig":
        return frozenset()
    key_ops = entry.get("key_ops", ["verify"])
    if not isinstance(key_ops, list) or "verify" not in key_ops:
        return frozenset()
    fitting = _RSA_ALGS if entry["kty"] == "RSA" else _CURVE_ALGS.get((str(entry["kty"]), str(entry.get("crv"))))
    if fitting is None:
        return frozenset()
    alg = entry.get("alg")
    if alg is None:
        return fitting
    named = canonical_alg(str(alg))
    if named in _KNOWN_ALGS and named not in fitting:
        raise InvalidJwk("alg does not fit the key")
    return fitting & {named}


def import_public(entry: Mapping[str, object]) -> VerifyingKey:
    """The key of an entry whose kind is known. Raises ``InvalidJwk``. Spec: RFC 7518 §6; RFC 8037 §2"""
    kty = str(entry["kty"])
    members: DictKey = {}
    numbers: dict[str, bytes] = {}
    try:
        for name in _REQUIRED_MEMBERS[kty]:
            value = entry.get(name)
            if not isinstance(value, str):
                raise InvalidJwk(f"{name} is missing or not a string")
            members[name] = value
            # joserfc forgives base64 that is not; here one key has one spelling.
            if name not in ("crv", "kty"):
                numbers[name] = b64.decode(value)
        if kty == "RSA":
            _check_rsa(numbers["n"], numbers["e"])
            return RSAKey.import_key(members)
        return ECKey.import_key(members) if kty == "EC" else OKPKey.import_key(members)
    except (JoseError, ValueError) as error:
        raise InvalidJwk(f"malformed {kty} key") from error


def _check_rsa(modulus: bytes, exponent: bytes) -> None:
    bits = int.from_bytes(modulus).bit_length()
    if not _RSA_BITS <= bits <= _RSA_LIMIT_BITS:
        raise ValueError("the modulus is too short or too long")
    if not 2 < int.from_bytes(exponent) < _RSA_LIMIT_EXPONENT:
        raise ValueError("the exponent is too small or too large")


def joserfc_key(key: PrivateKey) -> VerifyingKey:
    """The key as joserfc has it."""
    if isinstance(key, RSAPrivateKey):
        return RSAKey.import_key(key)
    if isinstance(key, Ed25519PrivateKey):
        return OKPKey.import_key(key)
    return ECKey.import_key(key)
