"""The latest requests of an application that were refused, and each of them explained."""

from starlette.requests import Request
from starlette.responses import Response

from lingpai.server.portal.explain import explain
from lingpai.server.portal.observer import Observer
from lingpai.server.storage.observations import Observations
from lingpai.server.web.portal.visits import PortalVisits

_PAGE_COUNT = 25
_LAST = (2**62, "")


class RefusalsPage:
    """``GET /developer/applications/{client_id}/refusals`` and ``…/{reference}``."""

    def __init__(self, visits: PortalVisits, observer: Observer, rows: Observations) -> None:
        self._visits = visits
        self._observer = observer
        self._rows = rows

    async def get(self, request: Request) -> Response:
        """The list, latest first."""
        sheet = await self._visits.open(request)
        if isinstance(sheet, Response):
            return sheet
        refusals = await self._rows.refusals(sheet.client_id, _before(request), _PAGE_COUNT)
        last = refusals[-1] if len(refusals) == _PAGE_COUNT else None
        return self._visits.show(
            sheet,
            "/refusals",
            "refusals.html",
            refusals=refusals,
            before=f"{last.at}.{last.reference}" if last else "",
        )

    async def get_one(self, request: Request) -> Response:
        """One, with what to change."""
        sheet = await self._visits.open(request)
        if isinstance(sheet, Response):
            return sheet
        refusal = await self._observer.get_refusal(sheet.client_id, request.path_params["reference"])
        if refusal is None:
            return self._visits.missing(request)
        return self._visits.show(
            sheet,
            "/refusals",
            "refusal.html",
            refusal=refusal,
            explained=explain(refusal, sheet.kept.client, sheet.kept.application),
        )


def _before(request: Request) -> tuple[int, str]:
    at, _, reference = request.query_params.get("before", "").partition(".")
    return (int(at), reference) if at.isascii() and at.isdigit() and len(at) < 19 else _LAST
