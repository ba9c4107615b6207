"""The places of the later grants and requests, each as in ``sinks``; and all places together."""

from urllib.parse import parse_qs, urlsplit

from tests.assertions import JWT_BEARER, authenticate
from tests.attack.extension_scene import ACCESS_TOKEN, TOKEN_EXCHANGE
from tests.attack.scene import Loot, bearer
from tests.attack.sinks import SINKS, Sink, taken
from tests.device import DEVICE_CODE
from tests.openid import APP, LOGGED_OUT
from tests.protocol.rfc9449_dpop.bound import send
from tests.registration import CALLBACK, REGISTER
from tests.world import PHOTOS, Ask, World

URN = "urn:ietf:params:oauth:request_uri:"


async def as_device_code(world: World, _loot: Loot, value: str) -> bool:
    """At the token endpoint, by the device."""
    world.clock.advance(5)  # or it would be told to slow down
    return taken(await world.post("/oauth2/token", grant_type=DEVICE_CODE, device_code=value), 200)


async def as_device_visit(_world: World, loot: Loot, value: str) -> bool:
    """In the address of the question."""
    return taken(await loot.browser.http.get("/device/confirm", params={"request": value}), 200)


async def as_request_uri(_world: World, loot: Loot, value: str) -> bool:
    """At the authorization endpoint."""
    params = {"client_id": "photo-print", "request_uri": URN + value.removeprefix(URN)}
    response = await loot.browser.http.get("/oauth2/authorize", params=params)
    return taken(response, 303) and "error=" not in response.headers["location"]


async def as_logout_request(_world: World, loot: Loot, value: str) -> bool:
    """In the address that signs out."""
    response = await loot.browser.http.get("/oauth2/end_session", params={"logout": value})
    return taken(response, 303) and response.headers["location"].startswith(LOGGED_OUT)


async def as_id_token_hint(world: World, loot: Loot, value: str) -> bool:
    """In a request that wants that person and no page."""
    params = Ask(world, APP, scope="openid", nonce="n", prompt="none", id_token_hint=value).params
    response = await loot.browser.http.get("/oauth2/authorize", params=params)
    return taken(response, 303) and "code" in parse_qs(urlsplit(response.headers["location"]).query)


async def as_subject_token(world: World, _loot: Loot, value: str) -> bool:
    """At the token endpoint, by the photo service."""
    params = {"subject_token": value, "subject_token_type": ACCESS_TOKEN, "resource": PHOTOS}
    return taken(await world.post("/oauth2/token", client="photos", grant_type=TOKEN_EXCHANGE, **params), 200)


async def as_client_assertion(world: World, _loot: Loot, value: str) -> bool:
    """At the token endpoint, in place of a secret."""
    return taken(await authenticate(world, value), 200)


async def as_grant_assertion(world: World, _loot: Loot, value: str) -> bool:
    """At the token endpoint, in place of a code."""
    return taken(await world.post("/oauth2/token", grant_type=JWT_BEARER, assertion=value), 200)


async def as_proof(world: World, loot: Loot, value: str) -> bool:
    """At the token endpoint, with a request that would succeed without."""
    params = {"grant_type": "refresh_token", "refresh_token": loot.refresh_token}
    return taken(await send(world, "/oauth2/token", value, **params), 200)


async def as_registration_access_token(world: World, loot: Loot, value: str) -> bool:
    """At the client's own address."""
    params = {"client_id": loot.more["registered_client_id"]}
    return taken(await world.http.get(REGISTER, params=params, headers=bearer(value)), 200)


async def as_initial_access_token(world: World, _loot: Loot, value: str) -> bool:
    """At the registration endpoint."""
    return taken(await world.http.post(REGISTER, json={"redirect_uris": [CALLBACK]}, headers=bearer(value)), 201)


EXTENSION_SINKS: dict[str, tuple[Sink, frozenset[str]]] = {
    "a device code": (as_device_code, frozenset({"device_code"})),
    "a way to a device": (as_device_visit, frozenset({"device_visit"})),
    "a pushed request": (as_request_uri, frozenset({"request_uri"})),
    "a logout request": (as_logout_request, frozenset({"logout_request"})),
    "an ID Token": (as_id_token_hint, frozenset({"id_token"})),
    "a token to exchange": (as_subject_token, frozenset({"access_token", "signed_token", "exchanged_token"})),
    "a client assertion": (as_client_assertion, frozenset({"client_assertion"})),
    "an assertion about a person": (as_grant_assertion, frozenset({"grant_assertion"})),
    "a proof": (as_proof, frozenset({"dpop_proof"})),
    "a registration access token": (as_registration_access_token, frozenset({"registration_access_token"})),
    "an initial access token": (as_initial_access_token, frozenset({"initial_access_token"})),
}

ALL_SINKS = SINKS | EXTENSION_SINKS
