"""What a grant type is: it gets a parsed request of a proven client and returns an ``Authorization``, or refuses.

Leaves everything shared (client authentication, duplicates, minting, the wire) to the token endpoint, so that no grant
type can forget it.
"""

from typing import ClassVar, Protocol

from msgspec import Struct

from lingpai.oauth.errors import InvalidScope, InvalidTarget
from lingpai.oauth.params import Params
from lingpai.oauth.scope import Scope, parse_scope
from lingpai.server.storage.records import Client
from lingpai.server.tokens.authorization import Authorization


class TokenRequest(Struct, frozen=True):
    """A token request after client authentication."""

    client: Client
    params: Params
    ip: str
    now: int
    jkt: str = ""
    """Thumbprint of the key whose DPoP proof came with the request; empty: none came. Spec: RFC 9449 §5"""


class GrantType(Protocol):
    """One value of ``grant_type``. Spec: RFC 6749 §4"""

    name: ClassVar[str]
    parameters: ClassVar[frozenset[str]]
    """The parameters that mean something here; with those of client authentication, all it gets to see."""

    async def authorize(self, request: TokenRequest) -> Authorization:
        """Prove the credential, spend it, record what it bought. Raises ``OAuthError``."""
        ...


def narrowed_scope(params: Params, most: Scope) -> Scope:
    """The ``scope`` asked for, which must lie within ``most``; ``most`` when none is named. Spec: RFC 6749 §6"""
    text = params.get("scope")
    if text is None:
        return most
    asked = parse_scope(text)
    if not asked <= most:
        raise InvalidScope("scope is more than was granted")
    return asked


def narrowed_resource(params: Params, most: tuple[str, ...]) -> tuple[str, ...]:
    """The ``resource`` asked for, which must lie within what was asked at the start. Spec: RFC 8707 §2.2"""
    asked = params.get_all("resource")
    if most and not set(asked) <= set(most):
        raise InvalidTarget("resource is not one the authorization was for")
    return asked or most
