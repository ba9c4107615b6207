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
    userinfo_signing_alg_values_supported: tuple[str, ...] | None = None
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
    request_parameter_supported: bool | None = None
    request_uri_parameter_supported: bool | None = None
    """``None`` means yes (OpenID Connect Discovery 1.0 §3), so a server without it says ``False``."""


class ClientMetadata(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a client says about itself, or an operator about it. Spec: RFC 7591 §2"""

    redirect_uris: tuple[str, ...] = ()
    token_endpoint_auth_method: str = "client_secret_basic"
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
    post_logout_redirect_uris: tuple[str, ...] = ()
    jwks_uri: str = ""
    jwks: dict[str, object] | None = None
    software_id: str = ""
    software_version: str = ""


def well_known_url(issuer: str, suffix: str = "oauth-authorization-server") -> str:
    """Where the metadata of ``issuer`` is: the well-known part goes between host and path. Spec: RFC 8414 §3.1"""
    parts = urlsplit(issuer)
    path = f"/.well-known/{suffix}{parts.path.rstrip('/')}"
    return urlunsplit((parts.scheme, parts.netloc, path, "", ""))
