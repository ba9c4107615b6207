"""What the server says about itself. Only what works is named. Spec: RFC 8414 §2; RFC 8414 §3.2"""

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from lingpai.crypto.digest import digest
from lingpai.i18n import LOCALES
from lingpai.oauth import dpop
from lingpai.oauth.metadata import AuthorizationServerMetadata
from lingpai.server.authorization.checks import PROMPTS, RESPONSE_MODES, RESPONSE_TYPES
from lingpai.server.client_auth import AUTH_METHODS
from lingpai.server.endpoints import paths
from lingpai.server.endpoints.jwks import cacheable
from lingpai.server.policy import GRANT_TYPE_RULES
from lingpai.server.tokens.catalog import Catalog

GRANT_TYPES_ON_OFFER = tuple(name for name, rule in GRANT_TYPE_RULES.items() if not rule.legacy)


class MetadataEndpoint:
    """``GET /.well-known/oauth-authorization-server``."""

    def __init__(self, catalog: Catalog, *, issuer: str) -> None:
        self._catalog = catalog
        self._issuer = issuer
        self._names: tuple[tuple[str, ...], tuple[str, ...]] | None = None
        self._document = b""
        self._etag = ""

    async def handle(self, request: Request) -> Response:
        """The document; its bytes are made again only when permissions or resource servers change."""
        names = tuple(self._catalog.scopes), tuple(self._catalog.resource_servers)
        if names != self._names:
            self._document = msgspec.json.encode(self._metadata(*names))
            self._etag = f'"{digest(self._document.decode()).hex()[:32]}"'
            self._names = names
        return cacheable(request, self._document, self._etag)

    def _metadata(self, scopes: tuple[str, ...], resource_servers: tuple[str, ...]) -> AuthorizationServerMetadata:
        at = self._issuer
        confidential = tuple(method for method in AUTH_METHODS if method != "none")
        return AuthorizationServerMetadata(
            issuer=at,
            authorization_endpoint=at + paths.AUTHORIZE,
            token_endpoint=at + paths.TOKEN,
            jwks_uri=at + paths.JWKS,
            userinfo_endpoint=at + paths.USERINFO,
            introspection_endpoint=at + paths.INTROSPECT,
            revocation_endpoint=at + paths.REVOKE,
            scopes_supported=scopes,
            response_types_supported=RESPONSE_TYPES,
            response_modes_supported=RESPONSE_MODES,
            grant_types_supported=GRANT_TYPES_ON_OFFER,
            dpop_signing_alg_values_supported=dpop.ALGS,
            token_endpoint_auth_methods_supported=AUTH_METHODS,
            introspection_endpoint_auth_methods_supported=confidential,
            revocation_endpoint_auth_methods_supported=AUTH_METHODS,
            code_challenge_methods_supported=("S256",),
            prompt_values_supported=PROMPTS,
            ui_locales_supported=tuple(locale.replace("_", "-") for locale in LOCALES),
            protected_resources=resource_servers or None,
            authorization_response_iss_parameter_supported=True,
            request_parameter_supported=False,
            request_uri_parameter_supported=False,
        )
