"""A disk that fills up or turns read-only under a serving server: 503 and nothing lost, then it goes on by itself."""

import asyncio
import os
import resource
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import SystemRandom

import psycopg
import pytest
from psycopg import sql

from lingpai.server.storage import migrate
from tests import postgresql
from tests.chaos import trials
from tests.chaos.people import Record
from tests.chaos.service import Service

pytestmark = pytest.mark.long


async def _endures(service: Service, break_it: Callable[[], None], repair_it: Callable[[], None]) -> None:
    """Load while it breaks, stays broken, and is repaired."""
    record = Record()

    async def strike() -> float:
        record.refused.clear()
        break_it()
        await asyncio.wait_for(record.refused.wait(), 30)
        repaired_at = time.monotonic()
        repair_it()
        assert await service.is_ready_again()
        return repaired_at

    async with trials.opened(service, record, SystemRandom()) as trial:
        await trial.endure("disk", strike)
    assert record.findings == []
    assert record.checks["an acknowledged token works"] > 0


async def test_a_full_disk(tmp_path: Path) -> None:
    service = Service(tmp_path, f"sqlite:///{tmp_path}/lingpai.db")
    _, most = resource.getrlimit(resource.RLIMIT_FSIZE)

    def limit(size: int) -> None:
        resource.prlimit(service.pid, resource.RLIMIT_FSIZE, (size, most))

    await _endures(service, lambda: limit(4096), lambda: limit(most))


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting needs root")
async def test_a_file_system_that_is_full(tmp_path: Path) -> None:
    with _mounted(tmp_path / "disk") as disk:
        service = Service(tmp_path, f"sqlite:///{disk}/lingpai.db")
        await _endures(service, lambda: _fill(disk / "rubbish"), (disk / "rubbish").unlink)


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting needs root")
async def test_a_file_system_that_is_read_only(tmp_path: Path) -> None:
    """Linux makes none read-only while somebody writes to it: a server meets one when it starts."""
    with _mounted(tmp_path / "disk") as disk:
        service = Service(tmp_path, f"sqlite:///{disk}/lingpai.db")
        migrate.upgrade(service.database)
        await service.fill(1)
        _remount(disk, "ro")
        assert await service.starts_in_vain() == 1
        assert "unable to open database file" in service.log()
        assert "Traceback" not in service.log()
        _remount(disk, "rw")
        await service.start()
        service.stop()


async def test_a_postgresql_that_is_read_only(tmp_path: Path) -> None:
    """As after a failover to a standby nobody has promoted yet, or when an operator stops writing."""
    with postgresql.any_server() as server:
        url = postgresql.new_database(server)
        migrate.upgrade(url)
        name = postgresql.database_name(url)

        def allow(*, writing: bool) -> None:
            with psycopg.connect(server, autocommit=True) as connection:
                setting = sql.SQL("ALTER DATABASE {} SET default_transaction_read_only = {}")
                connection.execute(setting.format(sql.Identifier(name), sql.SQL("off" if writing else "on")))
                connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,))

        await _endures(Service(tmp_path, url), lambda: allow(writing=False), lambda: allow(writing=True))
        postgresql.drop_database(server, url)


def _fill(rubbish: Path) -> None:
    """Take what room there is."""
    with rubbish.open("wb") as file:
        try:
            while True:
                file.write(b"\0" * 65536)
                file.flush()
        except OSError:
            return


def _remount(folder: Path, how: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{how}", str(folder)], check=True)


@contextmanager
def _mounted(folder: Path) -> Iterator[Path]:
    """A file system of eight megabytes."""
    folder.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(folder)], check=False)
    if made.returncode:
        pytest.skip("mounting is not allowed here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
