"""Starts a few programs, waits until each answers, and stops them together: on Ctrl-C, on SIGTERM, or when one dies.

Owns: processes and signals. Leaves: which programs, and the words around them, to ``demo``.
"""

import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Never

import httpx2
from msgspec import Struct
from rich.console import Console

START_LIMIT_S = 60.0
STOP_LIMIT_S = 10.0
POLL_S = 0.1
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class DemoFailed(Exception):
    """The demonstration cannot go on; the message is one clear sentence for the person at the terminal."""


class Stopped(Exception):
    """Somebody asked us to stop."""


class Program(Struct, frozen=True):
    """A program. It is up as soon as ``ready_path`` at ``address`` answers 200; what it prints goes to ``log``."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    address: str
    ready_path: str
    log: Path


def is_in_use(port: int) -> bool:
    """Whether something listens on this port of this machine, over IPv4 or IPv6."""
    try:
        # Asking is surer than binding: a listener on all addresses, or on ::1 only, would let us bind 127.0.0.1
        # and then answer the browser in our place.
        socket.create_connection(("localhost", port), timeout=1).close()
    except OSError:
        return False
    return True


def run_until_stopped(programs: Sequence[Program], console: Console, *, when_ready: Callable[[], None]) -> None:
    """Run all ``programs``; stop them when asked to (``Stopped``) or when one ends by itself (``DemoFailed``)."""
    running: list[tuple[Program, subprocess.Popen[bytes]]] = []
    try:
        for program in programs:
            process = _start(program)
            running.append((program, process))
        for program, process in running:
            _wait_until_ready(program, process, console)
        when_ready()
        while True:
            for program, process in running:
                _check_is_alive(program, process)
            time.sleep(POLL_S)
    finally:
        # A second Ctrl-C must not interrupt the stopping and leave programs behind.
        _ignore_signals()
        console.print("stopping …")
        _stop([process for _, process in running])


def _start(program: Program) -> subprocess.Popen[bytes]:
    with program.log.open("ab") as log:
        # A session of its own: Ctrl-C reaches only us, and we stop the programs in order.
        return subprocess.Popen(
            program.command,
            env=program.environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def _wait_until_ready(program: Program, process: subprocess.Popen[bytes], console: Console) -> None:
    begun = time.monotonic()
    with console.status(f"Starting the {program.name} …"):
        while not _answers(program.address + program.ready_path):
            _check_is_alive(program, process)
            if time.monotonic() - begun > START_LIMIT_S:
                raise DemoFailed(f"The {program.name} did not answer within {START_LIMIT_S:.0f} s. See {program.log}.")
            time.sleep(POLL_S)
    console.print(f"[green]✓[/green] {program.name}: {program.address}")


def _answers(url: str) -> bool:
    try:
        return httpx2.get(url, timeout=2, trust_env=False).status_code == 200
    except httpx2.TransportError:
        return False


def _check_is_alive(program: Program, process: subprocess.Popen[bytes]) -> None:
    if process.poll() is not None:
        last = program.log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-1:]
        raise DemoFailed(
            f"The {program.name} ended with code {process.returncode}; the others were stopped. "
            f"See {program.log}{': ' + last[0] if last else '.'}"
        )


def _stop(processes: Sequence[subprocess.Popen[bytes]]) -> None:
    for process in processes:
        process.terminate()
    deadline = time.monotonic() + STOP_LIMIT_S
    for process in processes:
        try:
            process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextmanager
def signals_raise_stopped() -> Iterator[None]:
    """Inside, Ctrl-C and SIGTERM raise ``Stopped``."""

    def stop(_number: int, _frame: FrameType | None) -> Never:
        _ignore_signals()
        raise Stopped

    before = {number: signal.signal(number, stop) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _ignore_signals() -> None:
    for number in _SIGNALS:
        signal.signal(number, signal.SIG_IGN)
