"""What each application may do, since when and until when; and taking it back, one by one or all at once.

Owns the list and its two forms. Leaves what a change does to ``authorization.own_grants``, and everything else there is
to know and to do about one application to ``web.grant``.
"""

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from lingpai.oauth.errors import InvalidRequest
from lingpai.server.accounts.csrf import CsrfRefused
from lingpai.server.accounts.session import SignedIn
from lingpai.server.audit import CODE_REPLAYED, REFRESH_TOKEN_REPLAYED
from lingpai.server.authorization.own_grants import GrantKeepsChanging, OwnGrants
from lingpai.server.storage.audit import AuditLog
from lingpai.server.storage.clients import Clients
from lingpai.server.storage.grants import Grants
from lingpai.server.web.grant_views import GrantViews
from lingpai.server.web.render import Pages
from lingpai.server.web.views import application_view, image_sources, person_view
from lingpai.server.web.visit import Visit, Visits, see_other

_WARN_FOR_S = 14 * 86_400
_WARNINGS = 3


class _Warning(Struct, frozen=True, kw_only=True):
    """Tokens of an application were used twice, so its sign-in was ended."""

    at: int
    application: str


class GrantsPage:
    """``GET`` and ``POST /account/grants``."""

    def __init__(
        self,
        pages: Pages,
        visits: Visits,
        grants: Grants,
        clients: Clients,
        events: AuditLog,
        own_grants: OwnGrants,
        views: GrantViews,
    ) -> None:
        self._pages = pages
        self._visits = visits
        self._grants = grants
        self._clients = clients
        self._events = events
        self._own_grants = own_grants
        self._views = views

    async def get(self, request: Request) -> Response:
        """All living grants of whoever is signed in."""
        visit = await self._visits.open(request)
        if visit.signed_in is None:
            return see_other(self._pages.url("sign_in"))
        return await self._show(visit, visit.signed_in, done=request.query_params.get("done"))

    async def post(self, request: Request) -> Response:
        """Take one permission back, or end the whole grant."""
        visit = await self._visits.open(request)
        if visit.signed_in is None:
            return see_other(self._pages.url("sign_in"))
        try:
            form = await self._visits.read_form(visit)
        except CsrfRefused:
            return await self._show(visit, visit.signed_in, problem="stale", status=403)
        account_id, ip, now = visit.signed_in.account.id, visit.ip, visit.now
        match form.get("action"):
            case "end":
                await self._own_grants.end(account_id, form.require("client_id"), ip=ip, now=now)
                return see_other(f"{self._pages.url('grants')}?done=ended")
            case "take_back":
                client_id, name = form.require("client_id"), form.require("scope")
                try:
                    await self._own_grants.take_back(account_id, client_id, name, ip=ip, now=now)
                except GrantKeepsChanging:
                    raise InvalidRequest("the grant keeps changing") from None
                return see_other(f"{self._pages.url('grants')}?done=taken_back")
            case _:
                raise InvalidRequest("action must be end or take_back")

    async def _show(
        self,
        visit: Visit,
        signed_in: SignedIn,
        *,
        done: str | None = None,
        problem: str | None = None,
        status: int = 200,
    ) -> Response:
        account, now = signed_in.account, visit.now
        locale = self._pages.locale(visit.request)
        rows = await self._grants.list_with_clients(account.id, now)
        used = await self._grants.last_used(account.id) if rows else {}
        grants = [
            self._views.view(grant, client, account, used_at=used.get(client.client_id), locale=locale, now=now)
            for grant, client in rows
        ]
        person = person_view(account)
        warnings = await self._warnings(account.id, now)
        response = self._pages.render(
            "grants.html",
            visit.request,
            status=status,
            locale=locale,
            csp_img=image_sources(person.picture, *(grant.application.logo for grant in grants)),
            person=person,
            csrf_token=self._visits.csrf_token(visit),
            grants=grants,
            warnings=warnings,
            done=done,
            problem=problem,
        )
        return self._visits.named(visit, response)

    async def _warnings(self, account_id: bytes, now: int) -> list[_Warning]:
        """Where a code or token came twice lately: either a broken application, or somebody has a copy.

        Spec: RFC 9700 §4.14.2
        """
        kinds = (CODE_REPLAYED, REFRESH_TOKEN_REPLAYED)
        events = await self._events.list_two_events(account_id, kinds, now - _WARN_FOR_S, _WARNINGS)
        clients = [await self._clients.get(event.client_id or "") for event in events]
        return [
            _Warning(at=event.at, application=application_view(client).name)
            for event, client in zip(events, clients, strict=True)
            if client is not None
        ]
