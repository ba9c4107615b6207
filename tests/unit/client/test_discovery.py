"""Where metadata is looked for, and whose is believed. No network: the conversation is held by hand."""

from typing import Any

import pytest
from msgspec import json

from lingpai.client.discovery import discover, metadata_urls, parse_metadata
from lingpai.client.errors import DiscoveryError
from lingpai.client.http_request import HttpRequest
from lingpai.client.providers import Provider
from lingpai.dialects.base import WireBody

ISSUER = "https://as.example/tenant"
DOCUMENT: dict[str, Any] = {
    "issuer": ISSUER,
    "authorization_endpoint": "https://as.example/tenant/authorize",
    "token_endpoint": "https://as.example/tenant/token",
    "jwks_uri": "https://keys.example/tenant",
    "response_types_supported": ["code"],
    "something_new": [1, {"a": None}],
}
OAUTH_URL = "https://as.example/.well-known/oauth-authorization-server/tenant"
OPENID_URL = "https://as.example/tenant/.well-known/openid-configuration"


def hold(answers: list[WireBody], issuer: str = ISSUER) -> tuple[list[str], Provider]:
    asked: list[str] = []
    steps = discover(issuer)
    try:
        request = next(steps)
        for answer in answers:
            assert isinstance(request, HttpRequest)
            assert request.limit_bytes == 1024 * 1024
            asked.append(request.url)
            request = steps.send(answer)
    except StopIteration as done:
        return asked, done.value
    raise AssertionError("the conversation did not end")


def answer(document: object = b"", status: int = 200) -> WireBody:
    return WireBody(status, "application/json", document if isinstance(document, bytes) else json.encode(document))


@pytest.mark.spec("RFC 8414", "3.1", "the well-known part goes between host and path")
@pytest.mark.parametrize("issuer", [ISSUER, f"{ISSUER}/"])
def test_two_places_are_asked_in_order(issuer: str) -> None:
    assert metadata_urls(issuer) == (OAUTH_URL, OPENID_URL)


def test_the_first_document_is_enough() -> None:
    asked, provider = hold([answer(DOCUMENT)])
    assert asked == [OAUTH_URL]
    assert provider.token_endpoint == DOCUMENT["token_endpoint"]
    assert provider.iss_parameter_supported is False


@pytest.mark.parametrize(
    "first",
    [
        pytest.param(answer(b"<h1>404</h1>", 404), id="not found"),
        pytest.param(answer(b"<html>start page</html>"), id="the start page for everything"),
        pytest.param(answer(b"", 302), id="a redirect, which is not followed"),
        pytest.param(answer(b"", 500), id="broken"),
    ],
)
def test_without_a_document_the_openid_place_is_tried(first: WireBody) -> None:
    asked, provider = hold([first, answer(DOCUMENT)])
    assert asked == [OAUTH_URL, OPENID_URL]
    assert provider.issuer == ISSUER


def test_when_there_is_none_the_error_says_where_was_looked() -> None:
    with pytest.raises(DiscoveryError) as raised:
        hold([answer(b"", 404), answer(b"", 503)])
    assert all(part in str(raised.value) for part in (OAUTH_URL, "404", OPENID_URL, "503"))


@pytest.mark.spec("RFC 8414", "3.3", "the issuer in the document is identical")
@pytest.mark.parametrize(
    "claimed",
    [
        "https://evil.example",
        f"{ISSUER}/",
        "https://AS.example/tenant",
        "https://as.example:443/tenant",
        "",
        "x" * 9999,
    ],
)
def test_a_document_of_another_issuer_is_refused_and_no_other_is_asked(claimed: str) -> None:
    with pytest.raises(DiscoveryError, match="asked for issuer") as raised:
        hold([answer({**DOCUMENT, "issuer": claimed})])
    assert len(str(raised.value)) < 500


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"token_endpoint": "http://as.example/token"}, id="plain http"),
        pytest.param({"token_endpoint": None}, id="no token endpoint"),
        pytest.param({"token_endpoint": 7}, id="a number"),
        pytest.param({"jwks_uri": "file:///etc/passwd"}, id="a file"),
        pytest.param({"jwks_uri": "https://user@as.example/keys"}, id="a user name"),
        pytest.param({"authorization_endpoint": "javascript:alert(1)"}, id="a script"),
        pytest.param({"issuer": None}, id="no issuer"),
        pytest.param({"authorization_response_iss_parameter_supported": "yes"}, id="text for a boolean"),
        pytest.param({"token_endpoint_auth_methods_supported": "client_secret_basic"}, id="text for a list"),
    ],
)
def test_a_document_with_nonsense_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(DiscoveryError):
        parse_metadata(ISSUER, json.encode({**DOCUMENT, **changes}))


@pytest.mark.parametrize("issuer", ["http://as.example", "as.example", "https://as.example?x", "https://[::1", ""])
def test_an_issuer_that_is_no_https_url_is_asked_nothing(issuer: str) -> None:
    with pytest.raises(DiscoveryError):
        next(discover(issuer))


@pytest.mark.parametrize("body", [b"[" * 500_000, b'{"issuer":"\xff"}', b'{"a":' * 100_000])
def test_a_document_made_to_break_the_reader_is_no_document(body: bytes) -> None:
    with pytest.raises(DiscoveryError, match="without metadata"):
        hold([answer(body), answer(body)])
