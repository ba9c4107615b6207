"""What the server says about itself. Only what works is named. Spec: RFC 8414 §2; RFC 8414 §3.2"""

import msgspec
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from lingpai.crypto import jwe
from lingpai.crypto.digest import digest
from lingpai.i18n import LOCALES
from lingpai.oauth import dpop
from lingpai.oauth.claims import STANDARD_CLAIMS
from lingpai.oauth.metadata import AuthorizationServerMetadata
from lingpai.server.accounts.acr import ACR_VALUES
from lingpai.server.authorization import request_object
from lingpai.server.authorization.checks import DISPLAYS, PROMPTS, RESPONSE_MODES
from lingpai.server.client_auth import AUTH_METHODS, AUTH_SIGNING_ALGS
from lingpai.server.endpoints import paths
from lingpai.server.endpoints.public_document import PublicDocument, public_document
from lingpai.server.policy import GRANT_TYPE_RULES, LEGACY_RESPONSE_TYPES, RESPONSE_TYPES
from lingpai.server.tokens.catalog import Catalog


class _Offer(Struct, frozen=True):
    """What can change while the server runs. ``legacy``: some client may use what RFC 9700 advises against."""

    scopes: tuple[str, ...]
    resource_servers: tuple[str, ...]
    legacy: bool


class MetadataEndpoint:
    """``GET /.well-known/oauth-authorization-server`` and ``GET /.well-known/openid-configuration``: one document."""

    def __init__(
        self,
        catalog: Catalog,
        *,
        issuer: str,
        signing_algs: tuple[str, ...],
        registration: bool,
        legacy_registration: bool,
        prompts: tuple[str, ...] = PROMPTS,
    ) -> None:
        self._prompts = prompts
        self._catalog = catalog
        self._signing_algs = signing_algs
        self._registration = registration
        self._legacy_registration = legacy_registration
        self._issuer = issuer
        self._offer: _Offer | None = None
        self._document = public_document(b"", "", "")

    async def handle(self, request: Request) -> Response:
        """The document; 304 for who has it already."""
        return self.document().answer(request)

    def document(self) -> PublicDocument:
        """The document as it is now; its bytes are made again only when permissions or resource servers change."""
        # Whoever may register what is legacy must be able to read here that it works.
        legacy = self._catalog.has_legacy or self._legacy_registration
        offer = _Offer(self._catalog.scopes_supported, tuple(self._catalog.resource_servers), legacy)
        if offer != self._offer:
            body = msgspec.json.encode(self._metadata(offer))
            self._document = public_document(body, f'"{digest(body.decode()).hex()[:32]}"', "application/json")
            self._offer = offer
        return self._document

    def _endpoints(self) -> AuthorizationServerMetadata:
        at = self._issuer
        return AuthorizationServerMetadata(
            issuer=at,
            authorization_endpoint=at + paths.AUTHORIZE,
            token_endpoint=at + paths.TOKEN,
            device_authorization_endpoint=at + paths.DEVICE_AUTHORIZATION,
            jwks_uri=at + paths.JWKS,
            userinfo_endpoint=at + paths.USERINFO,
            pushed_authorization_request_endpoint=at + paths.PAR,
            introspection_endpoint=at + paths.INTROSPECT,
            end_session_endpoint=at + paths.END_SESSION,
            check_session_iframe=at + paths.CHECK_SESSION,
            backchannel_logout_supported=True,
            backchannel_logout_session_supported=True,
            frontchannel_logout_supported=True,
            frontchannel_logout_session_supported=True,
            revocation_endpoint=at + paths.REVOKE,
            registration_endpoint=at + paths.REGISTER if self._registration else None,
        )

    def _documents(self) -> AuthorizationServerMetadata:
        """The endpoints, and in what form ID Tokens and UserInfo come from them."""
        return msgspec.structs.replace(
            self._endpoints(),
            id_token_signing_alg_values_supported=self._signing_algs,
            id_token_encryption_alg_values_supported=jwe.ALGS,
            id_token_encryption_enc_values_supported=jwe.ENCS,
            userinfo_signing_alg_values_supported=self._signing_algs,
            userinfo_encryption_alg_values_supported=jwe.ALGS,
            userinfo_encryption_enc_values_supported=jwe.ENCS,
            subject_types_supported=("public", "pairwise"),
            claims_supported=STANDARD_CLAIMS,
            claim_types_supported=("normal",),
        )

    def _metadata(self, offer: _Offer) -> AuthorizationServerMetadata:
        confidential = tuple(method for method in AUTH_METHODS if method != "none")
        return msgspec.structs.replace(
            self._documents(),
            scopes_supported=offer.scopes,
            response_types_supported=tuple(
                name for name in RESPONSE_TYPES if offer.legacy or name not in LEGACY_RESPONSE_TYPES
            ),
            response_modes_supported=RESPONSE_MODES,
            grant_types_supported=tuple(
                name for name, rule in GRANT_TYPE_RULES.items() if offer.legacy or not rule.legacy
            ),
            dpop_signing_alg_values_supported=dpop.ALGS,
            token_endpoint_auth_methods_supported=AUTH_METHODS,
            token_endpoint_auth_signing_alg_values_supported=AUTH_SIGNING_ALGS,
            introspection_endpoint_auth_methods_supported=confidential,
            introspection_endpoint_auth_signing_alg_values_supported=AUTH_SIGNING_ALGS,
            revocation_endpoint_auth_methods_supported=AUTH_METHODS,
            revocation_endpoint_auth_signing_alg_values_supported=AUTH_SIGNING_ALGS,
            code_challenge_methods_supported=("S256",),
            prompt_values_supported=self._prompts,
            acr_values_supported=ACR_VALUES,
            ui_locales_supported=tuple(locale.replace("_", "-") for locale in LOCALES),
            protected_resources=offer.resource_servers or None,
            authorization_response_iss_parameter_supported=True,
            request_parameter_supported=True,
            request_uri_parameter_supported=True,
            require_request_uri_registration=True,
            request_object_signing_alg_values_supported=request_object.ALGS,
            claims_parameter_supported=True,
            display_values_supported=DISPLAYS,
        )
