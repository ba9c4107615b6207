"""What goes with an application: one list of tables, so that no way to delete one forgets any of them.

Owns that list; ``tests/storage`` sees to it that it is whole. Token families stay until they expire: without a grant
nothing of theirs opens. Leaves who may delete an application, and keeping that it was done, to the callers.
"""

from lingpai.server.storage.driver import Driver, Statement

TABLES_OF_A_CLIENT = (
    *("application", "application_tester", "application_icon", "application_entry", "refusal", "client_day"),
    *("device_code", "qq_openid", "account_grant", "client"),
)
"""Every table with rows of one application that go with it."""

_DELETE_ROWS = tuple(f"DELETE FROM {table} WHERE client_id = $1" for table in TABLES_OF_A_CLIENT)

_BATCH_ROWS = 500
_DELETE_SOME_GRANTS = f"""DELETE FROM account_grant WHERE (account_id, client_id) IN (
SELECT account_id, client_id FROM account_grant WHERE client_id = $1 LIMIT {_BATCH_ROWS}) RETURNING 1"""

COUNT_LIMIT = 1000
_COUNT_LIVING_GRANTS = f"""SELECT count(*) FROM (SELECT 1 FROM account_grant WHERE client_id = $1 AND ended_at IS NULL
AND (expires_at IS NULL OR expires_at > $2) LIMIT {COUNT_LIMIT + 1}) counted"""


def deletion(client_id: str) -> list[Statement]:
    """For the transaction that deletes the application: every token of it is dead, and its id means nothing."""
    return [Statement(sql, (client_id,)) for sql in _DELETE_ROWS]


async def delete_grants(driver: Driver, client_id: str) -> None:
    """Delete what people allowed it, a few at a time, so that others can write in between.

    For an application that is switched off already, right before ``deletion``: nobody gives it a grant meanwhile.
    """
    while len(await driver.transact([Statement(_DELETE_SOME_GRANTS, (client_id,))]) or ()) == _BATCH_ROWS:
        pass


async def count_people(driver: Driver, client_id: str, now: int) -> int:
    """How many people allow it something; more than ``COUNT_LIMIT`` are not counted."""
    row = await driver.fetch_one(_COUNT_LIVING_GRANTS, (client_id, now))
    return row[0] if row else 0
