"""The demo's three programs as real processes on free ports, with an application more and cheap passwords.

Owns: starting, stopping, and forgetting between two tests what people did. Leaves: what the programs are to
``examples.demo``.
"""

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path

import httpx2
from msgspec import Struct

from examples.demo import Places, prepare_directory, programs, server_environment, set_up
from examples.supervise import Program

START_LIMIT_S = 30.0
STOP_LIMIT_S = 10.0

# The real cost of a password is tested elsewhere; here every test would pay it.
_SETTINGS = """
password_memory_kib = 64
password_time_cost = 1
"""

# More to choose from than the demo's application has, and less time to choose.
_ALBUM_TOOLS = """
[[scopes]]
name = "upload_pic"
resource = "{photos}"
descriptions.en = "Put new pictures into your albums"
descriptions.zh_CN = "上传照片到你的相册"

[[clients]]
client_id = "album-tools"
client_name = "Album Tools"
redirect_uris = ["{photo_print}/user/callback"]
token_endpoint_auth_method = "none"
scope = "get_user_info list_album upload_pic"
grant_lifetimes = ["once", "1d"]
default_grant_lifetime = "1d"
"""
_WHAT_PEOPLE_DO = ("account_grant", "token_family", "session", "throttle", "spent")


class Demo(Struct, frozen=True):
    """Where the running programs are."""

    directory: Path
    places: Places

    def album_tools_url(self, scope: str = "get_user_info list_album upload_pic") -> str:
        """Where the second application sends the browser. Nobody redeems its code: the challenge is made up."""
        request = {
            "response_type": "code",
            "client_id": "album-tools",
            "redirect_uri": f"{self.places.photo_print}/user/callback",
            "scope": scope,
            "state": "state-of-album-tools",
            "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
            "code_challenge_method": "S256",
        }
        return f"{self.places.server}/oauth2/authorize?{httpx2.QueryParams(request)}"

    def forget_people(self) -> None:
        """Everybody is signed out and has allowed nothing, as after ``make demo ARGS=--fresh``."""
        with closing(sqlite3.connect(self.directory / "lingpai.db", timeout=10)) as database:
            for table in _WHAT_PEOPLE_DO:
                database.execute(f"DELETE FROM {table}")  # noqa: S608 - our own tables
            database.commit()

    def logs(self) -> str:
        """What the programs printed."""
        return "\n".join(f"== {log.name}\n{log.read_text(encoding='utf-8')}" for log in self.directory.glob("*.log"))


@contextmanager
def running_demo(directory: Path) -> Iterator[Demo]:
    """Set up and run the programs."""
    places = Places(*free_ports(3))
    prepare_directory(directory, fresh=True)
    set_up(directory, places)
    settings = directory / "lingpai.toml"
    settings.write_text(settings.read_text(encoding="utf-8") + _SETTINGS, encoding="utf-8")
    more = directory / "album-tools.toml"
    more.write_text(_ALBUM_TOOLS.format(photos=places.photos, photo_print=places.photo_print), encoding="utf-8")
    apply = [sys.executable, "-m", "lingpai", "apply", str(more), "--config", str(settings)]
    subprocess.run(apply, env=server_environment(places), check=True, capture_output=True)
    with ExitStack() as stack:
        started = [(program, stack.enter_context(_running(program))) for program in programs(directory, places)]
        for program, process in started:
            wait_for(program.address + program.ready_path, process)
        yield Demo(directory, places)


@contextmanager
def _running(program: Program) -> Iterator[subprocess.Popen[bytes]]:
    with program.log.open("ab") as log:
        environment = {**program.environment, "PYTHONUNBUFFERED": "1"}
        process = subprocess.Popen(program.command, env=environment, stdout=log, stderr=subprocess.STDOUT)
    try:
        yield process
    finally:
        stop(process)


def stop(process: "subprocess.Popen[bytes]") -> None:
    """Ask the program to end, and see that it does."""
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(STOP_LIMIT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        raise


def wait_for(url: str, process: "subprocess.Popen[bytes]") -> None:
    """Return once ``url`` answers; raise if the program ends before."""
    deadline = time.monotonic() + START_LIMIT_S
    with httpx2.Client(trust_env=False, timeout=START_LIMIT_S) as http:
        while not _answers(http, url):
            with suppress(subprocess.TimeoutExpired):
                raise AssertionError(f"ended with {process.wait(0.05)} instead of answering at {url}")
            assert time.monotonic() < deadline, f"{url} does not answer"


def _answers(http: httpx2.Client, url: str) -> bool:
    try:
        return http.get(url).status_code < 500
    except httpx2.TransportError:
        return False


def free_ports(count: int) -> list[int]:
    """Ports nobody listens on."""
    with ExitStack() as stack:
        listeners = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [listener.getsockname()[1] for listener in listeners]


def clean_environment(**more: str) -> dict[str, str]:
    """This environment without the settings of a server somebody runs."""
    return {name: value for name, value in os.environ.items() if not name.startswith("LINGPAI_")} | more
