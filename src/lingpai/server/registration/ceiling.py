"""What no registration can exceed, whatever it asks for. Pure.

Owns the comparison of what is asked with what an operator allows. Leaves what the operator allows to the settings, and
whether the fields fit each other to ``rules``. A field of ours that is no registered name (``legacy``,
``require_consent``, ``may_act`` …) needs no ceiling: there is no way in for it (CVE-2026-61466, CVE-2026-70665).

Spec: RFC 7591 §2; RFC 7591 §5
"""

from collections.abc import Sequence

from msgspec import Struct

from lingpai.crypto.jwk import canonical_alg
from lingpai.oauth.errors import InvalidClientMetadata, InvalidScope
from lingpai.oauth.metadata import ClientMetadata
from lingpai.oauth.names import AUTH_METHOD_NONE
from lingpai.oauth.scope import Scope, parse_scope
from lingpai.server.policy import GRANT_TYPE_RULES, LEGACY_RESPONSE_TYPES, RESPONSE_TYPES


class Ceiling(Struct, frozen=True, kw_only=True):
    """The most a registration can have."""

    scope: Scope
    grant_types: tuple[str, ...]
    auth_methods: tuple[str, ...]
    id_token_algs: tuple[str, ...]
    userinfo_algs: tuple[str, ...] = ()
    request_object_algs: tuple[str, ...] = ()
    encryption_algs: tuple[str, ...] = ()
    """For the keys of encrypted ID Tokens and UserInfo (JWE ``alg``)."""
    encryption_encs: tuple[str, ...] = ()
    """For their content (JWE ``enc``)."""
    allow_legacy: bool = False
    """Whether access tokens may go through the browser, and clients with credentials do without PKCE."""

    @property
    def response_types(self) -> tuple[str, ...]:
        """Those whose grant types may be registered."""
        return tuple(
            name
            for name in RESPONSE_TYPES
            if set(grant_types_for([name])) <= set(self.grant_types)
            and (self.allow_legacy or name not in LEGACY_RESPONSE_TYPES)
        )


def grant_types_for(response_types: Sequence[str]) -> tuple[str, ...]:
    """The grant types that these response types are part of. Spec: RFC 7591 §2.1"""
    words = {word for name in response_types for word in name.split()}
    needed = {"authorization_code": "code" in words, "implicit": not words.isdisjoint({"token", "id_token"})}
    return tuple(name for name, is_needed in needed.items() if is_needed)


def fit(metadata: ClientMetadata, ceiling: Ceiling) -> None:
    """Raise ``InvalidClientMetadata`` for the first field that is above the ceiling. Spec: RFC 7591 §3.2.2"""
    _check_each(metadata.response_types, ceiling.response_types, "response_types")
    _check_each(metadata.grant_types, ceiling.grant_types, "grant_types")
    _check_one(metadata.token_endpoint_auth_method, ceiling.auth_methods, "token_endpoint_auth_method")
    if metadata.token_endpoint_auth_method == AUTH_METHOD_NONE:
        for name in metadata.grant_types:
            if GRANT_TYPE_RULES[name].confidential:
                raise InvalidClientMetadata(f"grant_types: {name} is for clients that authenticate")
    _fit_scope(metadata.scope, ceiling.scope)
    algs = ceiling.encryption_algs, ceiling.encryption_encs
    for name, allowed in (
        ("id_token_encrypted_response_alg", algs[0]),
        ("id_token_encrypted_response_enc", algs[1]),
        ("userinfo_encrypted_response_alg", algs[0]),
        ("userinfo_encrypted_response_enc", algs[1]),
    ):
        if value := getattr(metadata, name):
            _check_one(value, allowed, name)


def signing_alg(asked: str, allowed: Sequence[str], field: str) -> str:
    """Our name for the algorithm asked for: one has two (RFC 9864). Empty stays empty."""
    if not asked:
        return ""
    for alg in allowed:
        if canonical_alg(alg) == canonical_alg(asked):
            return alg
    raise InvalidClientMetadata(_refusal(field, allowed))


def _fit_scope(text: str, ceiling: Scope) -> None:
    try:
        scope = parse_scope(text)
    except InvalidScope as error:
        raise InvalidClientMetadata(f"scope: {error.description}") from error
    if not scope <= ceiling:
        beyond = str(scope - ceiling)[:200]
        raise InvalidClientMetadata(f"scope: not to be had by registration: {beyond}")


def _check_each(asked: Sequence[str], allowed: Sequence[str], field: str) -> None:
    for index, value in enumerate(asked):
        _check_one(value, allowed, f"{field}[{index}]")


def _check_one(asked: str, allowed: Sequence[str], field: str) -> None:
    # The refusal does not repeat what was sent: an error description cannot hold every character.
    if asked not in allowed:
        raise InvalidClientMetadata(_refusal(field, allowed))


def _refusal(field: str, allowed: Sequence[str]) -> str:
    return f"{field} cannot be registered here" + (f"; there is: {', '.join(allowed)}" if allowed else "")
