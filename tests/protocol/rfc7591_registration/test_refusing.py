"""What cannot be registered, and that the answer says which field it is."""

from typing import Any

import pytest

from lingpai.crypto.jwk import generate_private_key, public_jwk
from tests.registration import CALLBACK, DEVICE, REGISTER, post
from tests.world import World

KEY = public_jwk(generate_private_key("ES256"), kid="k1", alg="ES256")


async def refused(world: World, **document: Any) -> tuple[int, str, str]:
    """Status, error and the field the description begins with; nothing was registered."""
    before = world.rows()["client"]
    response = await post(world, **document)
    assert world.rows()["client"] == before, response.text
    body = response.json()
    field = body["error_description"].partition(" ")[0].partition("[")[0].rstrip(":")
    return response.status_code, body["error"], field


@pytest.mark.spec("RFC 7591", "3.2.2", "invalid_redirect_uri")
@pytest.mark.spec("OpenID Connect Dynamic Client Registration 1.0", "3.3", "invalid_redirect_uri")
@pytest.mark.parametrize(
    "uri",
    [
        pytest.param(f"{CALLBACK}#fragment", id="a fragment"),
        pytest.param("http://print.example/callback", id="no TLS"),
        pytest.param("JavaScript:alert(1)", id="a script"),
        pytest.param("data:text/html,x", id="data"),
        pytest.param("/callback", id="relative"),
        pytest.param("https://print.example@evil.example/", id="a user name"),
        pytest.param("https://print.example/a/../b", id="dots"),
        pytest.param("https://*.print.example/", id="a wildcard"),
        pytest.param("com.example.app:/callback", id="a native scheme of a web client"),
        pytest.param("https://打印.example/", id="not ASCII"),
        pytest.param("https://print.example/" + "x" * 2048, id="too long"),
    ],
)
async def test_a_redirect_uri_that_is_unsafe_is_refused(world: World, uri: str) -> None:
    response = await post(world, redirect_uris=[CALLBACK, uri])
    assert response.status_code == 400
    if len(uri) < 2048:
        assert response.json()["error"] == "invalid_redirect_uri"
        assert response.json()["error_description"].startswith("redirect_uris[1] ")


@pytest.mark.spec("RFC 7591", "2", "clients that use a browser register their redirect URIs")
@pytest.mark.parametrize("uris", [None, []], ids=["missing", "empty"])
async def test_a_client_with_a_browser_needs_a_redirect_uri(world: World, uris: object) -> None:
    assert await refused(world, redirect_uris=uris) == (400, "invalid_redirect_uri", "redirect_uris")


async def test_a_native_client_may_have_its_own_scheme_and_a_loopback_address(world: World) -> None:
    uris = ["com.example.app:/callback", "http://127.0.0.1/callback"]
    response = await post(world, application_type="native", redirect_uris=uris)
    assert response.json()["redirect_uris"] == uris


