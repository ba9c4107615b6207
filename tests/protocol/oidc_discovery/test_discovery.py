"""The discovery document: where it is, that all of it is true, and the keys beside it."""

from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import KeySet

from lingpai.crypto.b64 import decode
from tests.openid import CORE, add_app, open_request, sign_in
from tests.world import ISSUER, World

DISCOVERY = "OpenID Connect Discovery 1.0"
PATH = "/.well-known/openid-configuration"

REQUIRED = {
    "issuer",
    "authorization_endpoint",
    "token_endpoint",
    "userinfo_endpoint",
    "jwks_uri",
    "response_types_supported",
    "subject_types_supported",
    "id_token_signing_alg_values_supported",
    "scopes_supported",
    "claims_supported",
}


async def document(world: World) -> dict[str, Any]:
    response = await world.http.get(PATH)
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    found: dict[str, Any] = response.json()
    return found


@pytest.mark.spec(DISCOVERY, "3", "required and recommended members")
@pytest.mark.spec(DISCOVERY, "4.3", "issuer is the address the document was found at")
async def test_everything_required_is_there(world: World) -> None:
    metadata = await document(world)
    assert metadata.keys() >= REQUIRED
    assert metadata["issuer"] == ISSUER
    assert "openid" in metadata["scopes_supported"]
    assert "sub" in metadata["claims_supported"]


@pytest.mark.spec(DISCOVERY, "3", "what is said is of the types that are specified")
async def test_members_have_their_types(world: World) -> None:
    for name, value in (await document(world)).items():
        if name.endswith(("_endpoint", "_uri", "_iframe")) or name == "issuer":
            assert value.startswith(ISSUER), name
        elif name.endswith(("_supported",)) and isinstance(value, list):
            assert value, name
            assert all(isinstance(entry, str) for entry in value), name
            assert len(set(value)) == len(value), name
        elif name.endswith(("_supported", "_required", "_registration", "_requests")):
            assert isinstance(value, bool), name


async def test_it_is_the_document_of_rfc_8414(world: World) -> None:
    assert await document(world) == (await world.http.get("/.well-known/oauth-authorization-server")).json()


@pytest.mark.spec(DISCOVERY, "4", "the well-known part stands behind the issuer's path")
async def test_an_issuer_with_a_path_has_it_behind_the_path(tmp_path: Path) -> None:
    world = await World.open(tmp_path, issuer="http://localhost:4000/tenant")
    try:
        found = await world.http.get(f"http://localhost:4000/tenant{PATH}")
        assert found.json()["issuer"] == "http://localhost:4000/tenant"
    finally:
        await world.close()


async def test_every_address_answers(world: World) -> None:
    for name, value in (await document(world)).items():
        if name.endswith(("_endpoint", "_uri", "_iframe")):
            assert (await world.http.get(value)).status_code != 404, name


@pytest.mark.spec(DISCOVERY, "3", "a script of any origin may read it")
async def test_a_script_may_read_it(world: World) -> None:
    assert (await world.http.get(PATH)).headers["access-control-allow-origin"] == "*"


@pytest.mark.spec(DISCOVERY, "3", "every response type named works")
async def test_every_response_type_named_can_be_had(world: World) -> None:
    app = await add_app(world, legacy=True)
    await world.server.catalog.reload()
    named = (await document(world))["response_types_supported"]
    assert set(app.response_types) <= set(named)
    for response_type in named:
        if "id_token" in response_type.split() or response_type == "code":
            assert "error" not in (await sign_in(world, response_type=response_type)).answer


async def test_without_a_legacy_client_no_token_type_is_named(world: World) -> None:
    named = (await document(world))["response_types_supported"]
    assert named == ["code", "id_token", "code id_token"]


@pytest.mark.spec(DISCOVERY, "3", "every prompt and display named works")
async def test_every_prompt_and_display_named_is_accepted(world: World) -> None:
    await add_app(world)
    metadata = await document(world)
    browser = (await sign_in(world)).browser
    for name, values in (
        ("prompt", metadata["prompt_values_supported"]),
        ("display", metadata["display_values_supported"]),
        ("acr_values", metadata["acr_values_supported"]),
    ):
        for value in values:
            await open_request(world, browser, **{name: value})
            assert not browser.page.is_redirect or "error" not in browser.sent_to, f"{name}={value}"


@pytest.mark.spec(DISCOVERY, "3", "every claim and scope named can be asked for")
async def test_every_scope_of_the_standard_is_named(world: World) -> None:
    metadata = await document(world)
    assert {"openid", "profile", "email", "address", "phone", "offline_access"} <= set(metadata["scopes_supported"])
    assert {"name", "email", "address", "phone_number"} <= set(metadata["claims_supported"])
    assert metadata["claims_parameter_supported"] is True


@pytest.mark.spec(CORE, "10.1", "the JWKS has a key for every algorithm named, and only public members")
async def test_the_keys_are_public_and_fit_what_is_named(world: World) -> None:
    metadata = await document(world)
    jwks = (await world.http.get(metadata["jwks_uri"])).json()
    algs = {key["alg"] for key in jwks["keys"]}
    assert set(metadata["id_token_signing_alg_values_supported"]) <= algs
    for key in jwks["keys"]:
        assert key["use"] == "sig"
        assert key["kid"]
        assert not {"d", "p", "q", "dp", "dq", "qi", "k"} & key.keys()
        for member in {"x", "y", "n", "e"} & key.keys():
            assert decode(key[member]), "base64url without padding"
    assert len({key["kid"] for key in jwks["keys"]}) == len(jwks["keys"])
    assert KeySet.import_key_set(jwks)


async def test_nothing_is_named_that_is_refused(world: World) -> None:
    metadata = await document(world)
    assert "none" not in metadata["id_token_signing_alg_values_supported"]
    assert "none" not in metadata["userinfo_signing_alg_values_supported"]
    assert "RSA1_5" not in metadata["id_token_encryption_alg_values_supported"]
    assert metadata["require_request_uri_registration"] is True
