"""``make chaos``: servers and databases killed at random moments under load, hundreds of times, and what came of it.

Owns which trial gets how many kills, the progress bar and the summary. Exit status 1 when a promise was broken.
"""

import argparse
import asyncio
import sys
import tempfile
from collections import defaultdict
from contextlib import suppress
from pathlib import Path
from secrets import SystemRandom
from statistics import median

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from tests.chaos.people import Record
from tests.chaos.trials import TRIALS

_SHARES = {"kill_one_process": 0.2, "kill_mid_batch": 0.2, "kill_workers": 0.3, "kill_postgresql": 0.3}


async def run(kills: int, only: str, record: Record, console: Console) -> dict[str, list[float]]:
    """Every trial; what was killed -> seconds until the server was ready again, kill by kill."""
    seconds: dict[str, list[float]] = defaultdict(list)
    columns = (TextColumn("{task.description:22}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        for trial in TRIALS:
            if only not in trial.__name__:
                continue
            share = kills if only else round(kills * _SHARES[trial.__name__])
            bar = progress.add_task(trial.__name__.replace("_", " "), total=share)
            with tempfile.TemporaryDirectory(prefix="lingpai-chaos-") as folder, suppress(AssertionError):
                async for comeback in trial(Path(folder), share, record, SystemRandom()):
                    seconds[comeback.killed].append(comeback.seconds)
                    progress.advance(bar)
                    if not console.is_terminal:  # a file shows no bar
                        console.print(f"{comeback.killed} killed, ready again after {comeback.seconds:.1f} s")
    return seconds


def summarize(console: Console, record: Record, seconds: dict[str, list[float]]) -> None:
    """What was killed, what was looked at, and what did not hold."""
    kills = Table("killed", "times", "ready again, median", "longest")
    for killed, each in seconds.items():
        kills.add_row(killed, str(len(each)), f"{median(each):.1f} s", f"{max(each):.1f} s")
    checks = Table("promise", "looked at")
    for what, count in record.checks.items():
        checks.add_row(what, str(count))
    console.print(kills, checks)
    console.print("answers:", ", ".join(f"{what} × {count}" for what, count in sorted(record.answers.items())))
    for finding in record.findings:
        console.print(f"BROKEN: {finding}", style="red", markup=False)
    console.print(f"{sum(map(len, seconds.values()))} kills, {len(record.findings)} broken promises")


def main() -> int:
    """What the command line says."""
    parser = argparse.ArgumentParser(prog="make chaos", description=__doc__)
    parser.add_argument("--kills", type=int, default=200, help="how many, all trials together (200)")
    parser.add_argument("--only", default="", help="only trials with this in their name, all the kills for them")
    arguments = parser.parse_args()
    record, console = Record(), Console()
    seconds = asyncio.run(run(arguments.kills, arguments.only, record, console))
    summarize(console, record, seconds)
    return 1 if record.findings else 0


if __name__ == "__main__":
    sys.exit(main())
