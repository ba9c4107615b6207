"""An application registers itself: what it sends, what it gets, and that what it got works."""

import json
from typing import Any

import pytest

from lingpai.crypto.digest import digest
from lingpai.crypto.jwk import generate_private_key, public_jwk
from tests.registration import CALLBACK, REGISTER, SCOPES, post, register, stored
from tests.world import Ask, World

KEY = public_jwk(generate_private_key("ES256"), kid="k1", alg="ES256")


@pytest.mark.spec("RFC 7591", "3.2.1", "201 with client_id, and every field that was registered")
@pytest.mark.spec("OpenID Connect Dynamic Client Registration 1.0", "3.2", "201, JSON, nobody keeps it")
async def test_the_answer_holds_everything_that_was_registered(world: World) -> None:
    sent = {
        "redirect_uris": [CALLBACK, f"{CALLBACK}?from=lingpai"],
        "client_name": "照片打印",
        "client_uri": "https://print.example",
        "logo_uri": "https://print.example/logo.png",
        "policy_uri": "http://print.example/policy",
        "tos_uri": "https://print.example/tos",
        "contacts": ["admin@print.example"],
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "token_endpoint_auth_method": "private_key_jwt",
        "token_endpoint_auth_signing_alg": "ES256",
        "jwks": {"keys": [KEY]},
        "scope": "openid list_album",
        "id_token_signed_response_alg": "ES256",
        "request_object_signing_alg": "PS256",
        "request_uris": ["https://print.example/request.jwt#GkurKxf5T0Y-mnPFCHqWOMiZi4VS138cQO_V7PZHAdM"],
        "default_max_age": 3600,
        "require_auth_time": True,
        "default_acr_values": ["1"],
        "initiate_login_uri": "https://print.example/sign-in",
        "post_logout_redirect_uris": ["https://print.example/bye"],
        "backchannel_logout_uri": "https://print.example/backchannel",
        "backchannel_logout_session_required": True,
        "frontchannel_logout_uri": "https://print.example/frontchannel?a=b",
        "frontchannel_logout_session_required": True,
        "dpop_bound_access_tokens": True,
        "require_pushed_authorization_requests": True,
    }
    response = await post(world, **sent)
    assert response.status_code == 201
    assert response.headers["content-type"] == "application/json"
    assert response.headers["cache-control"] == "no-store"
    answer = response.json()
    assert {name: answer[name] for name in sent} == sent
    assert answer["client_id_issued_at"] == world.clock.now
    assert "client_secret" not in answer
    assert "client_secret_expires_at" not in answer


@pytest.mark.spec("RFC 7591", "2", "fields left out have their defaults, and the answer names them")
@pytest.mark.spec("OpenID Connect Dynamic Client Registration 1.0", "2", "defaults: web, code, RS256, basic")
async def test_what_is_left_out_has_its_registered_default(world: World) -> None:
    answer = await register(world)
    expected = {
        "grant_types": ["authorization_code"],
        "response_types": ["code"],
        "token_endpoint_auth_method": "client_secret_basic",
        "application_type": "web",
        "subject_type": "public",
        "id_token_signed_response_alg": "RS256",
        "scope": " ".join(sorted(SCOPES)),
        "client_name": answer["client_id"],
    }
    assert {name: answer[name] for name in expected} == expected


@pytest.mark.parametrize("empty", [None, "", []], ids=["null", "empty text", "empty list"])
@pytest.mark.parametrize("name", ["grant_types", "response_types", "contacts", "scope", "jwks_uri", "application_type"])
async def test_an_empty_field_is_one_that_was_left_out(world: World, name: str, empty: object) -> None:
    bare = await register(world)
    answer = await register(world, **{name: empty})
    assert answer.get(name) == bare.get(name)


@pytest.mark.spec("RFC 7591", "2", "metadata that is not understood is ignored")
async def test_unknown_fields_are_ignored(world: World) -> None:
    answer = await register(world, x_colour="blue", software_statement="x.y.z", tls_client_auth_subject_dn="cn")
    assert not {"x_colour", "software_statement", "tls_client_auth_subject_dn"} & answer.keys()


@pytest.mark.parametrize("scope", ["  openid   list_album ", "openid\nlist_album", "\topenid\tlist_album\r\n"])
async def test_stray_whitespace_in_scope_is_forgiven(world: World, scope: str) -> None:
    assert (await register(world, scope=scope))["scope"] == "openid list_album"


@pytest.mark.spec("RFC 7591", "2.1", "grant types and response types go together")
@pytest.mark.parametrize(
    ("sent", "grant_types", "response_types"),
    [
        pytest.param({}, ["authorization_code"], ["code"], id="neither"),
        pytest.param({"response_types": ["code"]}, ["authorization_code"], ["code"], id="no grant type"),
        pytest.param(
            {"grant_types": ["refresh_token", "authorization_code"]},
            ["refresh_token", "authorization_code"],
            ["code"],
            id="no response type",
        ),
        pytest.param({"grant_types": ["refresh_token"]}, ["refresh_token"], [], id="nothing with a browser"),
    ],
)
async def test_what_is_missing_of_the_two_follows_from_the_other(
    world: World, sent: dict[str, Any], grant_types: list[str], response_types: list[str]
) -> None:
    answer = await register(world, **sent)
    assert (answer["grant_types"], answer["response_types"]) == (grant_types, response_types)


