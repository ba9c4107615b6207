"""A client for itself: no person, no refresh token, nothing stored."""

from typing import Any

import httpx2
import pytest

from tests.world import ISSUER, PHOTOS, World, refusal

TOKEN = "/oauth2/token"


@pytest.fixture
async def report(world: World) -> World:
    """A world with a client that works at night."""
    await world.add_client(
        "report", grant_types=("client_credentials",), response_types=(), scope="list_album upload_pic"
    )
    return world


async def ask(world: World, client: str = "report", **params: Any) -> httpx2.Response:
    response: httpx2.Response = await world.post(TOKEN, client=client, grant_type="client_credentials", **params)
    return response


@pytest.mark.spec("RFC 6749", "4.4.3", "a token, and no refresh token")
async def test_a_client_gets_a_token_for_itself(report: World) -> None:
    tokens = (await ask(report)).json()
    assert set(tokens) == {"access_token", "token_type", "expires_in", "scope"}
    assert tokens["scope"] == "list_album upload_pic"


@pytest.mark.spec("RFC 9068", "2.2", "sub of a token without a person is the client")
async def test_the_token_speaks_for_the_client_and_for_no_person(report: World) -> None:
    claims = await report.introspect((await ask(report)).json()["access_token"], client="photos")
    assert (claims["sub"], claims["client_id"], claims["aud"]) == ("report", "report", PHOTOS)
    assert not {"username", "auth_time", "acr"} & claims.keys()


@pytest.mark.spec("RFC 6749", "4.4.2", "scope may be less than registered")
@pytest.mark.parametrize(
    ("params", "scope"),
    [({"scope": "list_album"}, "list_album"), ({"scope": ""}, "list_album upload_pic"), ({}, "list_album upload_pic")],
    ids=["named", "empty", "absent"],
)
async def test_the_scope_is_what_was_asked_for_or_all_of_it(report: World, params: dict[str, str], scope: str) -> None:
    assert (await ask(report, **params)).json()["scope"] == scope


@pytest.mark.parametrize("scope", ["get_user_info", "list_album get_user_info", "unknown", 'a"b', "openid"])
async def test_more_than_registered_is_refused(report: World, scope: str) -> None:
    assert refusal(await ask(report, scope=scope)) == (400, "invalid_scope")


async def test_what_only_a_person_can_allow_is_never_in_it(world: World) -> None:
    registered = "get_user_info list_album openid offline_access"
    await world.add_client("report", grant_types=("client_credentials",), scope=registered)
    assert (await ask(world)).json()["scope"] == "list_album"
    for scope in ("get_user_info", "openid", "offline_access"):
        assert refusal(await ask(world, scope=scope)) == (400, "invalid_scope")


@pytest.mark.spec("RFC 6749", "4.4", "only confidential clients")
async def test_a_public_client_has_no_credentials_to_use(world: World) -> None:
    await world.add_client("app", secret=None, grant_types=("client_credentials",))
    answer = await world.http.post(TOKEN, data={"grant_type": "client_credentials", "client_id": "app"})
    assert refusal(answer) == (400, "unauthorized_client")


async def test_a_client_that_is_not_registered_for_it_gets_nothing(world: World) -> None:
    assert refusal(await ask(world, "photo-print")) == (400, "unauthorized_client")


@pytest.mark.spec("RFC 8707", "2.2", "resource narrows audience and scope")
async def test_a_token_can_be_for_one_resource(report: World) -> None:
    await report.add_resource_server("https://other.example")
    await report.add_scope("other", resource="https://other.example")
    await report.add_client("report", grant_types=("client_credentials",), scope="list_album other")
    tokens = (await ask(report, resource="https://other.example")).json()
    assert tokens["scope"] == "other"
    assert refusal(await ask(report, resource="https://unknown.example")) == (400, "invalid_target")


@pytest.mark.spec("RFC 8707", "2", "a resource the client is not registered for is refused")
async def test_a_client_may_be_held_to_some_resources(report: World) -> None:
    fields: dict[str, Any] = {"grant_types": ("client_credentials",), "scope": "list_album", "resources": (ISSUER,)}
    await report.add_client("report", **fields)
    assert refusal(await ask(report, resource=PHOTOS)) == (400, "invalid_target")


async def test_nothing_is_stored(report: World) -> None:
    before = report.rows()
    for _ in range(5):
        await ask(report)
    assert report.rows() == before


async def test_the_token_opens_no_persons_profile(report: World) -> None:
    token = (await ask(report)).json()["access_token"]
    answer = await report.http.get("/oauth2/userinfo", headers={"authorization": f"Bearer {token}"})
    assert answer.status_code == 401


@pytest.mark.parametrize("how", ["revoked", "disabled", "narrowed"])
async def test_it_ends_when_it_is_revoked_or_the_client_changes(report: World, how: str) -> None:
    token = (await ask(report, scope="upload_pic")).json()["access_token"]
    if how == "revoked":
        await report.post("/oauth2/revoke", client="report", token=token)
    elif how == "disabled":
        await report.add_client("report", disabled_at=report.clock.now)
    else:
        await report.add_client("report", grant_types=("client_credentials",), scope="list_album")
    claims = await report.introspect(token, client="photos")
    assert claims == ({"active": False} if how != "narrowed" else claims)
    assert claims.get("scope", "") == ""
