"""Running the server: keys, settings, the audit log, announcements, terms of service, how it is."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from msgspec import Struct

from lingpai.server.administration.keys import KeyActs
from lingpai.server.administration.notices import NoticeActs
from lingpai.server.administration.overview import Overviews
from lingpai.server.administration.settings import settings_in_force
from lingpai.server.clock import Clock
from lingpai.server.config import Config
from lingpai.server.endpoints.admin_api.models import (
    AnnouncementBody,
    AnnouncementOut,
    Done,
    EventOut,
    KeyOut,
    RotateBody,
    TermsBody,
    TermsOut,
)
from lingpai.server.endpoints.admin_api.parts import Limit, Page, actor_of
from lingpai.server.storage.audit import LAST_ID, AuditFilter, AuditLog

_Id = Annotated[str, Path(pattern="^[0-9a-f]{32}$")]
_Kid = Annotated[str, Path(min_length=1, max_length=64)]


class Operation(Struct, frozen=True):
    """What these routes are about."""

    keys: KeyActs
    notices: NoticeActs
    overviews: Overviews
    events: AuditLog
    config: Config


class OperationRoutes:
    """``/overview``, ``/keys``, ``/settings``, ``/audit``, ``/announcements``, ``/terms``."""

    def __init__(self, parts: Operation, clock: Clock) -> None:
        self._parts = parts
        self._clock = clock

    def add_to(self, router: APIRouter) -> None:
        """Register every route."""
        router.add_api_route("/overview", self.overview, methods=["GET"])
        router.add_api_route("/keys", self.list_keys, methods=["GET"])
        router.add_api_route("/keys/rotate", self.rotate, methods=["POST"])
        router.add_api_route("/keys/{kid}", self.withdraw_key, methods=["DELETE"])
        router.add_api_route("/settings", self.settings, methods=["GET"])
        router.add_api_route("/audit", self.audit, methods=["GET"])
        router.add_api_route("/announcements", self.list_announcements, methods=["GET"])
        router.add_api_route("/announcements", self.announce, methods=["POST"])
        router.add_api_route("/announcements/{announcement_id}", self.withdraw, methods=["DELETE"])
        router.add_api_route("/terms", self.list_terms, methods=["GET"])
        router.add_api_route("/terms", self.publish_terms, methods=["POST"])

    async def overview(self) -> dict[str, object]:
        """Events of the last day (at most 1001 each), keys in use, what should be looked at."""
        made = await self._parts.overviews.make(self._clock())
        keys = [{"kid": key.kid, "use": key.use, "alg": key.alg, "age_s": key.age_s} for key in made.keys]
        return {
            "events": made.events,
            "keys": keys,
            "warnings": list(made.warnings),
            "mails_waiting": made.mails_waiting,
        }

    async def list_keys(self) -> Page[KeyOut]:
        """Every key, without its secret part."""
        return Page(items=[KeyOut.of(key) for key in await self._parts.keys.list(self._clock())], next=None)

    async def rotate(self, request: Request, body: RotateBody) -> Done:
        """A successor for each key of a use."""
        await self._parts.keys.rotate(actor_of(request), body.use, self._clock(), at_once=body.at_once)
        return Done()

    async def withdraw_key(self, request: Request, kid: _Kid) -> Done:
        """End a key that leaked: nothing made under it is accepted any more, and another takes over at once."""
        await self._parts.keys.withdraw(actor_of(request), kid, self._clock())
        return Done()

    async def settings(self) -> dict[str, str]:
        """The settings in force; of a secret only whether it is set."""
        return {setting.name: setting.value for setting in settings_in_force(self._parts.config)}

    async def audit(
        self,
        event: Annotated[str | None, Query(max_length=100)] = None,
        account_id: Annotated[str | None, Query(pattern="^[0-9a-f]{32}$")] = None,
        client_id: Annotated[str | None, Query(max_length=128)] = None,
        after: Annotated[int, Query(ge=1, le=LAST_ID, description="`next` of the page before.")] = LAST_ID,
        limit: Limit = 50,
    ) -> Page[EventOut]:
        """Events, newest first."""
        account = bytes.fromhex(account_id) if account_id else None
        found = await self._parts.events.list_page(AuditFilter(event, account, client_id), after, limit + 1)
        following = str(found[limit - 1].id) if len(found) > limit else None
        return Page(items=[EventOut.of(numbered) for numbered in found[:limit]], next=following)

    async def list_announcements(self) -> Page[AnnouncementOut]:
        """All of them, those that end last first."""
        found = await self._parts.notices.announcements()
        return Page(items=[AnnouncementOut.of(announcement) for announcement in found], next=None)

    async def announce(self, request: Request, body: AnnouncementBody) -> AnnouncementOut:
        """Show a text between two instants."""
        made = await self._parts.notices.announce(
            actor_of(request), body.audience, body.texts, body.begins_at, body.ends_at, self._clock()
        )
        return AnnouncementOut.of(made)

    async def withdraw(self, request: Request, announcement_id: _Id) -> Done:
        """Take one away."""
        await self._parts.notices.withdraw(actor_of(request), bytes.fromhex(announcement_id), self._clock())
        return Done()

    async def list_terms(self) -> Page[TermsOut]:
        """Every version, newest first."""
        return Page(items=[TermsOut.of(version) for version in await self._parts.notices.terms()], next=None)

    async def publish_terms(self, request: Request, body: TermsBody) -> Done:
        """A new version."""
        now = self._clock()
        active_from = now if body.active_from is None else body.active_from
        await self._parts.notices.publish_terms(actor_of(request), body.texts, active_from, now)
        return Done()
