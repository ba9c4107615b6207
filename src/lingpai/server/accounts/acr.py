"""How strong a sign-in was: the Authentication Context Class References Lingpai knows, from the session's ``amr``.

Owns the names and their order. Leaves which sign-in a session had to ``session``, and what a request demands to
``authorization``. With a second factor comes a second name here.

Spec: RFC 9470 §4; OpenID Connect Core 1.0 §2
"""

from collections.abc import Collection

ONE_FACTOR = "urn:lingpai:acr:1"
"""The person proved one factor to us: a password."""

ACR_VALUES = (ONE_FACTOR,)
"""Every name there is, the weakest first."""

_FACTORS = frozenset({"pwd"})


def acr_of(amr: Collection[str]) -> str:
    """The name for a sign-in by these methods (RFC 8176); empty when none of them is a factor we check."""
    return ONE_FACTOR if _FACTORS.intersection(amr) else ""
