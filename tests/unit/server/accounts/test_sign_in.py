import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from msgspec.structs import replace

from lingpai.server.accounts.passwords import Passwords
from lingpai.server.accounts.sign_in import SignIn, SignInRefused
from lingpai.server.audit import Audit
from lingpai.server.log import get_logger
from lingpai.server.rate_limit import Throttle
from lingpai.server.storage.accounts import Accounts
from lingpai.server.storage.audit import AuditLog
from lingpai.server.storage.records import Account
from lingpai.server.storage.sqlite import SQLiteDriver
from lingpai.server.storage.throttles import Throttles
from tests.log_lines import log_lines

NOW = 1_800_000_000
WINDOW_S = 900
PER_ACCOUNT = 3
PER_ADDRESS = 5
HOME = "192.0.2.1"
PASSWORD = "correct horse"
WRONG = SignInRefused("wrong")


class CountedPasswords(Passwords):
    """The real thing, which also counts how often it was asked to hash."""

    def __init__(self) -> None:
        super().__init__(threads=2, queue_limit=64, memory_kib=64, time_cost=1)
        self.asked = 0
        self.called = asyncio.Event()

    async def verify(self, password_hash: str | None, password: str) -> bool:
        self.asked += 1
        self.called.set()
        return await super().verify(password_hash, password)


@pytest.fixture
async def passwords() -> AsyncIterator[CountedPasswords]:
    passwords = CountedPasswords()
    yield passwords
    passwords.close()


@pytest.fixture(autouse=True)
def lines() -> Iterator[list[dict[str, Any]]]:
    with log_lines() as lines:
        yield lines


@pytest.fixture
async def ada(driver: SQLiteDriver, passwords: CountedPasswords) -> Account:
    account = Account(id=b"a" * 16, username="ada", password_hash=await passwords.hash(PASSWORD), updated_at=1)
    await Accounts(driver).put(account)
    return account


def sign_in(driver: SQLiteDriver, passwords: Passwords) -> SignIn:
    rows = Throttles(driver)
    return SignIn(
        Accounts(driver),
        passwords,
        Throttle(rows, limit=PER_ACCOUNT, window_s=WINDOW_S, name="sign-in account"),
        Throttle(rows, limit=PER_ADDRESS, window_s=WINDOW_S, name="sign-in address"),
        Audit(AuditLog(driver), get_logger("audit")),
    )


@pytest.fixture
def door(driver: SQLiteDriver, passwords: CountedPasswords) -> SignIn:
    return sign_in(driver, passwords)


@pytest.mark.parametrize("username", ["ada", " ADA ", "\uff41\uff44\uff41"])
async def test_the_right_password_signs_in_under_every_spelling_of_the_name(
    door: SignIn, ada: Account, username: str
) -> None:
    assert await door.attempt(username, PASSWORD, ip=HOME, now=NOW) == ada


@pytest.mark.parametrize(
    ("username", "password", "change"),
    [
        pytest.param("ada", "wrong", {}, id="wrong password"),
        pytest.param("ada", "", {}, id="empty password"),
        pytest.param("ada", "x" * 100_000, {}, id="huge password"),
        pytest.param("nobody", PASSWORD, {}, id="unknown account"),
        pytest.param("", PASSWORD, {}, id="empty name"),
        pytest.param("a" * 1_000_000, PASSWORD, {}, id="huge name"),
        pytest.param("ad\x00a", PASSWORD, {}, id="name with NUL"),
        pytest.param("ada", PASSWORD, {"disabled_at": NOW}, id="disabled account"),
        pytest.param("ada", PASSWORD, {"password_hash": None}, id="account without a password"),
        pytest.param("ada", "", {"password_hash": None}, id="account without a password, empty password"),
    ],
)
async def test_every_refusal_has_the_same_answer_the_same_work_and_the_same_count(
    door: SignIn,
    driver: SQLiteDriver,
    passwords: CountedPasswords,
    ada: Account,
    username: str,
    password: str,
    change: dict,
) -> None:
    await Accounts(driver).put(replace(ada, **change))
    for _ in range(PER_ACCOUNT):
        assert await door.attempt(username, password, ip=HOME, now=NOW) == WRONG
    assert passwords.asked == PER_ACCOUNT
    refused = await door.attempt(username, password, ip="198.51.100.1", now=NOW)
    assert isinstance(refused, SignInRefused)
    assert refused.reason == "throttled"
    assert 0 < refused.retry_after_s <= 2 * WINDOW_S
    assert passwords.asked == PER_ACCOUNT  # a throttled try does no hashing


