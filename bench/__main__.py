"""``python -m bench``: start the servers, load them in turns, print the table; ``--write`` also writes the page.

Owns the order of things. Leaves what is asked to ``scenarios``, how it is asked to ``load``, the servers to ``targets``
and what the figures look like to ``report``.
"""

import argparse
import asyncio
import os
import platform
import shutil
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import uvloop

from bench import targets
from bench.load import Measurement, UnexpectedAnswer, measure
from bench.process import LOAD_CORE, CannotStart
from bench.report import Figure, Machine, Report, figure, print_report, write_page
from bench.scenarios import BARE, SCENARIOS, Scenario, Target

ROOT = Path(__file__).parent.parent
_FOLDER = ROOT / ".build" / "bench"
_CONNECTIONS = 32
_RAMP_S = 0.4
_WARM_S = 1.5
"""Once per server and scenario: the peer compiles while it runs."""
_BUSY = 0.3
"""Load average above which other programs blur the figures."""

Results = dict[tuple[str, str], list[Measurement]]


def main() -> int:
    """Run what the arguments name. 1: a server did not start or refused a request."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="This server, a bare one and a peer, alike.")
    parser.add_argument("--rounds", type=int, default=5, choices=range(1, 51), metavar="N", help="turns per scenario")
    parser.add_argument("--seconds", type=float, default=1.0, metavar="S", help="of each turn, at most 10")
    parser.add_argument("--only", default="", metavar="TEXT", help="scenarios whose name has this text")
    parser.add_argument("--no-peer", action="store_true", help="without oidc-provider")
    parser.add_argument("--write", action="store_true", help="write docs/reference/performance.md and .svg")
    arguments = parser.parse_args()
    chosen = [scenario for scenario in SCENARIOS if arguments.only in scenario.name]
    if not hasattr(os, "sched_setaffinity") or (os.cpu_count() or 1) < 2:
        sys.exit("the benchmark needs Linux and two cores: one for the server, one for the load")
    os.sched_setaffinity(0, {LOAD_CORE})
    machine = _describe_machine()
    try:
        report = _run(chosen, machine, arguments.rounds, min(arguments.seconds, 10.0), peer=not arguments.no_peer)
    except (CannotStart, UnexpectedAnswer) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    print_report(report)
    if arguments.write and not arguments.only:
        write_page(report, ROOT / "docs" / "reference")
    return 0


def _run(chosen: list[Scenario], machine: Machine, rounds: int, seconds: float, *, peer: bool) -> Report:
    folder = _FOLDER / "run"
    shutil.rmtree(folder, ignore_errors=True)
    with ExitStack() as started:
        ours = targets.start_lingpai(folder, _CONNECTIONS)
        started.callback(ours.server.stop)
        floor = targets.start_bare(folder)
        started.callback(floor.server.stop)
        others, missing = _start_peer(folder, started) if peer else ([], "left out")
        results: Results = defaultdict(list)
        for scenario, target, is_counted in _turns(chosen, ours, floor, others, rounds):
            wall_s = seconds if is_counted else _WARM_S
            one = _measure(scenario, target, wall_s)
            if is_counted:
                results[scenario.name, target.name].append(one)
                _show_progress(scenario, target, one)
        memory_mb = {target.name: target.server.memory_mb() for target in (ours, *others)}
    figures: dict[tuple[str, str], Figure] = {
        (scenario.name, name): figure(results[scenario.name, name], scenario.answers_per_operation)
        for scenario in (BARE, *chosen)
        for name in ("Lingpai", "oidc-provider", "bare")
        if (scenario.name, name) in results
    }
    return Report(machine, tuple(s.name for s in chosen), figures, memory_mb, missing)


def _start_peer(folder: Path, started: ExitStack) -> tuple[list[Target], str]:
    """The peer, or why there is none."""
    try:
        target = targets.start_oidc_provider(folder, _CONNECTIONS)
    except (OSError, subprocess.SubprocessError, CannotStart) as error:
        return [], f"not installed ({type(error).__name__}): it needs node, npm and, the first time, the network"
    started.callback(target.server.stop)
    return [target], ""


def _turns(
    chosen: list[Scenario], ours: Target, floor: Target, others: list[Target], rounds: int
) -> Iterator[tuple[Scenario, Target, bool]]:
    """Everybody in turns, so that whatever else the machine does hits everybody alike."""
    for _ in range(rounds):
        yield BARE, floor, True
    for scenario in chosen:
        for target in (ours, *others):
            yield scenario, target, False
        for _ in range(rounds):
            for target in (ours, *others):
                yield scenario, target, True


def _measure(scenario: Scenario, target: Target, wall_s: float) -> Measurement:
    talks = scenario.talks(target, _CONNECTIONS)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(measure(target.server, talks, ramp_s=_RAMP_S, wall_s=wall_s))


def _show_progress(scenario: Scenario, target: Target, one: Measurement) -> None:
    rate = one.answers / one.wall_s / scenario.answers_per_operation
    print(f"  {scenario.name:<34} {target.name:<14} {rate:>9,.0f}/s", file=sys.stderr)


def _describe_machine() -> Machine:
    models = [line for line in Path("/proc/cpuinfo").read_text("ascii").splitlines() if line.startswith("model name")]
    node = shutil.which("node")
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout if node else ""
    load = os.getloadavg()[0]
    if load > _BUSY:
        print(f"bench: other programs are running (load {load:.1f}): trust no figure, ratios a little", file=sys.stderr)
    return Machine(
        processor=models[0].partition(": ")[2] if models else platform.machine(),
        cores=os.cpu_count() or 1,
        system=f"{platform.system()} {platform.release().partition('-')[0]}",
        python=platform.python_version(),
        node=version.strip().removeprefix("v"),
        load=load,
    )


if __name__ == "__main__":
    sys.exit(main())
