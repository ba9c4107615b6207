"""``/health/ready`` of a running server: red while the disk is full or the database gone, green again by itself."""

import resource
import threading
import time
from collections.abc import Callable

import httpx2

from tests import postgresql
from tests.unit.cli.test_workers import Served, serve

__all__ = ["serve"]  # the fixture


def _wait_for(address: str, status: int) -> None:
    until = time.monotonic() + 30
    with httpx2.Client(timeout=20) as http:
        while http.get(f"{address}/health/ready").status_code != status:
            assert time.monotonic() < until, f"never {status}"
            threading.Event().wait(0.1)


def test_a_full_disk_is_seen_and_its_end_too(serve: Callable[..., Served]) -> None:
    server = serve()
    _wait_for(server.address, 200)
    _, most = resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (4096, most))
    _wait_for(server.address, 503)
    assert httpx2.get(f"{server.address}/health/live").status_code == 200
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (most, most))
    _wait_for(server.address, 200)


def test_workers_on_postgresql_outlive_it(serve: Callable[..., Served]) -> None:
    with postgresql.running_cluster() as cluster:
        url = postgresql.new_database(cluster.url)
        server = serve("--workers", "2", LINGPAI_DATABASE=url)
        _wait_for(server.address, 200)
        cluster.kill()
        _wait_for(server.address, 503)
        cluster.start()
        _wait_for(server.address, 200)
        server.process.terminate()
        assert server.process.wait(20) == 0
