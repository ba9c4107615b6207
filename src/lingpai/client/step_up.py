"""A resource that wants a newer or stronger sign-in says so in its challenge; here it is read. Pure.

Owns: reading what is demanded. Leaves: the sign-in that follows to ``flow``.

Spec: RFC 9470 §3; RFC 9470 §4
"""

import re
from typing import Self

from msgspec import Struct

from lingpai.oauth.challenge import parse_challenge

_SECONDS = re.compile(r"[0-9]{1,9}\Z")
_VALUES = re.compile(r"[\x20\x21\x23-\x5b\x5d-\x7e]{1,500}\Z")


class StepUp(Struct, frozen=True):
    """What a sign-in must be like. ``max_age``: seconds since the person signed in; ``acr_values`` space separated.

    ``scope`` is what the resource demands besides, if it said so.
    """

    acr_values: str = ""
    max_age: int | None = None
    scope: str = ""

    @classmethod
    def from_challenge(cls, www_authenticate: str) -> Self | None:
        """What the header of a 401 demands; ``None``: nothing that another sign-in would give. Spec: RFC 9470 §3"""
        for _, params in parse_challenge(www_authenticate):
            if params.get("error") == "insufficient_user_authentication":
                max_age = params.get("max_age", "")
                return cls(
                    acr_values=_sane(params.get("acr_values", "")),
                    max_age=int(max_age) if _SECONDS.match(max_age) else None,
                    scope=_sane(params.get("scope", "")),
                )
        return None


def _sane(values: str) -> str:
    """Foreign words fit for a request of ours; empty if they are not."""
    return values if _VALUES.match(values) else ""
