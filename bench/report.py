"""What a run found: figures, and sections of the page with a table each."""

import statistics
from collections.abc import Sequence

from msgspec import Struct

from bench.load import Measurement


class Figure(Struct, frozen=True):
    """The median of the rounds of one scenario at one server."""

    per_s: float
    """Operations a second."""
    cpu_us: float
    """The server's processor time per operation."""
    p50_ms: float
    """Of single answers, of which an operation may need several."""
    p99_ms: float
    database_cpu_us: float = 0.0
    """Of a database server, per operation."""


Figures = dict[tuple[str, str], Figure]
"""(scenario, server) -> figure."""


class Section(Struct, frozen=True):
    """One table of the page with what there is to say about it."""

    title: str
    text: str
    rows: tuple[tuple[str, ...], ...]
    """The first one names the columns."""
    notes: tuple[str, ...] = ()


def figure(rounds: Sequence[Measurement], answers_per_operation: int) -> Figure:
    """The median over the rounds."""
    operations = [one.answers / answers_per_operation for one in rounds]
    pairs = list(zip(operations, rounds, strict=True))
    return Figure(
        per_s=statistics.median(n / one.wall_s for n, one in pairs),
        cpu_us=statistics.median(one.cpu_s / n * 1e6 for n, one in pairs),
        p50_ms=statistics.median(_quantile(one.waits_s, 0.50) for one in rounds) * 1000,
        p99_ms=statistics.median(_quantile(one.waits_s, 0.99) for one in rounds) * 1000,
        database_cpu_us=statistics.median(one.database_cpu_s / n * 1e6 for n, one in pairs),
    )


def _quantile(values: Sequence[float], share: float) -> float:
    return values[min(int(len(values) * share), len(values) - 1)]


def at_least(goal: float, reached: float | None) -> str:
    """The goal as a cell, ticked where it is reached."""
    return f"≥ {goal:g}{' ✓' if reached is not None and reached >= goal else ''}"


def at_most(goal: float, reached: float | None, unit: str = "") -> str:
    """The goal as a cell, ticked where it is kept."""
    return f"≤ {goal:g}{unit}{' ✓' if reached is not None and reached <= goal else ''}"
