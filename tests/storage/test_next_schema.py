"""The next version's schema has more tables and more columns: servers of this version go on serving, and start, on it.

So an upgrade needs no moment without a server: first the schema is expanded, then one server after the other exchanged.
A migration that takes something away says so in the database, and this version does not start on what it left.
"""

import ast
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import lingpai as package
from lingpai.crypto.digest import new_id
from lingpai.server.storage import migrate
from lingpai.server.storage.migrate import DatabaseNewerThanCode, SchemaState
from lingpai.server.storage.sweep import sweep_all
from tests import databases, postgresql
from tests.browser import Browser
from tests.world import Ask, World, grant_tokens

_SOURCES = sorted(Path(package.__file__).parent.glob("server/**/*.py")) + sorted(
    Path(package.__file__).parent.glob("cli/**/*.py")
)
HEAD, NEXT = migrate.revisions()[-1], "9001"
NextVersion = Callable[[list[str], str], Path]
_DEPENDS_ON_COLUMNS = re.compile(r"INSERT INTO \w+\s+(?:VALUES|SELECT)|SELECT \*|\b\w\.\*")


def _expansion(url: str) -> list[str]:
    """What an expanding migration may do: columns that may stay empty or have a default, indexes, tables."""
    statements = ["CREATE TABLE of_the_next_version (id INTEGER PRIMARY KEY)"]
    for table in databases.table_names(url):
        if table != "alembic_version":
            statements.append(f"ALTER TABLE {table} ADD COLUMN next_empty TEXT")
            statements.append(f"ALTER TABLE {table} ADD COLUMN next_counted BIGINT NOT NULL DEFAULT 0")
            statements.append(f"CREATE INDEX {table}_next ON {table} (next_counted)")
    return statements


@pytest.fixture
def next_version(tmp_path: Path) -> NextVersion:
    """Makes the migrations of the version after this one: ours, and one more."""

    def make(statements: list[str], oldest_compatible: str) -> Path:
        migrations = tmp_path / "migrations"
        shutil.copytree(migrate.MIGRATIONS, migrations)
        (migrations / "versions" / f"{NEXT}_next.py").write_text(
            f"""\"\"\"What the next version needs.\"\"\"
from alembic import op
revision, down_revision = "{NEXT}", "{HEAD}"
oldest_compatible = "{oldest_compatible}"
def upgrade():
    for statement in {statements!r}:
        op.execute(statement)
"""
        )
        return migrations

    return make


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/lingpai.db"
        return
    server = request.getfixturevalue("postgresql_server")
    made = postgresql.new_database(server)
    yield made
    postgresql.drop_database(server, made)


async def test_a_server_goes_on_while_the_schema_is_expanded_and_starts_on_it(
    url: str, tmp_path: Path, next_version: NextVersion
) -> None:
    world = await World.open(tmp_path, database=url)
    before = await grant_tokens(world)
    browser = world.browser()
    await world.sign_in(browser)
    migrations = next_version(_expansion(url), HEAD)
    assert migrate.may_serve_meanwhile(HEAD, migrate.plan(url, migrations=migrations))
    migrate.upgrade(url, migrations=migrations)
    await _is_served(world, before, browser)
    assert migrate.check(url).current == NEXT
    await world.restart()
    browser = world.browser()
    await world.sign_in(browser)
    await _is_served(world, await grant_tokens(world), browser)
    await world.close()


async def _is_served(world: World, before: dict[str, Any], browser: Browser) -> None:
    """Tokens from before, a sign-in that is there, a code flow, registration, revocation and the sweep."""
    assert await world.is_active(before["access_token"])
    assert (await world.refresh(before["refresh_token"])).status_code == 200
    await Ask(world).allow(browser)
    after = await grant_tokens(world)
    await world.add_client(new_id().hex())
    assert (await world.post("/oauth2/revoke", token=after["refresh_token"])).status_code == 200
    assert not await world.is_active(after["access_token"])
    world.clock.advance(400 * 86_400)
    swept = await sweep_all(world.driver, world.clock())
    assert swept["token_family"] > 0
    assert (await world.http.get("/health/ready")).status_code == 200


async def test_a_schema_that_lost_what_this_version_needs_is_refused(
    url: str, tmp_path: Path, next_version: NextVersion
) -> None:
    world = await World.open(tmp_path, database=url)
    migrations = next_version(["DROP TABLE spent"], NEXT)
    assert not migrate.may_serve_meanwhile(HEAD, migrate.plan(url, migrations=migrations))
    migrate.upgrade(url, migrations=migrations)
    with pytest.raises(DatabaseNewerThanCode, match=f"at revision {NEXT}, this Lingpai knows up to {HEAD}"):
        await world.restart()


def test_the_way_back_takes_what_is_said_about_older_code_back(url: str, next_version: NextVersion) -> None:
    migrations = next_version([], NEXT)
    with (migrations / "versions" / f"{NEXT}_next.py").open("a") as file:
        file.write("def downgrade():\n    pass\n")
    migrate.upgrade(url, migrations=migrations)
    assert migrate.check(url).is_newer_than_code
    migrate.downgrade(url, HEAD, migrations=migrations)
    assert migrate.check(url) == SchemaState(current=HEAD, head=HEAD)


def test_every_migration_says_which_code_may_serve_what_it_leaves() -> None:
    steps = migrate.steps()
    assert [step.oldest_compatible for step in steps] == sorted(step.oldest_compatible for step in steps)
    assert all(step.oldest_compatible <= step.revision for step in steps)


def test_no_statement_depends_on_which_columns_there_are() -> None:
    texts = {
        f"{file.name}:{node.lineno}": node.value
        for file in _SOURCES
        if "migrations" not in file.parts
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    assert {place for place, text in texts.items() if _DEPENDS_ON_COLUMNS.search(text)} == set()
