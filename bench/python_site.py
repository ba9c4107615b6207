"""A peer written in Python: installed once into an environment of its own, set up anew for every run.

``bench/<name>`` holds what it needs: ``requirements.txt`` with hashes, ``prepare.py``, which makes people and prints
their cookies, and what is served.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from msgspec import Struct

from bench.postgresql import PostgreSQL
from bench.process import ServerProcess, free_port
from bench.target import CALLBACK, SECRET

_SOURCES = Path(__file__).parent
_INSTALL_LIMIT_S, _PREPARE_LIMIT_S = 300, 120


class Site(Struct, frozen=True):
    """One that is ready to be served."""

    folder: Path
    python: Path
    port: int
    environment: dict[str, str]
    cookies: tuple[str, ...]

    @staticmethod
    def set_up(name: str, folder: Path, postgresql: PostgreSQL | None, people: int) -> "Site":
        """Install it if need be and fill its database. Raises ``OSError`` or ``SubprocessError``."""
        python = _install(name, folder.parent)
        site = folder / name
        shutil.copytree(_SOURCES / name, site, ignore=shutil.ignore_patterns("__pycache__", "requirements.*"))
        (site / "key.pem").write_bytes(_private_key())
        port = free_port()
        environment = {"BENCH_FOLDER": str(site), "BENCH_PORT": str(port), "PYTHONPATH": str(site)}
        environment |= {"DJANGO_SETTINGS_MODULE": "site_settings"}
        if postgresql:
            environment["BENCH_POSTGRESQL"] = postgresql.new_database()
        command = (python, "prepare.py", f"{people}", SECRET, CALLBACK)
        done = subprocess.run(
            command,
            cwd=site,
            env=os.environ | environment,
            check=True,
            stdout=subprocess.PIPE,
            stderr=(site / "prepare.log").open("wb"),
            timeout=_PREPARE_LIMIT_S,
        )
        return Site(site, python, port, environment, tuple(json.loads(done.stdout)))

    def serve(self, *arguments: str) -> ServerProcess:
        """Its Python with these arguments, beside its sources."""
        return ServerProcess((str(self.python), *arguments), self.port, self.folder / "serve.log", self.environment)


def _install(name: str, folder: Path) -> Path:
    """The Python of its environment, made where it is not there or its requirements have changed."""
    environment, wanted = folder / name / "venv", _SOURCES / name / "requirements.txt"
    python, installed = environment / "bin" / "python", folder / name / "installed.txt"
    if installed.exists() and installed.read_bytes() == wanted.read_bytes():
        return python
    subprocess.run((sys.executable, "-m", "venv", "--clear", environment), check=True, capture_output=True)
    pip = (python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes", "-r", wanted)
    subprocess.run(pip, check=True, capture_output=True, timeout=_INSTALL_LIMIT_S)
    shutil.copy(wanted, installed)
    return python


def _private_key() -> bytes:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
