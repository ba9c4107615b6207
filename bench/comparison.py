"""The servers of one comparison: which ones are started, loaded in turns and put side by side."""

import subprocess
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from bench import lingpai_server, machine, peers, tables
from bench.postgresql import PostgreSQL
from bench.process import CannotStart
from bench.report import Figures, Section
from bench.run import Turns, run_all, run_floor
from bench.scenarios import Scenario
from bench.target import Target

Start = Callable[[Path, PostgreSQL | None], list[Target]]

PEERS: Mapping[str, Start] = {
    tables.PEER: peers.start_oidc_provider,
    tables.DJANGO: peers.start_django_oauth_toolkit,
    tables.CANAILLE: peers.start_canaille,
}


def parse_peers(names: str) -> tuple[str, ...]:
    """The peers of ``--peers``. Raises ``CannotStart`` for one there is not."""
    if names in ("all", "none"):
        return tuple(PEERS) if names == "all" else ()
    chosen = tuple(names.split(","))
    unknown = [name for name in chosen if name not in PEERS]
    if unknown:
        raise CannotStart(f"there is no peer {', '.join(unknown)}: only {', '.join(PEERS)}")
    return chosen


def compare(
    scenarios: Sequence[Scenario],
    turns: Turns,
    folder: Path,
    *,
    postgresql: PostgreSQL | None,
    two_processes: bool,
    chosen_peers: Sequence[str],
) -> tuple[Figures, list[Section]]:
    """All of them in the same run. Raises ``CannotStart``, ``UnexpectedAnswer``: Lingpai or the bare one."""
    remarks: list[str] = []
    names = [scenario.name for scenario in scenarios]
    with ExitStack() as started:
        floor, ours, others = _start(folder, started, postgresql, chosen_peers, remarks, two_processes=two_processes)
        figures = run_floor(floor, turns) | run_all(scenarios, [*ours, *others], turns, remarks.append)
        servers = {target.server: target.name for target in reversed((*ours, *others))}
        notes = [f"{name} held {server.memory_mb():,.0f} MB at the end." for server, name in servers.items()]
        remarks += reversed(notes)
    in_python = [target.name for target in others if target.name != tables.PEER]
    about_python = [remark for remark in remarks if remark.startswith(tables.PYTHON)]
    about_others = [remark for remark in remarks if remark not in about_python]
    sections = [tables.one_process(figures, names, machine.signature_s(), about_others)]
    if postgresql:
        sections.append(tables.on_postgresql(figures, names))
    if two_processes:
        sections.append(tables.two_processes(figures, names))
    if in_python or about_python:
        sections.append(tables.other_peers(figures, names, in_python, about_python))
    return figures, sections


def _start(
    folder: Path,
    started: ExitStack,
    postgresql: PostgreSQL | None,
    chosen: Sequence[str],
    remarks: list[str],
    *,
    two_processes: bool,
) -> tuple[Target, list[Target], list[Target]]:
    """The bare server, those of Lingpai, the peers; why one is missing goes into ``remarks``."""

    def keep(target: Target) -> Target:
        started.callback(target.server.stop)
        return target

    floor = keep(peers.start_bare(folder))
    ours = [keep(lingpai_server.start(folder / "lingpai", tables.OURS))]
    if postgresql:
        ours.append(keep(lingpai_server.start(folder / "postgresql", tables.ON_POSTGRESQL, postgresql=postgresql)))
    if two_processes:
        ours.append(keep(lingpai_server.start(folder / "workers", tables.TWO, workers=2)))
    others: list[Target] = []
    for name in chosen:
        try:
            targets = PEERS[name](folder, postgresql)
        except (OSError, subprocess.SubprocessError, CannotStart) as error:
            remarks.append(f"{name} is missing from this run ({_reason(error)}).")
            continue
        keep(targets[0])  # the others are the same process, asked in another way
        others += targets
    return floor, ours, others


def _reason(error: Exception) -> str:
    if isinstance(error, FileNotFoundError):
        return f"{error.filename} is not installed"
    if isinstance(error, subprocess.CalledProcessError):
        return f"it cannot be installed or set up: {error.cmd[0]} ended with {error.returncode}"
    return f"{type(error).__name__}: {str(error).strip().rpartition(chr(10))[2][:200]}"
