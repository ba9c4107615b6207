"""Signed access tokens, read by somebody else's library with nothing but the published keys."""

from typing import Any

import pytest
import pytest_asyncio
from joserfc import jwk, jwt

from tests.world import ISSUER, PHOTOS, Ask, World, grant_tokens, refusal

PRINTER = "http://localhost:7000"


@pytest_asyncio.fixture(loop_scope="session")
async def signing_world(world: World) -> World:
    """The photo service wants signed tokens."""
    await world.add_resource_server(PHOTOS, client_ids=("photos",), access_token_format="at+jwt")
    return world


async def read(world: World, token: str) -> jwt.Token:
    keys = jwk.KeySet.import_key_set((await world.http.get("/oauth2/jwks")).json())
    return jwt.decode(token, keys, algorithms=["ES256"])


async def claims_for(world: World, **params: Any) -> dict[str, Any]:
    claims: dict[str, Any] = (await read(world, (await grant_tokens(world, **params))["access_token"])).claims
    return claims


@pytest.mark.spec("RFC 9068", "2.1", "typ is at+jwt and the token is signed")
async def test_the_header_says_what_it_is(signing_world: World) -> None:
    token = await read(signing_world, (await grant_tokens(signing_world, scope="list_album"))["access_token"])
    assert token.header["typ"] == "at+jwt"
    assert token.header["alg"] == "ES256"
    assert set(token.header) == {"typ", "alg", "kid"}


@pytest.mark.spec("RFC 9068", "2.2", "iss, exp, aud, sub, client_id, iat and jti are there")
@pytest.mark.spec("RFC 9068", "2.2.3", "scope is there")
async def test_the_claims_are_those_of_the_profile(signing_world: World) -> None:
    claims = await claims_for(signing_world, scope="list_album")
    account = await signing_world.server.store.accounts.get_by_username("zhangsan")
    assert account
    now = signing_world.clock.now
    assert claims.pop("jti")
    assert (
        claims
        | {
            "iss": ISSUER,
            "sub": account.id.hex(),
            "aud": PHOTOS,
            "client_id": "photo-print",
            "scope": "list_album",
            "iat": now,
            "exp": now + 3600,
        }
        == claims
    )


async def test_a_token_says_nothing_personal(signing_world: World) -> None:
    assert "zhangsan" not in str(await claims_for(signing_world, scope="list_album"))


@pytest.mark.spec("RFC 9068", "2.2", "every token has a jti of its own")
async def test_no_two_tokens_have_the_same_jti(signing_world: World) -> None:
    first = await grant_tokens(signing_world, scope="list_album")
    second = (await signing_world.refresh(first["refresh_token"])).json()
    seen = {(await read(signing_world, tokens["access_token"])).claims["jti"] for tokens in (first, second)}
    assert len(seen) == 2


@pytest.mark.spec("RFC 9068", "3", "the resource that was asked for is the audience")
async def test_the_audience_is_the_resource_asked_for(signing_world: World) -> None:
    tokens = await grant_tokens(signing_world, resource=PHOTOS)
    token = await read(signing_world, tokens["access_token"])
    assert token.claims["aud"] == PHOTOS
    assert token.claims["scope"] == "list_album", "only what is for the photo service"


@pytest.mark.spec("RFC 9068", "3", "without a resource the audience is what the scope belongs to")
async def test_without_a_resource_the_scope_decides_the_audience(signing_world: World) -> None:
    assert (await claims_for(signing_world, scope="list_album"))["aud"] == PHOTOS


async def test_a_token_for_two_apis_is_signed_only_if_both_want_that(signing_world: World) -> None:
    await signing_world.add_resource_server(PRINTER)
    await signing_world.add_scope("print", resource=PRINTER)
    await signing_world.add_client("both", scope="list_album print")
    tokens = await grant_tokens(signing_world, client_id="both", scope="list_album print")
    assert "." not in tokens["access_token"]
    await signing_world.add_resource_server(PRINTER, access_token_format="at+jwt")
    tokens = (await signing_world.refresh(tokens["refresh_token"], client="both")).json()
    assert (await read(signing_world, tokens["access_token"])).claims["aud"] == [PHOTOS, PRINTER]


async def test_a_resource_server_may_want_shorter_lives(signing_world: World) -> None:
    await signing_world.add_resource_server(PHOTOS, access_token_format="at+jwt", access_token_lifetime_s=300)
    claims = await claims_for(signing_world, scope="list_album")
    assert claims["exp"] - claims["iat"] == 300


@pytest.mark.spec("RFC 9068", "4", "a token whose signature does not fit is refused")
async def test_a_changed_token_is_refused(signing_world: World) -> None:
    token = (await grant_tokens(signing_world, scope="list_album"))["access_token"]
    header, payload, signature = token.split(".")
    for changed in (
        f"{header}.{payload}.",
        f"{header}.{payload[:-4]}AAAA.{signature}",
        f"{header}.{payload}.{signature[:-8]}AAAAAAAA",
        f"eyJhbGciOiJub25lIiwidHlwIjoiYXQrand0In0.{payload}.",
        f"{token}.{signature}",
    ):
        assert await signing_world.introspect(changed, client="photos") == {"active": False}


async def test_a_narrowed_grant_shows_at_introspection(signing_world: World) -> None:
    browser = signing_world.browser()
    await signing_world.add_client(scope="get_user_info list_album upload_pic")
    ask = Ask(signing_world, scope="list_album upload_pic")
    token = (await ask.redeem((await ask.allow(browser))["code"])).json()["access_token"]
    await browser.get("/account/grants")
    form = next(form for form in browser.forms() if ("scope", "upload_pic") in form.fields)
    await browser.submit(form, ("action", "take_back"))
    assert (await signing_world.introspect(token, client="photos"))["scope"] == "list_album"


async def test_a_signed_token_is_no_refresh_token(signing_world: World) -> None:
    token = (await grant_tokens(signing_world, scope="list_album"))["access_token"]
    assert refusal(await signing_world.refresh(token)) == (400, "invalid_grant")
