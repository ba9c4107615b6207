"""One application and what it may do: permissions, last use, how long, the history, a receipt to take along.

Owns the page, its forms and the download. Leaves what a change does to ``authorization.own_grants``, what a receipt
says to ``authorization.receipt``. An application that does not exist is answered like one that whoever is there
never allowed anything.
"""

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from lingpai.oauth.errors import InvalidRequest
from lingpai.oauth.params import Params
from lingpai.server import audit
from lingpai.server.authorization.consent import InvalidAnswer
from lingpai.server.authorization.own_grants import GrantKeepsChanging, OwnGrants
from lingpai.server.authorization.receipt import RECEIPT_TYPE, Receipts
from lingpai.server.storage.audit import LAST_ID, AuditLog, NumberedEvent
from lingpai.server.storage.clients import Clients
from lingpai.server.storage.grants import Grants
from lingpai.server.storage.records import Client, Grant
from lingpai.server.web import paths
from lingpai.server.web.account_visits import AccountVisit, AccountVisits
from lingpai.server.web.errors import error_page
from lingpai.server.web.grant_views import GrantViews
from lingpai.server.web.views import image_sources
from lingpai.server.web.visit import see_other

_PAGE_ROWS = 20
_HISTORY = (
    *(audit.CONSENT_GIVEN, audit.CONSENT_REFUSED, audit.GRANT_NARROWED, audit.GRANT_LIFETIME_CHANGED),
    *(audit.GRANT_ENDED, audit.CODE_REPLAYED, audit.REFRESH_TOKEN_REPLAYED, audit.TOKEN_REVOKED),
)
_STATUS = {"stale": 403, "changed": 409}


class _Past(Struct, frozen=True, kw_only=True):
    """A line of the history."""

    at: int
    event: str
    permissions: list[str]
    lifetime: str
    by_operator: bool


class _Sheet(Struct, frozen=True):
    """One visit to one grant."""

    opened: AccountVisit
    grant: Grant
    client: Client


class GrantPage:
    """``GET`` and ``POST /account/grants/{client_id}``, ``GET /account/grants/{client_id}/receipt``."""

    def __init__(
        self,
        visits: AccountVisits,
        grants: Grants,
        clients: Clients,
        events: AuditLog,
        own_grants: OwnGrants,
        views: GrantViews,
        receipts: Receipts,
    ) -> None:
        self._visits = visits
        self._grants = grants
        self._clients = clients
        self._events = events
        self._own_grants = own_grants
        self._views = views
        self._receipts = receipts

    async def get(self, request: Request) -> Response:
        """The grant, in force or not any more."""
        sheet = await self._open(request)
        return sheet if isinstance(sheet, Response) else await self._show(sheet)

    async def post(self, request: Request) -> Response:
        """Take one permission back, choose another time, or end it."""
        sheet = await self._open(request)
        if isinstance(sheet, Response):
            return sheet
        form = await self._visits.read(sheet.opened)
        if form is None:
            return await self._show(sheet, "stale")
        try:
            done = await self._change(sheet, form)
        except GrantKeepsChanging:
            return await self._show(sheet, "changed")
        except InvalidAnswer:
            raise InvalidRequest("lifetime must be one of this page") from None
        return see_other(f"{self._address(sheet)}?done={done}")

    async def receipt(self, request: Request) -> Response:
        """The receipt as a file. It says when it was made, so each is another one."""
        sheet = await self._open(request)
        if isinstance(sheet, Response):
            return sheet
        headers = {
            "Cache-Control": "no-store",
            "Content-Disposition": f'attachment; filename="{_file_name(sheet.client)}"',
            "X-Content-Type-Options": "nosniff",
        }
        document = self._receipts.write(sheet.grant, sheet.opened.account, sheet.client, sheet.opened.now)
        return Response(document, media_type="application/json", headers=headers)

    async def _open(self, request: Request) -> _Sheet | Response:
        opened = await self._visits.open(request)
        if isinstance(opened, Response):
            return opened
        client_id = request.path_params["client_id"]
        grant = await self._grants.get(opened.account.id, client_id)
        client = await self._clients.get(client_id) if grant else None
        if grant is None or client is None:
            return error_page(self._visits.pages, request, "not_found", status=404)
        return _Sheet(opened, grant, client)

    async def _change(self, sheet: _Sheet, form: Params) -> str:
        """What was done, as the page says it."""
        account_id, client, ip, now = sheet.opened.account.id, sheet.client, sheet.opened.ip, sheet.opened.now
        match form.get("action"):
            case "end":
                await self._own_grants.end(account_id, client.client_id, ip=ip, now=now)
                return "ended"
            case "take_back":
                await self._own_grants.take_back(account_id, client.client_id, form.require("scope"), ip=ip, now=now)
                return "taken_back"
            case "lifetime":
                await self._own_grants.change_lifetime(account_id, client, form.require("lifetime"), ip=ip, now=now)
                return "lifetime"
            case _:
                raise InvalidRequest("action must be end, take_back or lifetime")

    async def _show(self, sheet: _Sheet, problem: str = "") -> Response:
        opened, client = sheet.opened, sheet.client
        request = opened.visit.request
        locale = self._visits.pages.locale(request)
        used = await self._grants.last_used(opened.account.id)
        view = self._views.view(
            sheet.grant, client, opened.account, used_at=used.get(client.client_id), locale=locale, now=opened.now
        )
        before = _before(request.query_params.get("before", ""))
        found = await self._events.list_grant(opened.account.id, client.client_id, _HISTORY, before, _PAGE_ROWS + 1)
        return self._visits.show(
            opened,
            "grant.html",
            status=_STATUS.get(problem, 200),
            extra_img=image_sources(view.application.logo),
            grant=view,
            lifetimes=client.grant_lifetimes,
            history=[self._past(numbered, locale) for numbered in found[:_PAGE_ROWS]],
            is_first_page=before == LAST_ID,
            more=found[_PAGE_ROWS - 1].id if len(found) > _PAGE_ROWS else 0,
            address=self._address(sheet),
            receipt_address=self._path(paths.RECEIPT, client),
            receipt_type=RECEIPT_TYPE,
            command=f"lingpai receipt verify {_file_name(client)}",
            jwks_uri=self._receipts.jwks_uri,
            problem=problem,
            done=request.query_params.get("done", ""),
        )

    def _past(self, numbered: NumberedEvent, locale: str) -> _Past:
        detail = numbered.event.detail
        scope = str(detail.get("scope", ""))
        return _Past(
            at=numbered.event.at,
            event=numbered.event.event,
            permissions=[self._views.words(name, locale) for name in scope.split()],
            lifetime=str(detail.get("lifetime", "")),
            by_operator="by" in detail,
        )

    def _address(self, sheet: _Sheet) -> str:
        return self._path(paths.GRANT, sheet.client)

    def _path(self, pattern: str, client: Client) -> str:
        return self._visits.pages.base + pattern.replace("{client_id}", client.client_id)


def _before(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < len(str(LAST_ID)) else LAST_ID


def _file_name(client: Client) -> str:
    # An id that came with the path has no character that would end the name: see ``path_patterns``.
    return f"receipt-{client.client_id}.json"
