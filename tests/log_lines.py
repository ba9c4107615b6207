"""What is said to the log while a test looks, in whatever way lines are written."""

import io
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from lingpai.server.log import Event, configure_logging


@contextmanager
def log_lines() -> Iterator[list[dict[str, Any]]]:
    """Our lines of every level, each with its ``event``, its ``level`` and its fields as they were given."""
    seen: list[dict[str, Any]] = []
    root, keeper = logging.getLogger(), _Keeper(seen)
    level = root.level
    root.addHandler(keeper)
    root.setLevel(logging.DEBUG)
    try:
        yield seen
    finally:
        root.setLevel(level)
        root.removeHandler(keeper)


@contextmanager
def written_log() -> Iterator[io.StringIO]:
    """What an operator reads of every level, as JSON."""
    root, written = logging.getLogger(), io.StringIO()
    handlers, level = root.handlers, root.level
    configure_logging("json", "debug", written)
    try:
        yield written
    finally:
        root.handlers, root.level = handlers, level


class _Keeper(logging.Handler):
    def __init__(self, seen: list[dict[str, Any]]) -> None:
        super().__init__()
        self._seen = seen

    def emit(self, record: logging.LogRecord) -> None:
        if isinstance(record.msg, Event):
            self._seen.append({"event": record.msg.event, "level": record.levelname.lower(), **record.msg.fields})
