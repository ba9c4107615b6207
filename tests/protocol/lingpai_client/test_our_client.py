"""Our client and our guard against our server, with everything they can do together."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx2
import pytest
import pytest_asyncio
from msgspec import structs
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from lingpai.client import AsyncClient, ClientKey, DpopKey, StepUp, TokenError, TokenSet
from lingpai.guard import Dpop, Guard, GuardMiddleware, Jwks, Verifier
from tests.browser import Browser
from tests.device import Device, allow_device
from tests.world import CALLBACK, PHOTOS, SECRET, World

DEVICE = "urn:ietf:params:oauth:grant-type:device_code"
EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
Connect = Callable[..., AsyncClient]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def everybodys_strict_world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    opened = await World.open(tmp_path_factory.mktemp("strict"), dpop_nonce_required=True)
    yield opened
    await opened.close()


@pytest_asyncio.fixture(loop_scope="session", params=[False, True], ids=["", "with nonces"])
async def place(request: pytest.FixtureRequest, world: World, everybodys_strict_world: World) -> World:
    """A server that wants no nonce, and one that does."""
    if request.param:
        await everybodys_strict_world.reset()
        return everybodys_strict_world
    return world


@pytest.fixture
def connect(place: World) -> Connect:
    """Makes clients that talk to the server in process."""

    def connect(client_id: str = "photo-print", client_secret: str | None = SECRET, **options: Any) -> AsyncClient:
        settings: dict[str, Any] = {"http": place.http, "clock": place.clock} | options
        return AsyncClient(place.config.issuer, client_id, client_secret, **settings)

    return connect


async def answer(world: World, url: str, browser: Browser | None = None) -> str:
    """The person signs in, allows everything, and is sent back."""
    browser = browser or world.browser()
    await browser.get(url)
    await browser.follow()
    if browser.shows("sign-in-form"):
        await world.sign_in(browser)
        await browser.follow()
    if not browser.page.is_redirect:
        form = browser.form("consent-form")
        scopes = [("scope", name) for name in form.boxes.get("scope", [])]
        await browser.submit(form, *scopes, ("lifetime", "30d"), ("decision", "allow"))
        await browser.follow()
    return browser.page.headers["location"]


async def sign_in(world: World, client: AsyncClient, browser: Browser | None = None, **options: Any) -> TokenSet:
    settings: dict[str, Any] = {"redirect_uri": CALLBACK, "scope": "get_user_info list_album"} | options
    pending = await client.begin_sign_in(**settings)
    return await client.finish_sign_in(pending, await answer(world, pending.url, browser))


@pytest.mark.parametrize("push", [False, True], ids=["in the browser", "pushed"])
@pytest.mark.parametrize("alg", [None, "ES256", "EdDSA"])
async def test_a_person_signs_in(place: World, connect: Connect, alg: Any, *, push: bool) -> None:
    client = connect(dpop_key=None if alg is None else DpopKey.generate(alg))
    tokens = await sign_in(place, client, push=push)
    assert tokens.token_type == ("Bearer" if alg is None else "DPoP")
    assert (await client.userinfo(tokens))["nickname"] == "zhangsan"
    again = await client.refresh(tokens)
    assert again.token_type == tokens.token_type
    await client.revoke(again.refresh_token or "")
    with pytest.raises(TokenError, match="invalid_grant"):
        await client.refresh(again)


@pytest.mark.parametrize("alg", ["ES256", "EdDSA", "PS256"])
async def test_a_client_proves_itself_with_a_key(place: World, connect: Connect, alg: Any) -> None:
    key = ClientKey.generate(alg)
    await place.add_client(
        "keyed",
        secret=None,
        token_endpoint_auth_method="private_key_jwt",
        jwks={"keys": [key.public_jwk]},
        require_pushed_authorization_requests=True,
        dpop_bound_access_tokens=True,
    )
    client = connect("keyed", None, private_key=ClientKey.from_json(key.to_json()), dpop_key=DpopKey.generate())
    tokens = await sign_in(place, client, push=True)
    assert (await client.userinfo(tokens))["nickname"] == "zhangsan"


async def test_a_public_client_is_bound_by_its_key_alone(place: World, connect: Connect) -> None:
    await place.add_client("app", secret=None)
    key = DpopKey.generate()
    tokens = await sign_in(place, connect("app", None, dpop_key=key))
    with pytest.raises(TokenError, match="invalid_grant"):
        await connect("app", None, dpop_key=DpopKey.generate()).refresh(tokens)
    assert await connect("app", None, dpop_key=DpopKey.from_json(key.to_json())).refresh(tokens)


async def test_a_device_signs_in(place: World, connect: Connect) -> None:
    await place.add_client("tv", secret=None, grant_types=(DEVICE, "refresh_token"), response_types=())
    client = connect("tv", None, dpop_key=DpopKey.generate())
    pending = structs.replace(await client.begin_device_sign_in(scope="list_album"), interval_s=0)
    assert pending.verification_uri.startswith(place.config.issuer)
    shown = Device(place)
    shown.began = {
        "user_code": pending.user_code,
        "verification_uri": pending.verification_uri,
        "verification_uri_complete": pending.verification_uri_complete,
    }
    await allow_device(place, shown)
    place.clock.advance(10)
    tokens = await client.finish_device_sign_in(pending)
    assert (tokens.scope, tokens.token_type) == ("list_album", "DPoP")


async def test_a_service_exchanges_a_token(place: World, connect: Connect) -> None:
    fields: dict[str, Any] = {"grant_types": (EXCHANGE,), "scope": "list_album", "resources": (PHOTOS,)}
    await place.add_client("photos", **fields)
    theirs = await sign_in(place, connect())
    mine = await connect("photos").exchange_token(theirs.access_token, resource=[PHOTOS])
    assert mine.scope == "list_album"


@pytest_asyncio.fixture(loop_scope="session")
async def photos(place: World) -> AsyncIterator[httpx2.AsyncClient]:
    """A photo service behind our guard that wants nonces of its own, and a fresh sign-in to delete."""

    async def albums(request: Request) -> Response:
        return JSONResponse(request.state.access_token.client_id)

    await place.add_resource_server(PHOTOS, client_ids=("photos",), access_token_format="at+jwt")
    jwks = Jwks(issuer=place.config.issuer, http=place.http)
    check = Verifier(issuer=place.config.issuer, audience=PHOTOS, jwks=jwks)
    guard = Guard(check, dpop=Dpop(base_url=PHOTOS, nonce_key=b"n" * 32), clock=place.clock)
    guarded: list[Any] = [
        GuardMiddleware(Starlette(routes=[Route("/albums", albums, methods=[method])]), guard, **options)
        for method, options in (("GET", {"scope": "list_album"}), ("DELETE", {"max_age_s": 60}))
    ]

    async def service(scope: Any, receive: Any, send: Any) -> None:
        await guarded[scope["method"] == "DELETE"](scope, receive, send)

    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(service), base_url=PHOTOS) as http:
        yield http


@pytest.mark.parametrize("bound", [False, True], ids=["bearer", "DPoP"])
async def test_a_resource_is_used_and_asks_for_a_newer_sign_in(
    place: World, connect: Connect, photos: httpx2.AsyncClient, *, bound: bool
) -> None:
    client = connect(dpop_key=DpopKey.generate() if bound else None)
    browser = place.browser()
    tokens = await sign_in(place, client, browser, scope="list_album")
    place.clock.advance(61)
    auth = client.auth_for(tokens)
    for _ in range(2):
        assert (await photos.get("/albums", auth=auth)).json() == "photo-print"
    refused = await photos.delete("/albums", auth=auth)
    assert refused.status_code == 401
    demand = StepUp.from_challenge(refused.headers["www-authenticate"])
    assert demand == StepUp(max_age=60)
    newer = await sign_in(place, client, browser, scope="list_album", step_up=demand)
    assert (await photos.delete("/albums", auth=client.auth_for(newer))).status_code == 200


async def test_a_stolen_token_opens_nothing_without_the_key(
    place: World, connect: Connect, photos: httpx2.AsyncClient
) -> None:
    tokens = await sign_in(place, connect(dpop_key=DpopKey.generate()), scope="list_album")
    thief = connect(dpop_key=DpopKey.generate())
    assert (await photos.get("/albums", auth=thief.auth_for(tokens))).status_code == 401
    as_bearer = structs.replace(tokens, token_type="Bearer")
    assert (await photos.get("/albums", auth=thief.auth_for(as_bearer))).status_code == 401
