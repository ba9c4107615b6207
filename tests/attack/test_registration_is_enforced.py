"""A client does what it is not registered for.

Spec: RFC 6749 §5.2; RFC 7591 §5; RFC 9700 §2. Stops: CVE-2026-75866 (registered scopes and grant types never read),
CVE-2026-61466, CVE-2026-70665, CVE-2026-7571.
"""

from typing import Any

import pytest

from tests.attack.scene import redeemed
from tests.world import CALLBACK, PASSWORD, PHOTOS, Ask, World, grant_tokens, refusal


@pytest.mark.parametrize(
    ("registered", "asked", "error"),
    [
        pytest.param({"scope": "get_user_info"}, {"scope": "get_user_info list_album"}, "invalid_scope", id="scope"),
        pytest.param({"scope": ""}, {"scope": None}, "invalid_scope", id="no scope at all"),
        pytest.param({"scope": "list_album"}, {"scope": "LIST_ALBUM"}, "invalid_scope", id="scope in capitals"),
        pytest.param({}, {"scope": 'list_album"'}, "invalid_scope", id="a scope that is none"),
        pytest.param({}, {"response_type": "token"}, "unauthorized_client unsupported_response_type", id="implicit"),
        pytest.param({}, {"response_type": "code token"}, "unauthorized_client unsupported_response_type", id="hybrid"),
        pytest.param({}, {"response_type": "none"}, "unsupported_response_type", id="none"),
        pytest.param({"response_types": ()}, {}, "unauthorized_client", id="no response type"),
        pytest.param({"grant_types": ("refresh_token",)}, {}, "unauthorized_client", id="no code grant"),
        pytest.param({}, {"resource": "https://unknown.example"}, "invalid_target", id="unknown resource"),
        pytest.param({}, {"resource": "photos"}, "invalid_target", id="a resource that is no URI"),
        pytest.param({}, {"request": "eyJhbGciOiJub25lIn0.e30."}, "invalid_request_object", id="unsigned JAR"),
    ],
)
async def test_the_authorization_endpoint_refuses_what_is_not_registered(
    world: World, registered: dict[str, Any], asked: dict[str, Any], error: str
) -> None:
    await world.add_client(**registered)
    browser = world.browser()
    await world.sign_in(browser)
    await browser.get(Ask(world, **asked).url)
    assert browser.page.headers["location"].startswith(CALLBACK)
    assert browser.sent_to["error"] in error.split()
    assert "access_token" not in browser.page.headers["location"]


@pytest.mark.parametrize(
    ("grant_type", "error"),
    [
        ("refresh_token", "unauthorized_client"),
        ("client_credentials", "unauthorized_client"),
        ("password", "unauthorized_client"),
        ("urn:ietf:params:oauth:grant-type:token-exchange", "unauthorized_client"),
        ("urn:ietf:params:oauth:grant-type:jwt-bearer", "unauthorized_client"),
        ("urn:ietf:params:oauth:grant-type:device_code", "unauthorized_client"),
        ("implicit", "unauthorized_client"),
        ("nonsense", "unsupported_grant_type"),
        ("AUTHORIZATION_CODE", "unsupported_grant_type"),
        ("__class__", "unsupported_grant_type"),
    ],
)
async def test_the_token_endpoint_refuses_a_grant_type_that_is_not_registered(
    world: World, grant_type: str, error: str
) -> None:
    tokens = await grant_tokens(world)
    await world.add_client(grant_types=("authorization_code",))
    form = {
        "username": "zhangsan",
        "password": PASSWORD,
        "refresh_token": tokens["refresh_token"],
    }
    form |= {"subject_token": tokens["access_token"], "scope": "list_album"}
    answer = await world.post("/oauth2/token", grant_type=grant_type, **form)
    assert answer.status_code == 400
    assert answer.json()["error"] in {error, "unsupported_grant_type"}


async def test_without_the_refresh_grant_there_is_no_refresh_token(world: World) -> None:
    await world.add_client(grant_types=("authorization_code",))
    assert "refresh_token" not in await grant_tokens(world)


async def test_what_a_client_loses_it_loses_for_codes_that_are_under_way(world: World) -> None:
    ask = Ask(world)
    code = (await ask.allow(world.browser()))["code"]
    await world.add_client(grant_types=("refresh_token",))
    assert refusal(await ask.redeem(code)) == (400, "unauthorized_client")


@pytest.mark.parametrize("resource", ["https://other.example", PHOTOS])
async def test_a_token_for_one_api_carries_no_permission_of_another(world: World, resource: str) -> None:
    await world.add_resource_server("https://other.example", client_ids=("other-api",))
    ask = Ask(world, resource=resource)
    tokens = await redeemed(ask, (await ask.allow(world.browser()))["code"])
    claims = await world.introspect(tokens["access_token"])
    assert claims["aud"] == resource
    assert claims.get("scope", "") == ("list_album" if resource == PHOTOS else "")


async def test_a_code_for_one_api_is_not_redeemed_for_another(world: World) -> None:
    await world.add_resource_server("https://other.example", client_ids=("other-api",))
    ask = Ask(world, resource=PHOTOS)
    code = (await ask.allow(world.browser()))["code"]
    assert refusal(await ask.redeem(code, resource="https://other.example")) == (400, "invalid_target")
    tokens = await redeemed(ask, code)
    other = await world.refresh(tokens["refresh_token"], resource="https://other.example")
    assert refusal(other) == (400, "invalid_target")


async def test_a_token_for_an_api_does_not_read_the_profile(world: World) -> None:
    ask = Ask(world, resource=PHOTOS)
    tokens = await redeemed(ask, (await ask.allow(world.browser()))["code"])
    answer = await world.http.get("/oauth2/userinfo", headers={"authorization": f"Bearer {tokens['access_token']}"})
    assert answer.status_code == 401


async def test_userinfo_tells_only_what_a_permission_opens(world: World) -> None:
    await world.add_scope("email_only", claims=("email",))
    await world.add_client(scope="email_only list_album")
    tokens = await grant_tokens(world, scope="email_only list_album")
    answer = await world.http.get("/oauth2/userinfo", headers={"authorization": f"Bearer {tokens['access_token']}"})
    assert set(answer.json()) <= {"sub", "email"}
