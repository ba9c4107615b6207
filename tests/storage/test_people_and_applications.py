"""Accounts, clients, permissions, resource servers, audit rows: what was put is what is read."""

from contextlib import suppress

import psycopg
import pytest
from msgspec.structs import replace

from lingpai.server.storage.accounts import Accounts
from lingpai.server.storage.audit import AuditLog
from lingpai.server.storage.catalog import CatalogRows
from lingpai.server.storage.clients import Clients
from lingpai.server.storage.driver import Driver
from lingpai.server.storage.records import Account, AuditEvent, Client, ResourceServer, ScopeDefinition
from tests.storage.samples import NOW, account, client, together


async def test_an_account_comes_back_whole(driver: Driver) -> None:
    accounts, owner = Accounts(driver), account(disabled_at=NOW + 2)
    assert await accounts.put(owner)
    assert await accounts.get(owner.id) == owner
    assert await accounts.get_by_username("zhangsan") == owner
    assert await accounts.get(b"x" * 16) is None
    assert await accounts.get_by_username("lisi") is None


async def test_a_bare_account_comes_back_whole(driver: Driver) -> None:
    bare = Account(id=b"b" * 16, username="bare")
    assert await Accounts(driver).put(bare)
    assert await Accounts(driver).get(bare.id) == bare


async def test_putting_an_account_again_replaces_it_but_not_its_birthday(driver: Driver) -> None:
    accounts, owner = Accounts(driver), account()
    await accounts.put(owner)
    changed = replace(owner, username="zhang3", password_hash=None, email_verified=False, claims={}, disabled_at=NOW)
    assert await accounts.put(replace(changed, created_at=1))
    assert await accounts.get(owner.id) == changed
    assert await accounts.get_by_username("zhangsan") is None


async def test_a_username_belongs_to_one_account(driver: Driver) -> None:
    accounts, first, second = Accounts(driver), account(), account("lisi")
    assert await accounts.put(first)
    assert not await accounts.put(account())
    assert await accounts.put(second)
    assert not await accounts.put(replace(second, username="zhangsan", name="somebody else"))
    assert await accounts.get(second.id) == second


async def test_of_many_who_want_one_username_one_gets_it(driver: Driver) -> None:
    rivals = [account() for _ in range(20)]
    won = await together([Accounts(driver).put(rival) for rival in rivals])
    assert sum(won) == 1
    assert await Accounts(driver).get_by_username("zhangsan") == rivals[won.index(True)]


async def test_accounts_are_listed_page_by_page(driver: Driver) -> None:
    names = [f"user{number:02}" for number in range(7)]
    await together([Accounts(driver).put(account(name)) for name in reversed(names)])
    first = await Accounts(driver).list(limit=3)
    rest = await Accounts(driver).list(first[-1].username, limit=100)
    assert [found.username for found in first + rest] == names


async def test_a_client_comes_back_whole_and_is_replaced(driver: Driver) -> None:
    clients, application = Clients(driver), client()
    await clients.put(application)
    assert await clients.get("photo-print") == application
    disabled = replace(application, disabled_at=NOW, redirect_uris=(), client_secrets=())
    await clients.put(disabled)
    assert await clients.get("photo-print") == disabled
    assert await clients.get("Photo-Print") is None


async def test_a_bare_client_comes_back_whole(driver: Driver) -> None:
    bare = Client(client_id="bare", client_name="")
    await Clients(driver).put(bare)
    assert await Clients(driver).get("bare") == bare


async def test_clients_are_listed_page_by_page(driver: Driver) -> None:
    await together([Clients(driver).put(client(f"c{number}")) for number in (3, 1, 2, 0)])
    assert [found.client_id for found in await Clients(driver).list(limit=2)] == ["c0", "c1"]
    assert [found.client_id for found in await Clients(driver).list("c1")] == ["c2", "c3"]


async def test_permissions_and_resource_servers_are_put_listed_and_deleted(driver: Driver) -> None:
    rows = CatalogRows(driver)
    words = ScopeDefinition(name="b", descriptions={"zh_CN": "看相册"}, resource="https://photos", claims=("picture",))
    await rows.put_scope(ScopeDefinition(name="b"))
    await rows.put_scope(ScopeDefinition(name="a"))
    await rows.put_scope(words)
    assert await rows.scopes() == [ScopeDefinition(name="a"), words]
    photos = ResourceServer(resource="https://photos", access_token_format="at+jwt", client_ids=("photos",))
    await rows.put_resource_server(photos)
    assert await rows.resource_servers() == [photos]
    await rows.delete_scope("a")
    await rows.delete_scope("never there")
    await rows.delete_resource_server("https://photos")
    assert (await rows.scopes(), await rows.resource_servers()) == ([words], [])


async def test_audit_rows_are_listed_newest_first_for_one_or_all(driver: Driver) -> None:
    log, owner = AuditLog(driver), b"a" * 16
    events = [
        AuditEvent(at=NOW, event="sign_in", account_id=owner, ip="::1", detail={"method": "pwd", "n": [1]}),
        AuditEvent(at=NOW, event="sign_in_refused"),
        AuditEvent(at=NOW - 1, event="sign_out", account_id=owner, client_id="photo-print"),
    ]
    for event in events:
        await log.record(event)
    assert await log.list() == events[::-1]
    assert await log.list(owner) == [events[2], events[0]]
    assert await log.list(limit=1) == [events[2]]


TEXTS = ["", "'; DROP TABLE account; --", "“”𠮷\U0010ffff", "%_\\", "x" * 100_000]


@pytest.mark.parametrize("text", TEXTS, ids=["empty", "quotes", "astral", "wildcards", "100 KB"])
async def test_any_text_comes_back_as_it_was(driver: Driver, text: str) -> None:
    odd = account(username=text, name=text, claims={"t": text})
    assert await Accounts(driver).put(odd)
    assert await Accounts(driver).get(odd.id) == odd
    assert await Accounts(driver).get_by_username(text) == odd
    event = AuditEvent(at=NOW, event="sign_in", client_id=text, detail={"t": text})
    await AuditLog(driver).record(event)
    assert await AuditLog(driver).list() == [event]


async def test_a_nul_is_kept_or_refused_but_never_shortens_a_text(driver: Driver) -> None:
    """PostgreSQL's texts have none; what people and applications send was refused before it came this far."""
    odd = account(username="a\x00b", claims={"t": "a\x00b"})
    with suppress(psycopg.DataError):
        assert await Accounts(driver).put(odd)
        assert await Accounts(driver).get(odd.id) == odd
    assert await Accounts(driver).get_by_username("a") is None
