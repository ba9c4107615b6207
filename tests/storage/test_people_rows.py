"""Mail, links, second factors, passkeys, pictures: good once, in order, and gone with their person."""

from msgspec.structs import replace

from lingpai.crypto.digest import digest, new_id
from lingpai.server.storage.accounts import Accounts
from lingpai.server.storage.driver import Driver, Statement
from lingpai.server.storage.mail import MailLinks, MailQueue
from lingpai.server.storage.passkeys import LIMIT_PER_ACCOUNT, Passkeys
from lingpai.server.storage.people import TABLES_OF_A_PERSON, People
from lingpai.server.storage.people_records import Avatar, MailLink, Passkey, QueuedMail, SignInStep
from lingpai.server.storage.postgres import PostgresDriver
from lingpai.server.storage.second_factors import SecondFactorRows, SignInSteps
from tests.storage.samples import NOW, account, together

# What names an account and stays: proof for the operator, and notices on their way to applications.
_STAYS = {"audit_event", "session_client", "device_code"}
_COLUMNS = {
    "sqlite": """SELECT m.name, c.name FROM sqlite_master m JOIN pragma_table_info(m.name) c
        WHERE m.type = 'table' AND c.name = 'account_id'""",
    "postgresql": """SELECT table_name, column_name FROM information_schema.columns
        WHERE table_schema = 'public' AND column_name = 'account_id'
        AND table_name NOT IN (SELECT relname FROM pg_class WHERE relispartition)""",
}


def a_passkey(account_id: bytes, **changes: object) -> Passkey:
    values: dict[str, object] = {
        "id": new_id(),
        "account_id": account_id,
        "public_key": b"key",
        "sign_count": 0,
        "name": "手机",
        "transports": ("internal", "hybrid"),
        "backed_up": True,
        "created_at": NOW,
    }
    return Passkey(**(values | changes))  # type: ignore[arg-type]  # as the record has them


async def test_each_act_writes_its_part_of_an_account_and_only_if_nobody_was_faster(driver: Driver) -> None:
    rows, before = Accounts(driver), account()
    await rows.put(before)
    assert await rows.change_profile(replace(before, name="四", password_hash="stale", disabled_at=1, email="stale"))
    assert await rows.get(before.id) == replace(before, name="四")
    changed = replace(before, password_hash="new", email_verified=True, updated_at=NOW + 2)
    assert sorted(await together([rows.change_password(before, changed) for _ in range(4)])) == [False] * 3 + [True]
    assert not await rows.change_email(replace(before, email="stale"), replace(before, username="x"))
    assert await rows.change_email(before, replace(before, username="wu", email="wu@example.com", updated_at=NOW + 3))
    after = replace(changed, name="四", username="wu", email="wu@example.com", updated_at=NOW + 3)
    assert await rows.get(before.id) == after
    without = replace(after, password_hash=None)
    assert await rows.change_password(after, without)
    assert await rows.change_password(without, after), "from none to one"
    await rows.put(replace(after, disabled_at=NOW))
    assert not await rows.change_profile(after)
    assert not await rows.change_password(after, changed)
    assert not await rows.change_email(after, before)
    await rows.put(after)
    await rows.put(account("taken"))
    assert not await rows.change_email(after, replace(after, username="taken"))


async def test_a_mail_is_claimed_by_one_of_many(driver: Driver) -> None:
    queue = MailQueue(driver)
    await queue.record(QueuedMail(id=new_id(), sealed=b"x", created_at=NOW, next_at=NOW, expires_at=NOW + 100))
    (mail,) = await queue.list_due(NOW)
    assert sorted(await together([queue.postpone(mail, NOW + 30) for _ in range(8)])) == [False] * 7 + [True]
    assert await queue.list_due(NOW) == []
    (again,) = await queue.list_due(NOW + 30)
    assert again.attempts == 1


async def test_a_link_is_spent_once(driver: Driver) -> None:
    links = MailLinks(driver)
    link = MailLink(
        digest=digest("secret"),
        purpose="reset_password",
        account_id=new_id(),
        email="a@example.com",
        created_at=NOW,
        expires_at=NOW + 100,
    )
    await links.record(link)
    assert await links.get(link.digest, "reset_password", NOW) == link
    assert await links.spend(link.digest, "verify_email", NOW) is None
    assert await links.spend(link.digest, "reset_password", NOW + 100) is None
    spent = await together([links.spend(link.digest, "reset_password", NOW) for _ in range(8)])
    assert [found for found in spent if found] == [link]


