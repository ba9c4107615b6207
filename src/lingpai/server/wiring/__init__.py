"""The composition root: every object of the server is built here, once, by a plain constructor call.

``database`` names the driver, ``parts`` builds what both halves share, ``protocol`` and ``pages`` turn it into routes,
``server`` gives the whole its life.
"""

from typing import TYPE_CHECKING, Any

from lingpai.server.wiring.database import DatabaseNeedsUpgrade, Store, open_database, open_driver

if TYPE_CHECKING:
    from lingpai.server.wiring.server import Server, build_server

__all__ = ["DatabaseNeedsUpgrade", "Server", "Store", "build_server", "open_database", "open_driver"]


def __getattr__(name: str) -> Any:
    """The server with all its pages takes half a second to load: not for a command that only opens the database."""
    if name not in ("Server", "build_server"):
        raise AttributeError(f"module {__name__} has no attribute {name}")
    from lingpai.server.wiring import server  # noqa: PLC0415 - the reason stands above

    return getattr(server, name)
