import os
import signal
import socket
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx2
import pytest
from rich.console import Console

from examples.demo import MARK, Places, demo_toml, main, places_from, prepare_directory, server_environment
from examples.supervise import DemoFailed, Program, is_in_use, run_until_stopped

ROOT = Path(__file__).parents[3]


@pytest.fixture
def free_ports() -> tuple[int, int, int]:
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(3)]
        first, second, third = (listener.getsockname()[1] for listener in sockets)
        return first, second, third


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def test_the_ports_are_the_usual_ones_unless_the_environment_says_otherwise() -> None:
    assert places_from({}) == Places(4000, 5000, 3000)
    assert places_from({"DEMO_PHOTOS_PORT": "5001"}).photos == "http://localhost:5001"


@pytest.mark.parametrize("port", ["no", "0", "65536", "-1"])
def test_a_port_that_is_none_is_refused_by_name(port: str) -> None:
    with pytest.raises(DemoFailed, match="DEMO_SERVER_PORT"):
        places_from({"DEMO_SERVER_PORT": port})


def test_the_applied_file_has_the_addresses_of_this_run_even_if_they_are_swapped() -> None:
    file = tomllib.loads(demo_toml(Places(4000, photos_port=3000, photo_print_port=5000)))
    shop = next(client for client in file["clients"] if client["client_id"] == "photo-print")
    assert shop["redirect_uris"] == ["http://localhost:5000/user/callback"]
    assert file["resources"][0]["resource"] == "http://localhost:3000"


def test_settings_of_another_server_do_not_reach_the_demo(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINGPAI_DATABASE", "sqlite:////precious.db")
    environment = server_environment(Places(1, 2, 3))
    assert "LINGPAI_DATABASE" not in environment
    assert environment["LINGPAI_ISSUER"] == "http://localhost:1"


def test_a_directory_that_is_not_ours_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").touch()
    for fresh in (False, True):
        with pytest.raises(DemoFailed, match="not made by the demo"):
            prepare_directory(tmp_path, fresh=fresh)
    assert (tmp_path / "thesis.txt").exists()


def test_fresh_forgets_what_an_earlier_run_left(tmp_path: Path) -> None:
    directory = tmp_path / "new" / "demo"
    prepare_directory(directory, fresh=True)
    (directory / "lingpai.db").touch()
    prepare_directory(directory, fresh=False)
    assert (directory / "lingpai.db").exists()
    prepare_directory(directory, fresh=True)
    assert [file.name for file in directory.iterdir()] == [MARK]


def test_a_directory_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DemoFailed, match="cannot be used"):
        prepare_directory(tmp_path / "file" / "demo", fresh=False)


def test_a_port_in_use_is_one_sentence_and_exit_code_1(
    taken_port: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DEMO_PHOTO_PRINT_PORT", str(taken_port))
    monkeypatch.setenv("DEMO_SERVER_PORT", "1")
    monkeypatch.setenv("DEMO_PHOTOS_PORT", "2")
    assert main(["--data", str(tmp_path / "demo")]) == 1
    assert (
        f"Port {taken_port} is in use: stop the program that uses it, or set DEMO_PHOTO_PRINT_PORT"
        in capsys.readouterr().out
    )
    assert not (tmp_path / "demo").exists()


def test_when_one_program_ends_it_is_named_and_the_others_are_stopped(tmp_path: Path) -> None:
    def program(name: str, code: str) -> Program:
        return Program(name, (sys.executable, "-c", code), os.environ, "http://localhost:1", "/", tmp_path / name)

    steady = program(
        "steady",
        f"import pathlib,signal,sys\nsignal.signal(15, lambda *_: sys.exit("
        f"pathlib.Path({str(tmp_path / 'stopped')!r}).touch()))\nprint('up', flush=True)\nsignal.pause()",
    )
    failing = program(
        "failing",
        f"import pathlib\nwhile 'up' not in pathlib.Path({str(tmp_path / 'steady')!r})"
        ".read_text(): pass\nprint('the disk is full'); raise SystemExit(3)",
    )
    with pytest.raises(DemoFailed, match=r"failing ended with code 3.*the disk is full"):
        run_until_stopped([failing, steady], Console(quiet=True), when_ready=lambda: None)
    assert (tmp_path / "stopped").exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
def test_the_demo_starts_answers_and_stops_cleanly(
    number: signal.Signals, free_ports: tuple[int, int, int], tmp_path: Path
) -> None:
    server, photos, shop = free_ports
    ports = {"DEMO_SERVER_PORT": server, "DEMO_PHOTOS_PORT": photos, "DEMO_PHOTO_PRINT_PORT": shop}
    with subprocess.Popen(
        [sys.executable, "-m", "examples.demo", "--data", str(tmp_path / "demo")],
        cwd=ROOT,
        env={**os.environ, **{name: str(port) for name, port in ports.items()}, "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        text=True,
    ) as demo:
        assert demo.stdout is not None
        shown = []
        for line in demo.stdout:
            shown.append(line)
            if "Ctrl-C" in line:
                break
        assert "panda-eats-bamboo" in "".join(shown)
        begin = httpx2.get(f"http://localhost:{shop}/user/login", trust_env=False)
        assert begin.headers["location"].startswith(f"http://localhost:{server}/")
        demo.send_signal(number)
        assert demo.wait(30) == 0
    assert not any(is_in_use(port) for port in free_ports)
