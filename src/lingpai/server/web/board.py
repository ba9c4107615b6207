"""What every page may show and no page waits for the database for: announcements, and who administers the server.

In memory, and as old as the catalog of permissions may be. Leaves what somebody may do to ``accounts.roles``: here it
only decides about a link.
"""

from collections.abc import Mapping

from lingpai.server.clock import Clock
from lingpai.server.storage.announcements import Announcement, Announcements, Audience


class Board:
    """Valid after ``reload``."""

    def __init__(self, rows: Announcements, clock: Clock) -> None:
        self._rows = rows
        self._clock = clock
        self._living: tuple[Announcement, ...] = ()
        self._administrators: frozenset[str] = frozenset()

    async def reload(self, now: int) -> None:
        """Read it now."""
        self._living, self._administrators = await self._rows.board(now)

    def texts(self, audience: Audience, locale: str) -> list[str]:
        """What is shown now to ``audience``; the one that ends first comes first."""
        now = self._clock()
        return [
            _text(announcement.texts, locale)
            for announcement in self._living
            if announcement.begins_at <= now < announcement.ends_at and announcement.audience == audience
        ]

    def administers(self, username: str) -> bool:
        """Whether that account has a role."""
        return username in self._administrators


def _text(texts: Mapping[str, str], locale: str) -> str:
    return texts.get(locale) or next(iter(texts.values()), "")
