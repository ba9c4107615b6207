"""My data: taking it along, and leaving for good."""

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from lingpai.server.accounts.own_data import OwnData
from lingpai.server.http import Cookies
from lingpai.server.storage.teams import Teams
from lingpai.server.web.account_visits import AccountVisit, AccountVisits
from lingpai.server.web.showing import Showing

_STATUS = {"stale": 403, "not_ticked": 422, "teams": 409}


class OwnDataPage:
    """``GET`` and ``POST /account/data``, ``GET /account/data/export``."""

    def __init__(self, visits: AccountVisits, data: OwnData, teams: Teams, cookies: Cookies, showing: Showing) -> None:
        self._visits = visits
        self._data = data
        self._teams = teams
        self._cookies = cookies
        self._showing = showing

    async def get(self, request: Request) -> Response:
        """Both, explained."""
        opened = await self._visits.open(request)
        return opened if isinstance(opened, Response) else await self._show(opened)

    async def export(self, request: Request) -> Response:
        """Everything as a file."""
        opened = await self._visits.open(request)
        if isinstance(opened, Response):
            return opened
        if not opened.is_recent:
            return self._visits.confirm_first("data")
        document = msgspec.json.format(msgspec.json.encode(await self._data.export(opened.account, opened.now)))
        headers = {
            "Cache-Control": "no-store",
            "Content-Disposition": 'attachment; filename="my-data.json"',
            "X-Content-Type-Options": "nosniff",
        }
        return Response(document, media_type="application/json", headers=headers)

    async def post(self, request: Request) -> Response:
        """Delete the account: after proof of the person, and a tick that it is meant."""
        opened = await self._visits.open(request)
        if isinstance(opened, Response):
            return opened
        form = await self._visits.read(opened)
        if form is None:
            return await self._show(opened, "stale")
        if not opened.is_recent:
            return self._visits.confirm_first("data")
        if form.get("sure") != "yes":
            return await self._show(opened, "not_ticked")
        if not await self._data.delete(opened.account, ip=opened.ip, now=opened.now):
            return await self._show(opened, "teams")
        response = self._showing.show(opened.visit, "account_deleted.html")
        self._cookies.clear_session(response)
        return response

    async def _show(self, opened: AccountVisit, problem: str = "") -> Response:
        status, teams = _STATUS.get(problem, 200), await self._teams.held_by(opened.account.id)
        return self._visits.show(opened, "data.html", status=status, problem=problem, teams=teams)
