"""Compact JSON Web Signatures: ours are made on a fast path, everybody's are verified against an allow-list.

Owns: the form, which headers are believed, and that the key decides the algorithm. Leaves: what the claims mean to
``crypto.jwt``; which keys to try to whoever fetched them. HMAC and ``none`` do not exist here: every key is public.

Spec: RFC 7515 §7.1; RFC 8725 §3
"""

from collections.abc import Collection, Mapping, Sequence

import msgspec
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from joserfc.jws import JWSRegistry

from lingpai.crypto import b64
from lingpai.crypto.jwk import InvalidJwk, PublicKey, canonical_alg, load_private_key, parse_jwks, thumbprint

_P256_BYTES = 32
_REFUSED_HEADERS = frozenset({"crit", "jwk", "jku", "x5u", "x5c", "b64", "zip"})
"""Each lets a token bring its own key, change how it is read, or grow when read."""


class InvalidJws(Exception):
    """Not a signature we believe; ``reason`` is for the operator and never holds a part of the token."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Signer:
    """Signs with one private key under one ``kid``; header bytes are made once per ``typ``."""

    def __init__(self, alg: str, kid: str, private_der: bytes) -> None:
        self.alg = alg
        self.kid = kid
        self._key = load_private_key(private_der, alg)
        self._padding = _rsa_padding(alg)
        self._headers: dict[str, str] = {}

    def sign(self, typ: str, payload: bytes) -> str:
        """``payload`` (JSON claims) as a compact JWS of type ``typ``. Spec: RFC 7515 §7.1; RFC 8725 §3.11"""
        header = self._headers.get(typ)
        if header is None:
            members = {"alg": self.alg, "kid": self.kid, "typ": typ}
            header = self._headers[typ] = b64.encode(msgspec.json.encode(members))
        signing_input = f"{header}.{b64.encode(payload)}"
        return f"{signing_input}.{b64.encode(self._signature(signing_input.encode('ascii')))}"

    def _signature(self, signing_input: bytes) -> bytes:
        key = self._key
        if isinstance(key, Ed25519PrivateKey):
            return key.sign(signing_input)
        if isinstance(key, EllipticCurvePrivateKey):
            r, s = decode_dss_signature(key.sign(signing_input, ECDSA(SHA256())))
            return r.to_bytes(_P256_BYTES) + s.to_bytes(_P256_BYTES)
        return key.sign(signing_input, self._padding, SHA256())


def verify(
    token: str,
    keys: Sequence[PublicKey],
    *,
    typ: Collection[str],
    algs: Collection[str],
    limit_bytes: int = 16_384,
) -> tuple[dict[str, object], dict[str, object]]:
    """The header and claims of ``token`` if one of ``keys`` signed it; else ``InvalidJws``.

    ``typ``: the types accepted, without ``application/``, in any letter case; ``""`` accepts a token without one.
    ``algs``: the algorithms accepted; of these, only the one that fits the key counts.

    Spec: RFC 7515 §5.2; RFC 8725 §3.1; RFC 8725 §3.11
    """
    if len(token) > limit_bytes:
        raise InvalidJws("longer than allowed")
    # Exactly three segments, and no splitting of a megabyte of dots.
    segments = token.split(".", 3)
    if len(segments) != 3:
        raise InvalidJws("not a compact JWS")
    header = _read_object(segments[0], "header")
    alg = _check_header(header, typ=typ, algs=algs)
    payload, signature = _decode(segments[1], "payload"), _decode(segments[2], "signature")
    signing_input = f"{segments[0]}.{segments[1]}".encode("ascii")
    if not any(_is_signed(signing_input, signature, key, alg) for key in _keys_for(header, keys, alg)):
        raise InvalidJws("the signature is wrong")
    return header, _read_json(payload, "payload")


def verify_own_key(
    token: str, *, typ: Collection[str], algs: Collection[str], limit_bytes: int = 16_384
) -> tuple[dict[str, object], str]:
    """The claims of a proof that brings its own public key in ``jwk``, and that key's thumbprint; else ``InvalidJws``.

    It proves that the sender has the key and nothing about who that is: only for DPoP, which is asked just that.

    Spec: RFC 9449 §4.2; RFC 9449 §4.3; RFC 7638 §3
    """
    if len(token) > limit_bytes:
        raise InvalidJws("longer than allowed")
    segments = token.split(".", 3)
    if len(segments) != 3:
        raise InvalidJws("not a compact JWS")
    header = _read_object(segments[0], "header")
    jwk = header.pop("jwk", None)
    if not isinstance(jwk, dict):
        raise InvalidJws("jwk is missing from the header")
    alg = _check_header(header, typ=typ, algs=algs)
    try:
        keys = parse_jwks({"keys": [jwk]})
        key_thumbprint = thumbprint(jwk)
    except InvalidJwk as error:
        raise InvalidJws(f"jwk is not a public key we can use: {error}") from error
    if not keys or alg not in keys[0].algs:
        raise InvalidJws("alg does not fit the key")
    payload, signature = _decode(segments[1], "payload"), _decode(segments[2], "signature")
    if not _is_signed(f"{segments[0]}.{segments[1]}".encode("ascii"), signature, keys[0], alg):
        raise InvalidJws("the signature is wrong")
    return _read_json(payload, "payload"), key_thumbprint


def read_kid(token: str) -> str | None:
    """The ``kid`` an unverified token names, to decide whether keys must be fetched again; good for nothing else.

    ``None`` if it names none or is no JWS: ``verify`` will say what is wrong. Spec: RFC 7515 §4.1.4
    """
    try:
        kid = _read_object(token.partition(".")[0], "header").get("kid")
    except InvalidJws:
        return None
    return kid if isinstance(kid, str) else None


def _check_header(header: Mapping[str, object], *, typ: Collection[str], algs: Collection[str]) -> str:
    if not _REFUSED_HEADERS.isdisjoint(header):
        raise InvalidJws("a header parameter that is never believed")
    named = header.get("typ", "")
    accepted = {name.lower() for name in typ}
    if not isinstance(named, str) or named.lower().removeprefix("application/") not in accepted:
        raise InvalidJws("typ is not the one expected")
    alg = header.get("alg")
    if not isinstance(alg, str) or canonical_alg(alg) not in {canonical_alg(name) for name in algs}:
        raise InvalidJws("alg is not one accepted")
    return canonical_alg(alg)


def _keys_for(header: Mapping[str, object], keys: Sequence[PublicKey], alg: str) -> list[PublicKey]:
    kid = header.get("kid")
    if kid is not None and not isinstance(kid, str):
        raise InvalidJws("kid is not a string")
    # A key without a name may be the one meant; a key with another name is not.
    named = [key for key in keys if kid is None or key.kid is None or key.kid == kid]
    if not named:
        raise InvalidJws("no key with this kid")
    fitting = [key for key in named if alg in key.algs]
    if not fitting:
        raise InvalidJws("alg does not fit the key")
    return fitting


def _is_signed(signing_input: bytes, signature: bytes, key: PublicKey, alg: str) -> bool:
    # The algorithm object is asked directly: joserfc's own reading of the header would be a second opinion about
    # which header is meant, and two readers that differ are how checks are bypassed.
    return JWSRegistry(algorithms=[alg]).get_alg(alg).verify(signing_input, signature, key.key)


def _read_object(segment: str, what: str) -> dict[str, object]:
    return _read_json(_decode(segment, what), what)


def _read_json(data: bytes, what: str) -> dict[str, object]:
    try:
        return msgspec.json.decode(data, type=dict[str, object])
    except (ValueError, RecursionError) as error:
        raise InvalidJws(f"the {what} is not a JSON object") from error


def _decode(segment: str, what: str) -> bytes:
    try:
        return b64.decode(segment)
    except ValueError as error:
        raise InvalidJws(f"the {what} is not base64url") from error


def _rsa_padding(alg: str) -> padding.AsymmetricPadding:
    if alg == "PS256":
        return padding.PSS(mgf=padding.MGF1(SHA256()), salt_length=padding.PSS.DIGEST_LENGTH)
    return padding.PKCS1v15()
