"""A server as a process of its own, alone on its cores, with the processor time it and its children took."""

import http.client
import os
import socket
import subprocess
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

SERVER_CORE = 0
LOAD_CORE = 1
_START_LIMIT_S = 20.0
_STOP_LIMIT_S = 10.0
_LOOK_AGAIN_S = 0.01


class CannotStart(Exception):
    """A server did not come up; the message holds the end of what it wrote."""


class ServerProcess:
    """Started with its core already chosen, so that every thread it makes stays there."""

    def __init__(
        self,
        command: Sequence[str],
        port: int,
        log: Path,
        environment: dict[str, str] | None = None,
        cores: Collection[int] = (SERVER_CORE,),
    ) -> None:
        self.port = port
        self._log = log
        log.parent.mkdir(parents=True, exist_ok=True)
        before = os.sched_getaffinity(0)
        began = time.perf_counter()
        os.sched_setaffinity(0, cores)
        try:
            with log.open("wb") as output:
                self._process = subprocess.Popen(
                    command, stdout=output, stderr=output, env=os.environ | (environment or {})
                )
        finally:
            os.sched_setaffinity(0, before)
        self._wait()
        self.started_s = time.perf_counter() - began
        """From the command to the first answer."""

    def _wait(self) -> None:
        deadline = time.monotonic() + _START_LIMIT_S
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                break
            if self._answers():
                return
            time.sleep(_LOOK_AGAIN_S)
        self.stop()
        raise CannotStart(self._log.read_text(encoding="utf-8", errors="replace")[-2000:])

    def _answers(self) -> bool:
        """Whether it serves, not only listens."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=_START_LIMIT_S)
        try:
            connection.request("GET", "/")
            connection.getresponse().read()
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()
        return True

    def cpu_s(self) -> float:
        """Processor time so far, all threads that still run."""
        return cpu_s(self._process.pid)

    def memory_mb(self) -> float:
        """Memory that is its own or in use by it now (RSS), of all its processes."""
        return sum(map(_memory_mb, _family(self._process.pid)))

    def stop(self) -> None:
        """End it, politely first."""
        self._process.terminate()
        try:
            self._process.wait(_STOP_LIMIT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def cpu_s(pid: int) -> float:
    """Processor time so far of a process and those it started, all threads that still run."""
    spent_ns = 0
    for process in _family(pid):
        for thread in Path(f"/proc/{process}/task").iterdir():
            with suppress(FileNotFoundError, ProcessLookupError):  # it ended just now
                spent_ns += int((thread / "schedstat").read_text().split()[0])
    return spent_ns / 1e9


def _family(pid: int) -> Iterator[int]:
    yield pid
    for thread in Path(f"/proc/{pid}/task").iterdir():
        with suppress(FileNotFoundError, ProcessLookupError):
            for child in (thread / "children").read_text(encoding="ascii").split():
                yield from _family(int(child))


def _memory_mb(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def free_port() -> int:
    """A port nobody listens on at this moment."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port