async def test_a_step_of_the_clock_is_spent_once_and_never_goes_back(driver: Driver) -> None:
    rows, person = SecondFactorRows(driver), new_id()
    assert await rows.begin_totp(person, b"first", NOW)
    assert await rows.begin_totp(person, b"second", NOW), "what was not confirmed is replaced"
    totp = await rows.get_totp(person)
    assert totp is not None
    assert not await rows.spend_step(person, 5), "not in force yet"
    assert await rows.confirm_totp(totp, 5, [b"1" * 32, b"2" * 32], NOW)
    assert not await rows.begin_totp(person, b"third", NOW), "what is in force stays"
    assert sorted(await together([rows.spend_step(person, 6) for _ in range(5)])) == [False] * 4 + [True]
    assert not await rows.spend_step(person, 5)


async def test_a_recovery_code_is_spent_once(driver: Driver) -> None:
    rows, person = SecondFactorRows(driver), new_id()
    await rows.replace_recovery_codes(person, [b"1" * 32, b"2" * 32], NOW)
    spent = await together([rows.spend_recovery_code(person, b"1" * 32) for _ in range(5)])
    assert sorted(spent) == [False] * 4 + [True]
    assert not await rows.spend_recovery_code(new_id(), b"2" * 32)
    assert await rows.count_recovery_codes(person) == 1


async def test_a_step_of_a_sign_in_ends_once(driver: Driver) -> None:
    steps = SignInSteps(driver)
    step = SignInStep(
        digest=b"d" * 32, account_id=new_id(), amr=("pwd",), next_page="/x", created_at=NOW, expires_at=NOW + 10
    )
    await steps.record(step)
    assert await steps.get(step.digest, NOW) == step
    assert await steps.get(step.digest, NOW + 10) is None
    assert sorted(await together([steps.end(step.digest) for _ in range(4)])) == [False] * 3 + [True]


async def test_a_passkey_is_somebodys_and_there_are_not_too_many(driver: Driver) -> None:
    passkeys, person = Passkeys(driver), new_id()
    first = a_passkey(person)
    assert await passkeys.record(first)
    assert await passkeys.get(first.id) == first
    assert not await passkeys.record(a_passkey(new_id(), id=first.id)), "nobody else's"
    assert not await passkeys.rename(new_id(), first.id, "stolen")
    assert not await passkeys.delete(new_id(), first.id)
    added = await together([passkeys.record(a_passkey(person)) for _ in range(LIMIT_PER_ACCOUNT + 3)])
    assert sum(added) == LIMIT_PER_ACCOUNT - 1
    used = await together([passkeys.use(first, 1, NOW, backed_up=True) for _ in range(3)])
    assert sorted(used) == [False, False, True]


async def test_accounts_are_found_by_address_whatever_its_letters(driver: Driver) -> None:
    people, accounts = People(driver), Accounts(driver)
    assert await accounts.put(account("one", email="Li@Example.com"))
    assert await accounts.put(account("two", email=""))
    assert [found.username for found in await people.list_by_email("li@example.com")] == ["one"]
    assert await people.list_by_email("") == []


async def test_a_browser_is_new_once_and_the_first_one_is_no_surprise(driver: Driver) -> None:
    people, person = People(driver), new_id()
    assert not await people.know_browser(person, b"1" * 32, NOW)
    assert not await people.know_browser(person, b"1" * 32, NOW)
    assert await people.know_browser(person, b"2" * 32, NOW)
    assert not await people.know_browser(person, b"2" * 32, NOW)


async def test_everything_of_a_person_goes_and_nothing_of_others(driver: Driver) -> None:
    people, accounts, passkeys = People(driver), Accounts(driver), Passkeys(driver)
    leaving, staying = account("leaving"), account("staying")
    for person in (leaving, staying):
        assert await accounts.put(person)
        await people.put_avatar(
            Avatar(account_id=person.id, id=new_id(), content_type="image/png", body=b"x", created_at=NOW)
        )
        assert await passkeys.record(a_passkey(person.id))
    await people.delete_account(leaving.id)
    assert await accounts.get(leaving.id) is None
    assert await passkeys.list(leaving.id) == []
    assert await accounts.get(staying.id) is not None
    assert len(await passkeys.list(staying.id)) == 1


async def test_no_table_with_rows_of_people_is_forgotten(driver: Driver) -> None:
    kind = "postgresql" if isinstance(driver, PostgresDriver) else "sqlite"
    found = {str(row[0]) for row in await driver.fetch_all(_COLUMNS[kind])}
    assert found == set(TABLES_OF_A_PERSON) | _STAYS
    assert await driver.transact([Statement("SELECT 1")]) is not None
