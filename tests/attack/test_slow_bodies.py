"""A form whose body comes late: what was true when it began need not be true when it is complete.

Whoever has somebody's session for a minute begins a form, sends half of it, and keeps the rest until the owner has done
something about it. Stops: a session that was ended, and a row read before, that still count minutes later (time of
check, time of use).
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from urllib.parse import urlencode

import httpx2
import msgspec

from lingpai.server.accounts.passwords import Passwords
from lingpai.server.accounts.sign_in import SignIn, SignInRefused
from lingpai.server.rate_limit import Throttle
from lingpai.server.storage.accounts import Accounts
from lingpai.server.storage.driver import Driver
from lingpai.server.storage.records import Account
from tests.attack.pictures import upload_of
from tests.browser import Browser
from tests.people import STRONG, account_named, give_address, link_in_mail, token_in
from tests.world import PASSWORD, Ask, World, at_once

FORM = "application/x-www-form-urlencoded"
Meanwhile = Callable[[], Awaitable[object]]


async def _send_slowly(
    browser: Browser, path: str, body: bytes, meanwhile: Meanwhile, content_type: str = FORM
) -> httpx2.Response:
    async def halves() -> AsyncIterator[bytes]:
        yield body[:20]
        await meanwhile()
        yield body[20:]

    return await browser.http.post(path, content=halves(), headers={"content-type": content_type})


async def _csrf_token(browser: Browser, path: str) -> str:
    await browser.get(path)
    return next(value for form in browser.forms() for name, value in form.fields if name == "csrf_token")


async def _sign_out_everywhere(world: World, account: Account) -> None:
    await world.server.store.sessions.end_all(account.id)


async def test_a_session_that_ends_while_the_form_comes_changes_no_password(world: World) -> None:
    thief, account = world.browser(), await account_named(world)
    await world.sign_in(thief)
    token = await _csrf_token(thief, "/account/security")
    body = urlencode({"csrf_token": token, "action": "change_password", "password": STRONG}).encode()
    page = await _send_slowly(thief, "/account/security", body, lambda: _sign_out_everywhere(world, account))
    assert page.status_code == 303
    assert page.headers["location"].endswith("/sign-in")
    assert (await account_named(world)).password_hash == account.password_hash


async def test_a_session_that_ends_while_the_form_comes_allows_nothing(world: World) -> None:
    thief, account = world.browser(), await account_named(world)
    await Ask(world).to_consent(thief)
    form, address = thief.form("consent-form"), str(thief.page.url)
    answer = [*form.fields, ("scope", "list_album"), ("lifetime", "1d"), ("decision", "allow")]
    body = urlencode(list(dict(answer).items())).encode()
    await _send_slowly(thief, address, body, lambda: _sign_out_everywhere(world, account))
    assert world.rows()["account_grant"] == 0


async def test_a_session_that_ends_while_a_picture_comes_puts_none_up(world: World) -> None:
    thief, account = world.browser(), await account_named(world)
    await world.sign_in(thief)
    content_type, body = upload_of(await _csrf_token(thief, "/account"))
    await _send_slowly(thief, "/account/avatar", body, lambda: _sign_out_everywhere(world, account), content_type)
    assert world.rows()["avatar"] == 0
    assert (await account_named(world)).picture == ""


async def test_proof_of_the_person_is_as_old_as_it_is_when_the_form_is_complete(world: World) -> None:
    thief, account = world.browser(), await account_named(world)
    await world.sign_in(thief)
    token = await _csrf_token(thief, "/account/security")
    body = urlencode({"csrf_token": token, "action": "change_password", "password": STRONG}).encode()

    async def an_hour_passes() -> None:
        world.clock.advance(3600)

    page = await _send_slowly(thief, "/account/security", body, an_hour_passes)
    assert "/account/confirm" in page.headers["location"]
    assert (await account_named(world)).password_hash == account.password_hash


async def test_a_profile_form_that_comes_late_brings_no_old_password_and_no_locked_account_back(world: World) -> None:
    """The account's row as it was when the form began must not be written over what happened since."""
    thief, before = world.browser(), await account_named(world)
    await world.sign_in(thief)
    token = await _csrf_token(thief, "/account")
    locked = msgspec.structs.replace(before, password_hash=None, disabled_at=world.clock.now)

    async def lock() -> None:
        assert await world.server.store.accounts.put(locked)

    body = urlencode({"csrf_token": token, "name": "Thief", "locale": ""}).encode()
    await _send_slowly(thief, "/account", body, lock)
    after = await account_named(world)
    assert after.password_hash is None
    assert after.disabled_at is not None


