"""What has expired goes, in small steps; what has not stays, to the second."""

import pytest

from lingpai.server.storage.accounts import Accounts
from lingpai.server.storage.clients import Clients
from lingpai.server.storage.driver import Driver, Statement, Value
from lingpai.server.storage.postgres import PostgresDriver
from lingpai.server.storage.sqlite import SQLiteDriver
from lingpai.server.storage.sweep import count_expired, sweep, sweep_all
from lingpai.server.storage.throttles import Throttles
from tests.storage.samples import NOW, account, client, together

DAY = 86_400
BATCH = 500

_INSERTS = {
    "session": """INSERT INTO session (digest, account_id, sid, auth_time, amr, user_agent, created_at, expires_at)
        VALUES ($1, 'a', 's', 0, '[]', '', 0, $2)""",
    "token_family": """INSERT INTO token_family (account_id, id, client_id, grant_id, scope, resource, generation,
        auth_time, created_at, rotated_at, expires_at, revoke_reason)
        VALUES ('a', $1, 'c', 'g', '', '[]', 0, 0, 0, 0, $2, '')""",
    "spent": "INSERT INTO spent (purpose, id, expires_at) VALUES ('access_token', $1, $2)",
    "upstream_trip": "INSERT INTO upstream_trip (state, browser, sealed, expires_at) VALUES ($1, '', '', $2)",
    "idempotency_key": """INSERT INTO idempotency_key (principal, digest, request, expires_at)
        VALUES ('p', $1, '', $2)""",
    "mail": """INSERT INTO mail (id, sealed, created_at, next_at, attempts, expires_at)
        VALUES ($1, '', 0, NULL, 0, $2)""",
    "mail_link": """INSERT INTO mail_link (digest, purpose, email, request, created_at, expires_at)
        VALUES ($1, 'register', '', '', 0, $2)""",
    "sign_in_step": """INSERT INTO sign_in_step (digest, account_id, amr, next_page, created_at, expires_at)
        VALUES ($1, 'a', '[]', '', 0, $2)""",
    "known_browser": "INSERT INTO known_browser (account_id, digest, expires_at) VALUES ('a', $1, $2)",
    "throttle": "INSERT INTO throttle (key, window_start, hits, expires_at) VALUES ($1, 0, 1, $2)",
    "key_material": """INSERT INTO key_material (use_for, alg, sequence, kid, sealed_material, created_at, active_from,
        expires_at) VALUES ('sig', 'ES256', $1, 'kid' || $1, 'm', 0, 0, $2)""",
    "registration_token": """INSERT INTO registration_token (digest, uses_left, created_at, expires_at)
        VALUES ($1, 9, 0, $2)""",
    "client": """INSERT INTO client (client_id, document, legacy, created_at, updated_at, revision, expires_at)
        VALUES ($1, '{}', 0, 0, 0, 1, $2)""",
    "account_grant": """INSERT INTO account_grant (account_id, client_id, id, permissions, declined, lifetime, revision,
        created_at, updated_at, expires_at) VALUES ($1, 'c', 'g', '{}', '[]', '1d', 1, 0, 0, $2)""",
}
_ENDED = _INSERTS["account_grant"].replace("expires_at)", "ended_at)")
_COUNT = {table: f"SELECT count(*) FROM {table}" for table in _INSERTS}  # noqa: S608 - of our own constants
_TABLES = {
    SQLiteDriver: "SELECT m.name, c.name FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type = 'table'",
    PostgresDriver: """SELECT table_name, column_name FROM information_schema.columns
        WHERE table_schema = 'public' AND table_name NOT IN (SELECT relname FROM pg_class WHERE relispartition)""",
}


async def _fill(driver: Driver, sql: str, count: int, at: int | None, first: int = 0) -> None:
    # Keys are bytes but for two tables, and PostgreSQL insists.
    numbers = range(first, first + count)
    keys: list[Value] = [*numbers] if "client (" in sql or "key_material" in sql else [b"%d" % n for n in numbers]
    rows: list[tuple[Value, ...]] = [(key, at) for key in keys]
    await driver.transact([Statement(sql, row) for row in rows])


