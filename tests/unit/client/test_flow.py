"""The requests a client makes, character by character where a server depends on it."""

import base64
import hashlib
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from msgspec import structs

from lingpai.client import flow
from lingpai.client.errors import UnsupportedByProvider
from lingpai.client.flow import ExchangeRequest, PendingSignIn, SignInRequest
from lingpai.client.providers import Provider
from lingpai.client.step_up import StepUp

PROVIDER = Provider(
    issuer="https://as.example",
    authorization_endpoint="https://as.example/authorize",
    token_endpoint="https://as.example/token",
    userinfo_endpoint="https://as.example/userinfo",
    revocation_endpoint="https://as.example/revoke",
)


def begin(scope: str = "openid list_album", **members: Any) -> PendingSignIn:
    request = SignInRequest(redirect_uri="https://app.example/cb?tenant=1&x=y", scope=scope, **members)
    return flow.in_browser(PROVIDER, *flow.begin_sign_in(PROVIDER, "photos", request, now=1_800_000_000))


def asked(pending: PendingSignIn) -> dict[str, list[str]]:
    return parse_qs(urlsplit(pending.url).query, strict_parsing=True)


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
    begun = flow.begin_sign_in(provider, "photos", SignInRequest(redirect_uri="https://app.example/cb"), now=0)
    pending = flow.in_browser(provider, *begun)
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


@pytest.mark.parametrize("name", ["state", "nonce", "redirect_uri", "code_challenge", "client_id", "dpop_jkt"])
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


@pytest.mark.spec("RFC 9449", "10", "dpop_jkt binds the code to the key")
def test_a_code_is_asked_for_that_only_the_owner_of_the_key_can_redeem() -> None:
    request = SignInRequest(redirect_uri="https://app.example/cb")
    _, params = flow.begin_sign_in(PROVIDER, "photos", request, now=0, jkt="thumbprint")
    assert dict(params)["dpop_jkt"] == "thumbprint"
    assert "dpop_jkt" not in asked(begin())


@pytest.mark.spec("RFC 9126", "4", "the browser carries client_id and request_uri and nothing else")
def test_a_pushed_request_leaves_the_browser_a_reference() -> None:
    pending, _ = flow.begin_sign_in(
        PROVIDER, "photos", SignInRequest(redirect_uri="https://app.example/cb", scope="list_album"), now=0
    )
    assert asked(flow.by_reference(PROVIDER, pending, "urn:x:1")) == {
        "client_id": ["photos"],
        "request_uri": ["urn:x:1"],
    }


@pytest.mark.spec("RFC 9470", "4", "the sign-in asks for what the challenge demands")
def test_a_demand_of_a_resource_is_asked_for() -> None:
    pending = begin(scope="", step_up=StepUp(acr_values="urn:a urn:b", max_age=0, scope="list_album"))
    assert (asked(pending)["acr_values"], asked(pending)["max_age"]) == (["urn:a urn:b"], ["0"])
    assert pending.scope == "list_album"
    assert pending.max_age is None, "nothing to check it in"
    assert begin(step_up=StepUp(max_age=5)).max_age == 5
    assert asked(begin(max_age=1, step_up=StepUp(max_age=5)))["max_age"] == ["1"]


def test_nothing_secret_is_shown() -> None:
    pending = begin()
    shown = repr(pending) + repr(pending.__rich_repr__())
    for secret in (pending.state, pending.nonce or "?", pending.code_verifier):
        assert secret not in shown


@pytest.mark.spec("RFC 6749", "4.1.3", "the code is redeemed with the redirect URI it was asked with")
@pytest.mark.spec("RFC 7636", "4.5", "the verifier is sent with the code")
def test_a_code_is_redeemed_with_its_verifier_redirect_uri_and_resources() -> None:
    pending = begin(resource=("https://api.example",))
    assert flow.code_params(pending, "a+b&c") == [
        ("grant_type", "authorization_code"),
        ("code", "a+b&c"),
        ("redirect_uri", pending.redirect_uri),
        ("code_verifier", pending.code_verifier),
        ("resource", "https://api.example"),
    ]


@pytest.mark.spec("RFC 7009", "2.1", "the token and a hint are sent")
def test_revocation_and_client_credentials_say_what_they_want() -> None:
    assert flow.revocation_params("t", "refresh_token") == [("token", "t"), ("token_type_hint", "refresh_token")]
    own = flow.client_credentials_params("a", ["https://api.example"])
    assert own == [("grant_type", "client_credentials"), ("scope", "a"), ("resource", "https://api.example")]
    again = flow.refresh_params("r", "a b")
    assert again == [("grant_type", "refresh_token"), ("refresh_token", "r"), ("scope", "a b")]


@pytest.mark.spec("RFC 8693", "2.1", "the subject token, perhaps an actor token, and the target are sent")
def test_an_exchange_says_whose_token_for_what() -> None:
    alone = dict(flow.exchange_params(ExchangeRequest(subject_token="s", audience=("photos",))))
    assert (alone["subject_token"], alone["audience"], alone["scope"]) == ("s", "photos", "")
    assert alone["subject_token_type"] == alone["requested_token_type"] == flow.ACCESS_TOKEN_TYPE
    assert "actor_token_type" not in alone
    both = flow.exchange_params(ExchangeRequest(subject_token="s", actor_token="a", resource=("x:y", "x:z")))
    assert ("actor_token", "a") in both
    assert ("actor_token_type", flow.ACCESS_TOKEN_TYPE) in both
    assert [value for name, value in both if name == "resource"] == ["x:y", "x:z"]


def test_a_provider_without_authorization_endpoint_signs_nobody_in() -> None:
    bare = Provider(issuer="https://as.example", token_endpoint="https://as.example/token")
    with pytest.raises(UnsupportedByProvider, match="authorization_endpoint"):
        flow.authorization_endpoint(bare)
