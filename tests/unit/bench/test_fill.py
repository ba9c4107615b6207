import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from bench.fill import fill, rows, spread
from lingpai.server.config import Config
from lingpai.server.storage import migrate
from lingpai.server.storage.sqlite import SQLiteDriver
from lingpai.server.wiring.database import Store


def test_ids_ascend_and_are_spread_over_all_there_are() -> None:
    ids = [spread(number, 1000, "account") for number in range(1000)]
    assert ids == sorted(set(ids))
    assert ids[0][0] < 2
    assert ids[-1][0] > 253
    assert {len(one) for one in ids} == {16}


@pytest.mark.parametrize("table", ["account", "session"])
def test_there_is_one_for_every_person(table: str) -> None:
    assert len(list(rows(table, 10, 0))) == 10


def test_grants_and_families_belong_to_the_accounts() -> None:
    accounts = {row[0] for row in rows("account", 10, 0)}
    assert {row[0] for row in rows("account_grant", 10, 0)} == accounts
    families = list(rows("token_family", 10, 0))
    assert {row[0] for row in families} == accounts
    assert {(row[0], row[2], row[3]) for row in families} == {row[:3] for row in rows("account_grant", 10, 0)}


async def test_what_was_filled_in_can_be_read_by_the_server(tmp_path: Path) -> None:
    url = Config(database=f"sqlite:///{tmp_path / 'filled.db'}").database
    migrate.upgrade(url)
    fill(url, 40)
    with closing(sqlite3.connect(tmp_path / "filled.db")) as connection:
        counts = connection.execute("SELECT (SELECT count(*) FROM account), (SELECT count(*) FROM account_grant)")
        assert counts.fetchone() == (10, 40)
        account_id, family_id, session = connection.execute(
            "SELECT f.account_id, f.id, s.digest FROM token_family f JOIN session s ON s.account_id = f.account_id"
        ).fetchone()
        now = connection.execute("SELECT max(created_at) FROM session").fetchone()[0]
    driver = SQLiteDriver(tmp_path / "filled.db")
    try:
        store = Store(driver)
        assert await store.families.get(account_id, family_id) is not None
        assert await store.sessions.get_signed_in(session, now) is not None
        grant = await store.grants.get(account_id, "filler0")
        assert grant is not None
        assert set(grant.permissions) == {"openid", "profile"}
    finally:
        await driver.close()
