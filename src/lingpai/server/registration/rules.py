"""Whether what a client registers is valid in itself and fits together: one function per group of fields. Pure.

``check`` is the list. Leaves what an operator allows to ``ceiling``, and the one rule that needs the network, about the
document of a sector, to ``sector``.

Spec: RFC 7591 §2; RFC 7591 §2.1; OpenID Connect Dynamic Client Registration 1.0 §2
"""

from collections.abc import Callable, Iterable
from urllib.parse import urlsplit

from msgspec.structs import replace

from lingpai.crypto.jwe import EncryptionKey, key_for, parse_encryption_keys
from lingpai.crypto.jwk import InvalidJwk, parse_jwks
from lingpai.oauth import redirect_uri
from lingpai.oauth.errors import InvalidClientMetadata, InvalidRedirectUri
from lingpai.oauth.metadata import ClientMetadata
from lingpai.oauth.names import AUTHORIZATION_CODE, IMPLICIT, PRIVATE_KEY_JWT
from lingpai.server.client_auth import AUTH_SIGNING_ALGS
from lingpai.server.client_auth.assertion import ALGS
from lingpai.server.registration.ceiling import Ceiling, fit, grant_types_for, signing_alg
from lingpai.server.registration.values import check_https, check_line, check_name, check_web_address, parse_fetched

_SHOWN = ("client_uri", "logo_uri", "policy_uri", "tos_uri")
_FETCHED = ("jwks_uri", "sector_identifier_uri", "backchannel_logout_uri", "frontchannel_logout_uri")
_MAX_AGE_LIMIT_S = 10**9
_DEFAULT_PORTS = {"https": 443, "http": 80}


def check(metadata: ClientMetadata, ceiling: Ceiling) -> ClientMetadata:
    """The metadata with its algorithms as we call them. Raises ``InvalidRedirectUri``, ``InvalidClientMetadata``."""
    fit(metadata, ceiling)
    _check_redirect_uris(metadata)
    _check_flows(metadata)
    _check_shown(metadata)
    _check_addresses(metadata)
    _check_keys(metadata)
    _check_subject_type(metadata)
    if not 0 <= (metadata.default_max_age or 0) <= _MAX_AGE_LIMIT_S:
        raise InvalidClientMetadata("default_max_age must be a number of seconds")
    return replace(metadata, **_algs(metadata, ceiling))


def _check_redirect_uris(metadata: ClientMetadata) -> None:
    """Spec: RFC 7591 §2; OpenID Connect Dynamic Client Registration 1.0 §2"""
    if not metadata.redirect_uris and {AUTHORIZATION_CODE, IMPLICIT} & set(metadata.grant_types):
        raise InvalidRedirectUri("redirect_uris is missing: where is the person sent back to?")
    for index, uri in enumerate(metadata.redirect_uris):
        try:
            redirect_uri.check_registrable(uri, metadata.application_type)
        except redirect_uri.InvalidRedirectUri as error:
            raise InvalidRedirectUri(f"redirect_uris[{index}] {error.reason}") from error
        if IMPLICIT in metadata.grant_types and metadata.application_type == "web" and not _is_https(uri):
            raise InvalidRedirectUri(f"redirect_uris[{index}] must be https: tokens are sent there by the browser")


def _check_flows(metadata: ClientMetadata) -> None:
    """Spec: RFC 7591 §2.1"""
    missing = [name for name in grant_types_for(metadata.response_types) if name not in metadata.grant_types]
    if missing:
        raise InvalidClientMetadata(f"grant_types: these response_types need {missing[0]} too")


def _check_shown(metadata: ClientMetadata) -> None:
    if metadata.client_name:
        _tried("client_name", check_name, metadata.client_name)
    for name in _SHOWN:
        if value := getattr(metadata, name):
            _tried(name, check_web_address, value)
    _each("contacts", check_line, metadata.contacts)
    _each("default_acr_values", check_line, metadata.default_acr_values)


