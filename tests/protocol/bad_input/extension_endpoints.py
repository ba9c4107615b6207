"""Grants and requests beyond the first ones, and the clients that use them."""

from collections.abc import Awaitable, Callable
from typing import Any

from lingpai.server.storage.records import TrustedIssuer
from tests.assertions import ASSERTION_TYPE, JWT_BEARER, Keyholder, add_worker, claims_of
from tests.device import DEVICE_CODE, Device, allow_device
from tests.openid import add_app
from tests.protocol.bad_input.endpoint import CLIENT, CREDENTIALS, Endpoint, Good, Param
from tests.world import PASSWORD, PHOTOS, Ask, World

TOKEN_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"
MACHINE, SIGNER, PARTNER = "machine", "worker", "https://partner.example"
KEY = Keyholder()
"""Of the client that signs, and of the issuer that vouches for people."""
_MACHINE = {**CREDENTIALS, "client_id": MACHINE}


async def register_machines(world: World) -> None:
    """A client that may use every grant of this file, one that signs, and an issuer that is trusted."""
    await world.add_client(
        MACHINE,
        grant_types=("authorization_code", "client_credentials", "password", DEVICE_CODE, TOKEN_EXCHANGE, JWT_BEARER),
        jwks=KEY.jwks,
        token_endpoint_auth_method="client_secret_post",
        scope="list_album get_user_info",
        resources=(PHOTOS,),
        legacy=True,
    )
    await add_worker(world, SIGNER, jwks=KEY.jwks)
    issuer = TrustedIssuer(issuer=PARTNER, jwks=KEY.jwks, client_ids=(MACHINE,), scope="list_album")
    await world.server.store.trusted_issuers.put(issuer)
    await add_app(world)


def _token(grant_type: str, **params: str) -> Good:
    return Good("POST", "/oauth2/token", body={"grant_type": grant_type, **params, **_MACHINE})


def _granted(grant_type: str, **params: str) -> Callable[[World], Awaitable[Good]]:
    async def make(_world: World) -> Good:
        return _token(grant_type, scope="list_album", resource=PHOTOS, **params)

    return make


async def _device_authorization(_world: World) -> Good:
    asked = {"scope": "list_album", "resource": PHOTOS}
    return Good("POST", "/oauth2/device_authorization", body={**asked, **_MACHINE})


async def _device_code(world: World) -> Good:
    device = Device(world, MACHINE, MACHINE)
    await device.begin(scope="list_album")
    await allow_device(world, device)
    return _token(DEVICE_CODE, device_code=device.began["device_code"], resource=PHOTOS)


async def _exchange(world: World) -> Good:
    params = {"grant_type": "client_credentials", "scope": "list_album", **_MACHINE}
    subject, actor = [(await world.http.post("/oauth2/token", data=params)).json()["access_token"] for _ in range(2)]
    return _token(
        TOKEN_EXCHANGE,
        subject_token=subject,
        subject_token_type=ACCESS_TOKEN,
        actor_token=actor,
        actor_token_type=ACCESS_TOKEN,
        requested_token_type=ACCESS_TOKEN,
        resource=PHOTOS,
        audience=PHOTOS,
        scope="list_album",
    )


async def _jwt_bearer(world: World) -> Good:
    assertion = KEY.sign(claims_of(world, iss=PARTNER, sub="zhangsan"))
    return _token(JWT_BEARER, assertion=assertion, scope="list_album", resource=PHOTOS)


async def _assertion(world: World) -> Good:
    proof = {"client_assertion": KEY.sign(claims_of(world, SIGNER)), "client_assertion_type": ASSERTION_TYPE}
    return Good("POST", "/oauth2/token", body={"grant_type": "client_credentials", **proof, "unknown": "x"})


async def _push_object(world: World) -> Good:
    claims: dict[str, Any] = {**Ask(world, MACHINE).params, "iss": MACHINE, "aud": world.config.issuer}
    return Good("POST", "/oauth2/par", body={"request": KEY.sign(claims), **_MACHINE})


def _grant(name: str, make: Callable[[World], Awaitable[Good]], *params: Param, scope: bool = True) -> Endpoint:
    shared = (Param("grant_type", "400 invalid_request"), Param("resource", may_repeat=True), *CLIENT)
    return Endpoint(f"token, {name}", "json", make, (*params, *((Param("scope"),) if scope else ()), *shared))


def _needed(*names: str) -> tuple[Param, ...]:
    return tuple(Param(name, "400 invalid_request") for name in names)


EXTENSION_ENDPOINTS = (
    Endpoint(
        "device authorization",
        "json",
        _device_authorization,
        (Param("scope"), Param("resource", may_repeat=True), *CLIENT),
    ),
    _grant("client credentials", _granted("client_credentials")),
    _grant("device code", _device_code, *_needed("device_code"), scope=False),
    _grant(
        "exchange",
        _exchange,
        *_needed("subject_token", "subject_token_type", "actor_token", "actor_token_type"),
        Param("requested_token_type"),
        Param("audience", may_repeat=True),
    ),
    _grant("assertion", _jwt_bearer, *_needed("assertion")),
    _grant("password", _granted("password", username="zhangsan", password=PASSWORD), *_needed("username", "password")),
    Endpoint(
        "token, signed by the client",
        "json",
        _assertion,
        (
            Param("client_assertion", "400 invalid_request"),
            Param("client_assertion_type", "400 invalid_request"),
            Param("unknown"),
        ),
    ),
    Endpoint(
        "par, request object",
        "json",
        _push_object,
        (Param("request", "400 invalid_request"), *CLIENT),
    ),
)
