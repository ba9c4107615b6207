"""The seam between repositories and databases: five methods, one SQL text.

SQL is written once with ``$1`` placeholders. A driver never knows what a table means; a repository never knows which
database it talks to. Only ``wiring`` names a concrete driver.
"""

from collections.abc import Sequence
from typing import Any, Protocol

from msgspec import Struct

Value = str | int | float | bytes | None
Row = tuple[Any, ...]
"""Columns in the order of the statement; the repository that wrote it knows their types."""


class StorageUnavailable(Exception):
    """The database is away, full, locked or read-only. Callers answer 503; nothing was written."""


class Statement(Struct, frozen=True):
    """One step of a transaction.

    ``expect_rows``: how many rows must be touched (or returned, for a statement with RETURNING); anything else rolls
    the whole transaction back. ``None``: any number.

    ``counts``: a name for what the statement counts before it writes ("no more than ten of these"). Where transactions
    run side by side, those with the same name run one after the other, so that a limit holds.
    """

    sql: str
    args: tuple[Value, ...] = ()
    expect_rows: int | None = None
    counts: str = ""


class Driver(Protocol):
    """A database that commits durably: what was answered with success survives ``kill -9`` and power loss."""

    async def fetch_one(self, sql: str, args: Sequence[Value] = ()) -> Row | None:
        """The first row or ``None``. Raises ``StorageUnavailable``."""
        ...

    async def fetch_all(self, sql: str, args: Sequence[Value] = ()) -> list[Row]:
        """All rows. Callers bound the number with LIMIT. Raises ``StorageUnavailable``."""
        ...

    async def transact(self, statements: Sequence[Statement]) -> list[Row] | None:
        """Run all statements as one durable transaction.

        Returns the rows of the last RETURNING clause (an empty list if there was none) once they are on disk, or
        ``None`` when an ``expect_rows`` was not met or a uniqueness constraint refused: then nothing was written.
        Raises ``StorageUnavailable``.
        """
        ...

    def version(self) -> object:
        """Changes whenever anybody commits anything; ``None``: unknown, so nothing may be remembered.

        Exact for commits of this process: whoever was told of one sees another version. A commit of another process
        is seen from the next turn of the event loop on.
        """
        ...

    async def close(self) -> None:
        """Finish what was accepted, then close."""
        ...
