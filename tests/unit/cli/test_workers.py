"""``lingpai serve --workers``: several processes, exchanged and ended without losing a request."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple, Self

import httpx2
import pytest

import lingpai as package

SOURCE = str(Path(package.__file__).parents[1])


class Served(NamedTuple):
    process: subprocess.Popen[str]
    address: str


@pytest.fixture
def serve(empty: Path) -> Iterator[Callable[..., Served]]:
    """Starts servers in the current directory; returns when each says where it listens."""
    running: list[subprocess.Popen[str]] = []

    def serve(*arguments: str, **environment: str) -> Served:
        process = subprocess.Popen(
            [sys.executable, "-m", "lingpai", "serve", "--port", "0", *arguments],
            cwd=empty,
            env=os.environ | {"PYTHONPATH": SOURCE} | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        running.append(process)
        return Served(process, _wait_for(process, r"listens on (\S+) "))

    yield serve
    for process in running:
        process.kill()
        process.communicate()


def _wait_for(process: subprocess.Popen[str], pattern: str) -> str:
    assert process.stdout
    for line in process.stdout:
        if found := re.search(pattern, line):
            return found[found.re.groups]
    raise AssertionError(f"it ended without saying {pattern}")


def _workers(parent: int) -> set[int]:
    return set(map(int, Path(f"/proc/{parent}/task/{parent}/children").read_text().split()))


def _is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def _until(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < until
        threading.Event().wait(0.02)


class Load:
    """Asks again and again, over new connections and kept ones, until it is told to stop."""

    def __init__(self, address: str) -> None:
        self.failures: list[str] = []
        self.answers = 0
        self._address = f"{address}/.well-known/oauth-authorization-server"
        self._stops = threading.Event()
        self._threads = [threading.Thread(target=self._ask, args=(keeps,)) for keeps in (True, False, True)]

    def _ask(self, keeps: bool) -> None:
        with httpx2.Client(headers={} if keeps else {"connection": "close"}, timeout=20) as client:
            while not self._stops.is_set():
                try:
                    client.get(self._address).raise_for_status()
                    self.answers += 1
                except httpx2.HTTPError as error:
                    self.failures.append(repr(error))

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stops.set()
        for thread in self._threads:
            thread.join()


def test_a_reload_exchanges_every_worker_and_refuses_nobody(serve: Callable[..., Served]) -> None:
    server = serve("--workers", "2")
    before = _workers(server.process.pid)
    assert len(before) == 2
    with Load(server.address) as load:
        for _ in range(2):
            server.process.send_signal(signal.SIGHUP)
            _wait_for(server.process, "new workers are ready")
        _until(lambda: not any(map(_is_running, before)))
    assert load.failures == []
    assert load.answers > 50
    _until(lambda: len(_workers(server.process.pid) - before) == 2)
    server.process.terminate()
    assert server.process.wait(20) == 0


def test_a_worker_that_dies_is_replaced(serve: Callable[..., Served]) -> None:
    server = serve("--workers", "2")
    victim, other = _workers(server.process.pid)
    os.kill(victim, signal.SIGKILL)
    _until(lambda: len(_workers(server.process.pid) - {victim}) == 2)
    assert other in _workers(server.process.pid)
    assert httpx2.get(f"{server.address}/health/ready").status_code == 200


def test_workers_leave_when_their_parent_is_killed(serve: Callable[..., Served]) -> None:
    server = serve("--workers", "2")
    workers = _workers(server.process.pid)
    server.process.kill()
    _until(lambda: not any(map(_is_running, workers)))


def test_settings_that_no_longer_work_leave_the_old_workers_serving(serve: Callable[..., Served], empty: Path) -> None:
    (empty / "lingpai.toml").write_text("sweep_interval_s = 60\n")
    server = serve("--workers", "1")
    before = _workers(server.process.pid)
    (empty / "lingpai.toml").write_text("no_such_setting = 1\n")
    server.process.send_signal(signal.SIGHUP)
    _until(lambda: len(_workers(server.process.pid)) == 2)
    _until(lambda: _workers(server.process.pid) == before)
    assert httpx2.get(f"{server.address}/health/ready").status_code == 200


def test_workers_that_cannot_start_are_the_end_of_it(empty: Path) -> None:
    (empty / "lingpai.key").write_text("no key\n")
    ended = subprocess.run(
        [sys.executable, "-m", "lingpai", "serve", "--port", "0", "--workers", "2"],
        cwd=empty,
        env=os.environ | {"PYTHONPATH": SOURCE, "LINGPAI_DATABASE": "sqlite:///lingpai.db"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 1
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("arguments", [(), ("--workers", "1")], ids=["one process", "workers"])
def test_stopping_answers_what_it_took(serve: Callable[..., Served], arguments: tuple[str, ...]) -> None:
    server = serve(*arguments)

    def body() -> Iterator[bytes]:
        yield b"grant_type=client_credentials"
        threading.Event().wait(0.5)  # half of the request is there when the server is told to stop
        server.process.terminate()
        threading.Event().wait(1)
        yield b"&client_id=nobody&client_secret=x"

    with httpx2.Client(timeout=20, headers={"content-type": "application/x-www-form-urlencoded"}) as client:
        client.get(f"{server.address}/health/live")  # now there is a connection, and who answers on it
        answer = client.post(f"{server.address}/oauth2/token", content=body())
        assert answer.status_code == 401
        assert answer.headers["connection"] == "close"
    assert server.process.wait(20) == 0
