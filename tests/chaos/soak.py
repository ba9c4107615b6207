"""``make soak``: a server at half of what it can do, for half an hour: its memory and its database stay as they are.

Owns finding out what half of capacity is, keeping to it, and comparing the last third with the first. Exit status 1
when memory or database grew by more than two percent, or anything answered with a 5xx.
"""

import argparse
import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from secrets import SystemRandom
from statistics import median

import httpx2
from msgspec import Struct
from rich.console import Console

from lingpai.server.database_url import sqlite_path
from lingpai.server.storage import migrate
from tests.chaos.people import Person, Record
from tests.chaos.service import Service

_PEOPLE = 16
_LEARN_S = 5.0
_LOOK_EVERY_S = 1.0
_GROWTH_LIMIT = 1.02
_LIVES = ("access_token_lifetime_s = 30", "refresh_token_lifetime_s = 60")
"""Short, so that as much expires as is made, and the sweep has its part in it."""
_STEADY_AFTER_MINUTES = 6
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


class Look(Struct, frozen=True):
    """What the server takes up at a moment."""

    memory_bytes: int
    database_bytes: int


async def soak(service: Service, minutes: float, record: Record, console: Console) -> list[Look]:
    """Load, and a look every second."""
    migrate.upgrade(service.database)
    cookies = await service.fill(_PEOPLE)
    await service.start()
    looks: list[Look] = []
    try:
        async with httpx2.AsyncClient(base_url=service.address, trust_env=False, timeout=60) as http:
            people = [Person(http, cookie, record, SystemRandom(), revokes=False) for cookie in cookies]
            capacity = await _capacity(people, record)
            console.print(f"capacity {capacity:.0f} answers per second; half of it for {minutes:g} minutes")
            stops = asyncio.Event()
            async with asyncio.TaskGroup() as living:
                for person in people:
                    living.create_task(person.live(stops, pause_s=_PEOPLE / capacity))
                until = time.monotonic() + minutes * 60
                while time.monotonic() < until:
                    await asyncio.sleep(_LOOK_EVERY_S)
                    looks.append(_look(service))
                stops.set()
            for person in people:
                await person.settle()
    finally:
        service.stop()
    return looks


async def _capacity(people: Sequence[Person], record: Record) -> float:
    """Answers per second when everybody asks as fast as they can."""
    stops, began = asyncio.Event(), time.monotonic()
    before = record.answers.total()
    async with asyncio.TaskGroup() as living:
        for person in people:
            living.create_task(person.live(stops))
        await asyncio.sleep(_LEARN_S)
        stops.set()
    return (record.answers.total() - before) / (time.monotonic() - began)


def _look(service: Service) -> Look:
    pages = int(Path(f"/proc/{service.pid}/statm").read_text(encoding="ascii").split()[1])
    return Look(memory_bytes=pages * _PAGE_BYTES, database_bytes=sqlite_path(service.database).stat().st_size)


def judge(looks: Sequence[Look], record: Record, console: Console, *, is_steady: bool) -> None:
    """Compare the last third with the second: in the first, caches fill and tables grow to what use keeps alive.

    ``is_steady``: it ran for long enough that what expires has begun to be swept, so growth counts.
    """
    third = len(looks) // 3
    for what in ("memory_bytes", "database_bytes"):
        early, late = (median(getattr(look, what) for look in part) for part in (looks[third:-third], looks[-third:]))
        console.print(f"{what}: {early / 1e6:.2f} MB, then {late / 1e6:.2f} MB ({late / early - 1:+.1%})")
        if is_steady:
            record.check(f"{what} stays within 2 %", holds=late <= early * _GROWTH_LIMIT, detail=f"{early} -> {late}")
    record.check("nobody was refused", holds=not record.refused.is_set(), detail="503")


def main() -> int:
    """What the command line says."""
    parser = argparse.ArgumentParser(prog="make soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=30, help="how long (30)")
    arguments = parser.parse_args()
    record, console = Record(), Console()
    with tempfile.TemporaryDirectory(prefix="lingpai-soak-") as folder:
        service = Service(Path(folder), f"sqlite:///{folder}/lingpai.db", settings=_LIVES)
        looks = asyncio.run(soak(service, arguments.minutes, record, console))
    judge(looks, record, console, is_steady=arguments.minutes >= _STEADY_AFTER_MINUTES)
    console.print("answers:", ", ".join(f"{what} × {count}" for what, count in sorted(record.answers.items())))
    for finding in record.findings:
        console.print(f"BROKEN: {finding}", style="red", markup=False)
    return 1 if record.findings else 0


if __name__ == "__main__":
    sys.exit(main())
