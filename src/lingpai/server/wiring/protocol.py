"""The protocol endpoints as routes."""

from collections.abc import Mapping

from lingpai.server.app import Route
from lingpai.server.endpoints import paths
from lingpai.server.endpoints.health import HealthEndpoint
from lingpai.server.endpoints.introspect import IntrospectionEndpoint
from lingpai.server.endpoints.jwks import JwksEndpoint
from lingpai.server.endpoints.metadata import MetadataEndpoint
from lingpai.server.endpoints.par import ParEndpoint
from lingpai.server.endpoints.revoke import RevocationEndpoint
from lingpai.server.endpoints.token import TokenEndpoint
from lingpai.server.endpoints.userinfo import UserInfoEndpoint
from lingpai.server.endpoints.userinfo_response import UserInfoResponses
from lingpai.server.grant_types.authorization_code import AuthorizationCodeGrant
from lingpai.server.grant_types.base import GrantType
from lingpai.server.grant_types.client_credentials import ClientCredentialsGrant
from lingpai.server.grant_types.jwt_bearer import JwtBearerGrant
from lingpai.server.grant_types.password import PasswordGrant
from lingpai.server.grant_types.refresh_token import RefreshTokenGrant
from lingpai.server.grant_types.token_exchange import TokenExchangeGrant
from lingpai.server.wiring.admin_api import admin_api_routes
from lingpai.server.wiring.devices import device_authorization_endpoint, device_code_grant
from lingpai.server.wiring.parts import Parts
from lingpai.server.wiring.registration import registration_routes


def protocol_routes(parts: Parts) -> Mapping[str, Route]:
    """Path -> route of everything machines call."""
    store, clock, issuer = parts.store, parts.clock, parts.config.issuer
    token = TokenEndpoint(parts.client_auth, parts.dpop, _grant_types(parts), parts.issuer, parts.envelopes, clock)
    introspect = IntrospectionEndpoint(
        parts.client_auth, parts.lookup, parts.catalog, parts.openids, clock, issuer=issuer
    )
    revoke = RevocationEndpoint(parts.client_auth, parts.lookup, store.families, store.spent, parts.audit, clock)
    par = _par_endpoint(parts)
    device_authorization = device_authorization_endpoint(parts)
    userinfo_responses = UserInfoResponses(parts.keyring, parts.envelopes, issuer=issuer)
    userinfo = UserInfoEndpoint(parts.lookup, parts.catalog, parts.dpop, userinfo_responses, clock, issuer=issuer)
    metadata = MetadataEndpoint(
        parts.catalog,
        issuer=issuer,
        signing_algs=parts.config.signing_algs,
        registration=parts.config.registration != "off",
        legacy_registration=parts.config.registration != "off" and parts.config.registration_allow_legacy,
        prompts=parts.prompts,
    )
    described = Route({"GET": metadata.handle}, machine=True, cors=True, document=metadata.document)
    jwks, health = JwksEndpoint(parts.keyring), HealthEndpoint(store.driver, clock)
    return {
        paths.TOKEN: Route({"POST": token.handle}, machine=True, cors=True),
        paths.DEVICE_AUTHORIZATION: Route({"POST": device_authorization.handle}, machine=True, cors=True),
        paths.PAR: Route({"POST": par.handle}, machine=True, cors=True),
        paths.INTROSPECT: Route({"POST": introspect.handle}, machine=True),
        paths.REVOKE: Route({"POST": revoke.handle}, machine=True, cors=True),
        paths.USERINFO: Route({"GET": userinfo.handle, "POST": userinfo.handle}, machine=True, cors=True),
        paths.JWKS: Route({"GET": jwks.handle}, machine=True, cors=True, document=jwks.document),
        paths.OAUTH_METADATA: described,
        paths.OPENID_CONFIGURATION: described,
        paths.HEALTH_LIVE: Route({"GET": health.live}, machine=True),
        paths.HEALTH_READY: Route({"GET": health.ready}, machine=True),
        **registration_routes(parts),
        **admin_api_routes(parts),
    }


def _par_endpoint(parts: Parts) -> ParEndpoint:
    return ParEndpoint(
        parts.client_auth,
        parts.dpop,
        parts.catalog,
        parts.id_tokens,
        parts.pushed,
        parts.request_objects,
        parts.clock,
        prompts=parts.prompts,
    )


def _grant_types(parts: Parts) -> tuple[GrantType, ...]:
    store, config = parts.store, parts.config
    return (
        AuthorizationCodeGrant(
            parts.keyring, parts.catalog, store.families, store.accounts, parts.redemption, parts.audit
        ),
        RefreshTokenGrant(
            parts.lookup,
            parts.catalog,
            store.families,
            parts.issuer,
            parts.subjects,
            parts.audit,
            lifetime_s=config.refresh_token_lifetime_s,
            retry_window_s=config.refresh_retry_window_s,
        ),
        ClientCredentialsGrant(parts.catalog),
        device_code_grant(parts),
        TokenExchangeGrant(parts.lookup, store.clients, parts.catalog),
        JwtBearerGrant(
            store.trusted_issuers,
            parts.foreign_jwks,
            store.accounts,
            parts.implied,
            parts.catalog,
            parts.redemption,
            audience=(config.issuer, config.issuer + paths.TOKEN),
        ),
        PasswordGrant(parts.sign_in, parts.people.second_factors, parts.implied, parts.catalog, parts.redemption),
    )
