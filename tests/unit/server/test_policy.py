"""What each client may do, rule by rule."""

from typing import Any

import pytest

from lingpai.oauth.errors import InvalidDpopProof, InvalidRequest, InvalidScope, InvalidTarget, UnauthorizedClient
from lingpai.oauth.names import (
    AUTHORIZATION_CODE,
    CLIENT_CREDENTIALS,
    DEVICE_CODE,
    IMPLICIT,
    JWT_BEARER,
    PASSWORD,
    REFRESH_TOKEN,
    TOKEN_EXCHANGE,
)
from lingpai.server import policy
from lingpai.server.policy import GRANT_TYPE_RULES, LEGACY_RESPONSE_TYPES, RESPONSE_TYPES
from lingpai.server.storage.records import Client

ALL = tuple(GRANT_TYPE_RULES)


def client(**fields: Any) -> Client:
    return Client(client_id="photo-print", client_name="Photo Print", **fields)


def public(**fields: Any) -> Client:
    return client(token_endpoint_auth_method="none", **fields)


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post", "private_key_jwt", "tls_client_auth"])
def test_a_client_that_authenticates_is_confidential(method: str) -> None:
    assert policy.is_confidential(client(token_endpoint_auth_method=method))
    assert not policy.is_confidential(public())


@pytest.mark.spec("RFC 6749", "5.2", "a grant type the client is not registered for is unauthorized_client")
@pytest.mark.parametrize("grant_type", ALL)
def test_a_grant_type_must_be_registered(grant_type: str) -> None:
    policy.check_grant_type(client(grant_types=ALL, legacy=True), grant_type)
    others = tuple(name for name in ALL if name != grant_type)
    with pytest.raises(UnauthorizedClient, match="not registered"):
        policy.check_grant_type(client(grant_types=others, legacy=True), grant_type)


@pytest.mark.parametrize(
    ("grant_type", "confidential"),
    [
        (AUTHORIZATION_CODE, False),
        (REFRESH_TOKEN, False),
        (DEVICE_CODE, False),
        (CLIENT_CREDENTIALS, True),
        (TOKEN_EXCHANGE, True),
        (JWT_BEARER, True),
    ],
)
def test_some_grant_types_are_for_clients_that_authenticate(grant_type: str, *, confidential: bool) -> None:
    anybody = public(grant_types=ALL)
    if confidential:
        with pytest.raises(UnauthorizedClient, match="authenticate"):
            policy.check_grant_type(anybody, grant_type)
    else:
        policy.check_grant_type(anybody, grant_type)


@pytest.mark.spec("RFC 9700", "2.4", "the password grant is for clients an operator marked")
def test_the_password_grant_is_for_clients_marked_legacy() -> None:
    policy.check_grant_type(client(grant_types=(PASSWORD,), legacy=True), PASSWORD)
    with pytest.raises(UnauthorizedClient, match="legacy"):
        policy.check_grant_type(client(grant_types=(PASSWORD,)), PASSWORD)


@pytest.mark.spec("RFC 9700", "2.1.2", "access tokens in the browser are for clients an operator marked")
@pytest.mark.parametrize("response_type", RESPONSE_TYPES)
def test_a_response_type_needs_registration_grant_types_and_sometimes_the_mark(response_type: str) -> None:
    registered: dict[str, Any] = {
        "response_types": (" ".join(reversed(response_type.split())),),
        "grant_types": (AUTHORIZATION_CODE, IMPLICIT),
    }
    policy.check_response_type(client(**registered, legacy=True), response_type)
    for changes in ({"response_types": ()}, {"grant_types": ()}):
        with pytest.raises(UnauthorizedClient, match="not registered"):
            policy.check_response_type(client(**{**registered, **changes}, legacy=True), response_type)
    if response_type in LEGACY_RESPONSE_TYPES:
        with pytest.raises(UnauthorizedClient, match="legacy"):
            policy.check_response_type(client(**registered), response_type)
        with pytest.raises(UnauthorizedClient, match="bound"):
            policy.check_response_type(client(**registered, legacy=True, dpop_bound_access_tokens=True), response_type)
    else:
        policy.check_response_type(client(**registered, dpop_bound_access_tokens=True), response_type)


def test_tokens_in_the_browser_are_what_is_legacy() -> None:
    assert {name for name in RESPONSE_TYPES if "token" in name.split()} == set(LEGACY_RESPONSE_TYPES)


@pytest.mark.spec("RFC 6749", "3.3", "scope lies within what the client registered")
@pytest.mark.parametrize(
    ("text", "scope"),
    [(None, "a b openid"), ("", ""), ("b", "b"), ("b a", "a b"), ("c", None), ("a c", None), ('"', None)],
)
def test_a_scope_lies_within_the_registered_one(text: str | None, scope: str | None) -> None:
    registered = client(scope="a b openid")
    if scope is None:
        with pytest.raises(InvalidScope):
            policy.scope_to_ask(registered, text)
    else:
        assert str(policy.scope_to_ask(registered, text)) == scope


def test_a_client_for_itself_has_nothing_that_is_a_persons() -> None:
    registered = client(scope="a openid offline_access")
    assert str(policy.scope_to_ask(registered, None, for_itself=True)) == "a"
    with pytest.raises(InvalidScope, match="openid"):
        policy.scope_to_ask(registered, "a openid", for_itself=True)


def test_a_refusal_never_gets_longer_than_a_header_likes() -> None:
    with pytest.raises(InvalidScope) as raised:
        policy.scope_to_ask(client(scope="a"), " ".join(f"scope-{number}" for number in range(100)))
    assert len(raised.value.description) < 300


@pytest.mark.spec("RFC 8707", "2", "a resource the client is not registered for is invalid_target")
def test_a_resource_is_one_of_those_registered_if_any_are() -> None:
    policy.check_resource(client(), ("https://any.example",))
    held = client(resources=("https://a.example", "https://b.example"))
    policy.check_resource(held, ())
    policy.check_resource(held, ("https://b.example",))
    with pytest.raises(InvalidTarget):
        policy.check_resource(held, ("https://a.example", "https://c.example"))


@pytest.mark.spec("RFC 9126", "6", "a client may have to push its requests")
def test_a_client_that_must_push_has_to() -> None:
    strict = client(require_pushed_authorization_requests=True)
    policy.check_pushed(strict, was_pushed=True)
    policy.check_pushed(client(), was_pushed=False)
    with pytest.raises(InvalidRequest, match="pushed"):
        policy.check_pushed(strict, was_pushed=False)


@pytest.mark.spec("RFC 9449", "5.2", "a client may have to bind its tokens")
def test_a_client_that_must_bind_its_tokens_has_to() -> None:
    strict = client(dpop_bound_access_tokens=True)
    policy.check_binding(strict, "thumbprint")
    policy.check_binding(client(), "")
    with pytest.raises(InvalidDpopProof):
        policy.check_binding(strict, "")
