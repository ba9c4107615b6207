"""The documents servers and clients describe themselves with."""

import msgspec
import pytest

from lingpai.oauth.metadata import AuthorizationServerMetadata, ClientMetadata, well_known_url


@pytest.mark.parametrize(
    ("issuer", "suffix", "url"),
    [
        (
            "https://example.com",
            "oauth-authorization-server",
            "https://example.com/.well-known/oauth-authorization-server",
        ),
        (
            "https://example.com/issuer1",
            "oauth-authorization-server",
            "https://example.com/.well-known/oauth-authorization-server/issuer1",
        ),
        (
            "https://example.com:8443/a/b/",
            "openid-configuration",
            "https://example.com:8443/.well-known/openid-configuration/a/b",
        ),
    ],
)
@pytest.mark.spec("RFC 8414", "3.1", "the well-known part goes between host and path")
def test_where_the_metadata_of_an_issuer_is(issuer: str, suffix: str, url: str) -> None:
    assert well_known_url(issuer, suffix) == url


def test_the_suffix_is_that_of_oauth_unless_said_otherwise() -> None:
    assert well_known_url("http://localhost:4000").endswith("/.well-known/oauth-authorization-server")


@pytest.mark.spec("RFC 8414", "3.2", "claims with zero elements are omitted")
def test_what_nobody_said_is_left_out() -> None:
    written = msgspec.json.encode(AuthorizationServerMetadata(issuer="https://a.example", scopes_supported=("openid",)))
    assert written == b'{"issuer":"https://a.example","scopes_supported":["openid"]}'


@pytest.mark.spec("RFC 8414", "3.2", "unknown members are ignored")
def test_a_foreign_document_is_read() -> None:
    document = b"""{"issuer": "https://a.example", "token_endpoint": "https://a.example/t", "x-other": {"a": 1},
        "registration_endpoint": null, "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": true}"""
    metadata = msgspec.json.decode(document, type=AuthorizationServerMetadata)
    assert metadata.token_endpoint == "https://a.example/t"
    assert metadata.registration_endpoint is None
    assert metadata.code_challenge_methods_supported == ("S256",)
    assert metadata.authorization_response_iss_parameter_supported
    assert not metadata.require_pushed_authorization_requests


@pytest.mark.parametrize("document", [b"{}", b'{"issuer": 1}', b'{"issuer": "https://a", "token_endpoint": ["x"]}'])
def test_a_malformed_document_is_refused(document: bytes) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(document, type=AuthorizationServerMetadata)


@pytest.mark.spec("RFC 7591", "2", "defaults of client metadata")
def test_what_a_client_does_not_say_has_the_registered_default() -> None:
    metadata = msgspec.json.decode(b'{"client_name": "\xe7\x85\xa7\xe7\x89\x87"}', type=ClientMetadata)
    assert metadata.client_name == "照片"
    assert metadata.grant_types == ("authorization_code",)
    assert metadata.response_types == ("code",)
    assert metadata.token_endpoint_auth_method == "client_secret_basic"
    assert metadata.application_type == "web"
    assert msgspec.json.encode(metadata) == '{"client_name":"照片"}'.encode()
