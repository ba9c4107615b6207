"""How much an application is used: a picture for each number, and a table that says the same."""

from starlette.requests import Request
from starlette.responses import Response

from lingpai.server.portal.chart import HEIGHT, WIDTH, chart
from lingpai.server.storage.observations import Observations
from lingpai.server.storage.portal_records import UsageKind
from lingpai.server.web.portal.visits import PortalVisits

_KINDS: tuple[UsageKind, ...] = ("sign_ins", "grants", "tokens", "refusals", "errors")
_DAYS = 30
_DAY_S = 86_400


class UsagePage:
    """``GET /developer/applications/{client_id}/usage``."""

    def __init__(self, visits: PortalVisits, rows: Observations) -> None:
        self._visits = visits
        self._rows = rows

    async def get(self, request: Request) -> Response:
        """The last thirty days, today with what there is of it."""
        sheet = await self._visits.open(request)
        if isinstance(sheet, Response):
            return sheet
        today = sheet.now - sheet.now % _DAY_S
        days = [today - _DAY_S * back for back in reversed(range(_DAYS))]
        numbers = await self._rows.days(sheet.client_id, days[0])
        charts = {kind: chart([(day, numbers.get((day, kind), 0)) for day in days]) for kind in _KINDS}
        table = [(day, [numbers.get((day, kind), 0) for kind in _KINDS]) for day in reversed(days)]
        return self._visits.show(
            sheet,
            "/usage",
            "usage.html",
            charts=charts,
            kinds=_KINDS,
            table=[(day, row) for day, row in table if any(row)],
            width=WIDTH,
            height=HEIGHT,
            first=days[0],
            last=days[-1],
        )
