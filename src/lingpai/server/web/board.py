"""What the operator announces now, in memory: every page shows it, and none may wait for the database for it."""

from collections.abc import Mapping

from lingpai.server.clock import Clock
from lingpai.server.storage.announcements import Announcement, Announcements, Audience


class Board:
    """Valid after ``reload``."""

    def __init__(self, rows: Announcements, clock: Clock) -> None:
        self._rows = rows
        self._clock = clock
        self._living: tuple[Announcement, ...] = ()

    async def reload(self, now: int) -> None:
        """Read it now."""
        self._living = tuple(await self._rows.list_living(now))

    def texts(self, audience: Audience, locale: str) -> list[str]:
        """What is shown now to ``audience``; the one that ends first comes first."""
        now = self._clock()
        return [
            _text(announcement.texts, locale)
            for announcement in self._living
            if announcement.begins_at <= now < announcement.ends_at and announcement.audience == audience
        ]


def _text(texts: Mapping[str, str], locale: str) -> str:
    return texts.get(locale) or next(iter(texts.values()), "")
