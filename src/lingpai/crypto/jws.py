"""Compact JSON Web Signatures: ours are made on a fast path, everybody's are verified against an allow-list.

Owns: that the key decides the algorithm. Leaves: the form and which headers are believed to ``crypto.compact``; what
the claims mean to ``crypto.jwt``; which keys to try to whoever fetched them. HMAC and ``none`` do not exist here: every
key is public.

Spec: RFC 7515 §7.1; RFC 8725 §3
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial

import msgspec
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from joserfc.jws import JWSRegistry

from lingpai.crypto import b64
from lingpai.crypto.compact import (
    LIMIT_BYTES,
    InvalidJws,
    check_header,
    read_compact,
    read_kid,
    read_object,
)
from lingpai.crypto.jwk import PrivateKey, PublicKey, load_private_key

__all__ = ["InvalidJws", "Signer", "is_signed", "read_kid", "verify"]

_P256_BYTES = 32
_ES256 = ECDSA(SHA256())


class Signer:
    """Signs with one private key under one ``kid``; header bytes are made once per ``typ``.

    ``jwk``: the public key itself is shown in the header, in place of the ``kid`` (RFC 9449 §4.2). ``made_here``: as
    for ``load_private_key``.
    """

    def __init__(
        self,
        alg: str,
        kid: str,
        private_der: bytes,
        *,
        jwk: Mapping[str, str] | None = None,
        made_here: bool = False,
    ) -> None:
        self.alg = alg
        self.kid = kid
        self._names_key: dict[str, object] = {"kid": kid} if jwk is None else {"jwk": dict(jwk)}
        self._sign = _signing(load_private_key(private_der, alg, made_here=made_here), alg)
        self._headers: dict[str, str] = {}

    def sign(self, typ: str, payload: bytes) -> str:
        """``payload`` (JSON claims) as a compact JWS of type ``typ``. Spec: RFC 7515 §7.1; RFC 8725 §3.11"""
        header = self._headers.get(typ)
        if header is None:
            members = {"alg": self.alg, **self._names_key, "typ": typ}
            header = self._headers[typ] = b64.encode(msgspec.json.encode(members))
        signing_input = f"{header}.{b64.encode(payload)}"
        return f"{signing_input}.{b64.encode(self.signature(signing_input.encode('ascii')))}"

    def signature(self, signing_input: bytes) -> bytes:
        """The bare signature. Spec: RFC 7518 §3.4; RFC 8037 §3.1"""
        return self._sign(signing_input)


def _signing(key: PrivateKey, alg: str) -> Callable[[bytes], bytes]:
    """Decided once: asking ``cryptography``'s abstract classes costs as much as making the header."""
    if isinstance(key, Ed25519PrivateKey):
        return key.sign
    if isinstance(key, EllipticCurvePrivateKey):
        return partial(_sign_es256, key)
    return partial(_sign_rsa, key, _rsa_padding(alg))


def _sign_es256(key: EllipticCurvePrivateKey, signing_input: bytes) -> bytes:
    r, s = decode_dss_signature(key.sign(signing_input, _ES256))
    return r.to_bytes(_P256_BYTES) + s.to_bytes(_P256_BYTES)


def _sign_rsa(key: RSAPrivateKey, padding_: padding.AsymmetricPadding, signing_input: bytes) -> bytes:
    return key.sign(signing_input, padding_, SHA256())


def verify(
    token: str,
    keys: Sequence[PublicKey],
    *,
    typ: Collection[str],
    algs: Collection[str],
    limit_bytes: int = LIMIT_BYTES,
) -> tuple[dict[str, object], dict[str, object]]:
    """The header and claims of ``token`` if one of ``keys`` signed it; else ``InvalidJws``.

    ``typ``: the types accepted, without ``application/``, in any letter case; ``""`` accepts a token without one.
    ``algs``: the algorithms accepted; of these, only the one that fits the key counts.

    Spec: RFC 7515 §5.2; RFC 8725 §3.1; RFC 8725 §3.11
    """
    parts = read_compact(token, limit_bytes=limit_bytes)
    alg = check_header(parts.header, typ=typ, algs=algs)
    if not any(is_signed(parts.signing_input, parts.signature, key, alg) for key in _keys_for(parts.header, keys, alg)):
        raise InvalidJws("the signature is wrong")
    return parts.header, read_object(parts.payload, "payload")


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


def is_signed(signing_input: bytes, signature: bytes, key: PublicKey, alg: str) -> bool:
    """Whether the signature is this key's, under an algorithm that was found to fit it. Spec: RFC 7515 §5.2"""
    # The algorithm object is asked directly: joserfc's own reading of the header would be a second opinion about
    # which header is meant, and two readers that differ are how checks are bypassed.
    return JWSRegistry(algorithms=[alg]).get_alg(alg).verify(signing_input, signature, key.key)


def _rsa_padding(alg: str) -> padding.AsymmetricPadding:
    if alg == "PS256":
        return padding.PSS(mgf=padding.MGF1(SHA256()), salt_length=padding.PSS.DIGEST_LENGTH)
    return padding.PKCS1v15()
