"""The token endpoint's refusals: the right code, as JSON, in the characters the RFC allows."""

import re

import pytest

from tests.wire import FORM, send
from tests.world import Ask, World, refusal

DESCRIPTION = re.compile(r"[\x20-\x21\x23-\x5b\x5d-\x7e]*")


@pytest.mark.spec("RFC 6749", "5.2", "each failure has its error code")
@pytest.mark.parametrize(
    ("params", "error"),
    [
        ({}, "invalid_request"),
        ({"grant_type": ""}, "invalid_request"),
        ({"grant_type": "telepathy"}, "unsupported_grant_type"),
        ({"grant_type": "AUTHORIZATION_CODE"}, "unsupported_grant_type"),
        ({"grant_type": "authorization_code "}, "unsupported_grant_type"),
        ({"grant_type": "authorization_code"}, "invalid_request"),
        ({"grant_type": "authorization_code", "code": ""}, "invalid_request"),
        ({"grant_type": "authorization_code", "code": "unknown"}, "invalid_grant"),
        ({"grant_type": "refresh_token"}, "invalid_request"),
        ({"grant_type": "refresh_token", "refresh_token": "unknown"}, "invalid_grant"),
    ],
    ids=str,
)
async def test_a_refusal_has_its_code(world: World, params: dict[str, str], error: str) -> None:
    response = await world.post("/oauth2/token", **params)
    assert refusal(response) == (400, error)
    assert response.headers["content-type"] == "application/json"
    assert (response.headers["cache-control"], response.headers["pragma"]) == ("no-store", "no-cache")
    assert set(response.json()) <= {"error", "error_description", "error_uri"}
    assert DESCRIPTION.fullmatch(response.json()["error_description"])


@pytest.mark.spec("RFC 6749", "5.2", "unauthorized_client: the client may not use this grant type")
async def test_a_client_uses_only_the_grant_types_it_registered(world: World) -> None:
    await world.add_client("no-codes", grant_types=("refresh_token",))
    answer = await world.post("/oauth2/token", client="no-codes", grant_type="authorization_code", code="x")
    assert refusal(answer) == (400, "unauthorized_client")
    await world.add_client("no-refresh", grant_types=("authorization_code",))
    answer = await world.post("/oauth2/token", client="no-refresh", grant_type="refresh_token", refresh_token="x")
    assert refusal(answer) == (400, "unauthorized_client")


@pytest.mark.spec("RFC 6749", "3.2", "the client must use POST")
@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE"])
async def test_only_post_is_answered(world: World, method: str) -> None:
    response = await send(world.server.app, method, "/oauth2/token")
    assert refusal(response) == (405, "invalid_request")
    assert response.headers["allow"] == "POST, OPTIONS"


@pytest.mark.spec("RFC 6749", "3.2", "unrecognised parameters are ignored")
async def test_unknown_parameters_are_ignored(world: World) -> None:
    ask = Ask(world)
    code = (await ask.allow(world.browser()))["code"]
    assert (await ask.redeem(code, device_name="Wang's phone", scope="")).status_code == 200


@pytest.mark.spec("RFC 6749", "3.2", "a parameter without a value counts as left out")
async def test_a_parameter_without_a_value_counts_as_left_out(world: World) -> None:
    ask = Ask(world, redirect_uri=None)
    code = (await ask.allow(world.browser()))["code"]
    assert (await ask.redeem(code, redirect_uri="", resource="")).status_code == 200


@pytest.mark.spec("RFC 6749", "3.2", "parameters must not be sent more than once")
async def test_a_repeated_parameter_is_refused_and_named(world: World) -> None:
    body = b"grant_type=refresh_token&refresh_token=x&refresh_token=x&client_id=photo-print"
    response = await send(world.server.app, "POST", "/oauth2/token", body=body, headers=[FORM])
    assert response.json() == {
        "error": "invalid_request",
        "error_description": "refresh_token is sent more than once",
    }


@pytest.mark.spec("RFC 6749", "Appendix B", "parameters are decoded as UTF-8 form data, once")
async def test_parameters_are_decoded_exactly_once(world: World) -> None:
    await world.add_client("plus", secret="a+b%20c", token_endpoint_auth_method="client_secret_post")
    body = b"grant_type=refresh_token&refresh_token=x&client_id=plus&client_secret="
    for encoded, error in ((b"a%2Bb%2520c", "invalid_grant"), (b"a+b%20c", "invalid_client")):
        response = await send(world.server.app, "POST", "/oauth2/token", body=body + encoded, headers=[FORM])
        assert response.json()["error"] == error


async def test_a_content_type_may_name_a_charset(world: World) -> None:
    headers = [("content-type", "application/x-www-form-urlencoded; charset=UTF-8")]
    body = b"grant_type=refresh_token&refresh_token=x&client_id=photo-print"
    assert (await send(world.server.app, "POST", "/oauth2/token", body=body, headers=headers)).status_code == 401
