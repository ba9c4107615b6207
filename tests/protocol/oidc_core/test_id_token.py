"""The ID Token of the code flow: every claim it has, and those it must not have."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.openid import (
    APP,
    CORE,
    add_app,
    claims_at_userinfo,
    half_hash,
    header_of,
    open_request,
    sign_in,
    userinfo,
    verified,
)
from tests.world import ISSUER, Ask, World


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def every_alg(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    """A server that signs with every algorithm there is."""
    folder = tmp_path_factory.mktemp("algs")
    opened = await World.open(folder, signing_algs=("ES256", "EdDSA", "RS256", "PS256"))
    yield opened
    await opened.close()


@pytest.mark.spec(CORE, "2", "iss, sub, aud, exp and iat are there")
@pytest.mark.spec(CORE, "3.1.3.6", "the ID Token of the code flow")
async def test_it_says_who_signed_in_where_and_when(world: World) -> None:
    await add_app(world)
    signed_in_at = world.clock.now
    signed_in = await sign_in(world)
    claims = signed_in.claims
    assert claims["iss"] == ISSUER
    assert claims["aud"] == APP, "one audience, as plain text"
    assert (claims["iat"], claims["auth_time"]) == (world.clock.now, signed_in_at)
    assert claims["exp"] - claims["iat"] == world.config.id_token_lifetime_s
    assert claims["nonce"] == "n-0S6"
    assert (claims["acr"], claims["amr"]) == ("urn:lingpai:acr:1", ["pwd"])
    assert 0 < len(claims["sub"]) <= 255
    assert claims["sid"]


@pytest.mark.spec(CORE, "2", "no azp for a single audience that is the client")
async def test_it_has_nothing_that_was_not_asked_for(world: World) -> None:
    await add_app(world)
    claims = (await sign_in(world, scope="openid profile email", nonce=None)).claims
    assert claims.keys() == {"iss", "sub", "aud", "iat", "exp", "auth_time", "acr", "amr", "sid", "at_hash"}


@pytest.mark.spec(CORE, "3.1.3.6", "at_hash is the left half of the access token's hash")
@pytest.mark.parametrize(("alg", "name"), [("ES256", "sha256"), ("EdDSA", "sha512"), ("RS256", "sha256")])
async def test_at_hash_fits_the_access_token(every_alg: World, alg: str, name: str) -> None:
    await add_app(every_alg, id_token_signed_response_alg=alg)
    signed_in = await sign_in(every_alg)
    assert header_of(signed_in.tokens["id_token"])["alg"] == alg
    assert signed_in.claims["at_hash"] == half_hash(signed_in.access_token, name)


@pytest.mark.spec(CORE, "2", "RS256 where a client names no algorithm")
async def test_the_default_is_rs256(every_alg: World) -> None:
    await every_alg.add_client("plain", scope="openid")
    signed_in = await sign_in(every_alg, client_id="plain")
    assert header_of(signed_in.tokens["id_token"])["alg"] == "RS256"


@pytest.mark.spec(CORE, "2", "alg is the one the client registered, or there is no ID Token")
async def test_without_a_key_for_the_algorithm_there_is_no_id_token_of_another(world: World) -> None:
    await add_app(world, id_token_signed_response_alg="PS256")
    ask = Ask(world, APP, scope="openid")
    allowed = await ask.allow(world.browser())
    answer = await ask.redeem(allowed["code"], client=APP)
    assert (answer.status_code, answer.json()["error"]) == (500, "server_error")
    assert "id_token" not in answer.json()


@pytest.mark.spec(CORE, "10.1", "kid names the key in the JWKS")
@pytest.mark.parametrize("alg", ["ES256", "EdDSA", "RS256", "PS256"])
async def test_its_key_is_published(every_alg: World, alg: str) -> None:
    await add_app(every_alg, id_token_signed_response_alg=alg)
    header = header_of((await sign_in(every_alg)).tokens["id_token"])
    keys = {key["kid"]: key for key in (await every_alg.http.get("/oauth2/jwks")).json()["keys"]}
    assert keys[header["kid"]]["alg"] == alg
    assert header["typ"] == "JWT"


@pytest.mark.spec(CORE, "5.3.2", "signed UserInfo, with the client's algorithm")
@pytest.mark.parametrize("alg", ["RS256", "PS256"])
async def test_userinfo_is_signed_with_the_algorithm_registered(every_alg: World, alg: str) -> None:
    await add_app(every_alg, userinfo_signed_response_alg=alg)
    signed_in = await sign_in(every_alg)
    response = await userinfo(every_alg, signed_in.access_token)
    assert header_of(response.text)["alg"] == alg
    assert (await verified(every_alg, response.text))["sub"] == signed_in.claims["sub"]


@pytest.mark.spec(CORE, "10.1.1", "keys roll over: old tokens still verify, new ones name the new key")
async def test_keys_roll_over(every_alg: World) -> None:
    await add_app(every_alg)
    before = await sign_in(every_alg)
    now = every_alg.clock.now
    assert await every_alg.server.keyring.rotate("ES256", now=now, active_from=now, keep_old_s=3600)
    after = await sign_in(every_alg)
    kids = [header_of(signed_in.tokens["id_token"])["kid"] for signed_in in (before, after)]
    assert kids[0] != kids[1]
    assert await verified(every_alg, before.tokens["id_token"]) == before.claims
    browser = await open_request(every_alg, before.browser, prompt="none", id_token_hint=before.tokens["id_token"])
    assert "code" in browser.sent_to, "and as a hint it is known"


async def test_without_openid_there_is_none(world: World) -> None:
    await add_app(world)
    signed_in = await sign_in(world, scope="profile")
    assert "id_token" not in signed_in.tokens


@pytest.mark.spec(CORE, "5.3.2", "sub of UserInfo is that of the ID Token")
async def test_userinfo_is_about_the_same_person(world: World) -> None:
    await add_app(world)
    signed_in = await sign_in(world)
    assert await claims_at_userinfo(world, signed_in.access_token) == {"sub": signed_in.claims["sub"]}


async def test_auth_time_is_that_of_the_sign_in_and_not_of_the_request(world: World) -> None:
    await add_app(world)
    first = await sign_in(world)
    world.clock.advance(500)
    second = await sign_in(world, first.browser)
    assert second.claims["auth_time"] == first.claims["auth_time"] == second.claims["iat"] - 500
    assert second.claims["sid"] == first.claims["sid"]


@pytest.mark.spec("RFC 6749", "4.1.2", "a code used twice ends what it bought")
@pytest.mark.parametrize("after_s", [0, 30], ids=["at once", "after 30 seconds"])
async def test_a_code_is_good_for_one_id_token(world: World, after_s: int) -> None:
    await add_app(world)
    signed_in = await sign_in(world)
    world.clock.advance(after_s)
    again = await signed_in.ask.redeem(signed_in.answer["code"], client=APP)
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
    assert (await userinfo(world, signed_in.access_token)).status_code == 401
