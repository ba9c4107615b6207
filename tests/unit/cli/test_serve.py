"""``lingpai serve`` as the process it is."""

import os
import re
import signal
import socket
import sqlite3
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import httpx2
import pytest

import lingpai as package
from tests.certificate import write_certificate
from tests.unit.cli.terminal import Lingpai

SOURCE = str(Path(package.__file__).parents[1])


class Running(NamedTuple):
    process: subprocess.Popen[str]
    address: str
    first_lines: str


Serve = Callable[..., Running]


@pytest.fixture
def serve(empty: Path) -> Iterator[Serve]:
    """Starts servers in the current directory; returns when each says where it listens."""
    running: list[subprocess.Popen[str]] = []

    def serve(*arguments: str, **environment: str) -> Running:
        process = subprocess.Popen(
            [sys.executable, "-m", "lingpai", "serve", "--port", "0", *arguments],
            cwd=empty,
            env=os.environ | {"PYTHONPATH": SOURCE} | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        running.append(process)
        lines = ""
        assert process.stdout
        while not (found := re.search(r"listens on (\S+) ", lines)):
            line = process.stdout.readline()
            assert line, process.communicate()[1]
            lines += line
        return Running(process, found[1], lines)

    yield serve
    for process in running:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
def test_a_first_start_makes_what_is_missing_answers_and_stops_cleanly(
    serve: Serve, empty: Path, number: signal.Signals
) -> None:
    server = serve()
    assert {"lingpai.db", "lingpai.key"} <= {file.name for file in empty.iterdir()}
    port = server.address.rpartition(":")[2]
    document = httpx2.get(f"{server.address}/.well-known/oauth-authorization-server?state=topsecret").json()
    assert document["issuer"] == f"http://localhost:{port}"
    server.process.send_signal(number)
    out, err = server.process.communicate(timeout=20)
    assert server.process.returncode == 0
    assert "Traceback" not in out + err
    assert err.count("endpoint=/.well-known/oauth-authorization-server") == 1
    assert "topsecret" not in out + err


FOR_SOME_ONLY = {"alembic", "sqlalchemy", "babel", "fastapi", "httpx2", "PIL", "psycopg", "pydantic", "pyotp", "rich"}
FOR_SOME_ONLY |= {"segno", "structlog", "typer", "webauthn", "zxcvbn", "aiosmtplib", "lingpai.client"}
OF_THE_SERVER = {"jinja2", "starlette", "uvicorn", "lingpai.server.wiring.server"}


def test_a_start_loads_only_what_everybody_is_served_with(home: Path, tmp_path: Path) -> None:
    """Each of them takes 20 to 400 ms: whoever uses one loads it then."""
    command = [sys.executable, "-X", "importtime", "-m", "lingpai", "serve", "--port", "0"]
    with (tmp_path / "imports").open("w") as imports:
        server = subprocess.Popen(
            command, cwd=home, env=os.environ | {"PYTHONPATH": SOURCE}, stdout=subprocess.PIPE, stderr=imports
        )
        assert server.stdout
        address = re.search(rb"listens on (\S+) ", server.stdout.readline())
        assert address
        assert httpx2.get(f"{address[1].decode()}/health/ready").status_code == 200
        server.terminate()
        server.communicate(timeout=20)
    loaded = _loaded((tmp_path / "imports").read_text())
    assert loaded >= OF_THE_SERVER
    assert loaded & FOR_SOME_ONLY == set()


def test_a_command_does_not_load_the_server(home: Path) -> None:
    command = [sys.executable, "-X", "importtime", "-m", "lingpai", "client", "list"]
    ended = subprocess.run(
        command, cwd=home, env=os.environ | {"PYTHONPATH": SOURCE}, capture_output=True, text=True, check=True
    )
    loaded = _loaded(ended.stderr)
    assert "lingpai.server.storage.sqlite" in loaded
    assert loaded & (FOR_SOME_ONLY | OF_THE_SERVER) == set()


def _loaded(import_times: str) -> set[str]:
    return {line.rpartition("|")[2].strip() for line in import_times.splitlines() if line.startswith("import time:")}


@pytest.mark.usefixtures("empty")
def test_a_second_start_uses_what_the_first_made(serve: Serve) -> None:
    keys = httpx2.get(f"{serve().address}/oauth2/jwks").json()
    again = serve()
    assert "made a new database" not in again.first_lines
    assert httpx2.get(f"{again.address}/oauth2/jwks").json() == keys


def test_it_serves_https_with_a_certificate(serve: Serve, empty: Path) -> None:
    write_certificate(empty)
    server = serve("--tls-cert", "cert.pem", "--tls-key", "key.pem")
    assert server.address.startswith("https://127.0.0.1:")
    context = ssl.create_default_context(cafile=empty / "cert.pem")
    document = httpx2.get(f"{server.address}/.well-known/oauth-authorization-server", verify=context).json()
    assert document["issuer"].startswith("https://localhost:")


def test_a_set_issuer_stays(serve: Serve) -> None:
    server = serve(LINGPAI_ISSUER="https://auth.example.com/realm")
    address = f"{server.address}/.well-known/oauth-authorization-server/realm"
    assert httpx2.get(address).json()["issuer"] == "https://auth.example.com/realm"


def test_a_port_in_use_is_said_in_one_line_and_nothing_is_made(lingpai: Lingpai, empty: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ended = lingpai("serve", "--port", str(taken.getsockname()[1]))
    assert ended.status == 1
    assert re.fullmatch(r"lingpai: cannot listen on 127\.0\.0\.1 port \d+ \(.*\): stop what .*--port\n", ended.err)
    assert list(empty.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "environment", "message"),
    [
        ((), {"LINGPAI_DATABASE": "sqlite:////dev/null/x.db"}, "cannot make /dev/null"),
        ((), {"LINGPAI_DATABASE": "sqlite:////dev/full"}, "/dev/full cannot be used"),
        ((), {"LINGPAI_DATABASE": "postgres://x"}, "LINGPAI_DATABASE: must be sqlite:///relative/path.db"),
        ((), {"LINGPAI_PROT": "1"}, "LINGPAI_PROT: there is no such setting; did you mean LINGPAI_PORT?"),
        ((), {"LINGPAI_MASTER_KEY": "short"}, "the setting master_key is not a master key"),
        (("--config", "missing.toml"), {}, "cannot read the settings in missing.toml: No such file"),
        (("--config", "wrong.toml"), {}, "wrong.toml, line 2: port: should be a whole number"),
        (("--host", "no.such.host.localhost."), {}, "no.such.host.localhost."),
        (("--tls-cert", "cert.pem"), {}, "--tls-cert and --tls-key go together"),
        (("--tls-cert", "no.pem", "--tls-key", "no.pem"), {}, "cannot use no.pem with no.pem: No such file"),
    ],
    ids=lambda value: str(value) if isinstance(value, str) else "",
)
def test_what_keeps_it_from_starting_is_said_in_one_line(
    lingpai: Lingpai,
    empty: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    environment: dict[str, str],
    message: str,
) -> None:
    (empty / "wrong.toml").write_text('host = "127.0.0.1"\nport = "x"\n')
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    port = () if "wrong.toml" in arguments else ("--port", "0")
    ended = lingpai("serve", *port, *arguments)
    assert ended.status == 1
    assert message in ended.err
    assert len(ended.err.splitlines()) == 1


def test_a_lost_master_key_is_not_replaced_behind_the_database_s_back(lingpai: Lingpai, home: Path) -> None:
    (home / "lingpai.key").unlink()
    ended = lingpai("serve", "--port", "0")
    assert ended.status == 1
    assert "there is no master key at lingpai.key" in ended.err
    assert not (home / "lingpai.key").exists()


def test_a_wrong_master_key_is_said_in_one_line(lingpai: Lingpai, home: Path) -> None:
    (home / "lingpai.key").write_text("A" * 43 + "\n")
    before = (home / "lingpai.db").read_bytes()
    for command in (("serve", "--port", "0"), ("key", "rotate"), ("client", "rotate-secret", "x"), ("apply", "x.toml")):
        (home / "x.toml").write_text("")
        ended = lingpai(*command)
        assert ended.status == 1
        assert "the master key lingpai.key is not the one the keys in sqlite:///lingpai.db are sealed with" in ended.err
        assert len(ended.err.splitlines()) == 1
    assert (home / "lingpai.db").read_bytes() == before


def test_a_locked_database_is_said_in_one_line(lingpai: Lingpai, home: Path) -> None:
    database = sqlite3.connect(home / "lingpai.db", isolation_level=None)
    database.execute("BEGIN EXCLUSIVE")
    ended = lingpai("client", "rotate-secret", "x")
    database.close()
    assert ended.status == 1
    assert len(ended.err.splitlines()) == 1
