"""What everybody is told and asked: announcements, and the terms of service in their versions."""

import re

from lingpai.crypto.digest import new_id
from lingpai.i18n import LOCALES
from lingpai.server.administration.desk import Actor, ActRefused, Desk
from lingpai.server.audit import ANNOUNCEMENT_CHANGED, TERMS_PUBLISHED
from lingpai.server.storage.announcements import LIMIT_LIVING, Announcement, Announcements, Audience
from lingpai.server.storage.driver import Driver
from lingpai.server.storage.terms import Terms, TermsVersion

_ANNOUNCEMENT_LIMIT_CHARS = 500
_TERMS_LIMIT_CHARS = 20_000
_LONGEST_S = 366 * 86_400
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069]")


class NoticeActs:
    """Acts on announcements and terms. Each raises ``ActRefused``."""

    def __init__(self, desk: Desk, announcements: Announcements, terms: Terms) -> None:
        self._desk = desk
        self._announcements = announcements
        self._terms = terms

    async def announcements(self) -> list[Announcement]:
        """All of them, those that end last first."""
        return await self._announcements.list()

    async def terms(self) -> list[TermsVersion]:
        """Every version, newest first."""
        return await self._terms.list()

    async def announce(
        self, actor: Actor, audience: Audience, texts: dict[str, str], begins_at: int, ends_at: int, now: int
    ) -> Announcement:
        """Show the texts between the two instants."""
        problems = _problems_of_texts(texts, _ANNOUNCEMENT_LIMIT_CHARS)
        if not begins_at < ends_at <= begins_at + _LONGEST_S or ends_at <= now:
            problems["ends_at"] = "range"
        if problems:
            raise ActRefused("invalid", problems)
        if len(await self._announcements.list_living(now)) >= LIMIT_LIVING:
            raise ActRefused("conflict", {"announcement": "too_many"})
        made = Announcement(id=new_id(), audience=audience, texts=texts, begins_at=begins_at, ends_at=ends_at)

        async def work(driver: Driver) -> None:
            await Announcements(driver).put(made)

        await self._desk.write(
            actor, "write_announcement", ANNOUNCEMENT_CHANGED, work, now=now, announcement=made.id.hex()
        )
        return made

    async def withdraw(self, actor: Actor, announcement_id: bytes, now: int) -> None:
        """Take an announcement away."""
        if all(known.id != announcement_id for known in await self._announcements.list()):
            raise ActRefused("not_found")

        async def work(driver: Driver) -> None:
            await Announcements(driver).delete(announcement_id)

        name = announcement_id.hex()
        await self._desk.write(
            actor, "write_announcement", ANNOUNCEMENT_CHANGED, work, now=now, announcement=name, withdrawn=True
        )

    async def publish_terms(self, actor: Actor, texts: dict[str, str], active_from: int, now: int) -> None:
        """A new version, asked for at every sign-in from ``active_from`` on."""
        problems = _problems_of_texts(texts, _TERMS_LIMIT_CHARS)
        if not now <= active_from <= now + _LONGEST_S:
            problems["active_from"] = "range"
        if problems:
            raise ActRefused("invalid", problems)

        async def work(driver: Driver) -> None:
            await Terms(driver).publish(texts, active_from, now)

        await self._desk.write(actor, "write_terms", TERMS_PUBLISHED, work, now=now, active_from=active_from)


def _problems_of_texts(texts: dict[str, str], limit_chars: int) -> dict[str, str]:
    problems = {
        f"texts.{locale}": "text"
        for locale in LOCALES
        if not texts.get(locale, "").strip() or len(texts[locale]) > limit_chars or _CONTROL.search(texts[locale])
    }
    if set(texts) - set(LOCALES):
        problems["texts"] = "unknown"
    return problems
