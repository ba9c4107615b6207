"""Statements kept prepared on PostgreSQL, and connections that turn out to lose them."""

from collections.abc import Iterator

import psycopg
import pytest

from lingpai.server.storage import migrate
from lingpai.server.storage.driver import Statement
from lingpai.server.storage.postgres import PostgresDriver, PostgresSettings
from lingpai.server.storage.postgres_pipe import statement_name
from tests import postgresql
from tests.storage.samples import together

INSERT = "INSERT INTO heartbeat (id, at) VALUES ($1, $2)"
FAMILIES = """INSERT INTO token_family (account_id, id, client_id, grant_id, scope, resource, generation, auth_time,
created_at, rotated_at, expires_at, revoke_reason)
SELECT key, key, 'photos', key, 'photos', '[]', 0, 1, 1, 1, 2, ''
FROM (SELECT sha256(CAST(n AS text)::bytea) AS key FROM generate_series(1, 2000) AS n) AS keys"""
ADD = "UPDATE heartbeat SET at = at + 1 WHERE id = $1"


@pytest.fixture
def url(postgresql_server: str) -> Iterator[str]:
    made = postgresql.new_database(postgresql_server)
    migrate.upgrade(made)
    yield made
    postgresql.drop_database(postgresql_server, made)


async def test_a_connection_that_loses_prepared_statements_repeats_and_prepares_no_more(url: str) -> None:
    """What a PgBouncer before 1.21 does to us, and one that hands us a connection where somebody prepared the same."""
    driver = PostgresDriver(url, PostgresSettings(readers=1))
    read = "SELECT at FROM heartbeat WHERE id = $1"
    await driver.transact(
        [
            Statement(
                "CREATE FUNCTION forget(bigint) RETURNS text LANGUAGE plpgsql AS $$ BEGIN "
                "EXECUTE 'DEALLOCATE ALL'; RETURN $1; END $$"
            )
        ]
    )
    assert await driver.transact([Statement(INSERT, (1, 7))]) == []
    for _ in range(3):
        assert await driver.fetch_one(read, (1,)) == (7,)
        assert (
            await driver.transact([Statement(ADD, (1,)), Statement("UPDATE heartbeat SET at = 7 WHERE id = $1", (1,))])
            is not None
        )
    assert await driver.fetch_one("SELECT forget($1)", (1,)) == ("1",)
    assert await driver.fetch_one(read, (1,)) == (7,)
    assert await driver.transact([Statement("DEALLOCATE ALL")]) is not None
    await together([driver.transact([Statement(INSERT, (n, n))]) for n in range(10, 20)])
    assert await driver.fetch_all("SELECT count(*) FROM heartbeat WHERE id >= $1", (10,)) == [(10,)]
    assert await driver.fetch_one("SELECT count(*) FROM pg_prepared_statements") == (0,)
    await driver.close()


async def test_a_name_that_somebody_prepared_before_us_is_no_error(url: str) -> None:
    driver, read = PostgresDriver(url, PostgresSettings(readers=1)), "SELECT at FROM heartbeat WHERE id = $1"
    await driver.transact([Statement(INSERT, (1, 7))])
    name = statement_name(read, (20,)).decode()
    await driver.fetch_one("SELECT 1")
    await driver.transact(
        [
            Statement(
                "CREATE FUNCTION taken() RETURNS bigint LANGUAGE plpgsql AS $f$ BEGIN "
                f"EXECUTE 'PREPARE {name} AS SELECT 1'; RETURN 1; END $f$"
            )
        ]
    )
    assert await driver.fetch_one("SELECT taken()") == (1,)
    assert await driver.fetch_one(read, (1,)) == (7,)
    await driver.close()


async def test_prepared_statements_give_the_same_answers(url: str) -> None:
    driver = PostgresDriver(url, PostgresSettings(prepare=True))
    for n in range(5):
        assert await driver.transact([Statement(INSERT, (n, n))]) == []
        assert await driver.transact([Statement(INSERT, (n, n))]) is None
        assert await driver.fetch_one("SELECT at FROM heartbeat WHERE id = $1", (n,)) == (n,)
        with pytest.raises(psycopg.errors.SyntaxError):
            await driver.transact([Statement("NOT SQL $1", (n,))])
    (prepared,) = await driver.fetch_one("SELECT count(*) FROM pg_prepared_statements") or (0,)
    assert prepared > 0
    await driver.close()


async def test_what_is_looked_up_by_key_is_planned_once(url: str) -> None:
    """Planned at every execution, these statements would cost the database five times as much."""
    driver = PostgresDriver(url, PostgresSettings(readers=1))
    await driver.transact([Statement(FAMILIES), Statement("ANALYZE token_family")])
    read = "SELECT scope FROM token_family WHERE account_id = $1 AND id = $2"
    write = "UPDATE token_family SET generation = generation + 1 WHERE account_id = $1 AND id = $2"
    for n in range(1, 11):
        key = await driver.fetch_one("SELECT sha256(CAST(CAST($1 AS bigint) AS text)::bytea)", (n,))
        assert key
        assert await driver.fetch_one(read, (*key, *key)) == ("photos",)
        assert await driver.transact([Statement(write, (*key, *key), expect_rows=1)]) is not None
    plans = "SELECT generic_plans > 0, custom_plans FROM pg_prepared_statements WHERE name = '{}'"
    assert await driver.fetch_all(plans.format(statement_name(read, (17, 17)).decode())) == [(True, 0)]
    wrote = await driver.transact([Statement(plans.format(statement_name(write, (17, 17)).decode()))])
    assert wrote == [(True, 0)]
    await driver.close()