@pytest.mark.spec("RFC 6749", "10.10", "guessing passwords is bounded")
async def test_spellings_of_a_name_share_one_counter_over_all_addresses(door: SignIn, ada: Account) -> None:
    for number, spelling in enumerate(["ada", "ADA", "\uff41\uff44\uff41"]):
        assert await door.attempt(spelling, "wrong", ip=f"198.51.100.{number}", now=NOW) == WRONG
    refused = await door.attempt(ada.username, PASSWORD, ip=HOME, now=NOW)
    assert isinstance(refused, SignInRefused)
    assert refused.reason == "throttled"


async def test_after_the_seconds_it_named_the_owner_gets_in(door: SignIn, ada: Account) -> None:
    for _ in range(PER_ACCOUNT):
        await door.attempt("ada", "wrong", ip="198.51.100.1", now=NOW)
    refused = await door.attempt("ada", PASSWORD, ip=HOME, now=NOW)
    assert isinstance(refused, SignInRefused)
    assert await door.attempt("ada", PASSWORD, ip=HOME, now=NOW + refused.retry_after_s) == ada


async def test_going_on_while_refused_does_not_prolong_the_refusal(door: SignIn, ada: Account) -> None:
    for _ in range(PER_ACCOUNT):
        await door.attempt("ada", "wrong", ip="198.51.100.1", now=NOW)
    first = await door.attempt("ada", PASSWORD, ip=HOME, now=NOW)
    for _ in range(20):
        assert await door.attempt("ada", "wrong", ip="198.51.100.1", now=NOW) == first
    assert await door.attempt(ada.username, PASSWORD, ip=HOME, now=NOW) == first


async def test_one_address_may_guess_only_so_often_over_all_accounts(door: SignIn, ada: Account) -> None:
    for number in range(PER_ADDRESS):
        assert await door.attempt(f"person{number}", "wrong", ip=f"2001:db8::{number}", now=NOW) == WRONG
    refused = await door.attempt(ada.username, PASSWORD, ip="2001:db8::ffff:1", now=NOW)
    assert isinstance(refused, SignInRefused)
    assert refused.reason == "throttled"
    assert await door.attempt(ada.username, PASSWORD, ip="2001:db8:0:1::1", now=NOW) == ada


async def test_a_good_sign_in_clears_the_counter_of_the_account(door: SignIn, ada: Account) -> None:
    for number in range(3):
        for _ in range(PER_ACCOUNT - 1):
            await door.attempt("ada", "wrong", ip=f"198.51.100.{number}", now=NOW)
        assert await door.attempt("ada", PASSWORD, ip=HOME, now=NOW) == ada


async def test_an_attackers_own_account_does_not_wash_his_address_clean(door: SignIn, ada: Account) -> None:
    for number in range(PER_ADDRESS):
        assert await door.attempt(f"victim{number}", "guess", ip=HOME, now=NOW) == WRONG
        if number < PER_ADDRESS - 1:
            assert await door.attempt("ada", PASSWORD, ip=HOME, now=NOW) == ada
    refused = await door.attempt("victim", "guess", ip=HOME, now=NOW)
    assert isinstance(refused, SignInRefused)
    assert refused.reason == "throttled"


async def test_many_people_behind_one_address_sign_in(door: SignIn, ada: Account) -> None:
    for _ in range(3 * PER_ADDRESS):
        assert await door.attempt("ada", PASSWORD, ip=HOME, now=NOW) == ada


async def test_guesses_that_arrive_together_cannot_slip_under_the_limit(
    door: SignIn, passwords: CountedPasswords, ada: Account
) -> None:
    answers = await asyncio.gather(
        *(door.attempt(ada.username, f"guess {n}", ip=f"198.51.100.{n}", now=NOW) for n in range(64))
    )
    assert passwords.asked <= PER_ACCOUNT
    assert answers.count(WRONG) <= PER_ACCOUNT


async def test_an_overload_is_nobodys_wrong_password(driver: SQLiteDriver, ada: Account) -> None:
    full = Passwords(threads=1, queue_limit=0, memory_kib=64, time_cost=1)
    door, gate = sign_in(driver, full), threading.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(full._run(gate.wait))  # noqa: SLF001 - the one thread works until the gate opens
        await asyncio.sleep(0)
        for _ in range(4 * PER_ADDRESS):
            answer = await door.attempt("ada", PASSWORD, ip=HOME, now=NOW)
            assert isinstance(answer, SignInRefused)
            assert answer.reason == "busy"
            assert answer.retry_after_s > 0
        gate.set()
    assert await door.attempt("ada", PASSWORD, ip=HOME, now=NOW) == ada
    full.close()


