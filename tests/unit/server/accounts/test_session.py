import pytest
from msgspec.structs import replace

from lingpai.crypto.digest import digest, new_id
from lingpai.server.accounts.session import BrowserSessions
from lingpai.server.storage.accounts import Accounts
from lingpai.server.storage.grants import Grants
from lingpai.server.storage.records import Account, Grant
from lingpai.server.storage.sessions import Sessions
from lingpai.server.storage.sqlite import SQLiteDriver

NOW = 1_800_000_000
LIFETIME_S = 3600
ADA = Account(id=b"a" * 16, username="ada")
BOB = Account(id=b"b" * 16, username="bob")


@pytest.fixture
async def accounts(driver: SQLiteDriver) -> Accounts:
    accounts = Accounts(driver)
    await accounts.put(ADA)
    await accounts.put(BOB)
    return accounts


@pytest.fixture
def sessions(driver: SQLiteDriver, accounts: Accounts) -> BrowserSessions:
    del accounts  # only that they exist
    return BrowserSessions(Sessions(driver), lifetime_s=LIFETIME_S)


async def start(sessions: BrowserSessions, account: Account = ADA, old_secret: str | None = None) -> str:
    return await sessions.start(account.id, amr=("pwd",), user_agent="Browser/1", old_secret=old_secret, now=NOW)


async def test_the_cookie_of_a_sign_in_finds_who_signed_in(sessions: BrowserSessions) -> None:
    found = await sessions.find(await start(sessions), NOW)
    assert found is not None
    assert found.account == ADA
    assert found.session.auth_time == NOW
    assert found.session.amr == ("pwd",)
    assert found.session.expires_at == NOW + LIFETIME_S


async def test_the_same_cookie_finds_what_was_allowed_an_application(
    sessions: BrowserSessions, driver: SQLiteDriver
) -> None:
    secret = await start(sessions)
    grant = Grant(account_id=ADA.id, client_id="photos", id=new_id(), permissions={"list_album": NOW})
    assert await Grants(driver).put(grant, None)
    found = await sessions.find(secret, NOW)
    assert found is not None
    with_grant = await sessions.find_with_grant(secret, "photos", NOW)
    assert with_grant is not None
    assert with_grant[0] == found
    assert with_grant[1] is not None
    assert with_grant[1].id == grant.id
    assert await sessions.find_with_grant(secret, "other", NOW) == (found, None)
    assert await sessions.find_with_grant("unknown", "photos", NOW) is None
    assert await sessions.find_with_grant(None, "photos", NOW) is None


async def test_only_the_digest_of_the_secret_is_stored(sessions: BrowserSessions, driver: SQLiteDriver) -> None:
    secret = await start(sessions)
    (row,) = await driver.fetch_all("SELECT * FROM session")
    assert digest(secret) in row
    assert not any(secret in str(value) for value in row)


async def test_the_stored_digest_is_no_cookie(sessions: BrowserSessions) -> None:
    stored = digest(await start(sessions))
    assert await sessions.find(stored.hex(), NOW) is None


async def test_every_sign_in_makes_a_new_secret_and_ends_the_session_before(sessions: BrowserSessions) -> None:
    first = await start(sessions)
    second = await start(sessions, BOB, old_secret=first)
    assert first != second
    assert await sessions.find(first, NOW) is None
    found = await sessions.find(second, NOW)
    assert found is not None
    assert found.account == BOB


@pytest.mark.parametrize("planted", ["planted", "x" * 100_000, "\ud800", "令牌", ""])
async def test_a_secret_planted_before_the_sign_in_is_worth_nothing_after(
    sessions: BrowserSessions, planted: str
) -> None:
    secret = await start(sessions, old_secret=planted)
    assert secret != planted
    assert await sessions.find(planted, NOW) is None
    assert await sessions.find(secret, NOW) is not None


@pytest.mark.parametrize("secret", [None, "", "unknown", "x" * 1_000_000, "\x00", "令牌", "\ud800"])
async def test_a_foreign_cookie_finds_nobody_and_ends_nothing(sessions: BrowserSessions, secret: str | None) -> None:
    ours = await start(sessions)
    assert await sessions.find(secret, NOW) is None
    await sessions.end(secret)
    assert await sessions.find(ours, NOW) is not None


async def test_an_ended_session_is_dead_at_once(sessions: BrowserSessions) -> None:
    secret = await start(sessions)
    await sessions.end(secret)
    assert await sessions.find(secret, NOW) is None


async def test_ending_all_sessions_ends_those_of_one_account(sessions: BrowserSessions) -> None:
    here, there, other = await start(sessions), await start(sessions), await start(sessions, BOB)
    await sessions.end_all(ADA.id)
    assert await sessions.find(here, NOW) is None
    assert await sessions.find(there, NOW) is None
    assert await sessions.find(other, NOW) is not None


async def test_a_session_lasts_its_lifetime_and_not_a_second_longer(sessions: BrowserSessions) -> None:
    secret = await start(sessions)
    assert await sessions.find(secret, NOW + LIFETIME_S - 1) is not None
    assert await sessions.find(secret, NOW + LIFETIME_S) is None


async def test_the_session_of_a_disabled_account_is_dead(sessions: BrowserSessions, accounts: Accounts) -> None:
    secret = await start(sessions)
    await accounts.put(replace(ADA, disabled_at=NOW))
    assert await sessions.find(secret, NOW) is None


async def test_the_session_of_an_account_that_does_not_exist_is_dead(sessions: BrowserSessions) -> None:
    secret = await sessions.start(new_id(), amr=(), user_agent="", old_secret=None, now=NOW)
    assert await sessions.find(secret, NOW) is None


async def test_what_a_browser_says_it_is_is_kept_short_and_readable(sessions: BrowserSessions) -> None:
    agent = "Mozilla\x1b[2J\u202e\n" + "x" * 10_000
    secret = await sessions.start(ADA.id, amr=("pwd",), user_agent=agent, old_secret=None, now=NOW)
    found = await sessions.find(secret, NOW)
    assert found is not None
    assert found.session.user_agent.startswith("Mozilla[2Jx")
    assert len(found.session.user_agent) <= 200
