"""Numbers for a glance at a big database: each is counted along an index and only up to a limit."""

from lingpai.server.storage.driver import Driver

LIMIT = 1000
"""More is shown as "more than"."""

_EVENTS = f"SELECT count(*) FROM (SELECT 1 FROM audit_event WHERE event = $1 AND id > $2 LIMIT {LIMIT + 1}) counted"
_MAILS = f"SELECT count(*) FROM (SELECT 1 FROM mail WHERE next_at IS NOT NULL LIMIT {LIMIT + 1}) counted"
_REGISTERED = f"SELECT count(*) FROM (SELECT 1 FROM client WHERE expires_at IS NOT NULL LIMIT {LIMIT + 1}) counted"


class Glance:
    """Counts, at most ``LIMIT + 1`` each."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver

    async def events(self, event: str, after_id: int) -> int:
        """Audit events of a kind behind a place in the log."""
        return await self._count(_EVENTS, event, after_id)

    async def mails_waiting(self) -> int:
        """Mails nobody could hand on yet."""
        return await self._count(_MAILS)

    async def registered_by_strangers(self) -> int:
        """Applications registered without a token."""
        return await self._count(_REGISTERED)

    async def _count(self, sql: str, *args: str | int) -> int:
        row = await self._driver.fetch_one(sql, args)
        return row[0] if row else 0
