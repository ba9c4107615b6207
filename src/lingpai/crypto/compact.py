"""The compact form of a JWS and the headers that are believed, whatever kind of key it is signed with.

Owns: splitting, decoding, and which header parameters are refused. Leaves: the signature to ``crypto.jws`` (public
keys) and ``crypto.hmac_jws`` (shared secrets), which are two modules so that neither can take the other's key.

Spec: RFC 7515 §7.1; RFC 8725 §3
"""

from collections.abc import Collection, Mapping

import msgspec
from msgspec import Struct

from lingpai.crypto import b64
from lingpai.crypto.jwk import canonical_alg

LIMIT_BYTES = 16_384
_REFUSED_HEADERS = frozenset({"crit", "jwk", "jku", "x5u", "x5c", "b64", "zip"})
"""Each lets a token bring its own key, change how it is read, or grow when read."""


class InvalidJws(Exception):
    """Not a signature we believe; ``reason`` is for the operator and never holds a part of the token."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Compact(Struct, frozen=True):
    """A token taken apart; nothing of it is proven."""

    header: dict[str, object]
    signing_input: bytes
    payload: bytes
    signature: bytes


def read_compact(token: str, *, limit_bytes: int = LIMIT_BYTES) -> Compact:
    """The parts of ``token``; ``InvalidJws`` if it is no compact JWS. Spec: RFC 7515 §5.2"""
    segments = split_segments(token, limit_bytes=limit_bytes)
    header = read_object(decode_segment(segments[0], "header"), "header")
    payload, signature = decode_segment(segments[1], "payload"), decode_segment(segments[2], "signature")
    return Compact(header, f"{segments[0]}.{segments[1]}".encode("ascii"), payload, signature)


def split_segments(token: str, *, limit_bytes: int = LIMIT_BYTES) -> tuple[str, str, str]:
    """Header, payload and signature as they came; ``InvalidJws`` unless they are three. Spec: RFC 7515 §7.1"""
    if len(token) > limit_bytes:
        raise InvalidJws("longer than allowed")
    # No splitting of a megabyte of dots.
    segments = token.split(".", 3)
    if len(segments) != 3:
        raise InvalidJws("not a compact JWS")
    return segments[0], segments[1], segments[2]


def check_header(header: Mapping[str, object], *, typ: Collection[str], algs: Collection[str]) -> str:
    """The ``alg``, by its canonical name; ``InvalidJws`` unless every header parameter is one that may be there.

    ``typ``: the types accepted, without ``application/``, in any letter case; ``""`` accepts a token without one.

    Spec: RFC 8725 §3.1; RFC 8725 §3.11
    """
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


def read_object(data: bytes, what: str) -> dict[str, object]:
    """The JSON object in ``data``; ``what`` is its name in ``InvalidJws``."""
    try:
        return msgspec.json.decode(data, type=dict[str, object])
    except (ValueError, RecursionError) as error:
        raise InvalidJws(f"the {what} is not a JSON object") from error


def read_kid(token: str) -> str | None:
    """The ``kid`` an unverified token names, to decide whether keys must be fetched again; good for nothing else.

    ``None`` if it names none or is no JWS: verifying will say what is wrong. Spec: RFC 7515 §4.1.4
    """
    try:
        kid = read_object(decode_segment(token.partition(".")[0], "header"), "header").get("kid")
    except InvalidJws:
        return None
    return kid if isinstance(kid, str) else None


def read_unproven_claims(token: str, *, limit_bytes: int = LIMIT_BYTES) -> dict[str, object]:
    """What an unverified token says, to find out whose keys to verify it with; good for nothing else.

    Raises ``InvalidJws`` if it says nothing.
    """
    return read_object(read_compact(token, limit_bytes=limit_bytes).payload, "payload")


def decode_segment(segment: str, what: str) -> bytes:
    """The bytes of one segment; ``what`` is its name in ``InvalidJws``."""
    try:
        return b64.decode(segment)
    except ValueError as error:
        raise InvalidJws(f"the {what} is not base64url") from error
