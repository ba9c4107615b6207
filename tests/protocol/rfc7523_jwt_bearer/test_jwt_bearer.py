"""``grant_type=…:jwt-bearer``: an issuer we trust vouches for one of our people."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
import pytest_asyncio

from lingpai.server.storage.records import Account, TrustedIssuer
from tests.assertions import JWT_BEARER, TOKEN_ENDPOINT, Keyholder, claims_of
from tests.foreign_web import ForeignWeb
from tests.world import ISSUER, PHOTOS, Ask, World, refusal

PARTNER = "https://partner.example"
INVALID = (400, "invalid_grant")
HOLDER = Keyholder()


async def trust(world: World, **fields: Any) -> None:
    values: dict[str, Any] = {"jwks": HOLDER.jwks, "client_ids": ("photo-print",), "scope": "get_user_info list_album"}
    await world.server.store.trusted_issuers.put(TrustedIssuer(issuer=PARTNER, **(values | fields)))


@pytest_asyncio.fixture(loop_scope="session")
async def world(world: World) -> World:
    """With an issuer that may vouch for people to ``photo-print``."""
    await world.add_client(grant_types=("authorization_code", "refresh_token", JWT_BEARER))
    await trust(world)
    return world


def assertion_of(world: World, holder: Keyholder = HOLDER, **changes: Any) -> str:
    return holder.sign(claims_of(world, **({"iss": PARTNER, "sub": "zhangsan"} | changes)))


async def present(world: World, assertion: str, **params: Any) -> httpx2.Response:
    response: httpx2.Response = await world.post("/oauth2/token", grant_type=JWT_BEARER, assertion=assertion, **params)
    return response


async def account_of(world: World, username: str = "zhangsan") -> Account:
    account = await world.server.store.accounts.get_by_username(username)
    assert account is not None
    return account


@pytest.mark.spec("RFC 7523", "2.1", "a JWT is exchanged for an access token")
async def test_an_assertion_buys_an_access_token(world: World) -> None:
    tokens = (await present(world, assertion_of(world))).json()
    assert tokens["scope"] == "get_user_info list_album"
    claims = await world.introspect(tokens["access_token"])
    assert (claims["active"], claims["username"], claims["client_id"]) == (True, "zhangsan", "photo-print")


@pytest.mark.spec("RFC 7521", "4.1", "no refresh token is issued")
async def test_there_is_no_refresh_token(world: World) -> None:
    assert "refresh_token" not in (await present(world, assertion_of(world))).json()


@pytest.mark.parametrize("aud", [ISSUER, TOKEN_ENDPOINT, [ISSUER]], ids=str)
@pytest.mark.parametrize("typ", [None, "JWT", "authorization-grant+jwt"])
async def test_it_is_addressed_to_us_and_of_the_right_type(world: World, aud: object, typ: str | None) -> None:
    assertion = HOLDER.sign(claims_of(world, iss=PARTNER, sub="zhangsan", aud=aud), typ=typ)
    assert (await present(world, assertion)).status_code == 200


@pytest.mark.spec("RFC 7523", "3", "sub identifies the resource owner")
async def test_the_person_is_named_by_username_or_by_our_own_sub(world: World) -> None:
    account = await account_of(world)
    for sub in ("zhangsan", " ZhangSan ", account.id.hex()):
        tokens = (await present(world, assertion_of(world, sub=sub))).json()
        assert (await world.introspect(tokens["access_token"]))["sub"] == account.id.hex()


async def test_who_takes_anothers_public_id_for_a_username_becomes_nobody(world: World) -> None:
    account = await account_of(world)
    await world.add_account(account.id.hex())
    assert refusal(await present(world, assertion_of(world, sub=account.id.hex()))) == INVALID


@pytest.mark.parametrize("sub", ["nobody", "", "0" * 32, "a\0", "x" * 200, "g" * 32])
async def test_somebody_who_has_no_account_gets_nothing(world: World, sub: str) -> None:
    assert refusal(await present(world, assertion_of(world, sub=sub))) == INVALID


async def test_a_disabled_account_gets_nothing(world: World) -> None:
    await world.disable_account(await account_of(world))
    assert refusal(await present(world, assertion_of(world))) == INVALID


@pytest.mark.spec("RFC 7523", "3", "an assertion is accepted once")
async def test_an_assertion_counts_once(world: World) -> None:
    assertion = assertion_of(world)
    assert (await present(world, assertion)).status_code == 200
    assert refusal(await present(world, assertion)) == INVALID
    answers = await asyncio.gather(*(present(world, fresh) for fresh in [assertion_of(world)] * 5))
    assert sorted(answer.status_code for answer in answers) == [200, 400, 400, 400, 400]


async def test_an_assertion_counts_once_for_all_clients_and_after_a_restart(world: World) -> None:
    await trust(world, client_ids=("photo-print", "second"))
    await world.add_client("second", grant_types=(JWT_BEARER,))
    assertion = assertion_of(world)
    assert (await present(world, assertion)).status_code == 200
    await world.restart()
    assert refusal(await present(world, assertion)) == INVALID


async def test_at_another_client_a_used_assertion_is_refused(world: World) -> None:
    await trust(world, client_ids=("photo-print", "second"))
    await world.add_client("second", grant_types=(JWT_BEARER,))
    assertion = assertion_of(world)
    assert (await present(world, assertion)).status_code == 200
    assert refusal(await present(world, assertion, client="second")) == INVALID


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"iss": "https://other.example"}, id="an issuer nobody trusts"),
        pytest.param({"iss": None}, id="no issuer"),
        pytest.param({"iss": [PARTNER]}, id="iss is a list"),
        pytest.param({"iss": PARTNER + "\0"}, id="iss with NUL"),
        pytest.param({"sub": None}, id="no subject"),
        pytest.param({"aud": "https://other.example"}, id="for another server"),
        pytest.param({"aud": [ISSUER, "https://other.example"]}, id="for us and another server"),
        pytest.param({"aud": None}, id="for nobody"),
        pytest.param({"aud": "photo-print"}, id="an ID token for the client"),
        pytest.param({"exp": 0}, id="expired"),
        pytest.param({"exp": None}, id="without end"),
        pytest.param({"exp": 4_000_000_000}, id="for ever"),
        pytest.param({"nbf": 4_000_000_000}, id="not yet"),
        pytest.param({"iat": 4_000_000_000}, id="from the future"),
        pytest.param({"jti": None}, id="no jti"),
    ],
)
async def test_what_an_assertion_says_is_checked(world: World, changes: dict[str, Any]) -> None:
    # CVE-2026-114618 (empty audience accepted), CVE-2026-55669
    assert refusal(await present(world, assertion_of(world, **changes))) == INVALID


@pytest.mark.parametrize(
    "header",
    [
        pytest.param({"alg": "none"}, id="none"),
        pytest.param({"alg": "HS256"}, id="symmetric"),
        pytest.param({"typ": "at+jwt"}, id="an access token of the issuer"),
        pytest.param({"typ": "client-authentication+jwt"}, id="a client assertion"),
        pytest.param({"typ": "logout+jwt"}, id="a logout token"),
        pytest.param({"kid": "two"}, id="an unknown key"),
        pytest.param({"crit": ["a"]}, id="crit"),
        pytest.param({"jwk": HOLDER.jwk}, id="its own key"),
    ],
)
async def test_how_an_assertion_is_signed_is_checked(world: World, header: dict[str, Any]) -> None:
    assertion = HOLDER.sign(claims_of(world, iss=PARTNER, sub="zhangsan"), **header)
    assert refusal(await present(world, assertion)) == INVALID


async def test_a_key_of_somebody_else_does_not_speak_for_the_issuer(world: World) -> None:
    stranger = Keyholder()
    await world.server.store.trusted_issuers.put(
        TrustedIssuer(
            issuer="https://evil.example", jwks=stranger.jwks, client_ids=("photo-print",), scope="list_album"
        )
    )
    assert refusal(await present(world, assertion_of(world, stranger))) == INVALID
    own = assertion_of(world, stranger, iss="https://evil.example")
    assert (await present(world, own)).json()["scope"] == "list_album"


async def test_only_the_clients_an_operator_listed_may_present_it(world: World) -> None:
    await world.add_client("second", grant_types=(JWT_BEARER,))
    assert refusal(await present(world, assertion_of(world), client="second")) == INVALID
    await trust(world, client_ids=())
    assert refusal(await present(world, assertion_of(world))) == INVALID


@pytest.mark.spec("RFC 6749", "5.2", "unauthorized_client for a grant type the client did not register")
async def test_the_client_must_be_registered_for_the_grant_type_and_authenticate(world: World) -> None:
    await trust(world, client_ids=("plain", "app"))
    await world.add_client("plain")
    assert refusal(await present(world, assertion_of(world), client="plain")) == (400, "unauthorized_client")
    await world.add_client("app", secret=None, grant_types=(JWT_BEARER,))
    answer = await present(world, assertion_of(world), client=None, client_id="app")
    assert refusal(answer) == (400, "unauthorized_client")


@pytest.mark.spec("RFC 7521", "4.1", "the scope lies within what was authorized")
async def test_scope_lies_within_what_the_issuer_and_the_client_may(world: World) -> None:
    await trust(world, scope="list_album upload_pic")
    assert (await present(world, assertion_of(world))).json()["scope"] == "list_album"
    for beyond in ("upload_pic", "get_user_info", "list_album upload_pic"):
        assert refusal(await present(world, assertion_of(world), scope=beyond)) == (400, "invalid_scope")
    await trust(world, scope="upload_pic")
    assert refusal(await present(world, assertion_of(world))) == (400, "invalid_scope")


async def test_less_can_be_asked_for(world: World) -> None:
    tokens = (await present(world, assertion_of(world), scope="list_album", resource=PHOTOS)).json()
    assert tokens["scope"] == "list_album"
    claims = await world.introspect(tokens["access_token"], client="photos")
    assert claims["aud"] == PHOTOS
    answer = await present(world, assertion_of(world), resource="https://unknown.example")
    assert refusal(answer) == (400, "invalid_target")


async def test_the_person_sees_it_as_a_grant_and_ends_it(world: World) -> None:
    tokens = (await present(world, assertion_of(world))).json()
    account = await account_of(world)
    grants = await world.server.store.grants.list_with_clients(account.id, world.clock.now)
    assert [client.client_id for _, client in grants] == ["photo-print"]
    await world.server.store.grants.end(account.id, "photo-print", world.clock.now)
    assert not await world.is_active(tokens["access_token"])
    # and no assertion brings back what the person ended
    assert refusal(await present(world, assertion_of(world))) == INVALID


async def test_what_the_person_unticked_stays_unticked(world: World) -> None:
    await Ask(world).allow(world.browser(), tick=["get_user_info"])
    assert refusal(await present(world, assertion_of(world), scope="list_album")) == INVALID
    tokens = (await present(world, assertion_of(world), scope="get_user_info")).json()
    assert tokens["scope"] == "get_user_info"


async def test_an_assertion_is_no_sign_in(world: World) -> None:
    tokens = (await present(world, assertion_of(world))).json()
    assert "auth_time" not in await world.introspect(tokens["access_token"])


async def test_presenting_an_assertion_is_missing_without_one(world: World) -> None:
    answer = await world.post("/oauth2/token", grant_type=JWT_BEARER)
    assert refusal(answer) == (400, "invalid_request")
    for garbage in ("a", "..", "a.b.c", "." * 9000):
        assert refusal(await present(world, garbage)) == INVALID


async def test_a_known_person_costs_four_reads_and_one_write(world: World) -> None:
    await present(world, assertion_of(world))
    assertion = assertion_of(world)
    world.driver.reset()
    assert (await present(world, assertion)).status_code == 200
    # client, issuer, account, grant; the family
    assert (len(world.driver.reads), len(world.driver.writes)) == (4, 1)


@pytest_asyncio.fixture(loop_scope="session")
async def web() -> AsyncIterator[ForeignWeb]:
    async with ForeignWeb.open() as opened:
        yield opened


async def test_keys_of_the_issuer_are_fetched_from_its_address(world: World, web: ForeignWeb) -> None:
    web.jwks(HOLDER.jwk)
    await trust(world, jwks=None, jwks_uri=web.url())
    assert (await present(world, assertion_of(world))).status_code == 200
    new = Keyholder(kid="new")
    web.jwks(new.jwk)
    world.clock.advance(30)
    assert (await present(world, assertion_of(world, new))).status_code == 200
    assert len(web.asked) == 2
