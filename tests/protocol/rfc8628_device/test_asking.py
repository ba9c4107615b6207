"""The device authorization endpoint: who may ask, what for, and what comes back."""

import re

import pytest

from tests.device import TV, Device, add_tv, waiting_tv
from tests.world import PHOTOS, SECRET, World, refusal

USER_CODE = re.compile(r"[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}")


@pytest.mark.spec("RFC 8628", "3.2", "the response has both codes, where to enter one, and how long and often to ask")
async def test_a_device_gets_two_codes(world: World) -> None:
    device = await waiting_tv(world)
    began = device.began
    assert set(began) == {
        *("device_code", "user_code", "verification_uri", "verification_uri_complete", "expires_in", "interval")
    }
    assert USER_CODE.fullmatch(began["user_code"])
    assert began["verification_uri"] == "http://localhost:4000/device"
    assert began["verification_uri_complete"] == f"http://localhost:4000/device?user_code={began['user_code']}"
    assert (began["expires_in"], began["interval"]) == (600, 5)


@pytest.mark.spec("RFC 8628", "3.2", "the response is JSON that nobody keeps")
async def test_the_answer_is_not_cached(world: World) -> None:
    await add_tv(world)
    response = await Device(world).begin()
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["content-type"] == "application/json"


@pytest.mark.spec("RFC 8628", "5.2", "the device code has enough entropy")
async def test_a_device_code_cannot_be_guessed_and_only_its_digest_is_kept(world: World) -> None:
    device = await waiting_tv(world)
    device_code = device.began["device_code"]
    assert re.fullmatch(r"[0-9A-Za-z]{43,}", device_code)
    row = await world.driver.fetch_one("SELECT * FROM device_code")
    assert row
    assert not any(device_code in str(value) or value == device_code.encode() for value in row)


@pytest.mark.spec("RFC 8628", "4", "the metadata names the endpoint")
async def test_the_metadata_names_the_endpoint_and_the_grant_type(world: World) -> None:
    metadata = (await world.http.get("/.well-known/oauth-authorization-server")).json()
    assert metadata["device_authorization_endpoint"] == "http://localhost:4000/oauth2/device_authorization"
    assert "urn:ietf:params:oauth:grant-type:device_code" in metadata["grant_types_supported"]


@pytest.mark.spec("RFC 8628", "3.1", "a confidential client authenticates as at the token endpoint")
async def test_a_confidential_client_authenticates(world: World) -> None:
    await add_tv(world, secret=SECRET)
    assert (await Device(world, client=TV).begin(scope="list_album")).status_code == 200
    assert refusal(await Device(world).begin()) == (401, "invalid_client")
    assert refusal(await Device(world).begin(client_secret="wrong")) == (401, "invalid_client")


async def test_only_a_client_registered_for_it_may_ask(world: World) -> None:
    assert refusal(await Device(world, client="photo-print").begin(scope="list_album")) == (400, "unauthorized_client")


@pytest.mark.parametrize(
    ("params", "error"),
    [
        pytest.param({"scope": "upload_pic"}, "invalid_scope", id="scope it is not registered for"),
        pytest.param({"scope": 'a"b'}, "invalid_scope", id="malformed scope"),
        pytest.param({"resource": "https://unknown.example"}, "invalid_target", id="unknown resource"),
        pytest.param({"scope": ["get_user_info", "list_album"]}, "invalid_request", id="scope twice"),
        pytest.param({"scope": "list_album\0"}, "invalid_request", id="NUL"),
        pytest.param({"scope": "a" * 20_000}, "invalid_request", id="a scope of 20 kB"),
        pytest.param({"client_id": None, "scope": "list_album"}, "invalid_client", id="no client"),
        pytest.param({"client_id": "nobody"}, "invalid_client", id="unknown client"),
    ],
)
async def test_a_bad_request_is_refused_and_stores_nothing(world: World, params: dict, error: str) -> None:
    await add_tv(world)
    response = await Device(world).begin(**params)
    assert response.json()["error"] == error
    assert response.status_code == (401 if error == "invalid_client" else 400)
    assert world.rows()["device_code"] == 0


async def test_parameters_in_the_url_and_other_methods_are_refused(world: World) -> None:
    await add_tv(world)
    response = await world.http.post("/oauth2/device_authorization?client_id=tv", data={"client_id": TV})
    assert refusal(response) == (400, "invalid_request")
    assert (await world.http.get("/oauth2/device_authorization")).status_code == 405


async def test_without_a_scope_it_asks_for_everything_registered(world: World) -> None:
    await waiting_tv(world)
    row = await world.driver.fetch_one("SELECT scope FROM device_code")
    assert row == ("get_user_info list_album",)


async def test_a_client_with_no_scope_at_all_is_told_to_name_one(world: World) -> None:
    await add_tv(world, scope="")
    assert refusal(await Device(world).begin()) == (400, "invalid_scope")


@pytest.mark.spec("RFC 8707", "2", "resource is checked at the device authorization endpoint")
async def test_a_resource_may_be_named(world: World) -> None:
    await add_tv(world)
    assert (await Device(world).begin(resource=PHOTOS)).status_code == 200


async def test_scripts_of_any_origin_may_ask(world: World) -> None:
    await add_tv(world)
    response = await Device(world).begin(headers={"origin": "https://tv.example"})
    assert response.headers["access-control-allow-origin"] == "*"
