"""A resource may demand that its person signed in lately, or strongly, and says so in words a client understands."""

from collections.abc import AsyncIterator
from typing import Annotated, Any

import httpx2
import pytest
from fastapi import Depends, FastAPI
from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from lingpai.crypto.jws import Signer
from lingpai.guard import AccessToken, Guard, GuardMiddleware, Verifier
from lingpai.oauth.challenge import parse_challenge
from tests.unit.guard.foreign_server import AUDIENCE, NOW, token_of

WEAK, STRONG = "urn:lingpai:acr:1", "urn:lingpai:acr:2"


@pytest.fixture
async def client(verifier: Verifier) -> AsyncIterator[httpx2.AsyncClient]:
    guard = Guard(verifier, realm="photos", clock=lambda: NOW)
    app = FastAPI()

    @app.delete("/albums")
    async def delete(
        token: Annotated[AccessToken, Depends(guard.require("list_album", max_age_s=300))],
    ) -> dict[str, object]:
        return {"signed in at": token.auth_time}

    @app.get("/secrets", dependencies=[Depends(guard.require(max_age_s=0, acr_values=[STRONG, "urn:other:acr:gold"]))])
    async def secrets() -> str:
        return "told"

    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url=AUDIENCE) as client:
        yield client


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


@pytest.mark.spec("RFC 9470", "4", "auth_time and acr of the token are compared with what the resource demands")
async def test_a_sign_in_that_is_recent_enough_is_let_in(client: httpx2.AsyncClient, signer: Signer) -> None:
    response = await client.delete("/albums", headers=bearer(token_of(signer, auth_time=NOW - 300)))
    assert (response.status_code, response.json()) == (200, {"signed in at": NOW - 300})


@pytest.mark.spec("RFC 9470", "3", "insufficient_user_authentication is 401 and names max_age")
@pytest.mark.parametrize("auth_time", [NOW - 301, 0, None])
async def test_a_sign_in_too_long_ago_or_unknown_is_challenged(
    client: httpx2.AsyncClient, signer: Signer, auth_time: int | None
) -> None:
    response = await client.delete("/albums", headers=bearer(token_of(signer, auth_time=auth_time)))
    assert response.status_code == 401
    scheme, params = parse_challenge(response.headers["www-authenticate"])[0]
    assert scheme == "Bearer"
    assert params == {
        "realm": "photos",
        "error": "insufficient_user_authentication",
        "error_description": "a more recent sign-in is required here",
        "max_age": "300",
        "scope": "list_album",
    }
    assert response.json()["detail"]["max_age"] == "300"


@pytest.mark.spec("RFC 9470", "3", "insufficient_user_authentication names acr_values")
@pytest.mark.parametrize("acr", [WEAK, None, f"{STRONG} x", ""])
async def test_a_sign_in_too_weak_is_challenged(client: httpx2.AsyncClient, signer: Signer, acr: str | None) -> None:
    token = token_of(signer, acr=acr or None, auth_time=NOW)
    response = await client.get("/secrets", headers=bearer(token))
    params = parse_challenge(response.headers["www-authenticate"])[0][1]
    assert (response.status_code, params["error"]) == (401, "insufficient_user_authentication")
    assert (params["acr_values"], params["max_age"]) == (f"{STRONG} urn:other:acr:gold", "0")
    assert (await client.get("/secrets", headers=bearer(token_of(signer, acr=STRONG, auth_time=NOW)))).json() == "told"


async def test_a_client_that_acts_for_itself_did_not_sign_in(client: httpx2.AsyncClient, signer: Signer) -> None:
    response = await client.delete("/albums", headers=bearer(token_of(signer, sub="photo-print")))
    assert response.status_code == 401


async def test_a_missing_permission_is_said_first(client: httpx2.AsyncClient, signer: Signer) -> None:
    response = await client.delete("/albums", headers=bearer(token_of(signer, scope="upload_pic")))
    assert (response.status_code, response.json()["detail"]["error"]) == (403, "insufficient_scope")


async def test_the_middleware_demands_it_too(verifier: Verifier, signer: Signer) -> None:
    async def anything(_: object) -> Response:
        return JSONResponse("in")

    guard = Guard(verifier, clock=lambda: NOW)
    app = GuardMiddleware(Starlette(routes=[Route("/", anything)]), guard, max_age_s=60, acr_values=[WEAK])
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url=AUDIENCE) as client:
        assert (await client.get("/", headers=bearer(token_of(signer)))).status_code == 401
        assert (await client.get("/", headers=bearer(token_of(signer, auth_time=NOW, acr=WEAK)))).json() == "in"


@pytest.mark.parametrize("auth_time", ["yesterday", True, -1])
async def test_a_token_that_says_it_badly_is_refused(
    client: httpx2.AsyncClient, signer: Signer, auth_time: Any
) -> None:
    response = await client.delete("/albums", headers=bearer(token_of(signer, auth_time=auth_time)))
    assert response.json()["detail"]["error"] == "invalid_token"


@pytest.mark.parametrize("wrong", [{"max_age_s": -1}, {"acr_values": ["a b"]}, {"acr_values": [""]}], ids=str)
def test_a_demand_nobody_can_meet_is_refused_when_the_route_is_made(verifier: Verifier, wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        Guard(verifier).require("list_album", **wrong)


def test_one_string_of_acr_values_is_refused(verifier: Verifier) -> None:
    with pytest.raises(TypeError):
        Guard(verifier).require("list_album", acr_values=STRONG)
