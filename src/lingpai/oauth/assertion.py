"""Assertions: what a JWT of RFC 7523 must hold, whoever signed it and whatever it is presented for. Pure.

Owns the claims. Leaves whose keys they were verified with to whoever verified, and whether one was seen before to
whoever can remember.

Spec: RFC 7521 §5.2; RFC 7523 §3; RFC 8725 §3
"""

import re
from collections.abc import Collection, Mapping

from msgspec import Struct

from lingpai.crypto.jwt import InvalidJwt, check_claims

PUBLIC_KEY_ALGS = (
    *("ES256", "EdDSA", "Ed25519", "PS256", "RS256"),
    *("ES384", "ES512", "PS384", "PS512", "RS384", "RS512"),
)
"""Accepted of others; the key decides which of them it can be."""
LIFETIME_LIMIT_S = 3600
"""An assertion is made for one request; common libraries let it live an hour. Its ``jti`` counts once all the same."""

_LEEWAY_S = 30
_JTI = re.compile(r"[\x20-\x7e]{1,256}")


class Assertion(Struct, frozen=True):
    """What counts of an assertion whose claims are right."""

    subject: str
    jti: str
    forget_at: int
    """From then on it is expired for every clock, and its ``jti`` need not be remembered."""


def check_assertion(
    claims: Mapping[str, object],
    *,
    issuer: str,
    audience: Collection[str],
    now: int,
    lifetime_limit_s: int = LIFETIME_LIMIT_S,
) -> Assertion:
    """What ``issuer`` asserts to one of our names in ``audience``. Raises ``InvalidJwt``.

    Spec: RFC 7523 §3
    """
    aud = _sole_audience(claims.get("aud"))
    if aud not in audience:
        raise InvalidJwt("aud is neither our issuer identifier nor the address of this endpoint")
    check_claims(
        claims, issuer=issuer, audience=aud, now=now, leeway_s=_LEEWAY_S, required=("iss", "sub", "aud", "exp", "jti")
    )
    expires_at, issued_at = _seconds(claims["exp"]), _seconds(claims.get("iat", now))
    if expires_at - min(now, issued_at) > lifetime_limit_s + _LEEWAY_S:
        raise InvalidJwt(f"lives longer than {lifetime_limit_s} seconds")
    subject, jti = claims["sub"], claims["jti"]
    if not isinstance(subject, str) or not subject:
        raise InvalidJwt("sub is not a string")
    if not isinstance(jti, str) or not _JTI.fullmatch(jti):
        raise InvalidJwt("jti is not a string of 1 to 256 printable characters")
    return Assertion(subject, jti, int(expires_at) + _LEEWAY_S + 1)


def _sole_audience(aud: object) -> str:
    """The one name in ``aud``: what is addressed to several servers, each of them could replay to the others."""
    names = aud if isinstance(aud, list) else [aud]
    if len(names) != 1 or not isinstance(names[0], str):
        raise InvalidJwt("aud must be one string")
    return names[0]


def _seconds(instant: object) -> float:
    if not isinstance(instant, int | float):  # said before, by ``check_claims``
        raise InvalidJwt("an instant is not a number of seconds")
    return instant
