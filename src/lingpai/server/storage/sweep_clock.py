"""The time by a clock that is never put back: the machine's, and what sweeps have seen it go back added to it.

Owns its one row and the SQL that reads it. When somebody puts the machine's clock far ahead (an NTP accident), a sweep
deletes what has expired and the clock is put back, codes are young again and nothing says any more that they were used.
By this clock they stay expired: a sweep moves it on before it deletes, and no step back moves it back.
"""

from lingpai.server.storage.driver import Driver, Statement

_ROW = "FROM heartbeat h WHERE h.id = 3"
_READ = f"SELECT h.at, h.lead {_ROW}"
_TICK = """INSERT INTO heartbeat (id, at, lead) VALUES (3, $1, 0) ON CONFLICT (id) DO UPDATE SET
lead = heartbeat.lead + CASE WHEN heartbeat.at > excluded.at THEN heartbeat.at - excluded.at ELSE 0 END,
at = excluded.at"""
TIME = f"COALESCE((SELECT h.lead + CASE WHEN h.at > {{now}} THEN h.at ELSE {{now}} END {_ROW}), {{now}})"
"""The time as an expression of SQL; ``now`` is a place for the machine's."""


def tick(now: int) -> Statement:
    """What a sweep does first."""
    return Statement(_TICK, (now,))


class SweepClock:
    """The clock in memory, for who must not read for it. As old as the last ``reload``: behind, never ahead."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver
        self._at, self._lead = 0, 0

    async def reload(self) -> None:
        """Look at the row again."""
        self._at, self._lead = await self._driver.fetch_one(_READ) or (0, 0)

    def time(self, now: int) -> int:
        """By this clock, when the machine's says ``now``."""
        return self._lead + max(self._at, now)