async def test_an_upload_that_comes_late_brings_no_old_password_back(world: World) -> None:
    thief, before = world.browser(), await account_named(world)
    await world.sign_in(thief)
    content_type, body = upload_of(await _csrf_token(thief, "/account"))

    async def reset() -> None:
        assert await world.server.store.accounts.put(msgspec.structs.replace(before, password_hash=None))

    await _send_slowly(thief, "/account/avatar", body, reset, content_type)
    assert (await account_named(world)).password_hash is None


async def test_what_an_operator_did_while_a_new_password_was_hashed_stands(world: World) -> None:
    """Hashing takes its time, and a flood of sign-ins makes it longer."""
    before = await account_named(world)
    credentials, words = world.server.people.credentials, world.server.people.translators["en"]
    locked = msgspec.structs.replace(before, password_hash=None, disabled_at=world.clock.now)
    # As in a page that read the account just before.
    assert await world.server.store.accounts.put(locked)
    refused = await credentials.change_password(before, STRONG, words, ip="", now=world.clock.now)
    after = await account_named(world)
    assert refused is not None
    assert (after.password_hash, after.disabled_at) == (None, world.clock.now)


class _Watched(Accounts):
    """Accounts that say when they were read."""

    def __init__(self, driver: Driver) -> None:
        super().__init__(driver)
        self.was_read = asyncio.Event()

    async def get_by_username(self, canonical: str) -> Account | None:
        account = await super().get_by_username(canonical)
        self.was_read.set()
        return account


async def test_a_password_that_is_replaced_while_it_is_checked_opens_nothing(world: World) -> None:
    """Whoever has the old password keeps trying while its owner sets a new one: one try would be half way through."""
    slow, account = Passwords(threads=1, queue_limit=4, memory_kib=8192, time_cost=20), await account_named(world)
    account = msgspec.structs.replace(account, password_hash=await slow.hash(PASSWORD))
    assert await world.server.store.accounts.put(account)
    throttle = Throttle(world.server.store.throttles, limit=9, window_s=60, name="a test")
    watched = _Watched(world.server.store.driver)
    sign_in = SignIn(watched, slow, throttle, throttle, world.server.audit)

    async def replace() -> None:
        await watched.was_read.wait()
        assert await world.server.store.accounts.put(msgspec.structs.replace(account, password_hash=None))

    guess = sign_in.attempt("zhangsan", PASSWORD, ip="", now=world.clock.now)
    result, _ = await at_once(guess, replace())
    slow.close()
    assert isinstance(result, SignInRefused)


async def test_a_link_sent_to_an_address_the_account_has_no_more_sets_no_password(world: World) -> None:
    """The owner lost the mailbox, and an operator gave the account another address."""
    account = await give_address(world, await account_named(world), "old@example.com")
    credentials, words = world.server.people.credentials, world.server.people.translators["en"]
    await credentials.send_resets("old@example.com", words, world.clock.now)
    token = token_in(await link_in_mail(world, "old@example.com"))
    await give_address(world, account, "new@example.com")
    refused = await credentials.reset(token, STRONG, words, ip="", now=world.clock.now)
    assert refused is not None
    assert (await account_named(world)).password_hash == account.password_hash
