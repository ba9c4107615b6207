"""What a good access token says, and the rules both ways of checking share.

Owns: ``AccessToken``, the ``TokenCheck`` protocol, the reading of claims into an ``AccessToken``.
Leaves: whether the claims may be believed to ``verifier`` (a signature) and ``introspection`` (the server's word).
"""

from typing import Protocol

from msgspec import Struct

from lingpai.oauth.errors import InvalidScope, InvalidToken
from lingpai.oauth.scope import Scope, parse_scope


class AccessToken(Struct, frozen=True):
    """An access token that was checked: it is from our issuer, for our audience, and was alive when it was checked.

    ``subject`` is the person's id, or ``None`` if the client acts for itself (no ``sub``, or its own name as ``sub``).
    ``client_id`` and ``issued_at`` are always there in an ``at+jwt``; introspection may leave them out (``None``).
    ``expires_at``, ``issued_at`` and ``auth_time`` are epoch seconds.
    ``claims`` is everything that was said about the token, for what has no field here. Never the token itself.
    ``jkt`` is the thumbprint of the key it is bound to (empty: whoever bears it may use it); ``auth_time`` and ``acr``
    say when and how strongly the person signed in, if the server said so.

    Spec: RFC 9068 §2.2; RFC 7662 §2.2; RFC 9449 §6
    """

    subject: str | None
    client_id: str | None
    scope: Scope
    audience: tuple[str, ...]
    expires_at: int
    issued_at: int | None
    claims: dict[str, object]
    jkt: str = ""
    auth_time: int | None = None
    acr: str | None = None


class TokenCheck(Protocol):
    """A way to tell a good access token from a bad one."""

    @property
    def audience(self) -> str:
        """What this resource server is called in ``aud``."""

    async def check(self, token: str, now: int, *, jkt: str = "") -> AccessToken:
        """What the token says; raise ``InvalidToken`` (it is no good) or ``TokenCheckUnavailable`` (nobody knows).

        ``jkt``: thumbprint of the key whose DPoP proof came with the token; without one the token was merely carried.
        """


def check_audience_name(audience: str) -> None:
    """Raise ``ValueError`` unless the audience is something a token could name.

    An audience that is empty by a missing setting must stop the program, never switch the check off.
    """
    if not audience.strip():
        raise ValueError("the guard needs the audience: the name of this resource server in the tokens made for it")


def read_access_token(claims: dict[str, object]) -> AccessToken:
    """Read claims that are believed, time-checked and for our audience; raise ``InvalidToken`` if one is no use.

    Spec: RFC 9068 §4; RFC 9068 §5; RFC 7800 §3.1
    """
    _text(claims, "jti")
    expires_at = _seconds(claims, "exp")
    if expires_at is None:
        raise InvalidToken("the access token does not say when it expires")
    subject, client_id = _text(claims, "sub"), _text(claims, "client_id")
    return AccessToken(
        # A client that acts for itself is no person, even if it chose a person's id as its name.
        subject=None if subject == client_id else subject,
        client_id=client_id,
        scope=_scope(claims),
        audience=read_audience(claims),
        expires_at=expires_at,
        issued_at=_seconds(claims, "iat"),
        claims=claims,
        jkt=_bound_to(claims),
        auth_time=_seconds(claims, "auth_time"),
        acr=_text(claims, "acr"),
    )


def check_key(access_token: AccessToken, jkt: str) -> None:
    """Raise ``InvalidToken`` unless the token is bound to exactly this key; ``""``: to none.

    Spec: RFC 9449 §7.1; RFC 9449 §7.2
    """
    if access_token.jkt == jkt:
        return
    if not jkt:
        # Whoever merely carries it may have stolen it.
        raise InvalidToken("the access token is bound to a key: present it with DPoP, not as a bearer token")
    raise InvalidToken("the access token is not bound to the key of this DPoP proof")


def read_audience(claims: dict[str, object]) -> tuple[str, ...]:
    """Read ``aud``, one name or a list of names; anything else counts as no audience. Spec: RFC 7519 §4.1.3"""
    aud = claims.get("aud")
    if isinstance(aud, str):
        return (aud,)
    if isinstance(aud, list) and all(isinstance(name, str) for name in aud):
        return tuple(aud)
    return ()


def _scope(claims: dict[str, object]) -> Scope:
    # No scope means no permission. It must never mean that scopes are not enforced.
    scope = claims.get("scope", "")
    if not isinstance(scope, str):
        raise InvalidToken("the scope of the access token is malformed")
    try:
        return parse_scope(scope)
    except InvalidScope:
        raise InvalidToken("the scope of the access token is malformed") from None


def _text(claims: dict[str, object], name: str) -> str | None:
    if name not in claims:
        return None
    text = claims[name]
    if not isinstance(text, str) or not text:
        raise InvalidToken(f"the claim {name} of the access token is malformed")
    return text


def _seconds(claims: dict[str, object], name: str) -> int | None:
    # `True` is an int in Python, and a float may be NaN, which is neither before nor after anything.
    if name not in claims:
        return None
    seconds = claims[name]
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 <= seconds < 2**53:
        raise InvalidToken(f"the claim {name} of the access token is malformed")
    return int(seconds)


def _bound_to(claims: dict[str, object]) -> str:
    """Spec: RFC 9449 §6.1; RFC 7800 §3.1"""
    if "cnf" not in claims:
        return ""
    cnf = claims["cnf"]
    jkt = cnf.get("jkt") if isinstance(cnf, dict) else None
    if not isinstance(cnf, dict) or not isinstance(jkt, str) or not jkt or len(cnf) != 1:
        raise InvalidToken("the access token is bound to a key in a way that cannot be checked here")
    return jkt
