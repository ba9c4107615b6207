"""``python -m bench``: start the servers, load them in turns, print the tables; ``--write`` also writes the page.

Owns what the arguments choose. Leaves the parts of a run to ``comparison``, ``growth`` and ``start``, and the page to
``page``.
"""

import argparse
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from bench import comparison, growth, machine, page, postgresql, start
from bench.load import UnexpectedAnswer
from bench.plot import draw
from bench.process import LOAD_CORE, CannotStart
from bench.report import Figures, Section
from bench.run import Turns
from bench.scenarios import SCENARIOS
from bench.tables import OURS, PEER

ROOT = Path(__file__).parent.parent
_FOLDER = ROOT / ".build" / "bench"
_GROWTH = (10_000, 1_000_000)
_REFRESHES = 20_000


def main() -> int:
    """Run what the arguments name. 1: a server did not start or refused a request."""
    arguments = _parser().parse_args()
    if not hasattr(os, "sched_setaffinity") or (os.cpu_count() or 1) < 2:
        sys.exit("the benchmark needs Linux and two cores: one for the server, one for the load")
    os.sched_setaffinity(0, {LOAD_CORE})
    load = os.getloadavg()[0]
    if load > machine.BUSY:
        print(f"bench: other programs are running (load {load:.1f}): trust no figure, ratios a little", file=sys.stderr)
    shutil.rmtree(_FOLDER / "run", ignore_errors=True)
    measured = f"{machine.describe(load)} Medians of {arguments.rounds} rounds of {arguments.seconds:g} s."
    try:
        for section in _sections(arguments):
            print(page.on_screen(section), flush=True)
            if arguments.write and not arguments.only:
                _write(section, measured)
    except (CannotStart, UnexpectedAnswer) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description="This server and others under the same load.")
    add = parser.add_argument
    add("--rounds", type=int, default=5, choices=range(1, 51), metavar="N", help="turns per scenario")
    add("--seconds", type=float, default=1.0, metavar="S", help="of each turn, at most 10")
    add("--only", default="", metavar="TEXT", help="scenarios whose name has this text; the page is not written")
    add("--peers", default=PEER, metavar="NAMES", help=f"all, none, or of {', '.join(comparison.PEERS)}")
    add("--postgresql", action="store_true", help="Lingpai on PostgreSQL too")
    add("--workers", action="store_true", help="Lingpai in two processes too")
    add("--growth", nargs="*", type=int, metavar="GRANTS", help=f"instead: databases that hold so many ({_GROWTH})")
    add("--refreshes", nargs="?", type=int, const=_REFRESHES, metavar="N", help="instead: what so many leave behind")
    add("--starts", type=int, default=5, choices=range(51), metavar="N", help="starts to measure; 0: none")
    add("--write", action="store_true", help="write docs/reference/performance.md and .svg")
    return parser


def _sections(arguments: argparse.Namespace) -> Iterator[Section]:
    """Every table, as soon as it is there."""
    turns = Turns(arguments.rounds, min(arguments.seconds, 10.0))
    chosen = [scenario for scenario in SCENARIOS if arguments.only in scenario.name]
    folder = _FOLDER / "run"
    with ExitStack() as running:
        database = running.enter_context(postgresql.running()) if arguments.postgresql else None
        if arguments.growth is not None:
            yield growth.growth(chosen, sorted(arguments.growth or _GROWTH), turns, folder, database)
        elif arguments.refreshes:
            yield growth.refreshes(arguments.refreshes, folder, database)
        else:
            peers = comparison.parse_peers(arguments.peers)
            figures, sections = comparison.compare(
                chosen, turns, folder, postgresql=database, two_processes=arguments.workers, chosen_peers=peers
            )
            yield from sections
            if arguments.write and not arguments.only:
                _draw(figures, [scenario.name for scenario in chosen])
        if arguments.starts and arguments.growth is None and not arguments.refreshes:
            yield start.starts(arguments.starts, folder / "starts")


def _write(section: Section, measured: str) -> None:
    """At once, so that a run that is broken off leaves what it has found."""
    file = ROOT / "docs" / "reference" / "performance.md"
    before = file.read_text(encoding="utf-8") if file.exists() else ""
    file.write_text(page.merge(before, [section], measured), encoding="utf-8")


def _draw(figures: Figures, scenarios: list[str]) -> None:
    bars = [
        (name, [figures[name, server].per_s if (name, server) in figures else None for server in (OURS, PEER)])
        for name in scenarios
    ]
    file = ROOT / "docs" / "reference" / "performance.svg"
    file.write_text(draw((OURS, PEER), bars), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
