"""The schema's way up, down and up again on PostgreSQL, and that both databases get the same one."""

import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest

from lingpai.server.storage import migrate
from lingpai.server.storage.driver import StorageUnavailable
from lingpai.server.storage.migrate import DatabaseNewerThanCode, SchemaState
from tests import postgresql

HEAD = migrate.revisions()[-1]
COLUMNS = """SELECT table_name, column_name, is_nullable FROM information_schema.columns
WHERE table_schema = 'public' AND table_name NOT IN (SELECT relname FROM pg_class WHERE relispartition) ORDER BY 1, 2"""
INDEXES = "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1"


@pytest.fixture
def database(postgresql_server: str) -> Iterator[str]:
    """The URL of a database with nothing in it."""
    url = postgresql.new_database(postgresql_server)
    yield url
    postgresql.drop_database(postgresql_server, url)


def _query(url: str, sql: str) -> list[Any]:
    with psycopg.connect(url) as connection:
        return connection.execute(psycopg.sql.SQL(sql)).fetchall()


def test_up_down_and_up_again_is_the_same_schema(database: str) -> None:
    assert migrate.check(database) == SchemaState(current=None, head=HEAD)
    migrate.upgrade(database)
    assert migrate.check(database) == SchemaState(current=HEAD, head=HEAD)
    whole = _query(database, COLUMNS), _query(database, INDEXES)
    migrate.downgrade(database, "base")
    assert migrate.check(database).current is None
    assert {table for table, *_ in _query(database, COLUMNS)} <= {"alembic_version"}
    migrate.upgrade(database)
    assert (_query(database, COLUMNS), _query(database, INDEXES)) == whole


@pytest.mark.parametrize("revision", migrate.revisions())
def test_every_revision_can_be_reached_and_left(database: str, revision: str) -> None:
    migrate.upgrade(database, revision)
    assert migrate.check(database).current == revision
    migrate.upgrade(database)
    migrate.downgrade(database, revision)
    assert migrate.check(database).current == revision


def test_both_databases_have_the_same_tables_and_columns(everybodys_postgresql: str, empty_database: Path) -> None:
    with closing(sqlite3.connect(empty_database)) as connection:
        rows = connection.execute(
            "SELECT m.name, c.name FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type = 'table'"
        ).fetchall()
    assert {(table, column) for table, column, _ in _query(everybodys_postgresql, COLUMNS)} == set(rows)


def test_processes_that_start_together_upgrade_once(database: str) -> None:
    with ThreadPoolExecutor(4) as processes:
        for done in [processes.submit(migrate.upgrade, database) for _ in range(4)]:
            done.result()
    assert migrate.check(database).current == HEAD
    assert _query(database, "SELECT count(*) FROM alembic_version") == [(1,)]


def test_a_database_newer_than_the_code_is_left_alone(database: str) -> None:
    migrate.upgrade(database)
    with psycopg.connect(database) as newer:
        newer.execute("UPDATE alembic_version SET version_num = '9999', oldest_compatible = '9999'")
    with pytest.raises(DatabaseNewerThanCode, match="9999"):
        migrate.upgrade(database)
    with pytest.raises(DatabaseNewerThanCode, match="9999"):
        migrate.downgrade(database, "base")


def test_a_migration_that_fails_leaves_the_schema_as_it_was(database: str) -> None:
    with psycopg.connect(database) as foreign:
        foreign.execute("CREATE TABLE spent (something TEXT)")
    with pytest.raises(StorageUnavailable, match="already exists"):
        migrate.upgrade(database)
    assert [table for table, *_ in _query(database, COLUMNS)] == ["spent"]


def test_a_database_that_is_not_there_is_a_clear_refusal(postgresql_server: str) -> None:
    missing = f"{postgresql_server.rpartition('/')[0]}/nowhere"
    for command in (migrate.check, migrate.upgrade):
        with pytest.raises(StorageUnavailable, match="nowhere"):
            command(missing)
