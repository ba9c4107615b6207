"""Numbers per day as bars: where each begins and how high it is. Pure; ``templates/portal/usage.html`` draws them."""

from collections.abc import Sequence

from msgspec import Struct

WIDTH = 640
HEIGHT = 120
_GAP_SHARE = 0.25
_LEAST_HEIGHT = 2.0


class Bar(Struct, frozen=True, kw_only=True):
    """One day. ``x`` and the rest in the units of the picture, ``WIDTH`` by ``HEIGHT``."""

    day: int
    number: int
    x: float
    y: float
    width: float
    height: float


class Chart(Struct, frozen=True, kw_only=True):
    """The bars of one kind of number."""

    bars: tuple[Bar, ...]
    highest: int
    total: int


def chart(days: Sequence[tuple[int, int]]) -> Chart:
    """The bars for (day, number)."""
    highest = max((number for _, number in days), default=0)
    step = WIDTH / (len(days) or 1)
    bars = []
    for place, (day, number) in enumerate(days):
        height = max(_LEAST_HEIGHT, HEIGHT * number / highest) if number else 0.0
        bars.append(
            Bar(
                day=day,
                number=number,
                x=round(step * (place + _GAP_SHARE / 2), 2),
                y=round(HEIGHT - height, 2),
                width=round(step * (1 - _GAP_SHARE), 2),
                height=round(height, 2),
            )
        )
    return Chart(bars=tuple(bars), highest=highest, total=sum(number for _, number in days))
