"""Somebody who does what a document says, in a directory of their own and with other ports than the usual ones.

Owns: how a command is run: in this process where it ends by itself, which saves a second each, else as a process.
"""

import io
import runpy
import shlex
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path

import pytest

from lingpai.cli.main import run
from lingpai.server.config import load_config
from tests.e2e.processes import clean_environment, running
from tests.unit.docs.snippets import Block, is_typed_in_a_clone

PASSWORD = "panda-eats-bamboo"
_CHEAP_PASSWORDS = {"LINGPAI_PASSWORD_MEMORY_KIB": "64", "LINGPAI_PASSWORD_TIME_COST": "1"}


def runs_until_stopped(command: str) -> bool:
    """Whether the command is a server."""
    return command.split()[:2] == ["lingpai", "serve"] or command.startswith("uvicorn ")


class Follower:
    """``ports``: usual port -> the one to use instead."""

    def __init__(self, folder: Path, ports: Mapping[str, str]) -> None:
        self._folder = folder
        self._ports = ports
        self._files: list[Path] = []
        self._own = _CHEAP_PASSWORDS | ({"LINGPAI_PORT": ports["4000"]} if ports else {})

    def write(self, block: Block) -> None:
        """Save a block that is a file."""
        if block.file_name:
            file = self._folder / block.file_name
            file.write_text(self._on_other_ports(block.text), encoding="utf-8")
            self._files.append(file)

    def type(self, command: str) -> None:
        """Type a command that ends, and see that it ends well."""
        if is_typed_in_a_clone(command):
            return
        program, *arguments = shlex.split(self._on_other_ports(command))
        assert program == "lingpai", f"nobody here knows how to run {command}"
        # The terminal's question is the command line's own test; here the password is piped in.
        asks = "--account" in arguments or arguments[:2] == ["account", "create"]
        said = io.StringIO()
        with self._here() as patch, redirect_stdout(said), redirect_stderr(said):
            patch.setattr(sys, "stdin", io.StringIO(f"{PASSWORD}\n" if asks else ""))
            status = run([*arguments, *["--password-stdin"] * asks])
        assert status == 0, f"{command}\n{said.getvalue()}"

    @contextmanager
    def serve(self, command: str) -> Iterator[None]:
        """Type a command that runs until it is stopped, and wait until it answers."""
        program, *arguments = shlex.split(self._on_other_ports(command))
        port = command.partition("--port ")[2] or "4000"
        port = self._ports[port]
        with running(
            [sys.executable, "-m", program, *arguments],
            clean_environment(**self._own),
            f"http://localhost:{port}/",
            self._folder / f"{port}.log",
            folder=self._folder,
        ):
            yield

    def check_files(self) -> None:
        """Programs can be loaded, settings are settings; ``lingpai apply`` has looked at the others."""
        known = set(sys.modules)
        with self._here() as patch:
            patch.syspath_prepend(self._folder)
            for file in self._files:
                if file.suffix == ".py":
                    runpy.run_path(str(file), run_name=file.stem)
                elif "[[" not in file.read_text(encoding="utf-8"):
                    load_config(file)
        for name in set(sys.modules) - known:
            if str(getattr(sys.modules[name], "__file__", "")).startswith(str(self._folder)):
                del sys.modules[name]

    @contextmanager
    def _here(self) -> Iterator[pytest.MonkeyPatch]:
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(self._folder)
            for name, value in self._own.items():
                patch.setenv(name, value)
            yield patch

    def _on_other_ports(self, text: str) -> str:
        for usual, other in self._ports.items():
            for prefix in ("localhost:", "--port "):
                text = text.replace(prefix + usual, prefix + other)
        return text
