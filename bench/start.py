"""How long ``lingpai serve`` takes until it answers, and the memory it has then."""

import statistics
from pathlib import Path

from bench import lingpai_server
from bench.report import Section, at_most

_START_S, _MEMORY_MB = 1.0, 100.0


def starts(number: int, folder: Path) -> Section:
    """So many starts over a database that is there."""
    target = lingpai_server.start(folder)
    target.server.stop()
    times, memories = [], []
    for _ in range(number):
        server = lingpai_server.launch(folder, target.server.port)
        times.append(server.started_s)
        memories.append(server.memory_mb())
        server.stop()
    return section(statistics.median(times), statistics.median(memories))


def section(started_s: float, memory_mb: float) -> Section:
    """The table."""
    rows = (
        ("", "reached", "goal"),
        ("start until the first answer", f"{started_s:.2f} s", at_most(_START_S, started_s, " s")),
        ("memory after that", f"{memory_mb:.0f} MB", at_most(_MEMORY_MB, memory_mb, " MB")),
    )
    return Section("Start and memory", "`lingpai serve` over an SQLite database that is there: the median start.", rows)
