"""Grants and token families: the statements that spend something, one row at a time and many at once."""

from typing import Any

import pytest
from msgspec.structs import replace

from lingpai.server.storage.accounts import Accounts
from lingpai.server.storage.clients import Clients
from lingpai.server.storage.driver import Driver
from lingpai.server.storage.grants import Grants
from lingpai.server.storage.records import Grant, TokenFamily
from lingpai.server.storage.spent import Spent
from lingpai.server.storage.token_families import AliveFamily, TokenFamilies
from tests.storage.samples import NOW, account, allowed, client, family, grant, together


async def test_a_grant_comes_back_whole_with_its_application(driver: Driver) -> None:
    given, application = await allowed(driver), client()
    await Clients(driver).put(application)
    grants = Grants(driver)
    assert await grants.get(given.account_id, "photo-print") == given
    assert await grants.get(given.account_id, "other") is None
    assert await grants.list_with_clients(given.account_id, NOW) == [(given, application)]
    assert await grants.list_with_clients(given.account_id, NOW + 86_400) == [], "it expires in that second"


async def test_there_is_one_grant_for_an_account_and_a_client(driver: Driver) -> None:
    given = await allowed(driver)
    assert not await Grants(driver).put(replace(given, id=b"2" * 16), replaces=None)
    assert await Grants(driver).get(given.account_id, given.client_id) == given


async def test_a_grant_is_replaced_only_as_it_was_read(driver: Driver) -> None:
    given, grants = await allowed(driver), Grants(driver)
    tabs = [replace(given, permissions={f"p{number}": NOW}) for number in range(32)]
    won = await together([grants.put(tab, replaces=given) for tab in tabs])
    assert sum(won) == 1
    kept = await grants.get(given.account_id, given.client_id)
    assert kept == replace(tabs[won.index(True)], revision=2)


async def test_a_consent_never_undoes_an_end_it_did_not_see(driver: Driver) -> None:
    given, grants = await allowed(driver), Grants(driver)
    assert await grants.end(given.account_id, given.client_id, NOW)
    assert not await grants.end(given.account_id, given.client_id, NOW + 9)
    assert not await grants.put(replace(given, lifetime="forever"), replaces=given)
    ended = await grants.get(given.account_id, given.client_id)
    assert ended is not None
    assert ended.ended_at == NOW
    assert await grants.put(replace(given, id=b"n" * 16), replaces=ended), "given anew, seeing that it had ended"


async def test_a_redeemed_family_comes_back_whole_and_says_what_it_bought(driver: Driver) -> None:
    given, families = await allowed(driver), TokenFamilies(driver)
    registered = client()
    await Clients(driver).put(registered)
    redeemed = family(given)
    bought = await families.redeem(redeemed)
    assert bought is not None
    assert (bought.permissions, bought.grant_expires_at) == (given.permissions, given.expires_at)
    assert await families.get(redeemed.account_id, redeemed.id) == redeemed
    owner = await Accounts(driver).get(given.account_id)
    assert owner is not None
    alive = AliveFamily(redeemed, owner, registered, given.permissions, given.expires_at)
    assert await families.get_alive(redeemed.account_id, redeemed.id, NOW) == alive


async def test_of_64_who_redeem_one_code_one_does(driver: Driver) -> None:
    given = await allowed(driver)
    redeemed = family(given)
    bought = await together([TokenFamilies(driver).redeem(redeemed) for _ in range(64)])
    assert sum(each is not None for each in bought) == 1


async def test_of_64_who_rotate_one_generation_one_does(driver: Driver) -> None:
    redeemed, families = family(await allowed(driver)), TokenFamilies(driver)
    assert await families.redeem(redeemed)
    bought = await together([_rotate(families, redeemed) for _ in range(64)])
    assert sum(each is not None for each in bought) == 1
    rotated = await families.get(redeemed.account_id, redeemed.id)
    assert rotated == replace(redeemed, generation=1, rotated_at=NOW + 1, expires_at=NOW + 900)


async def _rotate(families: TokenFamilies, of: TokenFamily, **changes: Any) -> object:
    whole: dict[str, Any] = {
        "account_id": of.account_id,
        "family_id": of.id,
        "client_id": of.client_id,
        "generation": 0,
        "now": NOW + 1,
        "expires_at": NOW + 900,
    }
    return await families.rotate(**(whole | changes))


