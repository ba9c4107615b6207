"""``docs/reference/performance.md``: one section per table, each with the day and the machine it was measured on.

A run writes the sections it measured; those of earlier runs stay as they are.
"""

import re
from collections.abc import Iterator, Sequence

from bench.report import Section

_ORDER = (
    *("One process on one core", "PostgreSQL", "Two processes", "Servers in Python"),
    *("Growth on SQLite", "Growth on PostgreSQL", "Refreshes on SQLite", "Refreshes on PostgreSQL"),
    "Start and memory",
)
_HEAD = """# Performance

Written by `make bench`; do not edit. What is measured, and how: [bench/README.md](../../bench/README.md). Each table
says when and where it was measured; figures of different tables do not compare.

![Operations per second by scenario](performance.svg)
"""


def merge(page: str, sections: Sequence[Section], measured: str) -> str:
    """The page with these sections new, the others as they were. ``measured``: when, where and how."""
    found = re.split(r"^## (.+)\n", page, flags=re.MULTILINE)[1:]
    parts = dict(zip(found[::2], (text.strip("\n") for text in found[1::2]), strict=True))
    parts |= {section.title: "\n".join(_lines(section, measured)) for section in sections}
    titles = [title for title in _ORDER if title in parts]
    return _HEAD + "".join(f"\n## {title}\n\n{parts[title]}\n" for title in titles)


def _lines(section: Section, measured: str) -> Iterator[str]:
    yield from (section.text, "", measured, "")
    head, *rows = section.rows
    for row in (head, ("---", *["---:"] * (len(head) - 1)), *rows):
        yield f"| {' | '.join(row)} |"
    if section.notes:
        yield ""
        yield from (f"- {note}" for note in section.notes)


def on_screen(section: Section) -> str:
    """The table in columns."""
    widths = [max(len(row[column]) for row in section.rows) for column in range(len(section.rows[0]))]
    lines = [section.title]
    for row in section.rows:
        cells = [
            cell.rjust(width) if i else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(cells).rstrip())
    return "\n".join((*lines, *section.notes, ""))
