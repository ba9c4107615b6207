"""The sections about load: Lingpai beside a bare server and npm's peer, on PostgreSQL, in two processes, beside others.

The goals stand in the tables beside what was reached.
"""

from collections.abc import Iterator, Sequence

from bench.report import Figures, Section, at_least
from bench.scenarios import BARE

OURS, ON_POSTGRESQL, TWO = "Lingpai", "Lingpai, PostgreSQL", "Lingpai, 2 processes"
PEER, DJANGO, CANAILLE = "oidc-provider", "django-oauth-toolkit", "canaille"
PYTHON = (DJANGO, CANAILLE)
_SIGNED, _REFRESH_ES256 = "client_credentials, at+jwt ES256", "refresh, ID Token ES256"
_TIMES_PEER = {_SIGNED: 2.2, "code flow, ID Token ES256": 2.0, _REFRESH_ES256: 4.0, "introspection": 2.5}
_TIMES_DJANGO = 50.0
_SHARE_OF_LIMIT = 0.6
_TIMES_SQLITE = 0.4


def one_process(figures: Figures, scenarios: Sequence[str], signature_s: float, remarks: Sequence[str]) -> Section:
    """Lingpai on SQLite, the bare server and ``oidc-provider``."""
    floor = figures.get((BARE.name, "bare"))
    head = ("scenario", "Lingpai /s", "CPU µs", "p99 ms", "× bare")
    rows: list[tuple[str, ...]] = [(*head, f"{PEER} /s", "CPU µs", "× peer", "× peer, CPU", "goal, × peer")]
    for name in scenarios:
        ours, peer = figures[name, OURS], figures.get((name, PEER))
        cells = (name, _count(ours.per_s), f"{ours.cpu_us:,.0f}", f"{ours.p99_ms:.1f}")
        times_floor = f"{ours.per_s / floor.per_s:.2f}" if floor else ""
        times = ours.per_s / peer.per_s if peer else None
        beside = ("", "", "", "")
        if peer:
            beside = (_count(peer.per_s), f"{peer.cpu_us:,.0f}", f"{times:.2f}", f"{peer.cpu_us / ours.cpu_us:.2f}")
        rows.append((*cells, times_floor, *beside, at_least(_TIMES_PEER[name], times) if name in _TIMES_PEER else ""))
    if floor:
        rows.append((BARE.name, _count(floor.per_s), f"{floor.cpu_us:,.0f}", f"{floor.p99_ms:.1f}", *[""] * 6))
    return Section(
        "One process on one core",
        "32 keep-alive connections from another core. Lingpai commits to SQLite with `synchronous=FULL` before it"
        f" answers; {PEER} keeps everything in memory. `× peer` compares operations per second, `× peer, CPU` the"
        " processor time of one operation.",
        tuple(rows),
        (*_notes(figures, signature_s), *remarks),
    )


def _notes(figures: Figures, signature_s: float) -> Iterator[str]:
    floor, signed = figures.get((BARE.name, "bare")), figures.get((_SIGNED, OURS))
    if floor and signed:
        limit = 1 / (1 / floor.per_s + signature_s)
        goal = at_least(_SHARE_OF_LIMIT * 100, signed.per_s / limit * 100)
        yield (
            f"An answer of the bare server and one ES256 signature ({signature_s * 1e6:.0f} µs) together allow"
            f" {_count(limit)} signed tokens a second; Lingpai reaches {signed.per_s / limit:.0%} of that"
            f" (goal: {goal} %)."
        )
    fast, default = figures.get((_REFRESH_ES256, OURS)), figures.get(("refresh, ID Token RS256", PEER))
    if fast and default:
        yield (
            f"A refresh with an ES256 ID Token here is {fast.per_s / default.per_s:.1f} × one with the RS256 ID Token"
            f" that clients of {PEER} get unless they register for another."
        )


def on_postgresql(figures: Figures, scenarios: Sequence[str]) -> Section:
    """Lingpai on PostgreSQL beside Lingpai on SQLite."""
    rows = [("scenario", "SQLite /s", "PostgreSQL /s", "× SQLite", "goal", "CPU µs", "database CPU µs", "p99 ms")]
    for name in scenarios:
        sqlite, ours = figures[name, OURS], figures.get((name, ON_POSTGRESQL))
        if ours is None:
            continue
        times = ours.per_s / sqlite.per_s
        cells = (name, _count(sqlite.per_s), _count(ours.per_s), f"{times:.2f}", at_least(_TIMES_SQLITE, times))
        rows.append((*cells, f"{ours.cpu_us:,.0f}", f"{ours.database_cpu_us:,.0f}", f"{ours.p99_ms:.1f}"))
    text = (
        "One server process on its core; PostgreSQL, `fsync` and `synchronous_commit` on, on the same machine. With two"
        " cores it shares the one of the load. `CPU µs` is the processor time of the server per operation."
    )
    return Section("PostgreSQL", text, tuple(rows))


def two_processes(figures: Figures, scenarios: Sequence[str]) -> Section:
    """``--workers 2`` beside one process."""
    rows = [("scenario", "1 process /s", "2 processes /s", "× 1", "CPU µs", "p99 ms")]
    for name in scenarios:
        one, two = figures[name, OURS], figures.get((name, TWO))
        if two:
            cells = (name, _count(one.per_s), _count(two.per_s), f"{two.per_s / one.per_s:.2f}")
            rows.append((*cells, f"{two.cpu_us:,.0f}", f"{two.p99_ms:.1f}"))
    text = (
        "`lingpai serve --workers 2` on SQLite. The second process shares its core with the load, which takes up to"
        " half of it: twice as much cannot come out."
    )
    return Section("Two processes", text, tuple(rows))


def other_peers(figures: Figures, scenarios: Sequence[str], peers: Sequence[str], remarks: Sequence[str]) -> Section:
    """Lingpai on SQLite and on PostgreSQL beside servers in Python."""
    ours = [name for name in (OURS, ON_POSTGRESQL) if any(server == name for _, server in figures)]
    rows = [("scenario", *(f"{name} /s" for name in (*ours, *peers)), *(f"{OURS} × {peer}" for peer in peers), "goal")]
    for name in scenarios:
        others = [figures.get((name, peer)) for peer in peers]
        if not any(others):
            continue
        mine = figures[name, OURS].per_s
        times = [mine / other.per_s if other else None for other in others]
        rates = [figures.get((name, server)) for server in (*ours, *peers)]
        cells = [_count(one.per_s) if one else "" for one in rates]
        cells += [f"{one:,.1f}" if one else "" for one in times]
        goal = at_least(_TIMES_DJANGO, times[0]) if name.startswith("refresh") and peers[0] == DJANGO else ""
        rows.append((name, *cells, goal))
    text = (
        "Each as its documentation sets it up for production, in one process on one core, like Lingpai: see"
        " [bench/README.md](../../bench/README.md). A scenario a peer does not offer is empty."
    )
    return Section("Servers in Python", text, tuple(rows), tuple(remarks))


def _count(per_s: float) -> str:
    return f"{per_s:,.0f}" if per_s >= 100 else f"{per_s:.1f}"
