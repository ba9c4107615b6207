"""The device grant's three faces: the endpoint for the device, the pages for its person, the grant type for both."""

from collections.abc import Mapping

from lingpai.server.authorization.device_lookup import DeviceLookup
from lingpai.server.authorization.device_visit import DeviceVisits
from lingpai.server.endpoints.device_authorization import DeviceAuthorizationEndpoint, DeviceLimits
from lingpai.server.grant_types.device_code import DeviceCodeGrant
from lingpai.server.http import Handler
from lingpai.server.rate_limit import Throttle
from lingpai.server.web import paths
from lingpai.server.web.device import DevicePage
from lingpai.server.web.device_qr import DeviceQr
from lingpai.server.web.device_question import DeviceQuestionPage
from lingpai.server.web.visit import Visits
from lingpai.server.wiring.parts import Parts

# Wrong user codes within the window. Twenty thousand million codes and five tries: nobody guesses one.
_TRIES_PER_ACCOUNT = 5
_TRIES_PER_ADDRESS = 50
_WINDOW_S = 900


def device_authorization_endpoint(parts: Parts) -> DeviceAuthorizationEndpoint:
    """Where devices ask."""
    config = parts.config
    return DeviceAuthorizationEndpoint(
        parts.client_auth,
        parts.dpop,
        parts.catalog,
        parts.store.device_codes,
        parts.clock,
        verification_uri=_verification_uri(parts),
        limits=DeviceLimits(
            lifetime_s=config.device_code_lifetime_s,
            interval_s=config.device_poll_interval_s,
            per_client=config.device_codes_per_client,
            per_network=config.device_codes_per_address,
        ),
    )


def device_code_grant(parts: Parts) -> DeviceCodeGrant:
    """What devices redeem."""
    store = parts.store
    return DeviceCodeGrant(store.device_codes, parts.catalog, store.families, parts.redemption, parts.audit)


def device_pages(parts: Parts, visits: Visits) -> Mapping[tuple[str, str], Handler]:
    """(method, path) -> handler of what people see."""
    store, pages = parts.store, parts.pages
    device_visits = DeviceVisits(parts.keyring, lifetime_s=parts.config.authorization_request_lifetime_s)
    lookup = DeviceLookup(
        store.device_codes,
        Throttle(store.throttles, limit=_TRIES_PER_ACCOUNT, window_s=_WINDOW_S, name="user-code-account"),
        Throttle(store.throttles, limit=_TRIES_PER_ADDRESS, window_s=_WINDOW_S, name="user-code-address"),
        parts.audit,
    )
    entry = DevicePage(pages, visits, device_visits, lookup)
    question = DeviceQuestionPage(
        pages,
        visits,
        device_visits,
        store.device_codes,
        store.grants,
        parts.catalog,
        parts.audit,
        parts.people.notices,
        parts.portal.trials,
    )
    return {
        ("GET", paths.DEVICE): entry.get,
        ("POST", paths.DEVICE): entry.post,
        ("GET", paths.DEVICE_QUESTION): question.get,
        ("POST", paths.DEVICE_QUESTION): question.post,
        ("GET", paths.DEVICE_QR): DeviceQr(_verification_uri(parts)).get,
    }


def _verification_uri(parts: Parts) -> str:
    return parts.config.issuer + paths.DEVICE
