"""A whole server behind a PgBouncer in transaction mode that has fewer connections than the server asks for.

Only where ``pgbouncer`` is installed: nothing on the package index brings it.
"""

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from lingpai.server.storage import moving
from lingpai.server.storage.driver import Statement, StorageUnavailable
from lingpai.server.storage.postgres import PostgresDriver, PostgresSettings
from lingpai.server.storage.sweep import sweep_all
from tests import postgresql
from tests.world import Ask, World, at_once, grant_tokens, refusal

PROGRAM = shutil.which("pgbouncer", path="/usr/sbin:/usr/bin:/usr/local/bin:/opt/homebrew/bin")
pytestmark = pytest.mark.skipif(PROGRAM is None, reason="pgbouncer is not installed")


def _keeps_prepared_statements() -> bool:
    said = subprocess.run([str(PROGRAM), "--version"], check=True, capture_output=True, text=True).stdout
    found = re.search(r"(\d+)\.(\d+)", said)
    return found is not None and tuple(map(int, found.groups())) >= (1, 21)


@pytest.fixture(scope="module")
def bouncer(tmp_path_factory: pytest.TempPathFactory, postgresql_server: str) -> Iterator[str]:
    """The URL of a PgBouncer with two connections to each database."""
    folder = tmp_path_factory.mktemp("pgbouncer", numbered=False)
    there = psycopg.conninfo.conninfo_to_dict(postgresql_server)
    port = postgresql.free_port()
    (folder / "users").write_text('"lingpai" ""\n')
    settings = folder / "pgbouncer.ini"
    lines = [
        *("[databases]", f"* = host={there['host']} port={there['port']}"),
        *("[pgbouncer]", "listen_addr = 127.0.0.1", f"listen_port = {port}", "unix_socket_dir ="),
        *("auth_type = trust", f"auth_file = {folder}/users", "pool_mode = transaction", "default_pool_size = 2"),
        *(["max_prepared_statements = 100"] if _keeps_prepared_statements() else []),
    ]
    settings.write_text("\n".join(lines))
    for path in (folder, *folder.parents):  # it runs as somebody who is not us
        if not path.stat().st_mode & 0o001:
            path.chmod(0o755)
    process = subprocess.Popen(
        [str(PROGRAM), str(settings)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **postgresql.as_somebody()
    )
    url = f"postgresql://lingpai@127.0.0.1:{port}/postgres"
    assert postgresql.wait_for(url, process), "pgbouncer does not start"
    yield url
    process.terminate()
    process.wait(30)


@pytest.fixture
def url(bouncer: str, postgresql_server: str) -> Iterator[str]:
    """A new database, asked for through PgBouncer."""
    made = postgresql.new_database(postgresql_server)
    yield f"{bouncer.rpartition('/')[0]}/{postgresql.database_name(made)}"
    postgresql.drop_database(postgresql_server, made)


@pytest.mark.parametrize("prepared", [False, True], ids=["nothing prepared", "as it comes"])
async def test_a_server_does_all_it_does(url: str, tmp_path: Path, prepared: bool) -> None:
    """Prepared statements are tried behind an old PgBouncer too, which loses them."""
    world = await World.open(tmp_path, database=url, postgresql_prepared_statements=prepared)
    ask = Ask(world)
    code = (await ask.allow(world.browser()))["code"]
    answers = await at_once(*[ask.redeem(code) for _ in range(16)])
    assert sorted({answer.status_code for answer in answers}) == [200, 400]
    assert [answer.status_code for answer in answers].count(200) == 1
    for _ in range(8):
        tokens = await grant_tokens(world, world.browser())
        assert await world.is_active(tokens["access_token"])
        assert (await world.refresh(tokens["refresh_token"])).status_code == 200
        assert (await world.post("/oauth2/revoke", token=tokens["refresh_token"])).status_code == 200
        assert refusal(await world.refresh(tokens["refresh_token"])) == (400, "invalid_grant")
    world.clock.advance(400 * 86_400)
    assert (await sweep_all(world.driver, world.clock()))["token_family"] > 0
    assert (await world.http.get("/health/ready")).status_code == 200
    await world.close()


async def test_a_backup_is_made_through_it_and_restored_through_it(
    url: str, bouncer: str, postgresql_server: str, tmp_path: Path
) -> None:
    world = await World.open(tmp_path, database=url)
    await world.close()
    made = moving.backup(url, tmp_path / "backup.db", lambda *_: lambda _: None)
    assert any(copied.sum.rows for copied in made)
    another = postgresql.new_database(postgresql_server)
    target = f"{bouncer.rpartition('/')[0]}/{postgresql.database_name(another)}"
    assert moving.restore(tmp_path / "backup.db", target, lambda *_: lambda _: None) == made
    postgresql.drop_database(postgresql_server, another)


async def test_limits_and_locks_end_with_the_transaction(url: str) -> None:
    """On a connection that is somebody else's afterwards they would hit whoever that is."""
    drivers = [PostgresDriver(url) for _ in range(4)]
    count = "INSERT INTO seat (n) SELECT 1 WHERE (SELECT count(*) FROM seat) < 3"
    with psycopg.connect(url, autocommit=True, prepare_threshold=None) as foreign:
        foreign.execute("CREATE TABLE seat (n BIGINT)")
        work = [Statement(count, expect_rows=1, counts="seats")]
        done = await at_once(*[drivers[number % 4].transact(work) for number in range(20)])
        assert sum(rows is not None for rows in done) == 3, "the advisory lock holds through PgBouncer"
        for _ in range(4):  # whichever of its connections answers
            assert foreign.execute("SHOW statement_timeout").fetchone() == ("0",)
            assert foreign.execute("SHOW lock_timeout").fetchone() == ("0",)
        assert foreign.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'").fetchone() == (0,)
    await at_once(*[driver.close() for driver in drivers])


async def test_a_statement_without_end_is_cut_off(url: str) -> None:
    driver = PostgresDriver(url, PostgresSettings(statement_timeout_s=0.3))
    with pytest.raises(StorageUnavailable, match="statement timeout"):
        await driver.transact([Statement("SELECT pg_sleep(60)")])
    assert await driver.fetch_one("SELECT 1") == (1,)
    await driver.close()