@pytest.mark.spec("RFC 7591", "3.2.2", "invalid_client_metadata")
@pytest.mark.spec("OpenID Connect Dynamic Client Registration 1.0", "3.3", "invalid_client_metadata")
@pytest.mark.parametrize(
    ("field", "value"),
    [
        pytest.param("redirect_uris", "https://print.example", id="text for a list"),
        pytest.param("redirect_uris", [1], id="a number in a list"),
        pytest.param("redirect_uris", [[CALLBACK]], id="a list in a list"),
        pytest.param("redirect_uris", [CALLBACK + str(n) for n in range(51)], id="51 entries"),
        pytest.param("grant_types", {"a": 1}, id="an object for a list"),
        pytest.param("application_type", "desktop", id="an unknown application type"),
        pytest.param("subject_type", "private", id="an unknown subject type"),
        pytest.param("client_name", 7, id="a number for a name"),
        pytest.param("client_name", "x" * 101, id="a long name"),
        pytest.param("client_name", "   ", id="an invisible name"),
        pytest.param("client_name", "Pri\nnt", id="a name of two lines"),
        pytest.param("client_name", "Print\u202egnp", id="a name that turns around"),
        pytest.param("client_name", "Print\u200b", id="a name with zero width"),
        pytest.param("contacts", ["a@b\r\nbcc: c@d"], id="a contact of two lines"),
        pytest.param("logo_uri", "javascript:alert(1)", id="a script as logo"),
        pytest.param("client_uri", "data:text/html,x", id="data as address"),
        pytest.param("policy_uri", "https://good.example@evil.example", id="a user name in an address"),
        pytest.param("tos_uri", "//print.example", id="an address without scheme"),
        pytest.param("client_uri", "https://[", id="half an address"),
        pytest.param("jwks_uri", "http://print.example/jwks.json", id="keys without TLS"),
        pytest.param("jwks_uri", "file:///etc/passwd", id="keys in a file"),
        pytest.param("jwks", [1], id="no keys, but a list"),
        pytest.param("jwks", {"keys": "none"}, id="keys that are none"),
        pytest.param("jwks", {"keys": [KEY | {"d": "secret"}]}, id="a private key"),
        pytest.param("jwks", {"keys": [{"kty": "oct", "k": "c2VjcmV0"}]}, id="a shared key"),
        pytest.param("request_uris", ["http://print.example/request"], id="requests without TLS"),
        pytest.param("initiate_login_uri", "http://localhost/sign-in", id="sign-in without TLS"),
        pytest.param("post_logout_redirect_uris", ["http://print.example/bye"], id="a way out without TLS"),
        pytest.param("backchannel_logout_uri", "https://print.example/#x", id="a logout address with fragment"),
        pytest.param("frontchannel_logout_uri", "https://other.example/out", id="another site's logout"),
        pytest.param("frontchannel_logout_uri", "https://print.example:8443/out", id="another port's logout"),
        pytest.param("default_max_age", -1, id="a negative age"),
        pytest.param("default_max_age", "60", id="an age as text"),
        pytest.param("require_auth_time", "yes", id="text for a switch"),
        pytest.param("id_token_signed_response_alg", "none", id="unsigned ID Tokens"),
        pytest.param("id_token_signed_response_alg", "HS256", id="ID Tokens signed with the secret"),
        pytest.param("id_token_signed_response_alg", "PS256", id="an algorithm without a key here"),
        pytest.param("userinfo_signed_response_alg", "none", id="unsigned UserInfo"),
        pytest.param("request_object_signing_alg", "none", id="unsigned requests"),
        pytest.param("request_object_signing_alg", "HS256", id="requests signed with the secret"),
        pytest.param("token_endpoint_auth_signing_alg", "none", id="unsigned assertions"),
        pytest.param("id_token_encrypted_response_alg", "dir", id="encryption there is not"),
        pytest.param("userinfo_encrypted_response_alg", "RSA1_5", id="encryption nobody should use"),
        pytest.param("id_token_encrypted_response_enc", "A128GCM", id="how, but not with which key"),
    ],
)
async def test_a_field_that_cannot_be_registered_is_named(world: World, field: str, value: object) -> None:
    assert await refused(world, **{field: value}) == (400, "invalid_client_metadata", field)


@pytest.mark.parametrize(
    ("document", "field"),
    [
        pytest.param({"jwks": {"keys": [KEY]}, "jwks_uri": "https://a.example/j"}, "jwks", id="keys twice"),
        pytest.param({"token_endpoint_auth_method": "private_key_jwt"}, "private_key_jwt", id="no keys"),
        pytest.param(
            {"token_endpoint_auth_method": "private_key_jwt", "jwks": {"keys": []}}, "private_key_jwt", id="empty keys"
        ),
        pytest.param(
            {
                "token_endpoint_auth_method": "private_key_jwt",
                "jwks": {"keys": [KEY]},
                "token_endpoint_auth_signing_alg": "HS256",
            },
            "token_endpoint_auth_signing_alg",
            id="a public key that signs like a secret",
        ),
        pytest.param(
            {"token_endpoint_auth_method": "client_secret_jwt", "token_endpoint_auth_signing_alg": "RS256"},
            "token_endpoint_auth_signing_alg",
            id="a secret that signs like a key",
        ),
        pytest.param(
            {"grant_types": ["refresh_token"], "response_types": ["code"]}, "grant_types", id="code without its grant"
        ),
        pytest.param(
            {"subject_type": "pairwise", "redirect_uris": [CALLBACK, "https://other.example/cb"]},
            "subject_type",
            id="pairwise for two hosts",
        ),
    ],
)
@pytest.mark.spec("RFC 7591", "2.1", "fields that contradict each other are refused")
async def test_fields_that_do_not_fit_each_other_are_refused(
    world: World, document: dict[str, Any], field: str
) -> None:
    assert await refused(world, **document) == (400, "invalid_client_metadata", field)


async def test_a_grant_type_without_a_browser_needs_no_redirect_uri_where_it_may_be_registered(world: World) -> None:
    assert await refused(world, grant_types=[DEVICE], redirect_uris=[]) == (
        400,
        "invalid_client_metadata",
        "grant_types",
    )


@pytest.mark.parametrize("method", ["PATCH", "PROPFIND"])
async def test_other_methods_are_refused(world: World, method: str) -> None:
    response = await world.http.request(method, REGISTER)
    assert response.status_code == 405
    assert {"POST", "GET", "PUT", "DELETE"} <= set(response.headers["allow"].split(", "))
