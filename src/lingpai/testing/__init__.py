"""A whole Lingpai server for the tests of programs that use one: standards and QQ Connect, with faults on demand.

``LingpaiServer`` listens on a port of this machine, for tests that block and programs in any language;
``InProcessServer`` is an ASGI application for tests that await. Both have one person and two applications, a clock that
can be turned, and ``faults``. The pytest fixture ``lingpai_server`` is of the first kind. Needs ``lingpai[server]``.

Nothing is replaced but the clock: what a program sees is what the real server sends, unless a fault says otherwise.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lingpai.testing.application import Application, Person
    from lingpai.testing.browser import SignInFailed
    from lingpai.testing.clock import TurnedClock
    from lingpai.testing.faults import Faults, Seen
    from lingpai.testing.in_process import InProcessServer
    from lingpai.testing.on_a_port import LingpaiServer

__all__ = [
    "Application",
    "Faults",
    "InProcessServer",
    "LingpaiServer",
    "Person",
    "Seen",
    "SignInFailed",
    "TurnedClock",
]

_HOMES = {
    "Application": "application",
    "Faults": "faults",
    "InProcessServer": "in_process",
    "LingpaiServer": "on_a_port",
    "Person": "application",
    "Seen": "faults",
    "SignInFailed": "browser",
    "TurnedClock": "clock",
}


def __getattr__(name: str) -> object:
    # pytest loads our plugin, and so this package, in every run: the server is loaded by who starts one.
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module  # noqa: PLC0415 - as above

    return getattr(import_module(f"lingpai.testing.{_HOMES[name]}"), name)
