"""Programs as processes: started, waited for, stopped."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import httpx2

START_LIMIT_S = 60.0
STOP_LIMIT_S = 15.0


@contextmanager
def running(
    command: Sequence[str], environment: Mapping[str, str], url: str, log: Path, *, folder: Path | None = None
) -> Iterator[None]:
    """Run the program until the end of the block; it is up when ``url`` answers. What it prints goes to ``log``."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            env={**environment, "PYTHONUNBUFFERED": "1"},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=folder,
        )
    try:
        _wait_for(url, process, log)
        yield
    finally:
        _stop(process)


def free_ports(count: int) -> list[int]:
    """Ports nobody listens on."""
    with ExitStack() as stack:
        listeners = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [listener.getsockname()[1] for listener in listeners]


def clean_environment(**more: str) -> dict[str, str]:
    """This environment without the settings of a server somebody runs."""
    return {name: value for name, value in os.environ.items() if not name.startswith("LINGPAI_")} | more


def _wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_LIMIT_S
    with httpx2.Client(trust_env=False, timeout=START_LIMIT_S) as http:
        while not _answers(http, url):
            with suppress(subprocess.TimeoutExpired):
                raise AssertionError(f"ended with {process.wait(0.05)}: {log.read_text(encoding='utf-8')}")
            assert time.monotonic() < deadline, f"{url} does not answer: {log.read_text(encoding='utf-8')}"


def _answers(http: httpx2.Client, url: str) -> bool:
    try:
        return http.get(url).status_code < 500
    except httpx2.TransportError:
        return False


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(STOP_LIMIT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        raise
