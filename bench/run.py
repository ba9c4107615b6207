"""Every server under every scenario in turns, so that whatever else the machine does hits everybody alike."""

import asyncio
import sys
from collections.abc import Callable, Sequence

import uvloop
from msgspec import Struct

from bench.load import Measurement, UnexpectedAnswer, measure
from bench.report import Figures, figure
from bench.scenarios import BARE, Scenario
from bench.target import Target

_RAMP_S = 0.4
_WARM_S = 1.5
"""Once per server and scenario: npm's compiles while it runs."""


class Turns(Struct, frozen=True):
    """How often each scenario is measured at each server, and for how long."""

    rounds: int
    seconds: float


Tell = Callable[[str], None]
"""Hears why a server is missing from a scenario: a sentence for the report."""


def run_floor(floor: Target, turns: Turns) -> Figures:
    """The bare server alone."""
    rounds = [_measure(BARE, floor, turns.seconds) for _ in range(turns.rounds)]
    return {(BARE.name, floor.name): figure(rounds, BARE.answers_per_operation)}


def run_all(scenarios: Sequence[Scenario], targets: Sequence[Target], turns: Turns, tell: Tell) -> Figures:
    """Medians. What the first target refuses ends the run; another one is left out of that scenario, with a sentence.

    Raises ``UnexpectedAnswer`` and ``OSError``.
    """
    figures: Figures = {}
    for scenario in scenarios:
        asked = [target for target in targets if target.offers is None or scenario.name in target.offers]
        results: dict[str, list[Measurement]] = {target.name: [] for target in asked}
        for round_number in range(turns.rounds + 1):
            for target in [target for target in asked if target.name in results]:
                wall_s = turns.seconds if round_number else min(_WARM_S, turns.seconds * 2)
                try:
                    one = _measure(scenario, target, wall_s)
                except UnexpectedAnswer as error:
                    if target is targets[0]:
                        raise
                    tell(f"{target.name} refused {scenario.name}: {str(error).partition(chr(13))[0][:120]}")
                    del results[target.name]
                    continue
                if round_number:
                    results[target.name].append(one)
                    _show(scenario, target, one)
        for name, rounds in results.items():
            figures[scenario.name, name] = figure(rounds, scenario.answers_per_operation)
    return figures


def _measure(scenario: Scenario, target: Target, wall_s: float) -> Measurement:
    talks = scenario.talks(target)
    wall_s = max(wall_s, scenario.wall_s, target.wall_s)
    one = measure(
        target.server,
        talks,
        ramp_s=_RAMP_S,
        wall_s=wall_s,
        answers_before=scenario.answers_before,
        database_cpu_s=target.database_cpu_s,
    )
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(one)


def _show(scenario: Scenario, target: Target, one: Measurement) -> None:
    rate = one.answers / one.wall_s / scenario.answers_per_operation
    print(f"  {scenario.name:<36} {target.name:<22} {rate:>9,.1f}/s", file=sys.stderr)
