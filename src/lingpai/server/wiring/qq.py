"""QQ Connect: the same engine with this dialect's lifetimes and answers, and its endpoints as routes."""

import importlib
from collections.abc import Mapping, Sequence

from lingpai.dialects.openapi import OpenApiEndpoint
from lingpai.server.app import Route
from lingpai.server.authorization.qq import delivery
from lingpai.server.authorization.response import AuthorizationResponses
from lingpai.server.config import ConfigInvalid
from lingpai.server.endpoints.qq import paths
from lingpai.server.endpoints.qq.authorize import QqAuthorizeEndpoint
from lingpai.server.endpoints.qq.me import QqMeEndpoint
from lingpai.server.endpoints.qq.openapi import OpenApiHost, TokenProof, no_such_api
from lingpai.server.endpoints.qq.token import QqTokenEndpoint
from lingpai.server.endpoints.qq.user_info import UserApis
from lingpai.server.grant_types.authorization_code import AuthorizationCodeGrant
from lingpai.server.grant_types.refresh_token import RefreshTokenGrant
from lingpai.server.tokens.issuer import Issuer
from lingpai.server.tokens.redemption import Redemption
from lingpai.server.web.portal.not_proven import NotProvenPage
from lingpai.server.wiring.parts import Parts

CODE_LIFETIME_S = 600
"""Ten minutes, as QQ Connect documents it."""


def qq_routes(parts: Parts) -> Mapping[str, Route]:
    """Path -> route. They are there always, and refuse every client that is not marked for the dialect."""
    people = parts.openids
    authorize = QqAuthorizeEndpoint(
        parts.store.clients,
        parts.pending,
        parts.cookies,
        parts.clock,
        refused_page=NotProvenPage(
            parts.pages, parts.browser_sessions, parts.portal.applications, parts.cookies, parts.clock
        ).show_qq,
        resume=parts.pages.resume_url,
    )
    me = QqMeEndpoint(parts.lookup, people, parts.clock).handle
    token = _token_endpoint(parts).handle
    proof = TokenProof(parts.lookup, people, parts.clock)
    endpoints = (*UserApis(parts.store.accounts, parts.catalog).endpoints(), *load_openapi(parts.config.openapi))
    return {
        **dict.fromkeys((paths.AUTHORIZE, paths.WAP_AUTHORIZE), Route({"GET": authorize.get, "POST": authorize.post})),
        **dict.fromkeys((paths.TOKEN, paths.WAP_TOKEN), Route({"GET": token, "POST": token}, machine=True)),
        **dict.fromkeys((paths.ME, paths.WAP_ME), Route({"GET": me, "POST": me}, machine=True)),
        **{endpoint.path: _api_route(endpoint, proof) for endpoint in endpoints},
        **dict.fromkeys(paths.APIS, Route({"GET": no_such_api, "POST": no_such_api}, machine=True)),
    }


def load_openapi(names: Sequence[str]) -> tuple[OpenApiEndpoint, ...]:
    """The endpoints that the setting names, ``package.module:NAME`` each. Raises ``ConfigInvalid``."""
    found: list[OpenApiEndpoint] = []
    for name in names:
        module, _, attribute = name.partition(":")
        try:
            endpoints = getattr(importlib.import_module(module), attribute)
        except (ImportError, AttributeError, ValueError) as error:
            raise ConfigInvalid((f"openapi: {name} cannot be loaded: {error}",)) from error
        if not all(isinstance(endpoint, OpenApiEndpoint) for endpoint in endpoints):
            raise ConfigInvalid((f"openapi: {name} is not a list of OpenApiEndpoint",))
        found += endpoints
    return tuple(found)


def qq_responses(parts: Parts) -> AuthorizationResponses:
    """How authorization requests of the dialect are answered."""
    issuer = _issuer(parts)
    return AuthorizationResponses(
        parts.keyring,
        _redemption(parts, issuer),
        issuer,
        parts.id_tokens,
        parts.subjects,
        parts.store.accounts,
        parts.store.session_clients,
        parts.catalog,
        envelopes=parts.envelopes,
        sweep_clock=parts.store.sweep_clock,
        delivery=delivery,
        code_lifetime_s=CODE_LIFETIME_S,
    )


def _token_endpoint(parts: Parts) -> QqTokenEndpoint:
    store, config, issuer = parts.store, parts.config, _issuer(parts)
    redemption = _redemption(parts, issuer)
    code = AuthorizationCodeGrant(parts.keyring, parts.catalog, store.families, store.accounts, redemption, parts.audit)
    refresh = RefreshTokenGrant(
        parts.lookup,
        parts.catalog,
        store.families,
        issuer,
        parts.subjects,
        parts.audit,
        lifetime_s=config.qq_refresh_chain_s,
        retry_window_s=config.refresh_retry_window_s,
    )
    return QqTokenEndpoint(
        parts.client_auth,
        store.clients,
        (code, refresh),
        issuer,
        parts.lookup,
        store.families,
        parts.openids,
        parts.clock,
        chain_s=config.qq_refresh_chain_s,
    )


def _issuer(parts: Parts) -> Issuer:
    return Issuer(
        parts.keyring,
        parts.catalog,
        parts.id_tokens,
        issuer=parts.config.issuer,
        lifetime_s=parts.config.qq_access_token_lifetime_s,
        only_opaque=True,
    )


def _redemption(parts: Parts, issuer: Issuer) -> Redemption:
    return Redemption(parts.store.families, issuer, parts.subjects, refresh_lifetime_s=parts.config.qq_refresh_chain_s)


def _api_route(endpoint: OpenApiEndpoint, proof: TokenProof) -> Route:
    handle = OpenApiHost(endpoint, proof).handle
    return Route(dict.fromkeys(("GET", "POST", *endpoint.methods), handle), machine=True)
