"""An application registers itself with more than the operator allows, or turns what it has into more.

Spec: RFC 7591 §5; RFC 7592 §5; RFC 9700 §2. Stops: CVE-2026-61466, CVE-2026-70665 (scopes stored as asked for),
CVE-2026-67333 (javascript: as redirect URI), CVE-2026-107623 (a change drops that the client is disabled),
CVE-2026-7571, and in Canaille 0.3.6 a token that manages every client.
"""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import pytest_asyncio
from msgspec.structs import replace

from lingpai.server.storage.records import Client
from tests.foreign_web import ForeignWeb, send_json
from tests.registration import CALLBACK, manage, post, put, register, registering_world, stored
from tests.world import PHOTOS, Ask, World, at_once, refusal

ABOVE: dict[str, dict[str, Any]] = {
    "a scope that exists": {"scope": "openid upload_pic"},
    "a scope that does not": {"scope": "admin"},
    "a scope in capitals": {"scope": "OPENID"},
    "a scope behind a line break": {"scope": "openid\nupload_pic"},
    "101 scopes": {"scope": " ".join(f"s{number}" for number in range(101))},
    "implicit": {"grant_types": ["implicit"], "response_types": ["token"]},
    "hybrid": {"grant_types": ["authorization_code", "implicit"], "response_types": ["code id_token"]},
    "implicit by response type": {"response_types": ["token"]},
    "hybrid with an access token": {"response_types": ["code", "code id_token token"]},
    "words in another order": {"response_types": ["token id_token"]},
    "no response at all": {"response_types": ["none"]},
    "password": {"grant_types": ["authorization_code", "password"]},
    "client credentials": {"grant_types": ["client_credentials"]},
    "token exchange": {"grant_types": ["urn:ietf:params:oauth:grant-type:token-exchange"]},
    "JWT bearer": {"grant_types": ["urn:ietf:params:oauth:grant-type:jwt-bearer"]},
    "a device": {"grant_types": ["urn:ietf:params:oauth:grant-type:device_code"]},
    "an unknown grant type": {"grant_types": ["authorization_code", "x"]},
    "a grant type in capitals": {"grant_types": ["PASSWORD"]},
    "an auth method the operator left out": {"token_endpoint_auth_method": "client_secret_post"},
    "an auth method that is none": {"token_endpoint_auth_method": "x"},
    "certificates": {"token_endpoint_auth_method": "tls_client_auth"},
    "an unsigned ID Token": {"id_token_signed_response_alg": "none"},
    "an algorithm without a key": {"id_token_signed_response_alg": "PS256"},
    "UserInfo with an algorithm without a key": {"userinfo_signed_response_alg": "PS256"},
    "unsigned assertions": {"token_endpoint_auth_signing_alg": "none"},
    "unsigned request objects": {"request_object_signing_alg": "none"},
    "weak encryption": {"id_token_encrypted_response_alg": "RSA1_5"},
    "a script as redirect URI": {"redirect_uris": ["JavaScript:alert(1)"]},
    "a pattern as redirect URI": {"redirect_uris": ["https://*.example/"]},
    "a script as logo": {"logo_uri": "javascript:alert(1)"},
}

OURS: dict[str, object] = {
    "client_id": "photo-print",
    "client_secret": "chosen-by-the-client-0123456789-0123456789",
    "client_secrets": [{"digest": "AA==", "created_at": 0}],
    "client_id_issued_at": 1,
    "registration_access_token": "chosen",
    "registration_token_digest": "AA==",
    "legacy": True,
    "require_pkce": False,
    "require_nonce": False,
    "require_consent": False,
    "required_scope": "openid",
    "resources": [PHOTOS, "https://other.example"],
    "may_act": ["photos"],
    "dialects": ["qq"],
    "developer": "somebody else",
    "trial": True,
    "grant_lifetimes": ["forever"],
    "default_grant_lifetime": "forever",
    "access_token_lifetime_s": 10**8,
    "refresh_token_lifetime_s": 10**8,
    "created_at": 1,
    "updated_at": 1,
    "disabled_at": 1,
    "expires_at": None,
}
"""Every field of the record that is no registered name of client metadata."""
DECIDED_ELSEWHERE = {"client_id", "client_secrets", "registration_token_digest", "created_at", "updated_at"}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def registering(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    methods = ("client_secret_basic", "private_key_jwt", "none")
    folder = tmp_path_factory.mktemp("ceiling")
    async with registering_world(folder, registration_auth_method_ceiling=methods) as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="session")
async def open_world(registering: World) -> World:
    await registering.reset()
    return registering


@pytest.mark.parametrize("what", ABOVE)
async def test_nothing_above_the_ceiling_is_registered(open_world: World, what: str) -> None:
    before = open_world.rows()["client"]
    response = await post(open_world, **ABOVE[what])
    assert response.status_code == 400
    assert response.json()["error"] in ("invalid_client_metadata", "invalid_redirect_uri")
    assert open_world.rows()["client"] == before


@pytest.mark.parametrize("what", ABOVE)
async def test_nothing_above_the_ceiling_is_reached_by_a_change(open_world: World, what: str) -> None:
    answer = await register(open_world, scope="openid")
    before = await stored(open_world, answer)
    changes = {"grant_types": None, "response_types": None} | ABOVE[what]
    assert (await put(open_world, answer, **changes)).status_code == 400
    assert await stored(open_world, answer) == before


