"""``make failover``: the primary of a PostgreSQL pair is killed under load and its synchronous standby promoted.

Nothing that was acknowledged may be lost, and the server must be back within ten seconds of the promotion, with nobody
touching it: its ``database`` names both hosts. Exit status 1 when a promise was broken.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import SystemRandom

import psycopg
from rich.console import Console

from tests import postgresql
from tests.chaos.__main__ import summarize
from tests.chaos.people import Record
from tests.chaos.service import Service
from tests.chaos.trials import opened
from tests.postgresql import Cluster

_BACK_WITHIN_S = 10.0
_NAME = "standby"


@contextmanager
def pair(folder: Path) -> Iterator[tuple[Cluster, Cluster]]:
    """A primary and a standby that has everything the primary has acknowledged, both running."""
    folders = folder / "primary", folder / "standby"
    for each in folders:
        each.mkdir()
    primary = Cluster(folders[0], durable=True)
    primary.start()
    standby = Cluster(folders[1], durable=True, follows=primary, name=_NAME)
    try:
        standby.start()
        with psycopg.connect(primary.url, autocommit=True) as connection:
            connection.execute(f"ALTER SYSTEM SET synchronous_standby_names = '{_NAME}'")
            connection.execute("SELECT pg_reload_conf()")
        yield primary, standby
    finally:
        standby.stop()
        primary.stop()


async def fail_over(folder: Path, record: Record) -> float:
    """Once; the seconds from the promotion until the server was ready."""
    with pair(folder) as (primary, standby):
        await _until_synchronous(primary)
        database = postgresql.database_name(postgresql.new_database(primary.url))
        hosts = f"127.0.0.1:{primary.port},127.0.0.1:{standby.port}"
        url = f"postgresql://lingpai@{hosts}/{database}?target_session_attrs=read-write"
        service = Service(folder, url, workers=2)

        async def strike() -> float:
            await asyncio.sleep(3)  # of load, so that there is something to lose
            primary.kill()
            await asyncio.sleep(1)  # whoever watches the primary needs a moment to notice
            promoted_at = time.monotonic()
            with psycopg.connect(standby.url, autocommit=True) as connection:
                connection.execute("ALTER SYSTEM SET synchronous_standby_names = ''")  # there is none any more
                connection.execute("SELECT pg_reload_conf()")
                connection.execute("SELECT pg_promote()")
            assert await service.is_ready_again()
            return promoted_at

        async with opened(service, record, SystemRandom()) as trial:
            comeback = await trial.endure("primary", strike)
        within = comeback.seconds < _BACK_WITHIN_S
        record.check("back within 10 s of the promotion", holds=within, detail=f"{comeback.seconds:.1f} s")
        return comeback.seconds


async def _until_synchronous(primary: Cluster) -> None:
    async with asyncio.timeout(60), await psycopg.AsyncConnection.connect(primary.url, autocommit=True) as connection:
        while True:
            states = await connection.execute("SELECT sync_state FROM pg_stat_replication")
            if await states.fetchall() == [("sync",)]:
                return
            await asyncio.sleep(0.1)


def main() -> int:
    """What the command line says."""
    parser = argparse.ArgumentParser(prog="make failover", description=__doc__)
    parser.add_argument("--times", type=int, default=3, help="how many pairs lose their primary (3)")
    arguments = parser.parse_args()
    record, seconds, console = Record(), list[float](), Console()
    for _ in range(arguments.times):
        with tempfile.TemporaryDirectory(prefix="lingpai-failover-") as folder:
            Path(folder).chmod(0o755)
            seconds.append(asyncio.run(fail_over(Path(folder), record)))
            console.print(f"primary killed, ready {seconds[-1]:.1f} s after the standby was promoted")
    summarize(console, record, {"primary, from the promotion on": seconds})
    return 1 if record.findings else 0


if __name__ == "__main__":
    sys.exit(main())