async def _count(driver: Driver, table: str) -> int:
    row = await driver.fetch_one(_COUNT[table])
    assert row
    count: int = row[0]
    return count


@pytest.mark.parametrize("table", _INSERTS)
async def test_what_waits_to_be_swept_is_counted(driver: Driver, table: str) -> None:
    expired = NOW - 31 * DAY if table == "account_grant" else NOW
    await _fill(driver, _INSERTS[table], 3, expired)
    await _fill(driver, _INSERTS[table], 2, expired + 1, first=10)
    assert (await count_expired(driver, NOW))[table] == (3, 5)
    await sweep(driver, NOW)
    assert (await count_expired(driver, NOW))[table] == (0, 2)


@pytest.mark.parametrize("table", _INSERTS)
async def test_exactly_what_has_expired_goes(driver: Driver, table: str) -> None:
    # A grant is kept as long as a token under it could be shown again.
    expired = NOW - 31 * DAY if table == "account_grant" else NOW
    await _fill(driver, _INSERTS[table], 3, expired)
    await _fill(driver, _INSERTS[table], 2, expired + 1, first=10)
    assert (await sweep(driver, NOW))[table] == 3
    assert await _count(driver, table) == 2


@pytest.mark.parametrize("table", ["key_material", "account_grant", "client"])
async def test_what_never_expires_is_never_swept(driver: Driver, table: str) -> None:
    await _fill(driver, _INSERTS[table], 3, None)
    assert (await sweep_all(driver, NOW + 10_000 * DAY))[table] == 0
    assert await _count(driver, table) == 3


async def test_an_ended_grant_goes_a_month_later(driver: Driver) -> None:
    await _fill(driver, _ENDED, 1, NOW)
    assert (await sweep(driver, NOW + 31 * DAY - 1))["account_grant"] == 0
    assert (await sweep(driver, NOW + 31 * DAY))["account_grant"] == 1


@pytest.mark.parametrize("table", _INSERTS)
async def test_one_step_deletes_no_more_than_a_batch(driver: Driver, table: str) -> None:
    await _fill(driver, _INSERTS[table], 2 * BATCH + 7, 0)
    left = []
    for _ in range(3):
        deleted = await sweep(driver, NOW)
        left.append(await _count(driver, table))
        assert deleted[table] <= BATCH
    assert left == [BATCH + 7, 7, 0]


async def test_everything_is_swept_while_others_write(driver: Driver) -> None:
    for sql in _INSERTS.values():
        await _fill(driver, sql, 2 * BATCH + 1, 0)
    throttles = Throttles(driver)
    deleted, *_ = await together(
        [sweep_all(driver, NOW), *[_hit(throttles) for _ in range(50)]],
    )
    assert {table: deleted[table] for table in _INSERTS} == dict.fromkeys(_INSERTS, 2 * BATCH + 1)
    assert await throttles.counts([b"k"], (NOW - 60, NOW)) == {(b"k", NOW): 50}
    assert not any((await sweep_all(driver, NOW)).values())


async def test_every_table_whose_rows_expire_is_swept(driver: Driver) -> None:
    columns = await driver.fetch_all(_TABLES[type(driver)])
    assert {table for table, column in columns if column == "expires_at"} == (await sweep(driver, NOW)).keys()


async def _hit(throttles: Throttles) -> dict[str, int]:
    await throttles.hit([b"k"], NOW, NOW + 60)
    return {}


async def test_audit_rows_people_and_applications_are_never_swept(driver: Driver) -> None:
    await driver.transact(
        [
            Statement("INSERT INTO audit_event (at, event, ip, detail) VALUES (0, 'sign_in', '', '{}')"),
        ]
    )
    await Clients(driver).put(client(disabled_at=0))
    await Accounts(driver).put(account(disabled_at=0))
    await sweep_all(driver, NOW)
    for sql in ("SELECT 1 FROM audit_event", "SELECT 1 FROM client", "SELECT 1 FROM account"):
        assert await driver.fetch_one(sql) == (1,)
