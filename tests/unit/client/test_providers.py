"""Which URLs a client sends secrets to, and how it reads a server's description of itself."""

import pytest
from msgspec import structs

from lingpai.client.providers import Provider, check_url
from lingpai.oauth.metadata import AuthorizationServerMetadata

ISSUER = "https://as.example"


@pytest.mark.parametrize(
    "url",
    [
        "https://as.example",
        "https://as.example:8443/tenant/7",
        "http://localhost:4000",
        "http://127.0.0.1:4000",
        "http://[::1]:4000",
        "https://xn--fiqs8s.example",
    ],
)
def test_https_everywhere_and_http_on_this_machine_are_good(url: str) -> None:
    check_url("issuer", url, query=False)


@pytest.mark.spec("RFC 8414", "2", "the issuer is an https URL without query and fragment")
@pytest.mark.parametrize(
    "url",
    [
        "",
        "as.example",
        "//as.example",
        "ftp://as.example",
        "http://as.example",
        "http://localhost.evil.example",
        "http://127.0.0.1.evil.example",
        "http://localhost@evil.example",
        "https://user:pass@as.example",
        "https://as.example?x=1",
        "https://as.example?",
        "https://as.example#x",
        "https://as.example#",
        "https://as.example\\@evil.example",
        "https://as.example/\nx",
        "https://as.example/ x",
        "https://as.example/\u200b",
        "https://",
        "https:///path",
        "https://[::1",
        "javascript:alert(1)",
        "https://as.example/" + "x" * 2048,
    ],
)
def test_other_urls_are_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"issuer|IPv6"):
        check_url("issuer", url, query=False)


@pytest.mark.parametrize("name", ["authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri"])
def test_no_endpoint_may_be_plain_http(name: str) -> None:
    metadata = AuthorizationServerMetadata(issuer=ISSUER, token_endpoint=f"{ISSUER}/token")
    with pytest.raises(ValueError, match=name):
        Provider.from_metadata(structs.replace(metadata, **{name: "http://as.example/x"}))


def test_metadata_says_what_a_client_needs() -> None:
    metadata = AuthorizationServerMetadata(
        issuer=ISSUER,
        token_endpoint=f"{ISSUER}/token",
        jwks_uri=f"{ISSUER}/keys",
        authorization_response_iss_parameter_supported=True,
        id_token_signing_alg_values_supported=("HS256", "none", "ES256"),
    )
    provider = Provider.from_metadata(metadata)
    assert provider.jwks_uri == f"{ISSUER}/keys"
    assert provider.iss_parameter_supported
    assert provider.id_token_algs == ("ES256",), "HMAC and none prove nothing to us"


def test_metadata_without_a_token_endpoint_is_no_use() -> None:
    with pytest.raises(ValueError, match="token_endpoint"):
        Provider.from_metadata(AuthorizationServerMetadata(issuer=ISSUER))


@pytest.mark.spec("RFC 8414", "2", "client_secret_basic is meant when nothing is said")
@pytest.mark.parametrize(
    ("offered", "secret", "method"),
    [
        (None, "s", "client_secret_basic"),
        (("client_secret_post", "client_secret_basic"), "s", "client_secret_basic"),
        (("client_secret_post", "private_key_jwt"), "s", "client_secret_post"),
        (("private_key_jwt",), "s", "client_secret_basic"),
        (("client_secret_post",), None, "none"),
    ],
)
def test_the_authentication_method_is_one_the_server_offers(
    offered: tuple[str, ...] | None, secret: str | None, method: str
) -> None:
    metadata = AuthorizationServerMetadata(
        issuer=ISSUER, token_endpoint=f"{ISSUER}/token", token_endpoint_auth_methods_supported=offered
    )
    assert Provider.from_metadata(metadata).auth_method_for(secret) == method
