"""Sessions, throttles, spent ids, keys."""

from msgspec.structs import replace

from lingpai.server.storage.accounts import Accounts
from lingpai.server.storage.driver import Driver
from lingpai.server.storage.grants import Grants
from lingpai.server.storage.keys import Keys
from lingpai.server.storage.records import Account, Key
from lingpai.server.storage.sessions import Sessions
from lingpai.server.storage.spent import Spent
from lingpai.server.storage.throttles import Throttles
from tests.storage.samples import NOW, account, grant, session, together


async def _person(driver: Driver) -> Account:
    owner = account()
    assert await Accounts(driver).put(owner)
    return owner


async def test_a_session_comes_back_with_its_account_until_the_second_it_expires(driver: Driver) -> None:
    owner, sessions = await _person(driver), Sessions(driver)
    opened = session(owner, expires_at=NOW + 60)
    await sessions.record(opened)
    assert await sessions.get_signed_in(opened.digest, NOW + 59) == (opened, owner)
    assert await sessions.get_signed_in(opened.digest, NOW + 60) is None
    assert await sessions.get_signed_in(b"other", NOW) is None
    assert await sessions.list(owner.id, NOW + 59) == [opened]
    assert await sessions.list(owner.id, NOW + 60) == []


async def test_a_disabled_account_is_signed_in_nowhere(driver: Driver) -> None:
    owner, sessions = await _person(driver), Sessions(driver)
    opened = session(owner)
    await sessions.record(opened)
    await Accounts(driver).put(replace(owner, disabled_at=NOW))
    assert await sessions.get_signed_in(opened.digest, NOW) is None
    assert await sessions.get_signed_in_with_grant(opened.digest, "photo-print", NOW) is None


async def test_a_session_brings_the_grant_of_the_client_asked_for_and_no_other(driver: Driver) -> None:
    owner, sessions = await _person(driver), Sessions(driver)
    opened = session(owner)
    await sessions.record(opened)
    assert await sessions.get_signed_in_with_grant(opened.digest, "photo-print", NOW) == (opened, owner, None)
    given, ended = grant(owner), grant(owner, "other", ended_at=NOW)
    await together([Grants(driver).put(each, replaces=None) for each in (given, ended)])
    assert await sessions.get_signed_in_with_grant(opened.digest, "photo-print", NOW) == (opened, owner, given)
    assert await sessions.get_signed_in_with_grant(opened.digest, "other", NOW) == (opened, owner, ended)


async def test_replacing_a_session_ends_the_old_one_whoever_it_was(driver: Driver) -> None:
    owner, sessions = await _person(driver), Sessions(driver)
    planted, opened = session(owner), session(owner)
    await sessions.record(planted)
    await sessions.replace(planted.digest, opened)
    await sessions.replace(None, session(owner, created_at=NOW + 1))
    assert await sessions.get_signed_in(planted.digest, NOW) is None
    assert await sessions.get_signed_in(opened.digest, NOW) == (opened, owner)
    assert len(await sessions.list(owner.id, NOW)) == 2


async def test_sessions_end_one_by_one_or_all_of_an_account(driver: Driver) -> None:
    owner, sessions = await _person(driver), Sessions(driver)
    other = account("lisi")
    await Accounts(driver).put(other)
    mine, foreign = [session(owner) for _ in range(3)], session(other)
    await together([sessions.record(each) for each in (*mine, foreign)])
    await sessions.end(mine[0].digest)
    await sessions.end(b"never there")
    assert len(await sessions.list(owner.id, NOW)) == 2
    await sessions.end_all(owner.id)
    assert await sessions.list(owner.id, NOW) == []
    assert await sessions.list(other.id, NOW) == [foreign]


async def test_a_thousand_hits_together_are_all_counted(driver: Driver) -> None:
    throttles = Throttles(driver)
    await together([throttles.hit([b"account", b"address"], NOW, NOW + 60) for _ in range(1000)])
    counts = await throttles.counts([b"account", b"address", b"nobody"], (NOW - 60, NOW))
    assert counts == {(b"account", NOW): 1000, (b"address", NOW): 1000}


async def test_windows_are_counted_apart_and_a_key_is_cleared_in_all(driver: Driver) -> None:
    throttles = Throttles(driver)
    await throttles.hit([b"a"], NOW - 60, NOW)
    await throttles.hit([b"a", b"b"], NOW, NOW + 60)
    await throttles.clear([b"a"])
    assert await throttles.counts([b"a", b"b"], (NOW - 60, NOW)) == {(b"b", NOW): 1}


async def test_of_many_who_spend_an_id_one_does(driver: Driver) -> None:
    won = await together([Spent(driver).record("access_token", b"t", NOW + 60) for _ in range(64)])
    assert sum(won) == 1
    assert await Spent(driver).is_spent("access_token", b"t")


async def test_an_id_spent_for_one_purpose_is_not_spent_for_another(driver: Driver) -> None:
    spent = Spent(driver)
    assert await spent.record("access_token", b"t", NOW)
    assert not await spent.is_spent("authorization_request", b"t")
    assert await spent.record("authorization_request", b"t", NOW)


def _key(kid: str, sequence: int, use: str = "sig") -> Key:
    alg = "ES256" if use == "sig" else "A256GCM-SIV"
    return Key(
        kid=kid,
        use="sig" if use == "sig" else "seal",
        alg=alg,
        sequence=sequence,
        sealed_material=b"\x00sealed",
        created_at=NOW,
        active_from=NOW + 5,
    )


async def test_processes_that_start_together_agree_on_one_first_key(driver: Driver) -> None:
    won = await together([Keys(driver).record(_key(f"k{number}", 0)) for number in range(8)])
    assert sum(won) == 1
    assert await Keys(driver).list() == [_key(f"k{won.index(True)}", 0)]


async def test_keys_come_back_oldest_first_within_their_use(driver: Driver) -> None:
    keys = [_key("s0", 0, "seal"), _key("a", 0), _key("b", 1)]
    await together([Keys(driver).record(key) for key in reversed(keys)])
    assert await Keys(driver).list() == keys
    assert not await Keys(driver).record(_key("a", 7)), "the kid is taken"


async def test_when_a_key_dies_is_said_once(driver: Driver) -> None:
    await Keys(driver).record(_key("a", 0))
    assert await Keys(driver).retire("a", NOW + 60)
    assert not await Keys(driver).retire("a", NOW + 9_999)
    assert not await Keys(driver).retire("never there", NOW)
    assert [key.expires_at for key in await Keys(driver).list()] == [NOW + 60]


async def test_a_key_that_is_withdrawn_dies_sooner_and_never_later(driver: Driver) -> None:
    await together([Keys(driver).record(_key("a", 0)), Keys(driver).record(_key("b", 1))])
    await Keys(driver).retire("b", NOW + 60)
    for kid in ("a", "b"):
        assert await Keys(driver).withdraw(kid, NOW + 5)
        assert not await Keys(driver).withdraw(kid, NOW + 6)
    assert not await Keys(driver).withdraw("never there", NOW)
    assert [key.expires_at for key in await Keys(driver).list()] == [NOW + 5, NOW + 5]
