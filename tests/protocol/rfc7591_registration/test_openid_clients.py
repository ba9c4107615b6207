"""What OpenID clients register: every response type, algorithm, sectors; as the Foundation's dynamic plan does."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from lingpai.crypto import b64
from tests.foreign_web import ForeignWeb, send, send_json
from tests.registration import CALLBACK, DEVICE, SCOPES, post, put, register, registering_world, stored
from tests.world import Ask, World

GRANTS_OF = {
    "code": ["authorization_code"],
    "id_token": ["implicit"],
    "id_token token": ["implicit"],
    "code id_token": ["authorization_code", "implicit"],
    "code token": ["authorization_code", "implicit"],
    "code id_token token": ["authorization_code", "implicit"],
}
ALGS = ("ES256", "EdDSA", "RS256", "PS256")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def testing_world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    """As an operator sets it up who has the server tested."""
    ceiling = ("authorization_code", "refresh_token", "implicit", DEVICE)
    settings = {"registration_grant_type_ceiling": ceiling, "registration_allow_legacy": True, "signing_algs": ALGS}
    async with registering_world(tmp_path_factory.mktemp("testing"), **settings) as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="session")
async def tested(testing_world: World) -> World:
    await testing_world.reset()
    return testing_world


@pytest_asyncio.fixture(loop_scope="session")
async def web() -> AsyncIterator[ForeignWeb]:
    async with ForeignWeb.open() as opened:
        yield opened


@pytest.mark.spec("OpenID Connect Dynamic Client Registration 1.0", "2", "response_types and the grant types they need")
@pytest.mark.parametrize("says_grant_types", [True, False], ids=["with grant types", "without"])
@pytest.mark.parametrize("response_type", GRANTS_OF)
async def test_every_response_type_can_be_registered_where_tests_may(
    tested: World, response_type: str, says_grant_types: bool
) -> None:
    grant_types = {"grant_types": GRANTS_OF[response_type]} if says_grant_types else {}
    answer = await register(tested, response_types=[response_type], **grant_types)
    assert answer["response_types"] == [response_type]
    assert answer["grant_types"] == GRANTS_OF[response_type]
    client = await stored(tested, answer)
    assert client.legacy == ("token" in response_type.split())
    assert not client.require_pkce
    assert not client.require_nonce
    assert client.require_consent


@pytest.mark.parametrize("response_type", GRANTS_OF)
async def test_what_was_registered_is_answered_without_pkce_and_a_nonce_only_for_an_id_token_in_front(
    tested: World, response_type: str
) -> None:
    answer = await register(tested, response_types=[response_type], scope="openid")
    wanted = {"redirect_uri": CALLBACK, "scope": "openid", "response_type": response_type, "nonce": "n"}
    ask = Ask(tested, answer["client_id"], **wanted, code_challenge=None, code_challenge_method=None)
    sent = await ask.allow(tested.browser())
    parts = {"code": "code", "id_token": "id_token", "token": "access_token"}
    assert {word for word, part in parts.items() if part in sent} == set(response_type.split())
    if "code" in sent:
        credentials = {"client": answer["client_id"], "secret": answer["client_secret"]}
        proof = {"grant_type": "authorization_code", "code": sent["code"], "redirect_uri": CALLBACK}
        response = await tested.post("/oauth2/token", **credentials, **proof)
        assert response.status_code == 200, response.text
        assert read_header(response.json()["id_token"])["alg"] == "RS256"
    without = Ask(tested, answer["client_id"], **wanted | {"nonce": None}, code_challenge=None)
    browser = tested.browser()
    await browser.get(without.url)
    await browser.follow()
    refused = browser.page.is_redirect and browser.sent_to.get("error") == "invalid_request"
    assert refused == ("id_token" in response_type.split())


def read_header(token: str) -> dict[str, Any]:
    header: dict[str, Any] = json.loads(b64.decode(token.partition(".")[0]))
    return header


async def test_the_words_of_a_response_type_have_no_order(tested: World) -> None:
    answer = await register(tested, response_types=["token id_token code", "id_token code"])
    assert answer["response_types"] == ["code id_token token", "code id_token"]


async def test_even_under_test_a_client_without_credentials_needs_pkce(tested: World) -> None:
    answer = await register(tested, token_endpoint_auth_method="none")
    assert (await stored(tested, answer)).require_pkce


async def test_the_metadata_names_what_tests_may_register(tested: World) -> None:
    document = (await tested.http.get("/.well-known/openid-configuration")).json()
    assert set(GRANTS_OF) <= set(document["response_types_supported"])


async def test_a_browser_gets_tokens_over_tls_only(tested: World) -> None:
    response = await post(tested, response_types=["id_token"], redirect_uris=["http://localhost:3000/callback"])
    assert response.json()["error"] == "invalid_redirect_uri"
    native = {"application_type": "native", "redirect_uris": ["http://localhost:3000/callback"]}
    assert (await post(tested, response_types=["id_token"], **native)).status_code == 201


@pytest.mark.parametrize("redirect_uris", [{}, {"redirect_uris": []}], ids=["with", "without redirect URIs"])
async def test_a_device_may_register(tested: World, redirect_uris: dict[str, Any]) -> None:
    answer = await register(tested, grant_types=[DEVICE, "refresh_token"], **redirect_uris)
    assert (answer["grant_types"], answer["response_types"]) == ([DEVICE, "refresh_token"], [])


@pytest.mark.parametrize("alg", [*ALGS, "Ed25519"])
async def test_every_algorithm_there_is_a_key_for_can_be_registered(tested: World, alg: str) -> None:
    answer = await register(tested, id_token_signed_response_alg=alg)
    assert answer["id_token_signed_response_alg"] == ("EdDSA" if alg == "Ed25519" else alg)


@pytest.mark.spec("OpenID Connect Discovery 1.0", "3", "what the metadata names can be registered")
@pytest.mark.parametrize("what", ["id_token_signing", "request_object_signing", "userinfo_signing"])
async def test_every_algorithm_the_metadata_names_can_be_registered(tested: World, what: str) -> None:
    document = (await tested.http.get("/.well-known/openid-configuration")).json()
    field = f"{what}_alg".replace("signing", "signing" if what.startswith("request") else "signed_response")
    for alg in document.get(f"{what}_alg_values_supported", ()):
        await register(tested, **{field: alg})
    assert (await post(tested, **{field: "none"})).status_code == 400


@pytest.mark.parametrize("path", ["?foo=bar", "/cb?foo=bar&x=%20y"])
async def test_a_redirect_uri_may_have_a_query(tested: World, path: str) -> None:
    uri = f"https://print.example{path}"
    assert (await register(tested, redirect_uris=[uri]))["redirect_uris"] == [uri]


async def test_ways_out_may_have_no_path(tested: World) -> None:
    uris = ["http://127.0.0.1:3000", "https://print.example"]
    assert (await register(tested, post_logout_redirect_uris=uris))["post_logout_redirect_uris"] == uris


@pytest.mark.spec("OpenID Connect Dynamic Client Registration 1.0", "5", "the document lists every redirect URI")
@pytest.mark.parametrize("subject_type", ["pairwise", "public"])
async def test_a_sector_is_taken_at_its_word_if_its_document_says_so(
    tested: World, web: ForeignWeb, subject_type: str
) -> None:
    uris = [CALLBACK, "https://other.example/cb"]
    sector = {"subject_type": subject_type, "sector_identifier_uri": web.url("/sector.json")}
    web.answer = send_json([*uris, "https://third.example/cb"])
    answer = await register(tested, redirect_uris=uris, **sector)
    assert (answer["subject_type"], answer["sector_identifier_uri"]) == (subject_type, web.url("/sector.json"))
    web.answer = send_json([CALLBACK])
    response = await put(tested, answer, redirect_uris=uris)
    assert (response.status_code, response.json()["error"]) == (400, "invalid_client_metadata")


BAD_SECTORS = {
    "another client's": send_json(["https://other.example/cb"]),
    "an empty list": send_json([]),
    "an object": send_json({CALLBACK: True}),
    "numbers": send_json([1, CALLBACK]),
    "no JSON": send(b"<html>", content_type="application/json"),
    "a page": send(f'["{CALLBACK}"]'.encode(), content_type="text/html"),
    "not there": send(b"", status="404 Not Found"),
    "elsewhere": send(b"", status="302 Found", location="https://print.example/sector.json"),
    "100 kB": send_json([CALLBACK, "x" * 100_000]),
}


@pytest.mark.spec("OpenID Connect Core 1.0", "8.1", "the redirect URIs are among those of the sector identifier")
@pytest.mark.parametrize("what", BAD_SECTORS)
async def test_a_sector_document_that_lies_registers_nothing(tested: World, web: ForeignWeb, what: str) -> None:
    web.answer = BAD_SECTORS[what]
    before = tested.rows()["client"]
    response = await post(tested, subject_type="pairwise", sector_identifier_uri=web.url("/sector.json"))
    assert (response.status_code, response.json()["error"]) == (400, "invalid_client_metadata")
    assert response.json()["error_description"].startswith("sector_identifier_uri ")
    assert tested.rows()["client"] == before


@pytest.mark.parametrize(
    "uri", ["https://169.254.169.254/latest", "https://10.0.0.1/", "http://print.example/", "https://localhost.@x/"]
)
async def test_a_sector_document_is_not_looked_for_inside_the_network(tested: World, uri: str) -> None:
    response = await post(tested, subject_type="pairwise", sector_identifier_uri=uri)
    assert response.json()["error"] == "invalid_client_metadata"
    assert "169.254" not in response.text


async def test_pairwise_with_one_host_needs_no_document(tested: World) -> None:
    uris = [CALLBACK, f"{CALLBACK}/2"]
    assert (await register(tested, subject_type="pairwise", redirect_uris=uris))["subject_type"] == "pairwise"


async def test_all_of_the_ceiling_is_what_a_client_gets_that_names_no_scope(tested: World) -> None:
    assert set((await register(tested))["scope"].split()) == set(SCOPES)


async def test_instants_are_those_of_the_clock(tested: World) -> None:
    tested.clock.advance(86_400)
    assert (await register(tested))["client_id_issued_at"] == tested.clock.now
