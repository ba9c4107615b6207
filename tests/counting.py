"""Counts what the server asks of its database."""

from collections.abc import Sequence

from lingpai.server.storage.driver import Driver, Row, Statement, Value


class CountingDriver:
    """The real driver, counting statements: budgets are tested by number, because numbers do not jitter."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver
        self._epoch = 0
        self.reads: list[str] = []
        self.writes: list[str] = []

    def reset(self) -> None:
        """Begin to count; nothing that was read before is remembered, because budgets are for the first time."""
        self._epoch += 1
        self.reads.clear()
        self.writes.clear()

    async def fetch_one(self, sql: str, args: Sequence[Value] = ()) -> Row | None:
        self.reads.append(sql)
        return await self._driver.fetch_one(sql, args)

    async def fetch_all(self, sql: str, args: Sequence[Value] = ()) -> list[Row]:
        self.reads.append(sql)
        return await self._driver.fetch_all(sql, args)

    async def transact(self, statements: Sequence[Statement]) -> list[Row] | None:
        self.writes.extend(statement.sql for statement in statements)
        return await self._driver.transact(statements)

    def version(self) -> object:
        version = self._driver.version()
        return None if version is None else (self._epoch, version)

    async def close(self) -> None:
        await self._driver.close()