def _check_addresses(metadata: ClientMetadata) -> None:
    """Spec: OpenID Connect Back-Channel Logout 1.0 §2.2; OpenID Connect Front-Channel Logout 1.0 §2"""
    for name in _FETCHED:
        if value := getattr(metadata, name):
            _tried(name, parse_fetched, value)
    if metadata.initiate_login_uri:
        _tried("initiate_login_uri", check_https, metadata.initiate_login_uri)
    # A fragment holds the digest of what is there. Spec: OpenID Connect Core 1.0 §6.2
    _each("request_uris", lambda uri: parse_fetched(uri.partition("#")[0]), metadata.request_uris)
    for index, uri in enumerate(metadata.post_logout_redirect_uris):
        try:
            redirect_uri.check_registrable(uri, metadata.application_type)
        except redirect_uri.InvalidRedirectUri as error:
            raise InvalidClientMetadata(f"post_logout_redirect_uris[{index}] {error.reason}") from error
    if metadata.frontchannel_logout_uri and _origin(metadata.frontchannel_logout_uri) not in {
        _origin(uri) for uri in metadata.redirect_uris
    }:
        raise InvalidClientMetadata("frontchannel_logout_uri must have scheme, host and port of a redirect URI")


def _check_keys(metadata: ClientMetadata) -> None:
    """Spec: RFC 7591 §2; OpenID Connect Core 1.0 §9"""
    if metadata.jwks is not None and metadata.jwks_uri:
        raise InvalidClientMetadata("jwks and jwks_uri: send one of them, not both")
    try:
        keys = parse_jwks(metadata.jwks) if metadata.jwks is not None else ()
    except InvalidJwk as error:
        raise InvalidClientMetadata(f"jwks: {error}") from error
    if metadata.token_endpoint_auth_method == PRIVATE_KEY_JWT and not keys and not metadata.jwks_uri:
        raise InvalidClientMetadata("private_key_jwt needs jwks with a key for signatures, or jwks_uri")
    _check_encryption_keys(metadata)


def _check_encryption_keys(metadata: ClientMetadata) -> None:
    """Spec: OpenID Connect Core 1.0 §10.2"""
    if metadata.jwks_uri:
        return
    for name in ("id_token_encrypted_response_alg", "userinfo_encrypted_response_alg"):
        alg = getattr(metadata, name)
        if alg and key_for(_encryption_keys(metadata), alg) is None:
            raise InvalidClientMetadata(f"{name} needs jwks with a key for it, or jwks_uri")


def _encryption_keys(metadata: ClientMetadata) -> tuple[EncryptionKey, ...]:
    try:
        return parse_encryption_keys(metadata.jwks) if metadata.jwks is not None else ()
    except InvalidJwk as error:
        raise InvalidClientMetadata(f"jwks: {error}") from error


def _check_subject_type(metadata: ClientMetadata) -> None:
    """One sector or a document that names it. Spec: OpenID Connect Core 1.0 §8.1"""
    if metadata.subject_type != "pairwise" or metadata.sector_identifier_uri:
        return
    if len({urlsplit(uri).hostname for uri in metadata.redirect_uris}) > 1:
        raise InvalidClientMetadata("subject_type pairwise with several hosts needs a sector_identifier_uri")


def _algs(metadata: ClientMetadata, ceiling: Ceiling) -> dict[str, str]:
    """The algorithms under our names; ``none`` is none of them. Spec: RFC 8725 §3.2"""
    allowed = {
        "id_token_signed_response_alg": ceiling.id_token_algs,
        "userinfo_signed_response_alg": ceiling.userinfo_algs,
        "request_object_signing_alg": ceiling.request_object_algs,
    }
    found = {name: signing_alg(getattr(metadata, name), algs, name) for name, algs in allowed.items()}
    alg, name = metadata.token_endpoint_auth_signing_alg, "token_endpoint_auth_signing_alg"
    if alg and alg not in ALGS.get(metadata.token_endpoint_auth_method, AUTH_SIGNING_ALGS):
        raise InvalidClientMetadata(f"{name} does not fit token_endpoint_auth_method")
    return found


def _is_https(uri: str) -> bool:
    return uri.lower().startswith("https:")


def _origin(uri: str) -> tuple[str, str | None, int | None]:
    """Scheme, host and port of an address whose grammar was checked."""
    parts = urlsplit(uri)
    return parts.scheme, parts.hostname, parts.port or _DEFAULT_PORTS.get(parts.scheme)


def _each(field: str, rule: Callable[[str], object], values: Iterable[str]) -> None:
    for index, value in enumerate(values):
        _tried(f"{field}[{index}]", rule, value)


def _tried(field: str, rule: Callable[[str], object], value: str) -> None:
    try:
        rule(value)
    except ValueError as error:
        raise InvalidClientMetadata(f"{field} {error}") from error
