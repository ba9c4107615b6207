"""``lingpai`` whose writer kills its own process in the middle of a transaction: between two statements, right before
COMMIT, or right after it, before anybody was answered. ``LINGPAI_CHAOS_STATEMENTS`` is how many it lets through.

Nothing from outside would hit these moments on purpose.
"""

import os
import signal
from pathlib import Path
from sqlite3 import Connection

from lingpai.cli.main import main
from lingpai.server.storage import sqlite

_connect = sqlite._connect  # noqa: SLF001 - where every connection of the driver is made
_left = int(os.environ.pop("LINGPAI_CHAOS_STATEMENTS"))


def _count(sql: str) -> None:
    global _left  # noqa: PLW0603 - one process, one writer, one end
    if not sql.startswith(("SELECT", "PRAGMA")):
        _left -= 1
    if _left <= 0:
        os.kill(os.getpid(), signal.SIGKILL)


def _connect_counting(path: Path) -> Connection:
    connection = _connect(path)
    connection.set_trace_callback(_count)
    return connection


if __name__ == "__main__":
    sqlite._connect = _connect_counting  # noqa: SLF001 - a process made for this
    main()
