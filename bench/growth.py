"""What size does to speed, and what refreshing does to size."""

import asyncio
import sqlite3
from collections.abc import Sequence
from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path

import psycopg
import uvloop
from rich.progress import Progress

from bench import lingpai_server
from bench.fill import fill
from bench.load import ask
from bench.postgresql import PostgreSQL
from bench.report import Figures, Section, at_most
from bench.run import Turns, run_all
from bench.scenarios import SCENARIOS, Scenario
from bench.target import Target
from lingpai.server.config import load_config
from lingpai.server.database_url import is_postgresql, sqlite_path

_TIMES_SMALL, _TIMES_SIZE = 1.3, 1.02
_WARM_REFRESHES = 2_000


def growth(
    scenarios: Sequence[Scenario], sizes: Sequence[int], turns: Turns, folder: Path, postgresql: PostgreSQL | None
) -> Section:
    """A server per size, all of them at once and loaded in turns. Raises like ``run_all``."""
    with ExitStack() as started:
        targets, notes = list[Target](), list[str]()
        for size in sizes:
            into = partial(fill, grants=size)
            target = lingpai_server.start(folder / f"{size}", _name(size), postgresql=postgresql, fill=into)
            started.callback(target.server.stop)
            targets.append(target)
        figures = run_all(scenarios, targets, turns, notes.append)
        notes += [
            f"{target.name}: the database has {_size(folder / f'{size}') / 1e6:,.0f} MB, the server"
            f" {target.server.memory_mb():.0f} MB of memory."
            for size, target in zip(sizes, targets, strict=True)
        ]
    return section(figures, [scenario.name for scenario in scenarios], sizes, notes, on=_database(postgresql))


def section(figures: Figures, scenarios: Sequence[str], sizes: Sequence[int], notes: Sequence[str], on: str) -> Section:
    """p50 of every scenario at every size, and each size beside the smallest."""
    names = [_name(size) for size in sizes]
    small = names[0]
    rows = [("scenario", *(f"{name}, p50 ms" for name in names), *(f"{name} × {small}" for name in names[1:]), "goal")]
    for scenario in scenarios:
        waits = [figures[scenario, name].p50_ms for name in names]
        times = [wait / waits[0] for wait in waits[1:]]
        goal = at_most(_TIMES_SMALL, max(times)) if times else ""
        rows.append((scenario, *(f"{wait:.2f}" for wait in waits), *(f"{one:.2f}" for one in times), goal))
    text = (
        "The same load on databases that hold so many grants, each with a living sign-in, four to a person: the time of"
        " one answer, the sizes in turns."
    )
    return Section(f"Growth on {on}", text, tuple(rows), tuple(notes))


def refreshes(number: int, folder: Path, postgresql: PostgreSQL | None) -> Section:
    """The size of the database before and after so many refreshes."""
    target = lingpai_server.start(folder / "refreshes", postgresql=postgresql)
    try:
        _refresh(target, _WARM_REFRESHES)
        before = _size(folder / "refreshes")
        _refresh(target, number)
        after = _size(folder / "refreshes")
    finally:
        target.server.stop()
    rows = (
        ("refreshes", "before", "after", "ratio", "goal"),
        (f"{number:,}", _bytes(before), _bytes(after), f"{after / before:.3f}", at_most(_TIMES_SIZE, after / before)),
    )
    return Section(
        f"Refreshes on {_database(postgresql)}",
        "A refresh replaces what stood there: the database keeps its size. 32 connections, each with one sign-in.",
        rows,
    )


def _refresh(target: Target, number: int) -> None:
    scenario = next(scenario for scenario in SCENARIOS if scenario.name == "refresh")
    with Progress(transient=True) as bar, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        task = bar.add_task(f"{number:,} refreshes", total=number)
        runner.run(ask(target.server, scenario.talks(target), number, partial(bar.advance, task)))


def _size(folder: Path) -> int:
    """Bytes of the database: its pages, without the log of changes beside it."""
    url = load_config(folder / "lingpai.toml").database
    if is_postgresql(url):
        with psycopg.connect(url) as connection:
            row = connection.execute("SELECT pg_database_size(current_database())").fetchone()
            return int(row[0]) if row else 0
    with closing(sqlite3.connect(f"file:{sqlite_path(url)}?mode=ro", uri=True)) as connection:
        pages, size = (connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "page_size"))
        return int(pages * size)


def _bytes(number: int) -> str:
    return f"{number / 1e6:,.2f} MB"


def _database(postgresql: PostgreSQL | None) -> str:
    return "PostgreSQL" if postgresql else "SQLite"


def _name(size: int) -> str:
    return f"{size // 1_000_000:,} million" if size % 1_000_000 == 0 else f"{size:,}"
