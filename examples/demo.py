"""``python -m examples.demo``: the whole story on this machine, with one command (``make demo``).

Makes a data directory, applies ``demo.toml``, starts the authorization server, the photo service and the application,
says where they are, and stops them together. Owns: the order of these steps and what the person sees of them.
Leaves: running programs to ``supervise``.

The ports are 4000, 5000 and 3000; ``DEMO_SERVER_PORT``, ``DEMO_PHOTOS_PORT`` and ``DEMO_PHOTO_PRINT_PORT`` change them.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec
from msgspec import Struct
from rich.console import Console
from rich.panel import Panel
from rich.table import Table

from examples.supervise import (
    DemoFailed,
    Program,
    Stopped,
    is_in_use,
    run_until_stopped,
    signals_raise_stopped,
)

HERE = Path(__file__).parent
_PORTS = {"DEMO_SERVER_PORT": "4000", "DEMO_PHOTOS_PORT": "5000", "DEMO_PHOTO_PRINT_PORT": "3000"}
MARK = "made-by-lingpai-demo"
"""A file by this name says that a directory is ours, so that ``--fresh`` never empties somebody's own."""


ADMINISTRATOR = "wangwu"
"""Who may open ``/admin``."""


class Places(Struct, frozen=True):
    """The ports of the three programs."""

    server_port: int
    photos_port: int
    photo_print_port: int

    @property
    def server(self) -> str:
        """The address of the authorization server, its issuer."""
        return f"http://localhost:{self.server_port}"

    @property
    def photos(self) -> str:
        """The address of the photo service."""
        return f"http://localhost:{self.photos_port}"

    @property
    def photo_print(self) -> str:
        """The address of the application, where the person begins."""
        return f"http://localhost:{self.photo_print_port}"


def places_from(environment: Mapping[str, str]) -> Places:
    """Read the ports; raises ``DemoFailed`` for one that is no port number."""
    ports = []
    for name, usual in _PORTS.items():
        text = environment.get(name) or usual
        if not text.isdecimal() or not 0 < int(text) < 65536:
            raise DemoFailed(f"{name} must be a port number from 1 to 65535, not {text!r}.")
        ports.append(int(text))
    return Places(*ports)


def check_ports_are_free(places: Places) -> None:
    """Raise ``DemoFailed`` if another program listens on one of the ports."""
    for name, port in zip(_PORTS, msgspec.structs.astuple(places), strict=True):
        if is_in_use(port):
            raise DemoFailed(f"Port {port} is in use: stop the program that uses it, or set {name} to another port.")


def demo_toml(places: Places) -> str:
    """``demo.toml`` with these addresses instead of the usual ones."""
    text = (HERE / "demo.toml").read_text(encoding="utf-8")
    # Through placeholders, since a new address may be the usual one of another program.
    usual = {"http://localhost:3000": places.photo_print, "http://localhost:5000": places.photos}
    for number, address in enumerate(usual):
        text = text.replace(address, f"\0{number}\0")
    for number, address in enumerate(usual.values()):
        text = text.replace(f"\0{number}\0", address)
    return text


def prepare_directory(directory: Path, *, fresh: bool) -> None:
    """Make the data directory, or with ``fresh`` make it anew; raises ``DemoFailed`` if it is not ours to use."""
    try:
        if directory.exists() and any(directory.iterdir()) and not (directory / MARK).exists():
            raise DemoFailed(f"{directory} exists and was not made by the demo. Choose another with --data.")
        if fresh:
            shutil.rmtree(directory, ignore_errors=True)
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        (directory / MARK).touch()
    except OSError as error:
        raise DemoFailed(f"The data directory {directory} cannot be used: {error.strerror}.") from error


