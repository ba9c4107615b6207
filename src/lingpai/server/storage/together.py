"""Several repositories' writes as one transaction."""

from collections.abc import Sequence

from lingpai.server.storage.driver import Driver, Row, Statement, Value


class Together:
    """A driver that reads like the one behind it and keeps what is to be written until ``write``.

    Repositories are constructed over it and know nothing of it; what they write is not there for them to read yet.
    """

    def __init__(self, driver: Driver) -> None:
        self._driver = driver
        self._statements: list[Statement] = []

    async def fetch_one(self, sql: str, args: Sequence[Value] = ()) -> Row | None:
        """The first row, as stored."""
        return await self._driver.fetch_one(sql, args)

    async def fetch_all(self, sql: str, args: Sequence[Value] = ()) -> list[Row]:
        """All rows, as stored."""
        return await self._driver.fetch_all(sql, args)

    async def transact(self, statements: Sequence[Statement]) -> list[Row] | None:
        """Keep the statements. Whether they succeed is known to ``write``."""
        self._statements.extend(statements)
        return []

    def version(self) -> object:
        """Unknown: what is put together here is not in the database yet."""
        return None

    async def close(self) -> None:
        """The driver behind belongs to somebody else."""

    async def write(self) -> bool:
        """Write everything that was kept. ``False``: one statement was refused, so nothing was written."""
        statements, self._statements = self._statements, []
        return not statements or await self._driver.transact(statements) is not None
