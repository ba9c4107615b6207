"""What the server handed out for one purpose is shown where another is expected.

Spec: RFC 6819 §5.1.5; RFC 8725 §3.11. Stops: CVE-2026-4282 (one store for several kinds), GHSA-7fpj-9hr8-28vh (a
logout token taken for an access token).
"""

import pytest

from tests.attack.damage import with_checksum
from tests.attack.extension_scene import collect_more
from tests.attack.extension_sinks import ALL_SINKS
from tests.world import World


@pytest.mark.spec("RFC 8725", "3.11", "one kind of token is never taken for another")
@pytest.mark.parametrize("place", ALL_SINKS)
async def test_every_place_takes_only_what_is_meant_for_it(world: World, place: str) -> None:
    loot = await collect_more(world)
    shown = loot.everything()
    sink, meant = ALL_SINKS[place]
    for kind, value in shown.items():
        if kind not in meant:
            assert not await sink(world, loot, value), f"{kind} was taken for {place}"
    # What is meant for it works, or the refusals above would prove nothing.
    assert await sink(world, loot, shown[min(meant)])


@pytest.mark.parametrize("place", ALL_SINKS)
async def test_a_right_value_under_another_prefix_is_not_another_kind(world: World, place: str) -> None:
    """The prefix is for people and scanners; it is the seal that says what a value is for."""
    loot = await collect_more(world)
    shown, (sink, meant) = loot.everything(), ALL_SINKS[place]
    sealed = {kind: text for kind, text in shown.items() if text.startswith("lp")}
    for kind, text in sealed.items():
        prefixes = {other.partition("_")[0] for name, other in sealed.items() if name in meant}
        for other in prefixes - {text.partition("_")[0]}:
            disguised = with_checksum(f"{other}_{text.partition('_')[2]}")
            assert not await sink(world, loot, disguised), f"{kind} as {other} was taken for {place}"