def server_environment(places: Places) -> dict[str, str]:
    """The environment of ``lingpai`` commands: our ports, and no setting of another server of this person's."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("LINGPAI_")}
    return own | {"LINGPAI_ISSUER": places.server, "LINGPAI_PORT": str(places.server_port)}


def set_up(directory: Path, places: Places) -> None:
    """What an administrator does: once ``lingpai init``, then ``lingpai apply``, which changes only what differs."""
    settings, wanted = directory / "lingpai.toml", directory / "demo.toml"
    wanted.write_text(demo_toml(places), encoding="utf-8")
    if not settings.exists():
        _lingpai(("init", "--config", str(settings)), places)
    _lingpai(("apply", str(wanted), "--config", str(settings)), places)
    _lingpai(("admin", "add", ADMINISTRATOR, "--config", str(settings)), places)


def _lingpai(command: Sequence[str], places: Places) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "lingpai", *command],
        env=server_environment(places),
        check=False,
        capture_output=True,
        text=True,
    )
    if done.returncode != 0:
        raise DemoFailed(f"`lingpai {' '.join(command)}` failed:\n{(done.stdout + done.stderr).strip()}")


def programs(directory: Path, places: Places) -> Sequence[Program]:
    """The three programs with their settings, in the order they start."""
    secrets = {client["client_id"]: client["client_secret"] for client in tomllib.loads(demo_toml(places))["clients"]}
    photos, photo_print = _settings(directory, places, secrets)
    # The album APIs also where the authorization server is: old SDKs know one host.
    server = server_environment(places) | photos | {"LINGPAI_OPENAPI": "examples.photos.openapi:ENDPOINTS"}
    # Anybody may register; there is no mail server, so mails are shown at /outbox.
    server |= {"LINGPAI_ACCOUNT_REGISTRATION": "open", "LINGPAI_MAIL_OUTBOX": "true"}
    python = (sys.executable, "-m")
    return (
        Program(
            "authorization server",
            (*python, "lingpai", "serve", "--config", str(directory / "lingpai.toml")),
            server,
            places.server,
            "/health/ready",
            directory / "server.log",
        ),
        Program(
            "photo service",
            (*python, "examples.photos"),
            {**os.environ, **photos},
            places.photos,
            "/health",
            directory / "photos.log",
        ),
        Program(
            "photo print application",
            (*python, "examples.photo_print"),
            {**os.environ, **photo_print},
            places.photo_print,
            "/",
            directory / "photo-print.log",
        ),
    )


def _settings(directory: Path, places: Places, secrets: dict[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """The environment variables of the photo service and of the print shop."""
    photos = {
        "PHOTOS_ADDRESS": places.photos,
        "PHOTOS_PORT": str(places.photos_port),
        "PHOTOS_ISSUER": places.server,
        "PHOTOS_SHELF": str(directory.resolve() / "photos.db"),
        "PHOTOS_CLIENT_SECRET": secrets["photos"],
    }
    photo_print = {
        "PHOTO_PRINT_ADDRESS": places.photo_print,
        "PHOTO_PRINT_PORT": str(places.photo_print_port),
        "PHOTO_PRINT_ISSUER": places.server,
        "PHOTO_PRINT_PHOTOS": places.photos,
        "PHOTO_PRINT_CLIENT_SECRET": secrets["photo-print"],
    }
    return photos, photo_print


def show_what_to_try(console: Console, directory: Path, places: Places) -> None:
    """The box with the addresses and the sign-ins."""
    accounts = tomllib.loads(demo_toml(places))["accounts"]
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    table.add_row("Open 打开", f"[bold]{places.photo_print}[/bold]")
    for number, account in enumerate(accounts):
        label = "" if number else "Sign in 登录"
        table.add_row(label, f"[bold]{account['username']}[/bold]  {account['password']}")
    table.add_row()
    table.add_row("Take back 收回授权", f"{places.server}/account/grants")
    table.add_row("Own application 开发者", f"{places.server}/developer")
    table.add_row("Administration 管理", f"{places.server}/admin  ({ADMINISTRATOR})")
    table.add_row("Mails 邮件", f"{places.server}/outbox")
    table.add_row("Photo service 照片服务", f"{places.photos}/albums")
    table.add_row("Logs 日志", f"{directory}/*.log")
    console.print(
        Panel(table, title="Lingpai 令牌", subtitle="Ctrl-C stops everything · 停止", expand=False, padding=1)
    )


def parse_arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m examples.demo", description="Run the Lingpai demonstration.")
    parser.add_argument("--data", type=Path, default=Path("demo-data"), help="data directory (default: %(default)s)")
    parser.add_argument("--fresh", action="store_true", help="forget everything of earlier runs first")
    return parser.parse_args(arguments)


def run(directory: Path, console: Console, *, fresh: bool) -> None:
    """Set everything up and run it until ``Stopped`` or ``DemoFailed``."""
    places = places_from(os.environ)
    check_ports_are_free(places)
    prepare_directory(directory, fresh=fresh)
    with console.status("Setting up the authorization server …"):
        set_up(directory, places)
    console.print(f"[green]✓[/green] set up in {directory}/")
    run_until_stopped(
        programs(directory, places), console, when_ready=lambda: show_what_to_try(console, directory, places)
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the demonstration until it is stopped; returns the exit code."""
    options = parse_arguments(arguments)
    console = Console(highlight=False)
    try:
        with signals_raise_stopped():
            run(options.data, console, fresh=options.fresh)
    except Stopped:
        console.print("[green]✓[/green] everything stopped")
    except DemoFailed as failure:
        console.print(f"✗ {failure}", soft_wrap=True, markup=False, style="red")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
