"""Rows for people on a terminal, and for other programs when the output goes elsewhere."""

import sys
from collections.abc import Sequence

_CONTROL = dict.fromkeys((*range(32), *range(127, 160)), "�")


def print_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print ``rows`` with rich on a terminal; tab-separated, without a heading, into a pipe.

    Control characters are shown as �: a stored name must not drive the terminal, nor make a second row.
    """
    shown = [[cell.translate(_CONTROL) for cell in row] for row in rows]
    if not sys.stdout.isatty():
        sys.stdout.writelines("\t".join(row) + "\n" for row in shown)
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in shown:
        table.add_row(*map(Text, row))  # Text: a name with [brackets] is no markup
    Console().print(table)
