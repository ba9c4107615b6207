"""A server as a process of its own, alone on one core, with the processor time it took."""

import http.client
import os
import socket
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

SERVER_CORE = 0
LOAD_CORE = 1
_START_LIMIT_S = 20.0
_STOP_LIMIT_S = 10.0
_LOOK_AGAIN_S = 0.05


class CannotStart(Exception):
    """A server did not come up; the message holds the end of what it wrote."""


class ServerProcess:
    """Started with its core already chosen, so that every thread it makes stays there."""

    def __init__(self, command: Sequence[str], port: int, log: Path, environment: dict[str, str] | None = None) -> None:
        self.port = port
        self._log = log
        log.parent.mkdir(parents=True, exist_ok=True)
        before = os.sched_getaffinity(0)
        os.sched_setaffinity(0, {SERVER_CORE})
        try:
            with log.open("wb") as output:
                self._process = subprocess.Popen(
                    command, stdout=output, stderr=output, env=os.environ | (environment or {})
                )
        finally:
            os.sched_setaffinity(0, before)
        self._wait()

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
        threads = Path(f"/proc/{self._process.pid}/task").iterdir()
        return sum(int((thread / "schedstat").read_text().split()[0]) for thread in threads) / 1e9

    def memory_mb(self) -> float:
        """Memory that is its own or in use by it now (RSS)."""
        pages = int(Path(f"/proc/{self._process.pid}/statm").read_text(encoding="ascii").split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6

    def stop(self) -> None:
        """End it, politely first."""
        self._process.terminate()
        try:
            self._process.wait(_STOP_LIMIT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def free_port() -> int:
    """A port nobody listens on at this moment."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port
