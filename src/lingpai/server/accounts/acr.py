"""How strong a sign-in was: the Authentication Context Class References Lingpai knows, from the session's ``amr``.

Owns the names and their order. Leaves which sign-in a session had to ``session``, and what a request demands to
``authorization``.

Spec: RFC 9470 §4; OpenID Connect Core 1.0 §2
"""

from collections.abc import Collection

ONE_FACTOR = "urn:lingpai:acr:1"
"""The person proved one factor to us: a password."""

TWO_FACTORS = "urn:lingpai:acr:2"
"""Two factors: a password and a one-time code, or a passkey that made sure of its owner."""

ACR_VALUES = (ONE_FACTOR, TWO_FACTORS)
"""Every name there is, the weakest first."""

_FACTORS = frozenset({"pwd"})


def acr_of(amr: Collection[str]) -> str:
    """The name for a sign-in by these methods (RFC 8176); empty when none of them is a factor we check."""
    if "mfa" in amr:
        return TWO_FACTORS
    return ONE_FACTOR if _FACTORS.intersection(amr) else ""


def meets(amr: Collection[str], acr_values: Collection[str]) -> bool:
    """Whether a sign-in by these methods is as strong as one of the names asked for, or stronger."""
    reached = acr_of(amr)
    if not reached:
        return False
    return any(ACR_VALUES.index(reached) >= ACR_VALUES.index(name) for name in acr_values if name in ACR_VALUES)
