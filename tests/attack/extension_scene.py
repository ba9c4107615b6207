"""A specimen of what the later grants and requests hand out or take, beside what ``scene.collect`` has."""

from urllib.parse import parse_qs, urlsplit

from lingpai.server.storage.records import TrustedIssuer
from tests.assertions import JWT_BEARER, Keyholder, add_worker, claims_of
from tests.attack.scene import Loot, collect
from tests.device import DEVICE_CODE, Device, add_tv, allow_device, to_question
from tests.openid import APP, LOGGED_OUT, add_app, sign_in
from tests.proofs import Prover
from tests.protocol.rfc9449_dpop.bound import prove
from tests.registration import initial_token, register
from tests.world import PHOTOS, Ask, World

TOKEN_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"
PARTNER = "https://partner.example"
KEY = Keyholder()
"""Signs for the worker and for the issuer that vouches for people: only what is said tells the two apart."""


async def collect_more(world: World) -> Loot:
    """``collect``, and one of everything else. All of it is in force."""
    loot = await collect(world)
    await _add_clients(world)
    more = {
        "device_code": await _device_code(world, loot),
        "device_visit": await _device_visit(world, loot),
        "exchanged_token": await exchanged(world, loot.access_token),
        "request_uri": await _pushed(world),
        "client_assertion": KEY.sign(claims_of(world)),
        "grant_assertion": KEY.sign(claims_of(world, iss=PARTNER, sub="zhangsan")),
        "dpop_proof": prove(world, Prover()),
        "initial_access_token": await initial_token(world, uses=5),
    }
    registered = await register(world, token=more["initial_access_token"])
    more["registration_access_token"] = registered["registration_access_token"]
    more["registered_client_id"] = registered["client_id"]
    more["id_token"] = (await sign_in(world, loot.browser, APP)).tokens["id_token"]
    more["logout_request"] = await _logout_request(world, more["id_token"])
    loot.more = more
    return loot


async def exchanged(world: World, subject_token: str) -> str:
    """What the photo service gets for the token a person's application called it with."""
    response = await world.post(
        "/oauth2/token",
        client="photos",
        grant_type=TOKEN_EXCHANGE,
        subject_token=subject_token,
        subject_token_type=ACCESS_TOKEN,
        resource=PHOTOS,
    )
    assert response.status_code == 200, response.text
    return str(response.json()["access_token"])


async def _add_clients(world: World) -> None:
    grants = ("authorization_code", "refresh_token", DEVICE_CODE, JWT_BEARER)
    await world.add_client(scope="get_user_info list_album read_signed", grant_types=grants)
    await world.add_client(
        "photos",
        grant_types=(TOKEN_EXCHANGE,),
        response_types=(),
        redirect_uris=(),
        scope="list_album read_signed",
        resources=(PHOTOS,),
    )
    issuer = TrustedIssuer(issuer=PARTNER, jwks=KEY.jwks, client_ids=("photo-print",), scope="list_album")
    await world.server.store.trusted_issuers.put(issuer)
    await add_worker(world, jwks=KEY.jwks)
    await add_tv(world)
    await add_app(world)


async def _device_code(world: World, loot: Loot) -> str:
    """Allowed by the person, not redeemed."""
    device = Device(world, "photo-print")
    await device.begin(scope="list_album")
    await allow_device(world, device, loot.browser)
    return str(device.began["device_code"])


async def _device_visit(world: World, loot: Loot) -> str:
    """In the address of the question about another device."""
    device = Device(world)
    await device.begin(scope="list_album")
    await to_question(world, loot.browser, device.began["user_code"])
    return parse_qs(urlsplit(str(loot.browser.page.url)).query)["request"][0]


async def _pushed(world: World) -> str:
    response = await world.post("/oauth2/par", **Ask(world, prompt="consent").params)
    return str(response.json()["request_uri"])


async def _logout_request(world: World, id_token: str) -> str:
    """In the address the browser is sent to after an application's form."""
    asked = {"id_token_hint": id_token, "post_logout_redirect_uri": LOGGED_OUT}
    response = await world.http.post("/oauth2/end_session", data=asked)
    return parse_qs(urlsplit(response.headers["location"]).query)["logout"][0]
