"""Does this logout token tell us, from this server, that somebody is signed out? Pure.

Owns: the checks of Back-Channel Logout on top of a signed JWT.
Leaves: signatures to ``crypto.jws``, the claims every JWT has to ``crypto.jwt``, fetching keys to ``operations``; which
sessions end, and that one token counts once (``jti``), to the application.
"""

from collections.abc import Collection, Sequence

from msgspec import Struct

from lingpai.client.errors import LogoutTokenError
from lingpai.crypto import jws, jwt
from lingpai.crypto.jwk import PublicKey

LEEWAY_S = 60
EVENT = "http://schemas.openid.net/event/backchannel-logout"
# Not every server names the type. What is told apart by it is also told apart by ``events`` and ``nonce``.
_TYPES = ("logout+jwt", "jwt", "")


class LogoutNotice(Struct, frozen=True):
    """A verified logout token. At least one of ``sid`` and ``subject`` is there."""

    sid: str | None
    """The session that ended, as the ID Token of its sign-in named it; ``None``: every session of ``subject``."""
    subject: str | None
    """Who is signed out; ``None``: whoever had the session ``sid``."""
    jti: str
    """The token's own name: one seen before, within ``expires_at``, is a replay."""
    expires_at: int


def parse_logout_token(
    logout_token: str,
    keys: Sequence[PublicKey],
    *,
    issuer: str,
    client_id: str,
    algs: Collection[str],
    now: int,
) -> LogoutNotice:
    """Whose sessions end; raises ``LogoutTokenError``. Spec: OpenID Connect Back-Channel Logout 1.0 §2.6"""
    try:
        _, claims = jws.verify(logout_token, keys, typ=_TYPES, algs=algs)
        jwt.check_claims(claims, issuer=issuer, audience=client_id, now=now, leeway_s=LEEWAY_S)
    except (jws.InvalidJws, jwt.InvalidJwt) as error:
        raise LogoutTokenError(str(error)) from None
    _check_events(claims)
    sid, subject, jti = (_text(claims, name) for name in ("sid", "sub", "jti"))
    if sid is None and subject is None:
        raise LogoutTokenError("neither sid nor sub is there")
    if jti is None:
        raise LogoutTokenError("jti is missing")
    expires_at = claims["exp"]
    assert isinstance(expires_at, int | float)  # noqa: S101 - ``check_claims`` has seen to it
    return LogoutNotice(sid, subject, jti, int(expires_at))


def _check_events(claims: dict[str, object]) -> None:
    """What keeps an ID Token from signing people out. Spec: OpenID Connect Back-Channel Logout 1.0 §2.4"""
    events = claims.get("events")
    if not isinstance(events, dict) or not isinstance(events.get(EVENT), dict):
        raise LogoutTokenError("events does not say that it is a logout token")
    if "nonce" in claims:
        raise LogoutTokenError("a logout token has no nonce")


def _text(claims: dict[str, object], name: str) -> str | None:
    value = claims.get(name)
    if value is not None and (not isinstance(value, str) or not value):
        raise LogoutTokenError(f"{name} is not a text")
    return value
