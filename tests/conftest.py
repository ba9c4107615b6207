"""What holds for every test: no network but this machine's own, reproducible hypothesis, and the ``spec`` marker."""

import logging
import os
import sys
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from tools.specifications import Proof, Section, read_documents, write_coverage

_found_proofs = pytest.StashKey[list[Proof]]()

settings.register_profile("desk", max_examples=50, deadline=None)
settings.register_profile("ci", max_examples=50, deadline=None, derandomize=True)
settings.register_profile("fuzz", max_examples=20_000, deadline=None)  # pytest --hypothesis-profile=fuzz
settings.load_profile("ci" if os.environ.get("CI") else "desk")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Loggers as they come: a server of ``lingpai.testing`` that lives on quietens every logger of its process."""
    if item.path.parent.name != "fuzz":
        logging.getLogger("lingpai").setLevel(logging.NOTSET)


class OutsideWorld(RuntimeError):
    """A test reached for another machine. Not an ``OSError``, so that no code under test mistakes it for a failure."""


def _is_this_machine(host: object) -> bool:
    if isinstance(host, bytes):  # anyio looks names up in their wire form
        host = host.decode("ascii", "replace")
    if not isinstance(host, str):
        return host is None
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost") or host == ""


def _refuse_other_machines(event: str, args: tuple[Any, ...]) -> None:
    if event == "socket.connect":
        address = args[1]  # a path for a Unix socket
        if isinstance(address, tuple) and not _is_this_machine(address[0]):
            raise OutsideWorld(f"a test tried to connect to {address[0]}")
    elif event == "socket.getaddrinfo" and not _is_this_machine(args[0]):
        raise OutsideWorld(f"a test tried to look up {args[0]}")


# An audit hook sees every socket of this process, whichever library opens it, and no test can forget it.
sys.addaudithook(_refuse_other_machines)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--spec-coverage", type=Path, metavar="FILE", help="write which test proves which requirement")


def _proofs(item: pytest.Item, known: set[str]) -> list[Proof]:
    test = item.nodeid.partition("[")[0]
    proofs = []
    for marker in item.iter_markers("spec"):
        if len(marker.args) != 3 or marker.kwargs or not all(isinstance(arg, str) for arg in marker.args):
            raise pytest.UsageError(f"{test}: spec takes a document, a section and a requirement")
        document, section, requirement = marker.args
        if document not in known:
            raise pytest.UsageError(f"{test}: {document!r} is not in tests/specifications.toml")
        proofs.append(Proof(Section(document, section.removeprefix("§")), requirement, test))
    return proofs


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    known = set(read_documents())
    proofs = [proof for item in items for proof in _proofs(item, known)]
    config.stash[_found_proofs] = proofs
    page: Path | None = config.getoption("--spec-coverage")
    if page is not None:
        try:
            page.write_text(write_coverage(proofs), encoding="utf-8")
        except ValueError as error:
            raise pytest.UsageError(str(error)) from error


@pytest.fixture
def every_proof(pytestconfig: pytest.Config) -> list[Proof] | None:
    """What this run collected, also where it runs less of it; None if it was told to look at some files only."""
    whole = pytestconfig.args == pytestconfig.getini("testpaths") and not pytestconfig.getoption("ignore")
    return pytestconfig.stash[_found_proofs] if whole else None
