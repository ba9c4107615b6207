"""Announcements and the terms of service: written here, in both languages."""

from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import Response

from lingpai.i18n import LOCALES
from lingpai.oauth.params import Params
from lingpai.server.administration.desk import ActRefused
from lingpai.server.administration.notices import NoticeActs
from lingpai.server.storage.announcements import Audience
from lingpai.server.web.admin.visits import LINE_BREAK, AdminVisit, AdminVisits
from lingpai.server.web.admin_paths import ANNOUNCEMENTS, TERMS_VERSIONS

_DAY_S = 86_400


class AnnouncementsPage:
    """``GET`` and ``POST /admin/announcements``."""

    def __init__(self, visits: AdminVisits, acts: NoticeActs) -> None:
        self._visits = visits
        self._acts = acts

    async def get(self, request: Request) -> Response:
        """Those there are, and a form for one more."""
        visit = await self._visits.open(request)
        return visit if isinstance(visit, Response) else await self._show(visit)

    async def post(self, request: Request) -> Response:
        """Announce or withdraw."""
        opened = await self._visits.open_form(request, "write_announcement", ANNOUNCEMENTS)
        if isinstance(opened, Response):
            return opened
        visit, form = opened
        try:
            if form.get("action") == "withdraw":
                await self._acts.withdraw(visit.actor, _bytes_in(form.get("announcement")), visit.now)
                return self._visits.done(ANNOUNCEMENTS, "withdrawn")
            begins_at = read_moment(form.get("begins_at"), default=visit.now)
            ends_at = read_moment(form.get("ends_at"), default=visit.now + _DAY_S)
            audience: Audience = "developers" if form.get("audience") == "developers" else "people"
            await self._acts.announce(visit.actor, audience, _texts(form), begins_at, ends_at, visit.now)
        except ActRefused as refused:
            if refused.reason != "invalid":
                return self._visits.refused(visit, refused)
            return await self._show(visit, form, dict(refused.problems))
        return self._visits.done(ANNOUNCEMENTS, "announced")

    async def _show(
        self, visit: AdminVisit, form: Params | None = None, problems: dict[str, str] | None = None
    ) -> Response:
        return self._visits.show(
            visit,
            "admin/announcements.html",
            status=422 if problems else 200,
            announcements=await self._acts.announcements(),
            now=visit.now,
            form=form,
            problems=problems or {},
        )


class TermsVersionsPage:
    """``GET`` and ``POST /admin/terms``."""

    def __init__(self, visits: AdminVisits, acts: NoticeActs) -> None:
        self._visits = visits
        self._acts = acts

    async def get(self, request: Request) -> Response:
        """Every version, and a form for the next."""
        visit = await self._visits.open(request)
        return visit if isinstance(visit, Response) else await self._show(visit)

    async def post(self, request: Request) -> Response:
        """Publish one."""
        opened = await self._visits.open_form(request, "write_terms", TERMS_VERSIONS)
        if isinstance(opened, Response):
            return opened
        visit, form = opened
        try:
            active_from = max(visit.now, read_moment(form.get("active_from"), default=visit.now))
            await self._acts.publish_terms(visit.actor, _texts(form), active_from, visit.now)
        except ActRefused as refused:
            if refused.reason != "invalid":
                return self._visits.refused(visit, refused)
            return await self._show(visit, form, dict(refused.problems))
        return self._visits.done(TERMS_VERSIONS, "published")

    async def _show(
        self, visit: AdminVisit, form: Params | None = None, problems: dict[str, str] | None = None
    ) -> Response:
        return self._visits.show(
            visit,
            "admin/terms.html",
            status=422 if problems else 200,
            versions=await self._acts.terms(),
            now=visit.now,
            form=form,
            problems=problems or {},
        )


def read_moment(text: str | None, *, default: int) -> int:
    """What a ``datetime-local`` field sends, taken as UTC; empty: ``default``. Raises ``ActRefused``."""
    if not text:
        return default
    try:
        return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())
    except (ValueError, OverflowError):
        raise ActRefused("invalid", {"ends_at": "range"}) from None


def _texts(form: Params) -> dict[str, str]:
    return {locale: (form.get(f"text_{locale}") or "").replace(LINE_BREAK, "\n").strip() for locale in LOCALES}


def _bytes_in(text: str | None) -> bytes:
    try:
        return bytes.fromhex(text or "")
    except ValueError:
        return b""
