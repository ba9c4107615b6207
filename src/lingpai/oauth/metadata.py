"""The documents servers and clients describe themselves with, as typed values.

Owns: the registered member names and where a server's document is found. Leaves: fetching and checking who said it to
``client.discovery``; what we say about ourselves to ``server.endpoints.metadata``.

Members nobody said are left out when written; unknown ones are ignored when read.

Spec: RFC 8414 §2; RFC 7591 §2; OpenID Connect Discovery 1.0 §3
"""

from typing import Literal
from urllib.parse import urlsplit, urlunsplit

from msgspec import Struct


class AuthorizationServerMetadata(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What an authorization server says about itself. Spec: RFC 8414 §2; OpenID Connect Discovery 1.0 §3"""

    issuer: str
    authorization_endpoint: str | None = None
    token_endpoint: str | None = None
    jwks_uri: str | None = None
    registration_endpoint: str | None = None
    userinfo_endpoint: str | None = None
    introspection_endpoint: str | None = None
    revocation_endpoint: str | None = None
    end_session_endpoint: str | None = None
    check_session_iframe: str | None = None
    backchannel_logout_supported: bool = False
    backchannel_logout_session_supported: bool = False
    frontchannel_logout_supported: bool = False
    frontchannel_logout_session_supported: bool = False
    device_authorization_endpoint: str | None = None
    pushed_authorization_request_endpoint: str | None = None
    scopes_supported: tuple[str, ...] | None = None
    response_types_supported: tuple[str, ...] | None = None
    response_modes_supported: tuple[str, ...] | None = None
    grant_types_supported: tuple[str, ...] | None = None
    """``None`` means authorization_code and implicit (RFC 8414 §2)."""
    token_endpoint_auth_methods_supported: tuple[str, ...] | None = None
    """``None`` means client_secret_basic (RFC 8414 §2)."""
    token_endpoint_auth_signing_alg_values_supported: tuple[str, ...] | None = None
    introspection_endpoint_auth_methods_supported: tuple[str, ...] | None = None
    introspection_endpoint_auth_signing_alg_values_supported: tuple[str, ...] | None = None
    revocation_endpoint_auth_methods_supported: tuple[str, ...] | None = None
    revocation_endpoint_auth_signing_alg_values_supported: tuple[str, ...] | None = None
    code_challenge_methods_supported: tuple[str, ...] | None = None
    """``None`` means no PKCE (RFC 8414 §2)."""
    prompt_values_supported: tuple[str, ...] | None = None
    acr_values_supported: tuple[str, ...] | None = None
    """Sign-in strengths a request may ask for with ``acr_values`` (RFC 9470 §7)."""
    subject_types_supported: tuple[str, ...] | None = None
    id_token_signing_alg_values_supported: tuple[str, ...] | None = None
    id_token_encryption_alg_values_supported: tuple[str, ...] | None = None
    id_token_encryption_enc_values_supported: tuple[str, ...] | None = None
    userinfo_signing_alg_values_supported: tuple[str, ...] | None = None
    userinfo_encryption_alg_values_supported: tuple[str, ...] | None = None
    userinfo_encryption_enc_values_supported: tuple[str, ...] | None = None
    claims_supported: tuple[str, ...] | None = None
    claim_types_supported: tuple[str, ...] | None = None
    ui_locales_supported: tuple[str, ...] | None = None
    dpop_signing_alg_values_supported: tuple[str, ...] | None = None
    protected_resources: tuple[str, ...] | None = None
    """Resource identifiers that accept our tokens (RFC 9728 §4)."""
    service_documentation: str | None = None
    op_policy_uri: str | None = None
    op_tos_uri: str | None = None
    authorization_response_iss_parameter_supported: bool = False
    require_pushed_authorization_requests: bool = False
    claims_parameter_supported: bool | None = None
    require_request_uri_registration: bool = False
    request_object_signing_alg_values_supported: tuple[str, ...] | None = None
    display_values_supported: tuple[str, ...] | None = None
    request_parameter_supported: bool | None = None
    request_uri_parameter_supported: bool | None = None
    """``None`` means yes (OpenID Connect Discovery 1.0 §3), so a server without it says ``False``."""


class ClientMetadata(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a client says about itself. Spec: RFC 7591 §2; OpenID Connect Dynamic Client Registration 1.0 §2"""

    redirect_uris: tuple[str, ...] = ()
    token_endpoint_auth_method: str = "client_secret_basic"
    token_endpoint_auth_signing_alg: str = ""
    grant_types: tuple[str, ...] = ("authorization_code",)
    response_types: tuple[str, ...] = ("code",)
    application_type: Literal["web", "native"] = "web"
    client_name: str = ""
    client_uri: str = ""
    logo_uri: str = ""
    policy_uri: str = ""
    tos_uri: str = ""
    scope: str = ""
    contacts: tuple[str, ...] = ()
    jwks_uri: str = ""
    jwks: dict[str, object] | None = None
    subject_type: Literal["public", "pairwise"] = "public"
    sector_identifier_uri: str = ""
    id_token_signed_response_alg: str = ""
    """Empty: RS256."""
    id_token_encrypted_response_alg: str = ""
    id_token_encrypted_response_enc: str = ""
    userinfo_signed_response_alg: str = ""
    userinfo_encrypted_response_alg: str = ""
    userinfo_encrypted_response_enc: str = ""
    request_object_signing_alg: str = ""
    request_uris: tuple[str, ...] = ()
    default_max_age: int | None = None
    require_auth_time: bool = False
    default_acr_values: tuple[str, ...] = ()
    initiate_login_uri: str = ""
    post_logout_redirect_uris: tuple[str, ...] = ()
    backchannel_logout_uri: str = ""
    backchannel_logout_session_required: bool = False
    frontchannel_logout_uri: str = ""
    frontchannel_logout_session_required: bool = False
    dpop_bound_access_tokens: bool = False
    require_pushed_authorization_requests: bool = False


def well_known_url(issuer: str, suffix: str = "oauth-authorization-server") -> str:
    """Where the metadata of ``issuer`` is: the well-known part goes between host and path. Spec: RFC 8414 §3.1"""
    parts = urlsplit(issuer)
    path = f"/.well-known/{suffix}{parts.path.rstrip('/')}"
    return urlunsplit((parts.scheme, parts.netloc, path, "", ""))
