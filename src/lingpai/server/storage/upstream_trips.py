"""Sign-ins whose person is away at an upstream provider. Each is taken once, by the browser that began it.

They are rows and not sealed values in an address, because the only thing that comes back with the person is a ``state``
too short for what must be remembered (decision 0009). What a row holds is sealed all the same.
"""

from lingpai.server.storage.driver import Driver, Statement

_RECORD = "INSERT INTO upstream_trip (state, browser, sealed, expires_at) VALUES ($1, $2, $3, $4)"
_TAKE = "DELETE FROM upstream_trip WHERE state = $1 AND browser = $2 AND expires_at > $3 RETURNING sealed"


class UpstreamTrips:
    """By the digest of their ``state``."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver

    async def record(self, state: bytes, browser: bytes, sealed: str, expires_at: int) -> None:
        """Keep what must be remembered. ``state``, ``browser``: digests."""
        await self._driver.transact([Statement(_RECORD, (state, browser, sealed, expires_at), expect_rows=1)])

    async def take(self, state: bytes, browser: bytes, now: int) -> str | None:
        """What was kept, and never again. ``None``: nothing, or another browser's, whose it then stays."""
        rows = await self._driver.transact([Statement(_TAKE, (state, browser, now))])
        if not rows:
            return None
        sealed: str = rows[0][0]
        return sealed
