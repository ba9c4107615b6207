"""The requests a client makes, character by character where a server depends on it."""

import base64
import hashlib
from typing import Any
from urllib.parse import parse_qs, unquote_plus, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from lingpai.client import flow
from lingpai.client.errors import UnsupportedByProvider
from lingpai.client.flow import ClientIdentity, PendingSignIn, SignInRequest
from lingpai.client.providers import AuthMethod, Provider

PROVIDER = Provider(
    issuer="https://as.example",
    authorization_endpoint="https://as.example/authorize",
    token_endpoint="https://as.example/token",
    userinfo_endpoint="https://as.example/userinfo",
    revocation_endpoint="https://as.example/revoke",
)
SECRETIVE = ClientIdentity("photos", "pssst", "client_secret_basic")


def begin(scope: str = "openid list_album", **members: Any) -> PendingSignIn:
    request = SignInRequest(redirect_uri="https://app.example/cb?tenant=1&x=y", scope=scope, **members)
    return flow.begin_sign_in(PROVIDER, "photos", request, now=1_800_000_000)


def asked(pending: PendingSignIn) -> dict[str, list[str]]:
    return parse_qs(urlsplit(pending.url).query, strict_parsing=True)


def form(request: flow.HttpRequest) -> dict[str, list[str]]:
    return parse_qs(request.body.decode(), strict_parsing=True)


@pytest.mark.spec("RFC 6749", "4.1.1", "the authorization request has its parameters")
def test_the_authorization_url_says_what_is_asked_for() -> None:
    pending = begin(resource=("https://api.example", "https://b.example"), prompt="consent", extra={"ui_locales": "zh"})
    challenge = base64.urlsafe_b64encode(hashlib.sha256(pending.code_verifier.encode()).digest()).rstrip(b"=")
    assert pending.url.startswith("https://as.example/authorize?")
    assert asked(pending) == {
        "response_type": ["code"],
        "client_id": ["photos"],
        "redirect_uri": ["https://app.example/cb?tenant=1&x=y"],
        "scope": ["openid list_album"],
        "state": [pending.state],
        "nonce": [pending.nonce],
        "code_challenge": [challenge.decode()],
        "code_challenge_method": ["S256"],
        "prompt": ["consent"],
        "resource": ["https://api.example", "https://b.example"],
        "ui_locales": ["zh"],
    }


@pytest.mark.spec("RFC 6749", "3.1", "the query of the authorization endpoint is kept")
def test_a_query_in_the_endpoint_is_kept() -> None:
    provider = structs.replace(PROVIDER, authorization_endpoint="https://as.example/authorize?tenant=7")
    pending = flow.begin_sign_in(provider, "photos", SignInRequest(redirect_uri="https://app.example/cb"), now=0)
    assert asked(pending)["tenant"] == ["7"]
    assert asked(pending)["client_id"] == ["photos"]


def test_state_nonce_and_verifier_are_new_every_time_and_different() -> None:
    first, second = begin(), begin()
    secrets = [getattr(p, name) for p in (first, second) for name in ("state", "nonce", "code_verifier")]
    assert len(set(secrets)) == 6
    assert all(len(secret) >= 43 for secret in secrets)


def test_a_nonce_is_sent_only_where_an_id_token_will_carry_it() -> None:
    pending = begin(scope="list_album")
    assert pending.nonce is None
    assert "nonce" not in asked(pending)


@pytest.mark.parametrize("name", ["state", "nonce", "redirect_uri", "code_challenge", "client_id", "response_type"])
def test_extra_parameters_cannot_replace_a_protection(name: str) -> None:
    with pytest.raises(ValueError, match=name):
        begin(extra={name: "x"})


def test_max_age_is_remembered_and_needs_an_id_token_to_be_checked_in() -> None:
    pending = begin(max_age=0)
    assert asked(pending)["max_age"] == ["0"]
    assert pending.max_age == 0
    with pytest.raises(ValueError, match="openid"):
        begin(scope="list_album", max_age=0)


def test_a_pending_sign_in_survives_the_session_store() -> None:
    pending = begin(resource=("https://api.example",), max_age=60)
    assert PendingSignIn.from_json(pending.to_json()) == pending


@pytest.mark.parametrize("text", ["", "null", "[]", "{}", '{"state": 1}', "\udcff", b"\xff", '{"x":' + "[" * 100_000])
def test_a_garbled_session_is_a_value_error(text: str | bytes) -> None:
    with pytest.raises(ValueError, match="PendingSignIn"):
        PendingSignIn.from_json(text)


