"""The next version's schema has more tables and more columns: servers of this version that still run go on serving.

So an upgrade needs no moment without a server: first the schema is expanded, then one server after the other exchanged.
"""

import ast
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from psycopg.sql import SQL

import lingpai as package
from lingpai.server.database_url import is_postgresql, sqlite_path
from lingpai.server.storage.sweep import sweep_all
from tests import databases, postgresql
from tests.world import Ask, World, grant_tokens

_SOURCES = sorted(Path(package.__file__).parent.glob("server/**/*.py")) + sorted(
    Path(package.__file__).parent.glob("cli/**/*.py")
)
_DEPENDS_ON_COLUMNS = re.compile(r"INSERT INTO \w+\s+(?:VALUES|SELECT)|SELECT \*|\b\w\.\*")


def _expand(url: str) -> None:
    """What an expanding migration may do: columns that may stay empty or have a default, indexes, tables."""
    statements = ["CREATE TABLE of_the_next_version (id INTEGER PRIMARY KEY)"]
    for table in databases.table_names(url):
        if table != "alembic_version":
            statements.append(f"ALTER TABLE {table} ADD COLUMN next_empty TEXT")
            statements.append(f"ALTER TABLE {table} ADD COLUMN next_counted BIGINT NOT NULL DEFAULT 0")
            statements.append(f"CREATE INDEX {table}_next ON {table} (next_counted)")
    if is_postgresql(url):
        with psycopg.connect(url) as connection:
            for statement in statements:
                connection.execute(SQL(statement))
        return
    with closing(sqlite3.connect(sqlite_path(url))) as file:
        for statement in statements:
            file.execute(statement)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/lingpai.db"
        return
    server = request.getfixturevalue("postgresql_server")
    made = postgresql.new_database(server)
    yield made
    postgresql.drop_database(server, made)


async def test_a_running_server_goes_on_while_the_schema_is_expanded(url: str, tmp_path: Path) -> None:
    world = await World.open(tmp_path, database=url)
    before = await grant_tokens(world)
    browser = world.browser()
    await world.sign_in(browser)
    _expand(url)
    assert await world.is_active(before["access_token"])
    assert (await world.refresh(before["refresh_token"])).status_code == 200
    await Ask(world).allow(browser)
    after = await grant_tokens(world)
    await world.add_client("another")
    assert (await world.post("/oauth2/revoke", token=after["refresh_token"])).status_code == 200
    assert not await world.is_active(after["access_token"])
    world.clock.advance(400 * 86_400)
    swept = await sweep_all(world.driver, world.clock())
    assert swept["token_family"] > 0
    assert (await world.http.get("/health/ready")).status_code == 200
    await world.close()


def test_no_statement_depends_on_which_columns_there_are() -> None:
    texts = {
        f"{file.name}:{node.lineno}": node.value
        for file in _SOURCES
        if "migrations" not in file.parts
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    assert {place for place, text in texts.items() if _DEPENDS_ON_COLUMNS.search(text)} == set()
