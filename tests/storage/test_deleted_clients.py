"""What goes with an application."""

from lingpai.server.storage.clients import Clients
from lingpai.server.storage.deleted_clients import (
    COUNT_LIMIT,
    TABLES_OF_A_CLIENT,
    count_people,
    delete_grants,
    deletion,
)
from lingpai.server.storage.driver import Driver, Statement
from lingpai.server.storage.postgres import PostgresDriver
from tests.storage.samples import NOW, client

# Proof for the operator; notices on their way; and what is worth nothing without a grant, until it expires.
_STAYS = {"audit_event", "session_client", "token_family"}
_COLUMNS = {
    "sqlite": """SELECT m.name FROM sqlite_master m JOIN pragma_table_info(m.name) c
        WHERE m.type = 'table' AND c.name = 'client_id'""",
    "postgresql": """SELECT table_name FROM information_schema.columns
        WHERE table_schema = 'public' AND column_name = 'client_id'
        AND table_name NOT IN (SELECT relname FROM pg_class WHERE relispartition)""",
}
_GRANT = """INSERT INTO account_grant (account_id, client_id, id, permissions, declined, lifetime, revision, created_at,
updated_at, expires_at, ended_at) VALUES ($1, $2, $1, '{}', '[]', '30d', 1, 0, 0, $3, $4)"""


async def test_no_table_with_rows_of_an_application_is_forgotten(driver: Driver) -> None:
    kind = "postgresql" if isinstance(driver, PostgresDriver) else "sqlite"
    found = {row[0] for row in await driver.fetch_all(_COLUMNS[kind])}
    assert found == set(TABLES_OF_A_CLIENT) | _STAYS


async def test_more_grants_than_go_at_once_go_and_those_of_others_stay(driver: Driver) -> None:
    ids = [number.to_bytes(16, "big") for number in range(1, 1102)]
    await driver.transact([Statement(_GRANT, (account_id, "app", None, None)) for account_id in ids])
    await driver.transact([Statement(_GRANT, (ids[0], "other", None, None))])
    assert await count_people(driver, "app", NOW) == COUNT_LIMIT + 1
    await delete_grants(driver, "app")
    assert await count_people(driver, "app", NOW) == 0
    assert await count_people(driver, "other", NOW) == 1


async def test_only_those_who_still_allow_something_are_counted(driver: Driver) -> None:
    states = [(NOW + 1, None), (NOW, None), (None, NOW - 5), (None, None)]
    await driver.transact(
        [Statement(_GRANT, (bytes([n]) * 16, "app", *state)) for n, state in enumerate(states, start=1)]
    )
    assert await count_people(driver, "app", NOW) == 2


async def test_the_application_itself_goes(driver: Driver) -> None:
    await Clients(driver).put(client(client_id="app"))
    await Clients(driver).put(client(client_id="other"))
    assert await driver.transact(deletion("app")) is not None
    assert await Clients(driver).get("app") is None
    assert await Clients(driver).get("other") is not None