def test_nothing_secret_is_shown() -> None:
    pending = begin()
    code = flow.code_request(PROVIDER, SECRETIVE, pending, "the-code")
    shown = "".join(
        repr(value) + repr(value.__rich_repr__())
        for value in (pending, code, flow.userinfo_request(PROVIDER, "the-token"), SECRETIVE)
    )
    for secret in (pending.state, pending.nonce or "?", pending.code_verifier, "the-code", "the-token", "pssst"):
        assert secret not in shown
        assert base64.b64encode(f"photos:{secret}".encode()).decode() not in shown


@pytest.mark.spec("RFC 6749", "4.1.3", "the code is redeemed with the redirect URI it was asked with")
@pytest.mark.spec("RFC 7636", "4.5", "the verifier is sent with the code")
def test_a_code_is_redeemed_with_its_verifier_redirect_uri_and_resources() -> None:
    pending = begin(resource=("https://api.example",))
    request = flow.code_request(PROVIDER, SECRETIVE, pending, "a+b&c")
    assert (request.method, request.url) == ("POST", "https://as.example/token")
    assert form(request) == {
        "grant_type": ["authorization_code"],
        "code": ["a+b&c"],
        "redirect_uri": [pending.redirect_uri],
        "code_verifier": [pending.code_verifier],
        "resource": ["https://api.example"],
    }
    assert dict(request.headers)["Content-Type"] == "application/x-www-form-urlencoded"


AUTHENTICATED = {
    "client_secret_basic": ({}, "Basic cGhvdG9zOnBzc3N0"),
    "client_secret_post": ({"client_id": ["photos"], "client_secret": ["pssst"]}, None),
    "none": ({"client_id": ["photos"]}, None),
}


@pytest.mark.spec("RFC 6749", "2.3", "a request uses one authentication method")
@pytest.mark.parametrize("method", AUTHENTICATED)
def test_a_client_proves_itself_in_exactly_one_way(method: AuthMethod) -> None:
    in_body, header = AUTHENTICATED[method]
    identity = ClientIdentity("photos", "pssst", method)
    request = flow.refresh_request(PROVIDER, identity, "r", "a b")
    expected = {"grant_type": ["refresh_token"], "refresh_token": ["r"], "scope": ["a b"], **in_body}
    assert form(request) == expected
    assert dict(request.headers).get("Authorization") == header


@pytest.mark.spec("RFC 6749", "2.3.1", "id and secret are form-encoded inside Basic")
@given(st.text(min_size=1), st.text())
def test_any_id_and_secret_survive_basic_authentication(client_id: str, secret: str) -> None:
    try:
        (client_id + secret).encode()
    except UnicodeEncodeError:
        return
    identity = ClientIdentity(client_id, secret, "client_secret_basic")
    header = dict(flow.client_credentials_request(PROVIDER, identity).headers)["Authorization"]
    user, colon, password = base64.b64decode(header.removeprefix("Basic ")).decode().partition(":")
    assert (unquote_plus(user), colon, unquote_plus(password)) == (client_id, ":", secret)


@pytest.mark.spec("RFC 7009", "2.1", "the token and a hint are sent")
def test_revocation_and_client_credentials_say_what_they_want() -> None:
    revocation = flow.revocation_request(PROVIDER, SECRETIVE, "t", "refresh_token")
    assert form(revocation) == {"token": ["t"], "token_type_hint": ["refresh_token"]}
    own = flow.client_credentials_request(PROVIDER, SECRETIVE, "a", ["https://api.example"])
    assert form(own) == {"grant_type": ["client_credentials"], "scope": ["a"], "resource": ["https://api.example"]}


@pytest.mark.spec("RFC 6750", "2.1", "the token travels in the Authorization header")
def test_userinfo_is_asked_with_the_token_in_the_header_and_never_in_the_url() -> None:
    request = flow.userinfo_request(PROVIDER, "t0ken")
    assert (request.method, request.url, request.body) == ("GET", "https://as.example/userinfo", b"")
    assert dict(request.headers)["Authorization"] == "Bearer t0ken"


def test_an_endpoint_the_provider_lacks_is_said_plainly() -> None:
    bare = Provider(issuer="https://as.example", token_endpoint="https://as.example/token")
    with pytest.raises(UnsupportedByProvider, match="userinfo_endpoint"):
        flow.userinfo_request(bare, "t")
    with pytest.raises(UnsupportedByProvider, match="revocation_endpoint"):
        flow.revocation_request(bare, SECRETIVE, "t")
    with pytest.raises(UnsupportedByProvider, match="authorization_endpoint"):
        flow.begin_sign_in(bare, "photos", SignInRequest(redirect_uri="https://app.example/cb"), now=0)
