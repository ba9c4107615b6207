"""Tokens say when and how strongly their person signed in, and a request can ask for better."""

from typing import Any

import pytest

from lingpai.client import StepUp
from lingpai.crypto.jwk import parse_jwks
from lingpai.crypto.jws import verify
from lingpai.guard import Guard, Introspector
from lingpai.guard.refusal import Refusal
from lingpai.guard.requirement import Requirement
from tests.proofs import Prover
from tests.protocol.rfc9449_dpop.bound import TOKEN, prove, send
from tests.world import PHOTOS, SECRET, Ask, World, grant_tokens

ACR = "urn:lingpai:acr:1"
TWO_FACTORS = "urn:lingpai:acr:2"


async def claims_of(world: World, access_token: str) -> dict[str, Any]:
    """What a signed token says to whoever has our public keys."""
    keys = parse_jwks((await world.http.get("/oauth2/jwks")).json())
    return verify(access_token, keys, typ=("at+jwt",), algs=("ES256",))[1]


@pytest.mark.spec("RFC 9470", "6.1", "a signed token has auth_time and acr")
@pytest.mark.spec("RFC 9068", "2.2.1", "auth_time is when the person signed in, however often it was refreshed")
async def test_a_signed_token_says_when_and_how_its_person_signed_in(world: World) -> None:
    await world.add_resource_server(PHOTOS, client_ids=("photos",), access_token_format="at+jwt")
    signed_in_at = world.clock.now
    tokens = await grant_tokens(world, scope="list_album")
    for _ in range(2):
        claims = await claims_of(world, tokens["access_token"])
        assert (claims["auth_time"], claims["acr"]) == (signed_in_at, ACR)
        world.clock.advance(500)
        tokens = (await world.refresh(tokens["refresh_token"])).json()


@pytest.mark.spec("RFC 9470", "6.2", "introspection has auth_time and acr")
async def test_introspection_says_it_too(world: World) -> None:
    browser = world.browser()
    signed_in_at = world.clock.now
    await world.sign_in(browser)
    world.clock.advance(100)
    tokens = await grant_tokens(world, browser)
    claims = await world.introspect(tokens["access_token"])
    assert (claims["auth_time"], claims["acr"]) == (signed_in_at, ACR)


async def test_a_client_for_itself_did_not_sign_in(world: World) -> None:
    await world.add_client("report", grant_types=("client_credentials",), scope="list_album")
    answer = await send(
        world, TOKEN, prove(world, Prover()), client="report", grant_type="client_credentials", scope="list_album"
    )
    claims = await world.introspect(answer.json()["access_token"], client="report")
    assert not {"auth_time", "acr"} & claims.keys()


@pytest.mark.spec("RFC 9470", "7", "the metadata names the values")
async def test_the_metadata_names_what_can_be_asked_for(world: World) -> None:
    document = (await world.http.get("/.well-known/oauth-authorization-server")).json()
    assert document["acr_values_supported"] == [ACR, TWO_FACTORS]


@pytest.mark.spec("RFC 9470", "5", "acr_values that are met, or unknown to us, ask for no new sign-in")
@pytest.mark.parametrize("acr_values", [ACR, f"urn:other:gold {ACR}", "urn:other:gold", "", "x" * 512])
async def test_what_is_met_or_unknown_changes_nothing(world: World, acr_values: str) -> None:
    browser = world.browser()
    await Ask(world).allow(browser)
    await browser.get(Ask(world, acr_values=acr_values, prompt="none").url)
    assert "code" in browser.sent_to


async def test_a_session_that_proved_no_factor_we_know_signs_in_again(world: World) -> None:
    browser = world.browser()
    await Ask(world).allow(browser)
    await world.server.store.driver.transact([_unknown_factor()])
    await browser.get(Ask(world, acr_values=ACR, prompt="none").url)
    assert browser.sent_to["error"] == "login_required"
    ask = Ask(world, acr_values=ACR)
    answer = await ask.allow(browser)
    tokens = (await ask.redeem(answer["code"])).json()
    assert (await world.introspect(tokens["access_token"]))["acr"] == ACR


def _unknown_factor() -> Any:
    from lingpai.server.storage.driver import Statement

    return Statement("UPDATE session SET amr = '[\"guess\"]'")


async def test_too_long_a_list_is_refused(world: World) -> None:
    browser = world.browser()
    await browser.get(Ask(world, acr_values="x" * 513).url)
    assert browser.sent_to["error"] == "invalid_request"


@pytest.mark.spec("RFC 9470", "4", "the whole way: challenged, signed in anew, let in")
async def test_a_resource_gets_the_sign_in_it_wants(world: World) -> None:
    check = Introspector(
        issuer=world.config.issuer,
        audience=PHOTOS,
        client_id="photos",
        client_secret=SECRET,
        introspection_endpoint=f"{world.config.issuer}/oauth2/introspect",
        cache_lifetime_s=0,
        http=world.http,
    )
    guard = Guard(check, clock=world.clock)
    requirement = Requirement(max_age_s=300, acr_values=(ACR,))

    async def open_with(token: str) -> object:
        headers = [(b"authorization", f"Bearer {token}".encode())]
        return await guard.admit({"type": "http", "path": "/", "headers": headers}, requirement)

    browser = world.browser()
    await world.sign_in(browser)
    world.clock.advance(301)
    tokens = await grant_tokens(world, browser, scope="list_album")
    refused = await open_with(tokens["access_token"])
    assert isinstance(refused, Refusal)
    demand = StepUp.from_challenge(refused.headers["WWW-Authenticate"])
    assert demand == StepUp(acr_values=ACR, max_age=300)
    better = await grant_tokens(
        world, browser, scope="list_album", max_age=str(demand.max_age), acr_values=demand.acr_values
    )
    assert not isinstance(await open_with(better["access_token"]), Refusal)
