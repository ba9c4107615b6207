"""The legacy password grant: through the same sign-in as the page, for clients an operator marked, and nobody else."""

from typing import Any

import httpx2
import pytest

from tests.proofs import Prover
from tests.protocol.rfc9449_dpop.bound import TOKEN, prove, send
from tests.world import PASSWORD, PHOTOS, Ask, World, at_once, refusal

REGISTERED: dict[str, Any] = {"grant_types": ("password", "refresh_token"), "response_types": (), "legacy": True}


@pytest.fixture
async def legacy(world: World) -> World:
    """A world with an old client that asks people for their passwords."""
    await world.add_client("old", **REGISTERED)
    return world


async def ask(world: World, **changes: Any) -> httpx2.Response:
    params = {"grant_type": "password", "username": "zhangsan", "password": PASSWORD, "scope": "list_album"} | changes
    response: httpx2.Response = await world.post(TOKEN, client="old", **params)
    return response


@pytest.mark.spec("RFC 6749", "4.3.3", "name and password become tokens")
async def test_name_and_password_become_tokens(legacy: World) -> None:
    tokens = (await ask(legacy)).json()
    assert (tokens["token_type"], tokens["scope"]) == ("Bearer", "list_album")
    claims = await legacy.introspect(tokens["access_token"], client="old")
    assert (claims["username"], claims["acr"], claims["auth_time"]) == (
        "zhangsan",
        "urn:lingpai:acr:1",
        legacy.clock.now,
    )
    again = await legacy.refresh(tokens["refresh_token"], client="old")
    assert again.status_code == 200


@pytest.mark.spec("RFC 6749", "4.3.2", "username and password are required")
@pytest.mark.parametrize("missing", ["username", "password"])
async def test_name_and_password_are_both_needed(legacy: World, missing: str) -> None:
    assert refusal(await ask(legacy, **{missing: ""})) == (400, "invalid_request")


@pytest.mark.spec("RFC 6749", "5.2", "wrong credentials of a person are invalid_grant, whoever they are")
async def test_what_was_wrong_is_not_said(legacy: World) -> None:
    disabled = await legacy.add_account("lisi")
    await legacy.disable_account(disabled)
    answers = [
        await ask(legacy, password="wrong"),
        await ask(legacy, username="nobody"),
        await ask(legacy, username="lisi"),
        await ask(legacy, username="x" * 200),
    ]
    assert {refusal(answer) for answer in answers} == {(400, "invalid_grant")}
    assert len({answer.text for answer in answers}) == 1


REFUSED: dict[str, dict[str, Any]] = {
    "not marked legacy": {"legacy": False},
    "not registered for it": {"grant_types": ("refresh_token",)},
}


@pytest.mark.spec("RFC 9700", "2.4", "no client uses the password grant unless an operator said so")
@pytest.mark.parametrize("fields", REFUSED.values(), ids=REFUSED.keys())
async def test_a_client_that_is_not_meant_to_gets_nothing(world: World, fields: dict[str, Any]) -> None:
    await world.add_client("old", **(REGISTERED | fields))
    assert refusal(await ask(world)) == (400, "unauthorized_client")
    assert world.rows()["account_grant"] == 0


async def test_guessing_is_throttled_as_on_the_page(legacy: World) -> None:
    limit = legacy.config.sign_in_attempts_per_account
    for _ in range(limit):
        assert "wrong" in (await ask(legacy, password="wrong")).json()["error_description"]
    throttled = await ask(legacy)
    assert refusal(throttled) == (400, "invalid_grant")
    assert "try again in" in throttled.json()["error_description"]
    browser = legacy.browser()
    await legacy.sign_in(browser)
    assert browser.page.status_code == 429, "one count for both doors"
    legacy.clock.advance(2 * legacy.config.sign_in_window_s)
    assert (await ask(legacy)).status_code == 200


async def test_the_page_throttles_this_door_too(legacy: World) -> None:
    browser = legacy.browser()
    for _ in range(legacy.config.sign_in_attempts_per_account):
        await legacy.sign_in(browser, password="wrong")
    assert "try again in" in (await ask(legacy)).json()["error_description"]


async def test_the_person_sees_what_was_allowed_and_ends_it_for_good(legacy: World) -> None:
    tokens = (await ask(legacy)).json()
    account = await legacy.server.store.accounts.get_by_username("zhangsan")
    assert account
    grant = await legacy.server.store.grants.get(account.id, "old")
    assert grant
    assert list(grant.permissions) == ["list_album"]
    assert await legacy.server.store.grants.end(account.id, "old", legacy.clock.now)
    assert not (await legacy.introspect(tokens["access_token"], client="old"))["active"]
    assert refusal(await ask(legacy)) == (400, "invalid_grant")
    assert refusal(await legacy.refresh(tokens["refresh_token"], client="old")) == (400, "invalid_grant")


async def test_what_the_person_declined_on_the_page_is_not_given_here(world: World) -> None:
    await world.add_client(
        "old",
        grant_types=("password", "refresh_token", "authorization_code"),
        response_types=("code",),
        legacy=True,
    )
    await Ask(world, "old").allow(world.browser(), tick=["get_user_info"])
    assert refusal(await ask(world)) == (400, "invalid_grant")
    assert (await ask(world, scope="get_user_info")).status_code == 200


@pytest.mark.parametrize("scope", ["upload_pic", "list_album upload_pic", "openid"])
async def test_no_more_scope_than_registered(legacy: World, scope: str) -> None:
    assert refusal(await ask(legacy, scope=scope)) == (400, "invalid_scope")


@pytest.mark.spec("RFC 8707", "2.2", "resource narrows the audience")
async def test_a_token_can_be_for_one_resource(legacy: World) -> None:
    tokens = (await ask(legacy, scope="get_user_info list_album", resource=PHOTOS)).json()
    assert tokens["scope"] == "list_album"
    assert (await legacy.introspect(tokens["access_token"], client="photos"))["aud"] == PHOTOS
    assert refusal(await ask(legacy, resource="https://unknown.example")) == (400, "invalid_target")


async def test_a_proof_binds_these_tokens_too(legacy: World) -> None:
    prover = Prover()
    params = {"grant_type": "password", "username": "zhangsan", "password": PASSWORD}
    answer = await send(legacy, TOKEN, prove(legacy, prover), client="old", **params)
    assert answer.json()["token_type"] == "DPoP"


async def test_requests_that_arrive_together_make_one_grant(legacy: World) -> None:
    answers = await at_once(*(ask(legacy) for _ in range(6)))
    assert {answer.status_code for answer in answers} == {200}
    assert legacy.rows()["account_grant"] == 1


async def test_the_password_stands_in_no_log(legacy: World, capfd: pytest.CaptureFixture[str]) -> None:
    for password in (PASSWORD, "wr0ng-password"):
        await ask(legacy, password=password)
    shown = "".join(capfd.readouterr())
    assert PASSWORD not in shown
    assert "wr0ng-password" not in shown
