"""Counters per key and time window, shared by every process on the database."""

from collections.abc import Sequence

from lingpai.server.storage.driver import Driver, Statement

_HIT = """INSERT INTO throttle (key, window_start, hits, expires_at) VALUES ($1, $2, 1, $3)
ON CONFLICT (key, window_start) DO UPDATE SET hits = throttle.hits + 1"""
_COUNT = "SELECT window_start, hits FROM throttle WHERE key = $1 AND window_start IN ($2, $3)"
_CLEAR = "DELETE FROM throttle WHERE key = $1"


class Throttles:
    """Hits by key; keys are digests, never a name or address in clear."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver

    async def hit(self, keys: Sequence[bytes], window_start: int, expires_at: int) -> None:
        """Count one for each key."""
        await self._driver.transact([Statement(_HIT, (key, window_start, expires_at)) for key in keys])

    async def counts(self, keys: Sequence[bytes], window_starts: tuple[int, int]) -> dict[tuple[bytes, int], int]:
        """Hits by (key, window start); absent means none."""
        found: dict[tuple[bytes, int], int] = {}
        for key in keys:
            rows = await self._driver.fetch_all(_COUNT, (key, *window_starts))
            found.update({(key, row[0]): row[1] for row in rows})
        return found

    async def clear(self, keys: Sequence[bytes]) -> None:
        """Forget every hit of these keys."""
        await self._driver.transact([Statement(_CLEAR, (key,)) for key in keys])
