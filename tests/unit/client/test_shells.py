"""Both shells against a foreign authorization server over real HTTP: everything a client does, when all goes well.

Each test with ``client`` or ``connect`` runs twice, once with ``Client`` and once with ``AsyncClient``.
"""

from collections.abc import Callable
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest

import lingpai.client
from lingpai.client import (
    AsyncClient,
    Client,
    Provider,
    TokenError,
    TokenSet,
    UserinfoError,
    aio,
    sending,
    sending_aio,
    sync,
)
from tests.unit.client.both_shells import body, without_await
from tests.unit.client.foreign import NOW, ForeignServer, new_keys
from tests.unit.client.people import NO_TLS, REDIRECT_URI, FakeClock, sign_in


def test_a_person_signs_in_and_the_client_learns_who(client: Any) -> None:
    tokens = sign_in(client)
    assert tokens.subject == "zhang"
    assert tokens.scope == "openid list_album"
    assert tokens.expires_at == NOW + 600
    assert client.userinfo(tokens) == {"sub": "zhang", "name": "张三"}


def test_a_server_without_metadata_is_described_by_hand(foreign: ForeignServer, connect: Callable[..., Any]) -> None:
    endpoints = {name: f"{foreign.issuer}/{name}" for name in ("authorize", "token", "keys")}
    described = Provider(
        issuer=foreign.issuer,
        authorization_endpoint=endpoints["authorize"],
        token_endpoint=endpoints["token"],
        jwks_uri=endpoints["keys"],
        id_token_algs=("ES256",),
    )
    assert sign_in(connect(described)).subject == "zhang"
    assert "/.well-known/openid-configuration" not in foreign.requested


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
def test_both_ways_to_send_the_secret_work(connect: Callable[..., Any], method: str) -> None:
    assert sign_in(connect(auth_method=method)).subject == "zhang"


def test_a_public_client_signs_in_with_pkce_alone(connect: Callable[..., Any]) -> None:
    assert sign_in(connect(client_id="public", client_secret=None)).subject == "zhang"


@pytest.mark.parametrize("alg", ["ES256", "RS256", "EdDSA"])
def test_every_usual_signature_is_checked(foreign: ForeignServer, client: Any, alg: str) -> None:
    foreign.id_token_alg = alg
    assert sign_in(client).subject == "zhang"


def test_without_openid_there_is_no_id_token_and_none_is_missed(client: Any) -> None:
    tokens = sign_in(client, scope="list_album")
    assert (tokens.subject, tokens.id_token) == (None, None)
    assert client.userinfo(tokens)["sub"] == "zhang"


def test_a_refresh_gives_new_tokens_and_keeps_who_signed_in(client: Any, clock: FakeClock) -> None:
    before = sign_in(client)
    clock.now += 590
    assert before.expires_within(60, clock.now)
    after = client.refresh(before)
    assert after.access_token != before.access_token
    assert (after.subject, after.scope, after.expires_at) == ("zhang", before.scope, clock.now + 600)
    assert client.refresh(after.refresh_token, scope="list_album").scope == "list_album"


def test_a_client_gets_a_token_for_itself(client: Any) -> None:
    tokens = client.client_credentials(scope="report")
    assert (tokens.scope, tokens.refresh_token, tokens.subject) == ("report", None, None)


def test_a_revoked_token_is_over(client: Any) -> None:
    tokens = sign_in(client)
    client.revoke(tokens.refresh_token, token_type_hint="refresh_token")
    with pytest.raises(TokenError) as raised:
        client.refresh(tokens)
    assert raised.value.code == "invalid_grant"
    client.revoke(tokens.access_token)
    client.revoke("never heard of")
    with pytest.raises(UserinfoError, match="invalid_token"):
        client.userinfo(tokens)


def test_metadata_is_fetched_once_and_again_after_a_day(foreign: ForeignServer, client: Any, clock: FakeClock) -> None:
    for _ in range(3):
        client.provider()
    assert foreign.requested.count("/.well-known/openid-configuration") == 1
    clock.now += 24 * 3600 + 1
    client.provider()
    assert foreign.requested.count("/.well-known/openid-configuration") == 2


def test_keys_are_fetched_once_and_again_when_the_server_rotates(foreign: ForeignServer, client: Any) -> None:
    sign_in(client)
    sign_in(client)
    assert foreign.requested.count("/keys") == 1
    foreign.signing = new_keys()
    for name, key in foreign.signing.items():
        foreign.signing[name] = type(key).import_key({**key.as_dict(private=True), "kid": f"{name}-2"})
    assert sign_in(client).subject == "zhang"
    assert foreign.requested.count("/keys") == 2


def test_nothing_travels_from_one_persons_answer_to_the_next_persons_request(
    foreign: ForeignServer, client: Any
) -> None:
    sign_in(client)
    sign_in(client)
    assert not [headers["cookie"] for headers in foreign.headers if "cookie" in headers]


def test_a_token_set_without_refresh_token_cannot_be_refreshed(client: Any) -> None:
    with pytest.raises(ValueError, match="no refresh token"):
        client.refresh(TokenSet(access_token="a"))


async def test_a_client_that_was_given_no_connections_makes_and_closes_its_own(foreign: ForeignServer) -> None:
    with Client(foreign.issuer, "public") as blocking:
        assert blocking.provider().issuer == foreign.issuer
    async with AsyncClient(foreign.issuer, "public") as awaiting:
        assert (await awaiting.provider()).issuer == foreign.issuer
    with pytest.raises(RuntimeError, match="closed"):
        blocking.userinfo("token")
    with pytest.raises(RuntimeError, match="closed"):
        await awaiting.userinfo("token")


def test_a_client_that_was_given_connections_leaves_them_open_and_its_habits_behind(foreign: ForeignServer) -> None:
    with httpx2.Client(verify=NO_TLS, follow_redirects=True, auth=("somebody", "else"), cookies={"who": "li"}) as http:
        with Client(foreign.issuer, foreign.client_id, foreign.client_secret, http=http, clock=FakeClock()) as client:
            assert client.userinfo(sign_in(client))["sub"] == "zhang"
        assert not http.is_closed
    assert not [headers["cookie"] for headers in foreign.headers if "cookie" in headers]


async def test_the_asynchronous_client_works_over_any_transport_and_closes_what_it_opened() -> None:
    foreign = ForeignServer("https://as.example")
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=foreign.app)) as http:
        async with AsyncClient(
            foreign.issuer, foreign.client_id, foreign.client_secret, http=http, clock=FakeClock()
        ) as client:
            pending = await client.begin_sign_in(redirect_uri=REDIRECT_URI, scope="openid")
            callback = (await http.get(pending.url)).headers["Location"]
            tokens = await client.finish_sign_in(pending, urlsplit(callback).query)
            assert (await client.userinfo(tokens))["name"] == "张三"
        assert not http.is_closed


@pytest.mark.parametrize(
    ("awaiting", "blocking"), [(aio, sync), (sending_aio, sending)], ids=["the clients", "the senders"]
)
def test_the_two_shells_are_the_same_but_for_await(awaiting: ModuleType, blocking: ModuleType) -> None:
    assert without_await(awaiting) == body(blocking)


def test_every_public_name_is_listed_in_order() -> None:
    assert lingpai.client.__all__ == sorted(lingpai.client.__all__)
    classes = {name for name, value in vars(lingpai.client).items() if isinstance(value, type)}
    assert classes == set(lingpai.client.__all__)
