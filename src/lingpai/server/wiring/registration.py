"""Dynamic registration: nothing of it is there unless the settings say so."""

from collections.abc import Mapping

from lingpai.crypto import jwe
from lingpai.oauth.scope import scope_of
from lingpai.server.app import Route
from lingpai.server.authorization import request_object
from lingpai.server.config import Config
from lingpai.server.endpoints import paths
from lingpai.server.endpoints.register import RegistrationEndpoint
from lingpai.server.rate_limit import Throttle
from lingpai.server.registration.ceiling import Ceiling
from lingpai.server.registration.registrar import Registrar
from lingpai.server.storage.registrations import Registrations
from lingpai.server.wiring.parts import Parts

_WINDOW_S = 3600


def registration_routes(parts: Parts) -> Mapping[str, Route]:
    """Path -> route; empty when registration is off."""
    config, store = parts.config, parts.store
    if config.registration == "off":
        return {}
    registrar = Registrar(
        Registrations(store.driver),
        parts.catalog,
        parts.outbound,
        Throttle(store.throttles, limit=config.registrations_per_address, window_s=_WINDOW_S, name="registration"),
        parts.secret_maker,
        parts.audit,
        ceiling=_ceiling(config),
        stranger_limit=config.registration_limit if config.registration == "open" else 0,
    )
    handle = RegistrationEndpoint(registrar, parts.clock, issuer=config.issuer).handle
    methods = dict.fromkeys(("POST", "GET", "PUT", "DELETE"), handle)
    return {paths.REGISTER: Route(methods, machine=True, cors=True)}


def _ceiling(config: Config) -> Ceiling:
    """What the settings allow of what this server does."""
    return Ceiling(
        scope=scope_of(config.registration_scope_ceiling),
        grant_types=config.registration_grant_type_ceiling,
        auth_methods=config.registration_auth_method_ceiling,
        id_token_algs=config.signing_algs,
        userinfo_algs=config.signing_algs,
        request_object_algs=request_object.ALGS,
        encryption_algs=jwe.ALGS,
        encryption_encs=jwe.ENCS,
        allow_legacy=config.registration_allow_legacy,
    )
