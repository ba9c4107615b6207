"""What the operator tells everybody on the pages between two instants."""

from typing import Literal

import msgspec
from msgspec import Struct

from lingpai.server.storage.driver import Driver, Statement

Audience = Literal["people", "developers"]
"""``people``: on every page; ``developers``: only on those of the developer portal."""

_PUT = """INSERT INTO announcement (id, document, begins_at, ends_at) VALUES ($1, $2, $3, $4)
ON CONFLICT (id) DO UPDATE SET document = excluded.document, begins_at = excluded.begins_at,
ends_at = excluded.ends_at"""
_LIST = "SELECT document FROM announcement ORDER BY ends_at DESC, id LIMIT $1"
# One statement: every process reads it again and again, for what every page shows.
_BOARD = """SELECT document, NULL FROM (
SELECT document FROM announcement WHERE ends_at > $1 ORDER BY ends_at, id LIMIT $2) living
UNION ALL SELECT NULL, a.username FROM admin_role r JOIN account a ON a.id = r.account_id"""
_LIST_LIVING = "SELECT document FROM announcement WHERE ends_at > $1 ORDER BY ends_at, id LIMIT $2"
_DELETE = "DELETE FROM announcement WHERE id = $1"

LIMIT_LIVING = 20
"""More than anybody reads."""


class Announcement(Struct, frozen=True, kw_only=True):
    """Shown from ``begins_at`` until before ``ends_at`` (epoch seconds). Plain text by locale."""

    id: bytes
    audience: Audience
    texts: dict[str, str]
    begins_at: int
    ends_at: int


_decoder = msgspec.json.Decoder(Announcement)


class Announcements:
    """Announcements by id."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver

    async def put(self, announcement: Announcement) -> None:
        """Insert or replace."""
        a = announcement
        args = (a.id, msgspec.json.encode(a).decode(), a.begins_at, a.ends_at)
        await self._driver.transact([Statement(_PUT, args)])

    async def delete(self, announcement_id: bytes) -> None:
        """Take it away for good."""
        await self._driver.transact([Statement(_DELETE, (announcement_id,))])

    async def list_living(self, now: int) -> list[Announcement]:
        """Those that have not ended, begun or not."""
        rows = await self._driver.fetch_all(_LIST_LIVING, (now, LIMIT_LIVING))
        return [_decoder.decode(row[0]) for row in rows]

    async def board(self, now: int) -> tuple[tuple[Announcement, ...], frozenset[str]]:
        """The same, the first to end first, and the usernames of everybody with a role."""
        rows = await self._driver.fetch_all(_BOARD, (now, LIMIT_LIVING))
        living = [_decoder.decode(row[0]) for row in rows if row[0] is not None]
        names = frozenset(row[1] for row in rows if row[1] is not None)
        return tuple(sorted(living, key=lambda each: each.ends_at)), names

    async def list(self, limit: int = 100) -> list[Announcement]:
        """All there are, those that end last first."""
        return [_decoder.decode(row[0]) for row in await self._driver.fetch_all(_LIST, (limit,))]