async def test_revoking_is_final_and_said_once(driver: Driver) -> None:
    redeemed, families = family(await allowed(driver)), TokenFamilies(driver)
    await families.redeem(redeemed)
    first = await together(
        [families.revoke(redeemed.account_id, redeemed.id, reason="code_replayed", now=NOW + 1) for _ in range(8)]
    )
    assert sum(first) == 1
    revoked = await families.get(redeemed.account_id, redeemed.id)
    assert revoked == replace(redeemed, revoked_at=NOW + 1, revoke_reason="code_replayed")
    assert await _rotate(families, redeemed) is None
    assert await families.redeem(redeemed) is None, "its code stays spent"
    assert not await families.revoke(redeemed.account_id, b"never there", reason="", now=NOW)


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"generation": 1}, id="a generation that is not there yet"),
        pytest.param({"client_id": "other"}, id="another client"),
        pytest.param({"account_id": b"x" * 16}, id="another account"),
        pytest.param({"family_id": b"x" * 16}, id="another family"),
        pytest.param({"now": NOW + 600}, id="the second it expires"),
    ],
)
async def test_only_what_is_right_in_everything_rotates(driver: Driver, changes: dict[str, Any]) -> None:
    redeemed, families = family(await allowed(driver)), TokenFamilies(driver)
    await families.redeem(redeemed)
    assert await _rotate(families, redeemed, **changes) is None
    assert await families.get(redeemed.account_id, redeemed.id) == redeemed


async def _end(driver: Driver, given: Grant) -> None:
    assert await Grants(driver).end(given.account_id, given.client_id, NOW)


async def _give_anew(driver: Driver, given: Grant) -> None:
    assert await Grants(driver).put(replace(given, id=b"n" * 16), replaces=given)


async def _disable_account(driver: Driver, given: Grant) -> None:
    owner = await Accounts(driver).get(given.account_id)
    assert owner
    assert await Accounts(driver).put(replace(owner, disabled_at=NOW))


async def _let_expire(driver: Driver, given: Grant) -> None:
    assert await Grants(driver).put(replace(given, expires_at=NOW), replaces=given)


async def _disable_client(driver: Driver, given: Grant) -> None:
    await Clients(driver).put(client(given.client_id, disabled_at=NOW))


@pytest.mark.parametrize("happens", [_end, _give_anew, _disable_account, _let_expire])
async def test_when_its_grant_is_not_in_force_a_family_is_dead_for_every_statement(
    driver: Driver, happens: Any
) -> None:
    given, families = await allowed(driver), TokenFamilies(driver)
    await Clients(driver).put(client())
    redeemed, unredeemed = family(given), family(given)
    await families.redeem(redeemed)
    await happens(driver, given)
    assert await families.redeem(unredeemed) is None
    assert await families.get(unredeemed.account_id, unredeemed.id) is None
    assert await _rotate(families, redeemed) is None
    assert await families.get_alive(redeemed.account_id, redeemed.id, NOW) is None


@pytest.mark.parametrize("happens", [_disable_client])
async def test_the_tokens_of_a_disabled_client_are_not_alive(driver: Driver, happens: Any) -> None:
    given, families = await allowed(driver), TokenFamilies(driver)
    await Clients(driver).put(client())
    redeemed = family(given)
    await families.redeem(redeemed)
    await happens(driver, given)
    assert await families.get_alive(redeemed.account_id, redeemed.id, NOW) is None


async def test_an_access_token_revoked_by_itself_leaves_its_family_alive(driver: Driver) -> None:
    given, families = await allowed(driver), TokenFamilies(driver)
    await Clients(driver).put(client())
    redeemed = family(given)
    await families.redeem(redeemed)
    await Spent(driver).record("access_token", b"dead", NOW + 60)
    assert await families.get_alive(redeemed.account_id, redeemed.id, NOW, b"dead") is None
    assert await families.get_alive(redeemed.account_id, redeemed.id, NOW, b"other") is not None
    assert await families.get_alive(redeemed.account_id, redeemed.id, NOW) is not None


async def test_a_family_of_one_account_is_not_found_under_another(driver: Driver) -> None:
    given, families = await allowed(driver), TokenFamilies(driver)
    redeemed = family(given)
    await families.redeem(redeemed)
    stranger = account("lisi")
    await Accounts(driver).put(stranger)
    await Grants(driver).put(grant(stranger), replaces=None)
    assert await families.get(stranger.id, redeemed.id) is None
    assert await families.get_alive(stranger.id, redeemed.id, NOW) is None
    assert not await families.revoke(stranger.id, redeemed.id, reason="", now=NOW)
    assert await families.redeem(family(given, account_id=stranger.id)) is None, "the grant is not the stranger's"
