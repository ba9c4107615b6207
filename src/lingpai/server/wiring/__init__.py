"""The composition root: every object of the server is built here, once, by a plain constructor call.

``database`` names the driver, ``parts`` builds what both halves share, ``protocol`` and ``pages`` turn it into routes,
``server`` gives the whole its life.
"""

from lingpai.server.wiring.database import DatabaseNeedsUpgrade, Store, open_database, open_driver
from lingpai.server.wiring.server import Server, build_server

__all__ = ["DatabaseNeedsUpgrade", "Server", "Store", "build_server", "open_database", "open_driver"]