@pytest.mark.parametrize("name", OURS)
async def test_what_only_operators_decide_is_not_theirs_to_send(open_world: World, name: str) -> None:
    plain = await stored(open_world, await register(open_world))
    client = await stored(open_world, await register(open_world, **{name: OURS[name]}))
    for field in msgspec.structs.fields(Client):
        if field.name not in DECIDED_ELSEWHERE | {"client_name"}:
            assert getattr(client, field.name) == getattr(plain, field.name), field.name
    assert client.client_id != "photo-print"
    assert client.created_at == open_world.clock.now


def test_no_field_of_the_record_was_forgotten_here() -> None:
    from lingpai.oauth.metadata import ClientMetadata

    ours = {field.name for field in msgspec.structs.fields(Client)} - set(ClientMetadata.__struct_fields__)
    assert ours <= OURS.keys()


async def test_a_change_takes_away_what_only_operators_give(open_world: World) -> None:
    # The operator trusts where codes go today; whoever has the registration token could send them elsewhere.
    answer = await register(open_world, scope="openid")
    trusted = {"require_consent": False, "require_pkce": False, "legacy": True, "may_act": ("photos",), "resources": ()}
    raised = replace(await stored(open_world, answer), **trusted, required_scope="openid")
    await open_world.server.store.clients.put(raised)
    assert (await put(open_world, answer, redirect_uris=["https://evil.example/"])).status_code == 200
    client = await stored(open_world, answer)
    assert client.require_consent
    assert client.require_pkce
    assert not client.legacy
    assert client.may_act == ()
    assert client.resources == (open_world.config.issuer,)
    assert client.required_scope == ""


async def test_a_registered_client_names_no_resource_server_its_scopes_are_not_for(open_world: World) -> None:
    await open_world.add_resource_server("https://payroll.example")
    answer = await register(open_world, scope="openid list_album")
    assert set((await stored(open_world, answer)).resources) == {open_world.config.issuer, PHOTOS}
    browser = open_world.browser()
    ask = {"redirect_uri": CALLBACK, "scope": "openid list_album", "resource": "https://payroll.example"}
    await browser.get(Ask(open_world, answer["client_id"], **ask).url)
    assert browser.sent_to["error"] == "invalid_target"


async def test_an_operators_ban_made_during_a_change_holds(open_world: World) -> None:
    answer = await register(open_world)
    clients = open_world.server.store.clients

    async with ForeignWeb.open() as web:

        async def ban_and_answer(writer: Any) -> None:
            await clients.put(replace(await stored(open_world, answer), disabled_at=open_world.clock.now))
            await send_json([CALLBACK])(writer)

        web.answer = ban_and_answer
        response = await put(open_world, answer, sector_identifier_uri=web.url("/s"), subject_type="pairwise")
    assert refusal(response) == (401, "invalid_token")
    client = await stored(open_world, answer)
    assert client.disabled_at == open_world.clock.now
    assert client.subject_type == "public"


async def test_an_operators_ban_holds_against_many_changes_at_the_same_time(open_world: World) -> None:
    answer = await register(open_world)
    banned = replace(await stored(open_world, answer), disabled_at=open_world.clock.now)
    changes = [put(open_world, answer, client_name=f"n{number}") for number in range(12)]
    await at_once(*changes[:6], open_world.server.store.clients.put(banned), *changes[6:])
    assert (await stored(open_world, answer)).disabled_at == open_world.clock.now
    assert (await manage(open_world, answer, "GET")).status_code == 401


async def test_opening_registration_opens_no_management(open_world: World) -> None:
    answer = await register(open_world)
    for uri in (answer["registration_client_uri"], f"{open_world.config.issuer}/oauth2/register?client_id=photo-print"):
        for method in ("GET", "PUT", "DELETE"):
            json = {"client_id": uri.rpartition("=")[2], "redirect_uris": ["https://evil.example/"]}
            assert (await open_world.http.request(method, uri, json=json)).status_code == 401
    assert (await stored(open_world, answer)).redirect_uris == (CALLBACK,)


async def test_people_are_asked_before_a_registered_client_gets_anything(open_world: World) -> None:
    answer = await register(open_world, client_name="Google")
    browser = open_world.browser()
    await Ask(open_world, answer["client_id"], redirect_uri=CALLBACK, scope="openid").to_consent(browser)
    assert browser.shows("consent-form")


async def test_a_refusal_repeats_nothing_that_was_sent(open_world: World) -> None:
    evil = '"><script>alert(1)</script>é'
    for field in ("grant_types", "response_types", "redirect_uris", "contacts", "request_uris"):
        response = await post(open_world, **{field: [evil]})
        assert response.status_code == (201 if field == "contacts" else 400)
        assert "alert" not in response.text or field == "contacts"
    for field in ("token_endpoint_auth_method", "application_type", "jwks_uri", "logo_uri", "subject_type"):
        response = await post(open_world, **{field: evil})
        assert (response.status_code, "alert" in response.text) == (400, False)


async def test_without_the_switch_for_tests_nobody_registers_what_it_allows(tmp_path: Path) -> None:
    ceiling = ("authorization_code", "implicit")
    async with registering_world(tmp_path, registration_grant_type_ceiling=ceiling) as world:
        for response_type in ("token", "code token", "id_token token", "code id_token token"):
            assert refusal(await post(world, response_types=[response_type]))[1] == "invalid_client_metadata"
        client = await stored(world, await register(world, response_types=["code id_token"]))
        assert not client.legacy
        assert client.require_pkce