async def test_a_request_that_hangs_up_has_used_its_guess(
    door: SignIn, passwords: CountedPasswords, ada: Account
) -> None:
    for _ in range(PER_ACCOUNT):
        async with asyncio.TaskGroup() as group:
            passwords.called.clear()
            task = group.create_task(door.attempt("ada", "wrong", ip=HOME, now=NOW))
            await passwords.called.wait()
            task.cancel()
    refused = await door.attempt(ada.username, PASSWORD, ip=HOME, now=NOW)
    assert isinstance(refused, SignInRefused)
    assert refused.reason == "throttled"


async def test_a_good_sign_in_brings_an_old_hash_to_the_parameters_in_force(driver: SQLiteDriver, ada: Account) -> None:
    stronger = Passwords(threads=1, queue_limit=4, memory_kib=128, time_cost=2)
    assert isinstance(await sign_in(driver, stronger).attempt("ada", PASSWORD, ip=HOME, now=NOW), Account)
    stored = await Accounts(driver).get(ada.id)
    assert stored is not None
    assert stored.password_hash is not None
    assert stored.password_hash.startswith("$argon2id$v=19$m=128,t=2,")
    assert stored == replace(ada, password_hash=stored.password_hash)
    assert await stronger.verify(stored.password_hash, PASSWORD)
    stronger.close()


async def test_bringing_a_hash_up_to_date_undoes_nothing_that_happened_meanwhile(
    driver: SQLiteDriver, ada: Account
) -> None:
    changed = replace(ada, disabled_at=NOW, password_hash=None)

    class SlowPasswords(Passwords):
        """An administrator is quicker than the hash."""

        async def hash(self, password: str) -> str:
            hashed = await super().hash(password)
            await Accounts(driver).put(changed)
            return hashed

    slow = SlowPasswords(threads=1, queue_limit=4, memory_kib=128, time_cost=2)
    await sign_in(driver, slow).attempt("ada", PASSWORD, ip=HOME, now=NOW)
    assert await Accounts(driver).get(ada.id) == changed
    slow.close()


async def test_a_wrong_password_leaves_an_old_hash_alone(driver: SQLiteDriver, ada: Account) -> None:
    stronger = Passwords(threads=1, queue_limit=4, memory_kib=128, time_cost=2)
    assert await sign_in(driver, stronger).attempt("ada", "wrong", ip=HOME, now=NOW) == WRONG
    assert await Accounts(driver).get(ada.id) == ada
    stronger.close()


async def test_every_attempt_leaves_an_event_that_says_why(door: SignIn, driver: SQLiteDriver, ada: Account) -> None:
    await door.attempt("ada", PASSWORD, ip=HOME, now=NOW)
    await door.attempt("ada", "wrong", ip=HOME, now=NOW + 1)
    await door.attempt("nobody", "wrong", ip=HOME, now=NOW + 2)
    await Accounts(driver).put(replace(ada, disabled_at=NOW))
    await door.attempt("ada", PASSWORD, ip=HOME, now=NOW + 3)
    events = await AuditLog(driver).list(None, 10)
    assert [(event.at - NOW, event.event, event.account_id, event.ip, event.detail) for event in reversed(events)] == [
        (0, "sign_in", ada.id, HOME, {"method": "pwd"}),
        (1, "sign_in_refused", ada.id, HOME, {"reason": "wrong"}),
        (2, "sign_in_refused", None, HOME, {"reason": "no_such_account"}),
        (3, "sign_in_refused", ada.id, HOME, {"reason": "account_disabled"}),
    ]


async def test_throttled_tries_fill_no_table(door: SignIn, driver: SQLiteDriver, lines: list[dict[str, Any]]) -> None:
    async def size() -> tuple[object, ...]:
        (row,) = await driver.fetch_all("SELECT (SELECT count(*) FROM audit_event), (SELECT sum(hits) FROM throttle)")
        return row

    for _ in range(PER_ACCOUNT):
        await door.attempt("ada", "wrong", ip=HOME, now=NOW)
    before = await size()
    for _ in range(20):
        await door.attempt("ada", "wrong", ip=HOME, now=NOW)
    assert await size() == before
    assert len([line for line in lines if line.get("reason") == "throttled"]) == 20


async def test_a_password_typed_as_the_name_is_kept_nowhere(
    door: SignIn, driver: SQLiteDriver, lines: list[dict[str, Any]]
) -> None:
    await door.attempt("hunter2-typed-too-early", "hunter2-typed-too-early", ip=HOME, now=NOW)
    assert "hunter2" not in str(lines)
    assert "hunter2" not in str(await AuditLog(driver).list(None, 10))
    assert "hunter2" not in str(await driver.fetch_all("SELECT * FROM throttle"))
