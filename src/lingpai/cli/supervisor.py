"""``lingpai serve --workers``: one parent that holds the socket, and processes that serve from it.

Owns: starting workers, replacing those that die, and exchanging all of them without a connection being refused. The
parent never reads settings again and never serves: a reload (``SIGHUP``) starts new workers, which do, and stops the
old ones once the new ones are ready. Leaves: serving to ``serve``, which a worker is with ``--worker``.
"""

import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

import click

from lingpai.cli.refusal import Refused

_START_S = 60.0
_STOP_S = 15.0
_HASTE_S = 5.0
"""A worker that lived for less is replaced after a pause, so that a broken one does not keep a processor busy."""
_PAUSE_S = 1.0
_STOPPING = frozenset({signal.SIGTERM, signal.SIGINT})
_HEEDED = _STOPPING | {signal.SIGHUP, signal.SIGCHLD}


class WorkerFiles(NamedTuple):
    """Open files a worker inherits, by number."""

    listener: int
    ready: int
    lifeline: int

    def written(self) -> str:
        """As the value of ``--worker``."""
        return ",".join(map(str, self))


def parse_worker_files(text: str) -> WorkerFiles:
    """The other way. Raises ``ValueError``."""
    return WorkerFiles(*map(int, text.split(",")))


class Supervisor:
    """Keeps ``count`` workers running until it is told to stop."""

    def __init__(self, listener: socket.socket, count: int, arguments: Sequence[str]) -> None:
        """``arguments``: those of ``lingpai serve`` that a worker needs too."""
        self._listener = listener
        self._count = count
        self._arguments = arguments
        self._workers: list[_Worker] = []

    def run(self, announce: Callable[[], None]) -> None:
        """Serve until SIGTERM or SIGINT; ``announce`` when every worker is ready. Raises ``Refused`` if one is not."""
        signal.pthread_sigmask(signal.SIG_BLOCK, _HEEDED)
        # Workers read it and hear its end when this process is gone, whatever ended it.
        lifeline, held = os.pipe()
        try:
            started = self._start_all(lifeline)
            if started is None:
                raise Refused("the workers did not start: what they say stands above")
            self._workers = started
            announce()
            while (number := signal.sigwaitinfo(_HEEDED).si_signo) not in _STOPPING:
                if number == signal.SIGHUP:
                    self._reload(lifeline)
                self._replace_dead(lifeline)
        finally:
            _stop(self._workers)
            os.close(held)
            os.close(lifeline)

    def _start_all(self, lifeline: int) -> "list[_Worker] | None":
        workers = [_Worker(self._listener, lifeline, self._arguments) for _ in range(self._count)]
        until = time.monotonic() + _START_S
        if all(worker.wait_until_ready(until - time.monotonic()) for worker in workers):
            return workers
        _stop(workers)
        return None

    def _reload(self, lifeline: int) -> None:
        started = self._start_all(lifeline)
        if started is None:
            click.echo("the new workers did not start; the old ones go on", err=True)
            return
        self._workers, old = started, self._workers
        click.echo(f"{self._count} new workers are ready, the old ones finish what they have")
        _stop(old)

    def _replace_dead(self, lifeline: int) -> None:
        for place, worker in enumerate(self._workers):
            status = worker.process.poll()
            if status is None:
                continue
            click.echo(f"worker {worker.process.pid} ended with status {status}; starting another", err=True)
            if time.monotonic() - worker.started_at < _HASTE_S:
                time.sleep(_PAUSE_S)
            self._workers[place] = _Worker(self._listener, lifeline, self._arguments)


class _Worker:
    """A process, and the pipe on which it says that it is ready."""

    def __init__(self, listener: socket.socket, lifeline: int, arguments: Sequence[str]) -> None:
        self.started_at = time.monotonic()
        self._ready, ready = os.pipe()
        files = WorkerFiles(listener.fileno(), ready, lifeline)
        command = [sys.executable, "-m", "lingpai", "serve", *arguments, "--worker", files.written()]
        # In a session of its own, so that Ctrl-C reaches the parent alone.
        self.process = subprocess.Popen(command, pass_fds=files, start_new_session=True)  # noqa: S603 - ourselves
        os.close(ready)

    def __del__(self) -> None:
        os.close(self._ready)

    def wait_until_ready(self, limit_s: float) -> bool:
        """Whether it said so; a worker that ends says nothing and closes the pipe."""
        readable, _, _ = select.select([self._ready], [], [], max(limit_s, 0))
        return bool(readable) and os.read(self._ready, 1) != b""


def _stop(workers: "list[_Worker]") -> None:
    """Let them finish what they took, but not forever."""
    for worker in workers:
        if worker.process.poll() is None:
            worker.process.terminate()
    until = time.monotonic() + _STOP_S
    for worker in workers:
        try:
            worker.process.wait(max(until - time.monotonic(), 0.1))
        except subprocess.TimeoutExpired:
            worker.process.kill()
            worker.process.wait()
