"""What each client may do, where: one function per rule, each raising the error its specification names.

Owns the rules that depend on what a client registered. Everything an endpoint or grant type lets a client do is asked
here, so that a rule holds at every endpoint or at none. Leaves rules about a request alone to whoever parses it.

Spec: RFC 6749 §5.2; RFC 9700 §2
"""

from collections.abc import Mapping

from msgspec import Struct

from lingpai.oauth.errors import InvalidDpopProof, InvalidRequest, InvalidScope, InvalidTarget, UnauthorizedClient
from lingpai.oauth.names import (
    AUTHORIZATION_CODE,
    CLIENT_CREDENTIALS,
    DEVICE_CODE,
    IMPLICIT,
    JWT_BEARER,
    PASSWORD,
    REFRESH_TOKEN,
    TOKEN_EXCHANGE,
)
from lingpai.oauth.scope import Scope, parse_scope, scope_of
from lingpai.server.storage.records import Client


class Rule(Struct, frozen=True):
    """Who may use a grant type, besides having registered it."""

    confidential: bool = False
    """Only a client that can keep a secret."""
    legacy: bool = False
    """Only a client an operator marked ``legacy`` (RFC 9700 §2.1.2, §2.4)."""


GRANT_TYPE_RULES: Mapping[str, Rule] = {
    AUTHORIZATION_CODE: Rule(),
    REFRESH_TOKEN: Rule(),
    CLIENT_CREDENTIALS: Rule(confidential=True),
    DEVICE_CODE: Rule(),
    TOKEN_EXCHANGE: Rule(confidential=True),
    JWT_BEARER: Rule(confidential=True),
    IMPLICIT: Rule(legacy=True),
    PASSWORD: Rule(legacy=True),
}
"""Every grant type there is, in the order the metadata lists them."""

_WORD_NEEDS = {"code": AUTHORIZATION_CODE, "token": IMPLICIT, "id_token": IMPLICIT}
RESPONSE_TYPES = (
    "code",
    "id_token",
    "code id_token",
    "token",
    "id_token token",
    "code token",
    "code id_token token",
)
"""Words in alphabetical order, as requests are compared. Spec: OpenID Connect Core 1.0 §3"""
LEGACY_RESPONSE_TYPES = tuple(name for name in RESPONSE_TYPES if "token" in name.split())
"""They put an access token into the browser's address bar. Spec: RFC 9700 §2.1.2"""

# What these open is a person's; a client acting for itself has none of it.
_FOR_PEOPLE = scope_of(("openid", "offline_access"))


def is_confidential(client: Client) -> bool:
    """Whether the client authenticates. Spec: RFC 6749 §2.1"""
    return client.token_endpoint_auth_method != "none"


def check_grant_type(client: Client, grant_type: str) -> None:
    """Raise ``UnauthorizedClient`` unless the client may use this grant type. Spec: RFC 6749 §5.2"""
    rule = GRANT_TYPE_RULES[grant_type]
    if grant_type not in client.grant_types:
        raise UnauthorizedClient(f"this client is not registered for grant_type {grant_type}")
    if rule.confidential and not is_confidential(client):
        raise UnauthorizedClient(f"grant_type {grant_type} is only for clients that authenticate")
    if rule.legacy and not client.legacy:
        raise UnauthorizedClient(f"grant_type {grant_type} is only for clients marked legacy")


def check_response_type(client: Client, response_type: str) -> None:
    """Raise ``UnauthorizedClient`` unless the client may ask for this. Spec: RFC 6749 §4.1.2.1"""
    registered = {" ".join(sorted(name.split())) for name in client.response_types}
    if response_type not in registered:
        raise UnauthorizedClient(f"this client is not registered for response_type {response_type}")
    for word in response_type.split():
        if _WORD_NEEDS[word] not in client.grant_types:
            raise UnauthorizedClient(f"this client is not registered for grant_type {_WORD_NEEDS[word]}")
    if response_type in LEGACY_RESPONSE_TYPES and not client.legacy:
        raise UnauthorizedClient(f"response_type {response_type} is only for clients marked legacy")
    if response_type in LEGACY_RESPONSE_TYPES and client.dpop_bound_access_tokens:
        # Nothing in the browser's request proves that it has a key.
        raise UnauthorizedClient("this client's tokens must be bound to a key: none come through the browser")


def scope_to_ask(client: Client, text: str | None, *, for_itself: bool = False) -> Scope:
    """The scope a request asks for, which must lie within what the client registered.

    ``text`` absent: everything registered. ``for_itself``: the client acts without a person, so permissions that only
    mean something for one are left out of the default and refused by name.

    Spec: RFC 6749 §3.3
    """
    registered = parse_scope(client.scope)
    if for_itself:
        registered = registered - _FOR_PEOPLE
    scope = registered if text is None else parse_scope(text)
    if not scope <= registered:
        beyond = str(scope - registered)[:200]
        raise InvalidScope(f"this client is not registered for: {beyond}")
    return scope


def check_resource(client: Client, resource: tuple[str, ...]) -> None:
    """Raise ``InvalidTarget`` for a resource server the client may not name. Spec: RFC 8707 §2"""
    if client.resources and not set(resource) <= set(client.resources):
        raise InvalidTarget("this client is not registered for that resource")


def check_pushed(client: Client, *, was_pushed: bool) -> None:
    """Raise ``InvalidRequest`` when the client must push its requests and did not. Spec: RFC 9126 §6"""
    if client.require_pushed_authorization_requests and not was_pushed:
        raise InvalidRequest("this client must use pushed authorization requests (RFC 9126)")


def check_binding(client: Client, jkt: str) -> None:
    """Raise ``InvalidDpopProof`` when the client must bind its tokens and sent no proof. Spec: RFC 9449 §5.2"""
    if client.dpop_bound_access_tokens and not jkt:
        raise InvalidDpopProof("this client must send a DPoP proof")
