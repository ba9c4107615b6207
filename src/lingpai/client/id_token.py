"""Is this ID Token about the person who just signed in, for us, from this server? Pure.

Owns: the checks of OpenID Connect on top of a signed JWT.
Leaves: signatures to ``crypto.jws``, the claims every JWT has to ``crypto.jwt``, fetching keys to ``operations``.
"""

import hashlib
from collections.abc import Collection, Sequence

from msgspec import Struct

from lingpai.client.errors import IdTokenError
from lingpai.client.responses import json_object
from lingpai.crypto import b64, jws, jwt
from lingpai.crypto.digest import equal
from lingpai.crypto.jwk import PublicKey

LEEWAY_S = 60

_HASHES = {"256": "sha256", "384": "sha384", "512": "sha512"}


class Expected(Struct, frozen=True, kw_only=True):
    """What an ID Token must say. ``max_age`` is what the sign-in asked for, ``subject`` whose tokens are refreshed."""

    issuer: str
    client_id: str
    algs: Collection[str]
    access_token: str
    nonce: str | None = None
    max_age: int | None = None
    subject: str | None = None

    def __repr__(self) -> str:
        return f"Expected(issuer={self.issuer!r}, client_id={self.client_id!r}, …)"


def parse_id_token(id_token: str, keys: Sequence[PublicKey], expected: Expected, *, now: int) -> dict[str, object]:
    """Return the verified claims; raises ``IdTokenError``. Spec: OpenID Connect Core 1.0 §3.1.3.7"""
    try:
        header, claims = jws.verify(id_token, keys, typ=("jwt", ""), algs=expected.algs)
        jwt.check_claims(claims, issuer=expected.issuer, audience=expected.client_id, now=now, leeway_s=LEEWAY_S)
    except (jws.InvalidJws, jwt.InvalidJwt) as error:
        raise IdTokenError(str(error)) from None
    _check_subject(claims, expected)
    _check_authorized_party(claims, expected)
    _check_nonce(claims, expected)
    _check_auth_time(claims, expected, now)
    _check_access_token_hash(claims, str(header["alg"]), expected.access_token)
    return claims


def claimed_kid(id_token: str) -> str | None:
    """Which key the token says it is signed with, unverified: good for deciding whether to fetch keys, nothing else."""
    try:
        kid = json_object(b64.decode(id_token.partition(".")[0])).get("kid")
    except ValueError:
        return None
    return kid if isinstance(kid, str) else None


def _check_subject(claims: dict[str, object], expected: Expected) -> None:
    """Spec: OpenID Connect Core 1.0 §2; OpenID Connect Core 1.0 §12.2"""
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= 255:
        raise IdTokenError("sub is missing or malformed")
    if expected.subject is not None and subject != expected.subject:
        raise IdTokenError("sub is not the person who signed in")


def _check_authorized_party(claims: dict[str, object], expected: Expected) -> None:
    """A token for several audiences must have been asked for by us. Spec: OpenID Connect Core 1.0 §3.1.3.7"""
    audience = claims.get("aud")
    several = isinstance(audience, list) and len(audience) > 1
    if several and "azp" not in claims:
        raise IdTokenError("several audiences and no azp")
    if "azp" in claims and claims["azp"] != expected.client_id:
        raise IdTokenError("azp is not this client")


def _check_nonce(claims: dict[str, object], expected: Expected) -> None:
    """A token from another sign-in has another nonce (injection). Spec: OpenID Connect Core 1.0 §3.1.3.7"""
    if expected.nonce is None:
        return
    nonce = claims.get("nonce")
    if not isinstance(nonce, str) or not equal(nonce, expected.nonce):
        raise IdTokenError("nonce is not the one of this sign-in")


def _check_auth_time(claims: dict[str, object], expected: Expected, now: int) -> None:
    """Spec: OpenID Connect Core 1.0 §3.1.2.1"""
    if expected.max_age is None:
        return
    auth_time = claims.get("auth_time")
    if isinstance(auth_time, bool) or not isinstance(auth_time, int | float):
        raise IdTokenError("auth_time is missing, but max_age was asked for")
    if not now - expected.max_age - LEEWAY_S <= auth_time <= now + LEEWAY_S:
        raise IdTokenError("auth_time is too long ago, or in the future")


def _check_access_token_hash(claims: dict[str, object], alg: str, access_token: str) -> None:
    """The access token beside the ID Token is the one it was issued with. Spec: OpenID Connect Core 1.0 §3.1.3.6"""
    if "at_hash" not in claims:
        return
    # Ed25519 hashes with SHA-512 inside, and so does at_hash under it.
    name = _HASHES.get(alg[-3:], "sha512")
    digest = hashlib.new(name, access_token.encode()).digest()
    if claims["at_hash"] != b64.encode(digest[: len(digest) // 2]):
        raise IdTokenError("at_hash does not fit the access token")
