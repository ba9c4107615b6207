"""What the figures look like: the table on the screen, the page and the plot in ``docs/reference``."""

import datetime as dt
import statistics
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from msgspec import Struct

from bench.load import Measurement
from bench.plot import draw
from bench.scenarios import BARE

_OURS, _PEER = "Lingpai", "oidc-provider"


class Figure(Struct, frozen=True):
    """The median of the rounds of one scenario at one server."""

    per_s: float
    """Operations a second."""
    cpu_us: float
    """The server's processor time per operation."""
    p50_ms: float
    p99_ms: float


class Machine(Struct, frozen=True):
    """Where it ran."""

    processor: str
    cores: int
    system: str
    python: str
    node: str
    load: float
    """Load average before the run: what other programs were doing."""


class Report(Struct, frozen=True):
    """Everything a run found."""

    machine: Machine
    scenarios: tuple[str, ...]
    figures: Mapping[tuple[str, str], Figure]
    """(scenario, server) -> figure."""
    memory_mb: Mapping[str, float]
    missing: str
    """Why there is no peer; empty: there is one."""


def figure(rounds: Sequence[Measurement], answers_per_operation: int) -> Figure:
    """The median over the rounds; waits are those of single answers."""
    operations = [one.answers / answers_per_operation for one in rounds]
    return Figure(
        per_s=statistics.median(n / one.wall_s for n, one in zip(operations, rounds, strict=True)),
        cpu_us=statistics.median(one.cpu_s / n * 1e6 for n, one in zip(operations, rounds, strict=True)),
        p50_ms=statistics.median(_quantile(one.waits_s, 0.50) for one in rounds) * 1000,
        p99_ms=statistics.median(_quantile(one.waits_s, 0.99) for one in rounds) * 1000,
    )


def _quantile(values: Sequence[float], share: float) -> float:
    return values[min(int(len(values) * share), len(values) - 1)]


def _table(report: Report) -> list[tuple[str, ...]]:
    head = ("scenario", "Lingpai /s", "CPU µs", "p99 ms", "× bare", f"{_PEER} /s", "CPU µs", "× peer", "× peer, CPU")
    floor = report.figures.get((BARE.name, "bare"))
    rows: list[tuple[str, ...]] = [head]
    for name in report.scenarios:
        ours, peer = report.figures[name, _OURS], report.figures.get((name, _PEER))
        cells = [name, f"{ours.per_s:,.0f}", f"{ours.cpu_us:,.0f}", f"{ours.p99_ms:.1f}"]
        cells.append(f"{ours.per_s / floor.per_s:.2f}" if floor else "")
        if peer is None:
            cells += ["", "", "", ""]
        else:
            cells += [f"{peer.per_s:,.0f}", f"{peer.cpu_us:,.0f}"]
            cells += [f"{ours.per_s / peer.per_s:.2f}", f"{peer.cpu_us / ours.cpu_us:.2f}"]
        rows.append(tuple(cells))
    if floor:
        rows.append((BARE.name, f"{floor.per_s:,.0f}", f"{floor.cpu_us:,.0f}", f"{floor.p99_ms:.1f}", *[""] * 5))
    return rows


def _notes(report: Report) -> Iterator[str]:
    for name, megabytes in report.memory_mb.items():
        yield f"{name} held {megabytes:,.0f} MB of memory at the end of the run."
    fast, default = (
        report.figures.get(key) for key in (("refresh, ID Token ES256", _OURS), ("refresh, ID Token RS256", _PEER))
    )
    if fast and default:
        yield (
            f"A refresh with an ES256 ID Token here is {fast.per_s / default.per_s:.1f} × one with the RS256 ID Token"
            f" that clients of {_PEER} get unless they register for another."
        )
    if report.missing:
        yield f"{_PEER} is missing from this run: {report.missing}."
    if report.machine.load > 1:
        yield f"Other programs were running (load {report.machine.load:.1f}): ratios say more than figures."


def print_report(report: Report) -> None:
    """The table in columns."""
    rows = _table(report)
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        first, *rest = (
            cell.ljust(w) if i == 0 else cell.rjust(w) for i, (cell, w) in enumerate(zip(row, widths, strict=True))
        )
        print(first, *rest, sep="  ")
    for note in _notes(report):
        print(note)


def write_page(report: Report, folder: Path) -> None:
    """``performance.md`` with the table and the machine, ``performance.svg`` with the plot."""
    rows = _table(report)
    align = ["---", *["---:"] * (len(rows[0]) - 1)]
    lines = [
        "# Performance",
        "",
        "Written by `make bench`; do not edit. What is measured, and how: [bench/README.md](../../bench/README.md).",
        "",
        *_describe(report.machine),
        "",
        "![Operations per second by scenario](performance.svg)",
        "",
        *(f"| {' | '.join(row)} |" for row in (rows[0], align, *rows[1:])),
        "",
        *(f"- {note}" for note in _notes(report)),
    ]
    bars = [(name, [_rate(report, name, server) for server in (_OURS, _PEER)]) for name in report.scenarios]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "performance.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "performance.svg").write_text(draw((_OURS, _PEER), bars), encoding="utf-8")


def _rate(report: Report, scenario: str, server: str) -> float | None:
    one = report.figures.get((scenario, server))
    return None if one is None else one.per_s


def _describe(machine: Machine) -> Iterator[str]:
    node = f", Node.js {machine.node}" if machine.node else ""
    yield (
        f"{dt.datetime.now(tz=dt.UTC):%Y-%m-%d}, {machine.processor}, {machine.cores} cores, {machine.system},"
        f" Python {machine.python}{node}."
    )
    yield "One server process on one core, 32 keep-alive connections from another, medians of the rounds. Lingpai"
    yield f"commits to SQLite with `synchronous=FULL` before it answers; {_PEER} keeps everything in memory. `× peer`"
    yield "compares operations per second, `× peer, CPU` the processor time of one operation."
