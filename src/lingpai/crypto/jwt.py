"""The claims every JWT must prove, checked against a ``now`` that is an argument.

Owns: ``iss``, ``aud`` and the instants. Leaves: the signature to ``crypto.jws``; claims of one kind of token
(``nonce``, ``client_id``, ``scope`` …) to whoever knows that kind.

Spec: RFC 7519 §4.1; RFC 8725 §3
"""

from collections.abc import Collection, Mapping

LIMIT_LEEWAY_S = 60
"""More than clocks drift. RFC 7519 §4.1.4: no more than a few minutes."""
_LIMIT_INSTANT = 1 << 53
"""From here on JSON numbers lose seconds (RFC 8259 §6)."""


class InvalidJwt(Exception):
    """A claim is missing, malformed or wrong; ``reason`` names it and never holds its value."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def check_claims(
    claims: Mapping[str, object],
    *,
    issuer: str,
    audience: str,
    now: int,
    leeway_s: int = 0,
    required: Collection[str] = ("iss", "aud", "exp", "iat"),
) -> None:
    """Raise ``InvalidJwt`` unless ``issuer`` says this to ``audience`` and it is valid at ``now`` (epoch seconds).

    A claim that is there is checked even if it is not required. ``leeway_s``: 0 to 60 seconds of clock difference.

    Spec: RFC 7519 §4.1; RFC 8725 §3.8; RFC 8725 §3.9
    """
    if not 0 <= leeway_s <= LIMIT_LEEWAY_S:
        raise ValueError(f"leeway_s is 0 to {LIMIT_LEEWAY_S}")
    # Empty settings must not turn a check off: "audience not configured" is a known hole.
    if not issuer or not audience:
        raise ValueError("issuer and audience must be given")
    for name in required:
        if name not in claims:
            raise InvalidJwt(f"{name} is missing")
    if "iss" in claims and claims["iss"] != issuer:
        raise InvalidJwt("iss is another issuer")
    if "aud" in claims and audience not in _audiences(claims["aud"]):
        raise InvalidJwt("aud does not name us")
    _check_instants(claims, now=now, leeway_s=leeway_s)


def _audiences(aud: object) -> list[object]:
    names: list[object] = aud if isinstance(aud, list) else [aud]
    if not all(isinstance(name, str) for name in names):
        raise InvalidJwt("aud is neither a string nor a list of strings")
    return names


def _check_instants(claims: Mapping[str, object], *, now: int, leeway_s: int) -> None:
    instants = {name: _instant(claims[name], name) for name in ("exp", "nbf", "iat") if name in claims}
    if "exp" in instants and instants["exp"] + leeway_s <= now:
        raise InvalidJwt("expired")
    if "nbf" in instants and instants["nbf"] - leeway_s > now:
        raise InvalidJwt("not valid yet")
    if "iat" in instants and instants["iat"] - leeway_s > now:
        raise InvalidJwt("issued in the future")


def _instant(value: object, name: str) -> int | float:
    # True is an int in Python, NaN is neither before nor after anything, and 10 ** 400 breaks arithmetic with floats.
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < _LIMIT_INSTANT:
        raise InvalidJwt(f"{name} is not a number of seconds")
    return value
