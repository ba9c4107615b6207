"""What a resource demands of a token: permissions, and how lately and how strongly its person signed in.

Owns: the comparison. Leaves: whether the token is good to the checks, the words of a refusal to ``refusal``.

Spec: RFC 6750 §3.1; RFC 9470 §3
"""

import re
from collections.abc import Collection

from msgspec import Struct

from lingpai.guard.access_token import AccessToken
from lingpai.oauth.errors import InsufficientScope, InsufficientUserAuthentication
from lingpai.oauth.scope import Scope

_ACR = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+\Z")


class Requirement(Struct, frozen=True):
    """``max_age_s``: seconds since the person signed in; ``None``: any time. ``acr_values``: any of these will do."""

    scope: Scope = Scope()
    max_age_s: int | None = None
    acr_values: tuple[str, ...] = ()

    def check(self, access_token: AccessToken, now: int) -> None:
        """Raise ``InsufficientScope`` or ``InsufficientUserAuthentication`` unless the token has all of it.

        A token that does not say when or how its person signed in, or has no person, does not have it.
        """
        if not self.scope <= access_token.scope:
            raise InsufficientScope("the access token lacks a permission this resource demands")
        if self.acr_values and access_token.acr not in self.acr_values:
            raise InsufficientUserAuthentication("a stronger sign-in is required here")
        if self.max_age_s is None:
            return
        if access_token.auth_time is None or now - access_token.auth_time > self.max_age_s:
            raise InsufficientUserAuthentication("a more recent sign-in is required here")


def requirement_of(scope: Scope, max_age_s: int | None, acr_values: Collection[str]) -> Requirement:
    """A requirement as an application writes it; ``ValueError`` for one that could never be met or checked."""
    if isinstance(acr_values, str):
        raise TypeError("acr_values is a list of names, not one string")
    if not all(_ACR.match(name) for name in acr_values):
        raise ValueError("an acr value is empty or has characters none has")
    if max_age_s is not None and max_age_s < 0:
        raise ValueError("max_age_s is a number of seconds")
    return Requirement(scope, max_age_s, tuple(acr_values))