@pytest.mark.spec("RFC 7591", "5", "a secret is at least as hard to guess as a code")
@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post", "client_secret_jwt"])
async def test_a_secret_fits_the_method_and_is_not_stored(world: World, method: str) -> None:
    answer = await register(world, token_endpoint_auth_method=method)
    assert answer["client_secret"].isalnum()
    assert len(answer["client_secret"]) == (86 if method == "client_secret_jwt" else 43)
    assert answer["client_secret_expires_at"] == 0
    record = repr(await stored(world, answer))
    assert answer["client_secret"] not in record
    assert answer["registration_access_token"] not in record


async def test_a_client_without_credentials_gets_no_secret(world: World) -> None:
    answer = await register(world, token_endpoint_auth_method="none")
    assert not {"client_secret", "client_secret_expires_at"} & answer.keys()


async def test_two_registrations_share_nothing(world: World) -> None:
    answers = [await register(world) for _ in range(2)]
    for name in ("client_id", "client_secret", "registration_access_token", "registration_client_uri"):
        assert answers[0][name] != answers[1][name]
    client = await stored(world, answers[0])
    assert client.registration_token_digest == digest(answers[0]["registration_access_token"])


@pytest.mark.parametrize("method", ["client_secret_basic", "none"])
async def test_what_was_registered_works(world: World, method: str) -> None:
    answer = await register(world, token_endpoint_auth_method=method, client_name="Print", scope="openid list_album")
    ask = Ask(world, answer["client_id"], redirect_uri=CALLBACK, scope="openid list_album", nonce="n")
    browser = world.browser()
    await ask.to_consent(browser)
    assert "Print" in browser.page.text
    code = (await ask.allow(browser))["code"]
    credentials = {"client": answer["client_id"], "secret": answer["client_secret"]} if method != "none" else {}
    response = await world.post(
        "/oauth2/token",
        **({"client": None, "client_id": answer["client_id"]} | credentials),
        grant_type="authorization_code",
        code=code,
        redirect_uri=CALLBACK,
        code_verifier=ask.code_verifier,
    )
    assert response.status_code == 200, response.text
    assert response.json()["id_token"]


async def test_a_secret_for_assertions_is_the_one_that_signs_them(world: World) -> None:
    answer = await register(world, token_endpoint_auth_method="client_secret_jwt")
    wrong = await world.post(
        "/oauth2/token", client=answer["client_id"], secret=answer["client_secret"], grant_type="x"
    )
    assert wrong.json()["error"] == "invalid_client"
    client = await stored(world, answer)
    assert client.client_secrets[0].sealed


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        pytest.param(b"{", "application/json", 400, id="broken JSON"),
        pytest.param(b"[]", "application/json", 400, id="a list"),
        pytest.param(b'"x"', "application/json", 400, id="a string"),
        pytest.param(b"", "application/json", 400, id="nothing"),
        pytest.param(b'{"client_name": "\xff"}', "application/json", 400, id="not UTF-8"),
        pytest.param(b'{"client_name": "\\ud800"}', "application/json", 400, id="half a character"),
        pytest.param(b'{"jwks": ' + b"[" * 30_000, "application/json", 400, id="30,000 deep"),
        pytest.param(b'{"a": "' + b"x" * 70_000 + b'"}', "application/json", 413, id="70 kB"),
        pytest.param(b"redirect_uris=x", "application/x-www-form-urlencoded", 400, id="a form"),
    ],
)
async def test_a_body_that_is_no_document_is_refused(world: World, body: bytes, content_type: str, status: int) -> None:
    response = await world.http.post(REGISTER, content=body, headers={"content-type": content_type})
    assert (response.status_code, response.json()["error"]) == (status, "invalid_request")


async def test_parameters_in_the_address_are_refused(world: World) -> None:
    response = await world.http.post(f"{REGISTER}?client_id=x", json={"redirect_uris": [CALLBACK]})
    assert (response.status_code, response.json()["error"]) == (400, "invalid_request")


@pytest.mark.spec("RFC 8414", "2", "registration_endpoint")
@pytest.mark.spec("OpenID Connect Discovery 1.0", "3", "registration_endpoint")
async def test_the_metadata_names_the_endpoint(world: World) -> None:
    document = (await world.http.get("/.well-known/openid-configuration")).json()
    assert document["registration_endpoint"] == world.config.issuer + REGISTER


async def test_scripts_of_any_origin_may_register(world: World) -> None:
    asked = {"origin": "https://app.example", "access-control-request-method": "PUT"}
    preflight = await world.http.options(REGISTER, headers=asked)
    assert {"POST", "GET", "PUT", "DELETE"} <= set(preflight.headers["access-control-allow-methods"].split(", "))
    assert (await post(world)).headers["access-control-allow-origin"] == "*"


async def test_a_registration_is_in_the_audit_log_and_no_secret_with_it(world: World) -> None:
    answer = await register(world, client_name="Print")
    rows = await world.driver.fetch_all("SELECT event, client_id, ip, detail FROM audit_event ORDER BY id DESC LIMIT 1")
    assert rows[0][:2] == ("client_created", answer["client_id"])
    assert json.loads(rows[0][3]) == {"registered": "open"}
