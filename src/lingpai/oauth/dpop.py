"""DPoP proofs: what one must hold, checked against values. Pure.

Owns the claims and the comparison of addresses. Leaves whether a proof was seen before and which nonce is ours to the
endpoints and the guard, which pass the answers on.

Spec: RFC 9449 §4
"""

import re
from hashlib import sha256
from urllib.parse import urlsplit

from msgspec import Struct

from lingpai.crypto import b64
from lingpai.crypto.digest import equal
from lingpai.crypto.jws import InvalidJws, verify_own_key
from lingpai.oauth.errors import InvalidDpopProof

ALGS = ("ES256", "EdDSA", "Ed25519", "RS256", "PS256", "ES384", "ES512")
"""All asymmetric: a proof with a shared key would prove nothing. Spec: RFC 9449 §4.3"""

_LIMIT_BYTES = 8192
_JTI = re.compile(r"[\x21-\x7e]{1,256}")
_DEFAULT_PORTS = {"http": 80, "https": 443}


class DpopProof(Struct, frozen=True):
    """A proof whose signature, type, method, address and age are right."""

    jkt: str
    """Thumbprint of the key (RFC 7638)."""
    jti: str
    issued_at: int
    nonce: str | None


def check_proof(
    proof: str, *, method: str, url: str, now: int, window_s: int, access_token: str | None = None
) -> DpopProof:
    """The proof, or ``InvalidDpopProof``. ``window_s``: how far its ``iat`` may be from ``now``, either way.

    ``access_token``: the token it comes with, whose digest it must carry.

    Spec: RFC 9449 §4.3
    """
    try:
        claims, jkt = verify_own_key(proof, typ=("dpop+jwt",), algs=ALGS, limit_bytes=_LIMIT_BYTES)
    except InvalidJws as error:
        raise InvalidDpopProof(f"the DPoP proof is not valid: {error.reason}") from error
    if claims.get("htm") != method:
        raise InvalidDpopProof("htm is not the method of this request")
    htu = claims.get("htu")
    if not isinstance(htu, str) or _comparable(htu) != _comparable(url):
        raise InvalidDpopProof("htu is not the address of this request")
    issued_at = claims.get("iat")
    if isinstance(issued_at, bool) or not isinstance(issued_at, int | float) or not abs(issued_at - now) <= window_s:
        raise InvalidDpopProof("iat is not close enough to now")
    jti, nonce = claims.get("jti"), claims.get("nonce")
    if not isinstance(jti, str) or not _JTI.fullmatch(jti):
        raise InvalidDpopProof("jti is missing or malformed")
    if nonce is not None and not isinstance(nonce, str):
        raise InvalidDpopProof("nonce is not a string")
    if access_token is not None:
        _check_ath(claims.get("ath"), access_token)
    return DpopProof(jkt, jti, int(issued_at), nonce)


def access_token_hash(access_token: str) -> str:
    """The ``ath`` of a token. Spec: RFC 9449 §4.2"""
    return b64.encode(sha256(access_token.encode("ascii", "replace")).digest())


def _check_ath(ath: object, access_token: str) -> None:
    if not isinstance(ath, str) or not equal(ath, access_token_hash(access_token)):
        raise InvalidDpopProof("ath is not the digest of the access token")


def _comparable(url: str) -> tuple[str, str, int | None, str] | None:
    """What of an address counts: scheme, host, port, path. Query and fragment do not (RFC 9449 §4.3)."""
    try:
        parts = urlsplit(url)
        port = parts.port or _DEFAULT_PORTS.get(parts.scheme)
    except ValueError:
        return None
    if not parts.hostname or parts.username is not None:
        return None
    return parts.scheme, parts.hostname, port, parts.path or "/"
