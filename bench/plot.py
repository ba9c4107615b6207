"""A bar chart as SVG: for each row one bar per server."""

from collections.abc import Sequence

_COLOURS = ("#b3261e", "#8a8f98")
_WIDTH, _LEFT, _RIGHT, _TOP, _BAR, _GAP = 820, 230, 70, 34, 12, 16


def draw(servers: Sequence[str], rows: Sequence[tuple[str, Sequence[float | None]]]) -> str:
    """``rows``: a name and the operations per second of each server, ``None`` where it was not measured."""
    most = max(value for _, values in rows for value in values if value is not None)
    height = _TOP + len(rows) * (len(servers) * _BAR + _GAP)
    names = " · ".join(
        f'<tspan fill="{colour}">{server}</tspan>' for server, colour in zip(servers, _COLOURS, strict=True)
    )
    elements = [f'<text x="{_LEFT}" y="20">operations per second: {names}</text>']
    y = _TOP
    for name, values in rows:
        elements.append(f'<text x="{_LEFT - 10}" y="{y + _BAR + 4}" text-anchor="end">{name}</text>')
        for value, colour in zip(values, _COLOURS, strict=True):
            elements += [] if value is None else _bar(y, value / most, value, colour)
            y += _BAR
        y += _GAP
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img"'
    style = 'font-family="system-ui, sans-serif" font-size="12" fill="#1c1b1f">'
    ground = f'<rect width="{_WIDTH}" height="{height}" rx="8" fill="#ffffff"/>'
    title = "<title>Operations per second by scenario</title>"
    return "\n".join((f"{head} {style}", title, ground, *elements, "</svg>", ""))


def _bar(y: int, share: float, value: float, colour: str) -> list[str]:
    width = max(1.0, share * (_WIDTH - _LEFT - _RIGHT))
    return [
        f'<rect x="{_LEFT}" y="{y}" width="{width:.1f}" height="{_BAR - 1}" fill="{colour}"/>',
        f'<text x="{_LEFT + width + 6:.1f}" y="{y + _BAR - 2}">{value:,.0f}</text>',
    ]
