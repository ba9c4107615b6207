"""DPoP proofs: what one must hold, checked against values; and nonces, which are stored nowhere. Pure.

Owns the claims and the comparison of addresses. Leaves whether a proof was seen before, and whether a nonce is
demanded, to the endpoints and the guard.

Spec: RFC 9449 §4; RFC 9449 §8
"""

import re
from collections.abc import Collection
from hashlib import sha256
from urllib.parse import urlsplit

from msgspec import Struct

from lingpai.crypto import b64
from lingpai.crypto.compact import InvalidJws
from lingpai.crypto.digest import equal, keyed_digest
from lingpai.crypto.own_key import OwnKeyVerifier
from lingpai.oauth.errors import InvalidDpopProof

ALGS = ("ES256", "EdDSA", "Ed25519", "RS256", "PS256", "ES384", "ES512")
"""All asymmetric: a proof with a shared key would prove nothing. Spec: RFC 9449 §4.3"""
WINDOW_S = 60
"""How far the clock of whoever made a proof may be from ours, either way."""

_LIMIT_BYTES = 8192
_JTI = re.compile(r"[\x21-\x7e]{1,256}")
_DEFAULT_PORTS = {"http": 80, "https": 443}
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")
_UNRESERVED = re.compile(r"[A-Za-z0-9._~-]")
_NONCE_PERIOD_S = 120


class DpopProof(Struct, frozen=True):
    """A proof whose signature, type, method, address and age are right."""

    jkt: str
    """Thumbprint of the key (RFC 7638)."""
    jti: str
    issued_at: int
    nonce: str | None


class DpopProofs:
    """Checks proofs. ``window_s``: how far an ``iat`` may be from now. Keys that were used are remembered."""

    def __init__(self, *, window_s: int = WINDOW_S, algs: Collection[str] = ALGS) -> None:
        self._window_s = window_s
        self._signatures = OwnKeyVerifier(typ=("dpop+jwt",), algs=algs, limit_bytes=_LIMIT_BYTES)

    def check(self, proof: str, *, method: str, url: str, now: int, access_token: str | None = None) -> DpopProof:
        """The proof, or ``InvalidDpopProof``. ``access_token``: the token it comes with, whose digest it must carry.

        Spec: RFC 9449 §4.3
        """
        try:
            claims, jkt = self._signatures.verify(proof)
        except InvalidJws as error:
            raise InvalidDpopProof(f"the DPoP proof is not valid: {error.reason}") from error
        if claims.get("htm") != method:
            raise InvalidDpopProof("htm is not the method of this request")
        if not _is_same_address(claims.get("htu"), url):
            raise InvalidDpopProof("htu is not the address of this request")
        issued_at = self._check_age(claims.get("iat"), now)
        jti, nonce = claims.get("jti"), claims.get("nonce")
        if not isinstance(jti, str) or not _JTI.fullmatch(jti):
            raise InvalidDpopProof("jti is missing or malformed")
        if nonce is not None and not isinstance(nonce, str):
            raise InvalidDpopProof("nonce is not a string")
        if access_token is not None:
            _check_ath(claims.get("ath"), access_token)
        return DpopProof(jkt, jti, issued_at, nonce)

    def forget_at(self, proof: DpopProof) -> int:
        """From then on the proof is too old anyway, and need not be remembered."""
        return proof.issued_at + self._window_s + 2

    def _check_age(self, issued_at: object, now: int) -> int:
        # `True` is an int in Python.
        if isinstance(issued_at, bool) or not isinstance(issued_at, int | float):
            raise InvalidDpopProof("iat is missing or not a number")
        if not abs(issued_at - now) <= self._window_s:
            raise InvalidDpopProof("iat is not close enough to now: is the clock right?")
        return int(issued_at)


class Nonces:
    """Nonces that are the time they were made, under a key: whoever has the key knows them all. Spec: RFC 9449 §8"""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._made: tuple[int, str] = (-1, "")

    def current(self, now: int) -> str:
        """The nonce to use now."""
        period = now // _NONCE_PERIOD_S
        if self._made[0] != period:
            self._made = (period, self._of(period))
        return self._made[1]

    def is_good(self, nonce: str, now: int) -> bool:
        """Whether we gave it out, not long ago: it is good for two to four minutes."""
        return equal(nonce, self.current(now)) or equal(nonce, self._of(now // _NONCE_PERIOD_S - 1))

    def _of(self, period: int) -> str:
        return keyed_digest(self._key, "dpop-nonce", str(period)).hex()[:32]


def access_token_hash(access_token: str) -> str:
    """The ``ath`` of a token. Spec: RFC 9449 §4.2"""
    return b64.encode(sha256(access_token.encode("ascii", "replace")).digest())


def _check_ath(ath: object, access_token: str) -> None:
    if not isinstance(ath, str) or not equal(ath, access_token_hash(access_token)):
        raise InvalidDpopProof("ath is not the digest of the access token")


def _is_same_address(htu: object, url: str) -> bool:
    if not isinstance(htu, str):
        return False
    if htu == url:
        return True
    asked, named = _normal(url), _normal(htu)
    return asked is not None and asked == named


def _normal(url: str) -> tuple[str, str, int | None, str] | None:
    """What of an address counts: scheme, host, port, path. Query and fragment do not.

    Spec: RFC 9449 §4.3; RFC 3986 §6.2
    """
    try:
        parts = urlsplit(url)
        port = parts.port or _DEFAULT_PORTS.get(parts.scheme)
    except ValueError:
        return None
    if not parts.hostname or parts.username is not None:
        return None
    return parts.scheme, parts.hostname, port, _ESCAPE.sub(_normal_escape, parts.path) or "/"


def _normal_escape(escape: re.Match[str]) -> str:
    """A letter that needs no escape stands for itself; the others have upper-case digits. Spec: RFC 3986 §6.2.2"""
    character = chr(int(escape[1], 16))
    return character if _UNRESERVED.fullmatch(character) else escape[0].upper()
