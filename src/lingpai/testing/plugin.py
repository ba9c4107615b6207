"""The pytest fixture ``lingpai_server``: one server for the whole run, reset for each test.

pytest finds it by itself where Lingpai is installed; it loads the server when the first test asks for it.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from lingpai.testing import LingpaiServer


@pytest.fixture(scope="session")
def lingpai_callbacks() -> tuple[str, ...]:
    """The callback addresses of both applications. Define a fixture of this name, session-wide, to have your own."""
    return ("http://localhost:3000/user/callback",)


@pytest.fixture(scope="session")
def _lingpai_server_of_the_run(lingpai_callbacks: tuple[str, ...]) -> "Iterator[LingpaiServer]":
    from lingpai.testing.on_a_port import LingpaiServer  # noqa: PLC0415 - half a second, for who needs it

    with LingpaiServer(callbacks=lingpai_callbacks) as server:
        yield server


@pytest.fixture
def lingpai_server(_lingpai_server_of_the_run: "LingpaiServer") -> "LingpaiServer":
    """A running server, ``reset`` before each test; see ``lingpai.testing.LingpaiServer``."""
    _lingpai_server_of_the_run.reset()
    return _lingpai_server_of_the_run
