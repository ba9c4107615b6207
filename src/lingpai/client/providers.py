"""What a client has to know about an authorization server.

Owns: ``Provider``, and which URLs a client may talk to. A value, from metadata or written by hand for a server without.
Leaves: fetching the metadata to ``discovery``, using it to ``flow`` and ``operations``.
"""

import re
from typing import Literal
from urllib.parse import urlsplit

from msgspec import Struct

from lingpai.oauth.metadata import AuthorizationServerMetadata

AuthMethod = Literal["client_secret_basic", "client_secret_post", "client_secret_jwt", "private_key_jwt", "none"]

_SECRET_METHODS: tuple[AuthMethod, ...] = ("client_secret_basic", "client_secret_post", "client_secret_jwt")
_OPTIONAL_URLS = (
    "authorization_endpoint",
    "userinfo_endpoint",
    "revocation_endpoint",
    "pushed_authorization_request_endpoint",
    "device_authorization_endpoint",
    "jwks_uri",
)

_URL = re.compile(r"https?://[!-\[\]-~]+\Z")
_LOOPBACK_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})
_URL_LIMIT = 2048

# Signatures anybody can check with a public key. HMAC is absent: its "key" would be the client's secret, and a server
# that may choose between both kinds invites algorithm confusion.
SIGNING_ALGS = frozenset(
    {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519"}
)


def check_url(name: str, url: str, *, query: bool = True) -> None:
    """Raise ``ValueError`` unless ``url`` is https (loopback: also http) without user, fragment or strange characters.

    Spec: RFC 8414 §2; RFC 9700 §2.6
    """
    if len(url) > _URL_LIMIT or not _URL.match(url):
        raise ValueError(f"{name} is no https URL")
    parts = urlsplit(url)
    if not parts.hostname or "@" in parts.netloc or "#" in url or (not query and "?" in url):
        raise ValueError(f"{name} has parts it must not have, or no host")
    if parts.scheme == "http" and parts.hostname not in _LOOPBACK_HOSTS:
        raise ValueError(f"{name} is plain http: everybody on the way could read the tokens")


class Provider(Struct, frozen=True, kw_only=True):
    """An authorization server as its clients see it; raises ``ValueError`` for URLs nobody should send secrets to."""

    issuer: str
    """Its name: compared character by character with ``iss`` of callbacks and ID Tokens."""
    token_endpoint: str
    authorization_endpoint: str | None = None
    userinfo_endpoint: str | None = None
    revocation_endpoint: str | None = None
    pushed_authorization_request_endpoint: str | None = None
    device_authorization_endpoint: str | None = None
    jwks_uri: str | None = None
    require_pushed_authorization_requests: bool = False
    """The server takes no authorization request from a browser that was not pushed to it first. Spec: RFC 9126 §5"""
    iss_parameter_supported: bool = False
    """The server promises ``iss`` in every callback, so one without it is refused. Spec: RFC 9207 §2.4"""
    token_endpoint_auth_methods: tuple[str, ...] = ("client_secret_basic",)
    id_token_algs: tuple[str, ...] = ("RS256",)
    dpop_algs: tuple[str, ...] | None = None
    """What a DPoP proof may be signed with; ``None``: the server does not say. Spec: RFC 9449 §5.1"""

    def __post_init__(self) -> None:
        check_url("issuer", self.issuer, query=False)
        check_url("token_endpoint", self.token_endpoint)
        for name in _OPTIONAL_URLS:
            url = getattr(self, name)
            if url is not None:
                check_url(name, url)

    @classmethod
    def from_metadata(cls, metadata: AuthorizationServerMetadata) -> "Provider":
        """Take what a client needs; the caller has compared ``metadata.issuer``. Raises ``ValueError``.

        Spec: RFC 8414 §2; OpenID Connect Discovery 1.0 §3
        """
        if not metadata.token_endpoint:
            raise ValueError("the metadata names no token_endpoint")
        offered = metadata.id_token_signing_alg_values_supported or ["RS256"]
        return cls(
            issuer=metadata.issuer,
            token_endpoint=metadata.token_endpoint,
            authorization_endpoint=metadata.authorization_endpoint,
            userinfo_endpoint=metadata.userinfo_endpoint,
            revocation_endpoint=metadata.revocation_endpoint,
            pushed_authorization_request_endpoint=metadata.pushed_authorization_request_endpoint,
            device_authorization_endpoint=metadata.device_authorization_endpoint,
            require_pushed_authorization_requests=metadata.require_pushed_authorization_requests,
            jwks_uri=metadata.jwks_uri,
            iss_parameter_supported=bool(metadata.authorization_response_iss_parameter_supported),
            token_endpoint_auth_methods=tuple(
                metadata.token_endpoint_auth_methods_supported or ["client_secret_basic"]
            ),
            id_token_algs=tuple(alg for alg in offered if alg in SIGNING_ALGS),
            dpop_algs=metadata.dpop_signing_alg_values_supported,
        )

    def auth_method_for(self, client_secret: str | None, *, has_private_key: bool = False) -> AuthMethod:
        """How a client with this secret or key authenticates here, when it was not told. Spec: RFC 6749 §2.3.1"""
        if has_private_key:
            return "private_key_jwt"
        if client_secret is None:
            return "none"
        offered = self.token_endpoint_auth_methods
        return next((method for method in _SECRET_METHODS if method in offered), "client_secret_basic")
