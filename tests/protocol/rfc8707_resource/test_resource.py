"""Resource indicators: a token for one API is worth nothing at another."""

from typing import Any

import httpx2
import pytest
import pytest_asyncio

from tests.world import CALLBACK, ISSUER, PHOTOS, Ask, World, grant_tokens, refusal

MAPS = "https://maps.example/api"


@pytest_asyncio.fixture(loop_scope="session")
async def world_with_maps(world: World) -> World:
    """A second API with a permission of its own."""
    await world.add_client("maps", grant_types=(), response_types=(), redirect_uris=())
    await world.add_resource_server(MAPS, client_ids=("maps",))
    await world.add_scope("read_map", resource=MAPS)
    await world.add_client(scope="get_user_info list_album read_map")
    return world


async def ask_for(world: World, *resources: str, scope: str = "list_album read_map") -> dict[str, Any]:
    """The token response for a request with these resources."""
    ask, browser = Ask(world, scope=scope), world.browser()
    more = "".join(f"&{httpx2.QueryParams(resource=resource)}" for resource in resources)
    await browser.get(f"{ask.url}{more}")
    await browser.follow()
    await world.sign_in(browser)
    await browser.follow()
    form = browser.form("consent-form")
    await browser.submit(form, *[("scope", name) for name in scope.split()], ("decision", "allow"))
    await browser.follow()
    tokens: dict[str, Any] = (await ask.redeem(browser.sent_to["code"])).json()
    return tokens


@pytest.mark.spec("RFC 8707", "2", "resource says where the token will be used")
async def test_a_token_is_for_the_resource_asked_for_alone(world_with_maps: World) -> None:
    tokens = await ask_for(world_with_maps, MAPS)
    assert tokens["scope"] == "read_map"
    assert (await world_with_maps.introspect(tokens["access_token"], client="maps"))["aud"] == MAPS
    assert not (await world_with_maps.introspect(tokens["access_token"], client="photos"))["active"]


@pytest.mark.spec("RFC 8707", "2", "several resources may be named")
async def test_several_resources_may_be_named(world_with_maps: World) -> None:
    tokens = await ask_for(world_with_maps, PHOTOS, MAPS)
    claims = await world_with_maps.introspect(tokens["access_token"], client="maps")
    assert (claims["aud"], claims["scope"]) == ([PHOTOS, MAPS], "list_album read_map")


async def test_a_resource_named_twice_counts_once(world_with_maps: World) -> None:
    tokens = await ask_for(world_with_maps, MAPS, MAPS)
    assert (await world_with_maps.introspect(tokens["access_token"], client="maps"))["aud"] == MAPS


@pytest.mark.spec("RFC 8707", "2", "invalid_target for a resource that is unknown, relative or has a fragment")
@pytest.mark.parametrize(
    "resource",
    ["https://unknown.example", "photos", "/api", f"{PHOTOS}#top", f"{PHOTOS}/", PHOTOS.upper(), f"{PHOTOS}?x=1", "é"],
)
async def test_an_unknown_resource_is_refused_to_the_client(world: World, resource: str) -> None:
    browser = world.browser()
    response = await browser.get(Ask(world, resource=resource).url)
    assert response.headers["location"].startswith(f"{CALLBACK}?error=invalid_target")
    assert browser.sent_to["state"]


@pytest.mark.spec("RFC 8707", "2.2", "the token request may name fewer resources")
async def test_the_token_request_may_narrow_the_resource(world_with_maps: World) -> None:
    world = world_with_maps
    tokens = await ask_for(world, PHOTOS, MAPS)
    for resource, scope in ((PHOTOS, "list_album"), (MAPS, "read_map")):
        tokens = (await world.refresh(tokens["refresh_token"], resource=resource)).json()
        assert tokens["scope"] == scope
        claims = await world.introspect(tokens["access_token"])
        assert (claims["aud"], claims["scope"]) == (resource, scope)
    tokens = (await world.refresh(tokens["refresh_token"])).json()
    assert tokens["scope"] == "list_album read_map", "narrowing one access token does not narrow the next"


@pytest.mark.spec("RFC 8707", "2.2", "the token request must not name other resources than the authorization")
async def test_the_token_request_cannot_widen_the_resource(world_with_maps: World) -> None:
    world = world_with_maps
    tokens = await ask_for(world, PHOTOS)
    answer = await world.refresh(tokens["refresh_token"], resource=MAPS)
    assert refusal(answer) == (400, "invalid_target")
    answer = await world.refresh(tokens["refresh_token"], resource=[PHOTOS, MAPS])
    assert refusal(answer) == (400, "invalid_target")
    assert (await world.refresh(tokens["refresh_token"])).status_code == 200, "and nothing was spent"


async def test_the_code_cannot_be_redeemed_for_another_resource(world_with_maps: World) -> None:
    ask = Ask(world_with_maps, resource=PHOTOS, scope="list_album")
    code = (await ask.allow(world_with_maps.browser()))["code"]
    for resource in (MAPS, "https://unknown.example", ISSUER):
        assert refusal(await ask.redeem(code, resource=resource)) == (400, "invalid_target")
    assert (await ask.redeem(code, resource=PHOTOS)).status_code == 200


@pytest.mark.spec("RFC 8707", "2.2", "a resource may be named at the token endpoint alone")
async def test_a_resource_may_be_named_at_the_token_endpoint_alone(world: World) -> None:
    ask = Ask(world)
    code = (await ask.allow(world.browser()))["code"]
    tokens = (await ask.redeem(code, resource=PHOTOS)).json()
    assert tokens["scope"] == "list_album"
    assert (await world.introspect(tokens["access_token"]))["aud"] == PHOTOS
    answer = await world.refresh(tokens["refresh_token"], resource="https://unknown.example")
    assert refusal(answer) == (400, "invalid_target")


async def test_without_a_resource_the_token_is_for_whatever_the_scope_belongs_to(world: World) -> None:
    tokens = await grant_tokens(world)
    assert (await world.introspect(tokens["access_token"]))["aud"] == [ISSUER, PHOTOS]


async def test_the_server_itself_is_a_resource(world: World) -> None:
    tokens = await grant_tokens(world, resource=ISSUER)
    assert tokens["scope"] == "get_user_info"
    response = await world.http.get("/oauth2/userinfo", headers={"authorization": f"Bearer {tokens['access_token']}"})
    assert response.status_code == 200


@pytest.mark.spec("RFC 8707", "3", "what one API receives cannot be used at another")
async def test_the_token_of_the_photo_service_does_not_open_the_profile(world: World) -> None:
    tokens = await grant_tokens(world, resource=PHOTOS)
    response = await world.http.get("/oauth2/userinfo", headers={"authorization": f"Bearer {tokens['access_token']}"})
    assert refusal(response) == (401, "invalid_token")
