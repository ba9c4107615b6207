"""The team's side of the review: what is missing, handing in, comments, history."""

from starlette.requests import Request
from starlette.responses import Response

from lingpai.server.portal.desk import TEXT_LIMIT_CHARS, ActRefused, Desk, may_submit, missing
from lingpai.server.storage.portal_records import HistoryEntry
from lingpai.server.tokens.catalog import Catalog
from lingpai.server.web.portal.application import typed_text
from lingpai.server.web.portal.visits import PortalVisits, Sheet, is_as_seen

HISTORY_LIMIT_COUNT = 20


def before_in(request: Request) -> int | None:
    """The entry behind which a list of history goes on."""
    text = request.query_params.get("before", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def next_before(entries: list[HistoryEntry]) -> int | None:
    """Where the next page of a history begins, if there may be one."""
    return entries[-1].id if len(entries) == HISTORY_LIMIT_COUNT else None


class ReviewPage:
    """``GET`` and ``POST /developer/applications/{client_id}/review``."""

    def __init__(self, visits: PortalVisits, desk: Desk, catalog: Catalog) -> None:
        self._visits = visits
        self._desk = desk
        self._catalog = catalog

    async def get(self, request: Request) -> Response:
        """Where it stands."""
        sheet = await self._visits.open(request)
        return sheet if isinstance(sheet, Response) else await self._show(sheet)

    async def post(self, request: Request) -> Response:
        """Hand in, take back, or say something."""
        sheet = await self._visits.open(request)
        if isinstance(sheet, Response):
            return sheet
        form = await self._visits.read(sheet.opened)
        if form is None:
            return await self._show(sheet, "stale")
        text, action = typed_text(form, "text", TEXT_LIMIT_CHARS), form.get("action")
        if action != "comment" and not is_as_seen(sheet.kept, form):
            return await self._show(sheet, "changed", text)
        try:
            match action:
                case "submit":
                    await self._desk.submit(sheet.kept, text, sheet.account, sheet.now)
                case "withdraw":
                    await self._desk.withdraw(sheet.kept, sheet.account, sheet.now)
                case _:
                    await self._desk.comment(sheet.kept, text, sheet.account, sheet.now)
        except ActRefused as refused:
            return await self._show(sheet, refused.reason, text)
        return self._visits.done(sheet, "/review", str(action))

    async def _show(self, sheet: Sheet, problem: str = "", typed: str = "") -> Response:
        before = before_in(sheet.opened.visit.request)
        history = await self._visits.applications.history(sheet.client_id, before, HISTORY_LIMIT_COUNT)
        return self._visits.show(
            sheet,
            "/review",
            "review.html",
            problem=problem,
            typed=typed,
            missing=missing(sheet.kept),
            may_submit=may_submit(sheet.kept, self._catalog, issuer=self._visits.issuer),
            history=history,
            next_before=next_before(history),
        )
