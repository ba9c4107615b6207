"""The end of an application, and of a team: pages that say what goes with it, and ask once more.

Both take proof of the person that is not old. A team decides about applications on trial together; one that people use
is deleted by an owner, as is the team itself, which must have no applications any more.
"""

from starlette.requests import Request
from starlette.responses import Response

from lingpai.server.audit import TEAM_CHANGED, Audit
from lingpai.server.portal.becoming import is_live
from lingpai.server.portal.desk import ActRefused, Desk
from lingpai.server.storage.deleted_clients import COUNT_LIMIT
from lingpai.server.storage.portal_records import Team, TeamRole
from lingpai.server.storage.teams import Teams
from lingpai.server.web.account_visits import AccountVisit
from lingpai.server.web.portal.visits import OTHERWISE, STATUS, PortalVisits, Sheet, is_as_seen
from lingpai.server.web.portal_paths import DEVELOPER, END_TEAM, TEAM
from lingpai.server.web.views import image_sources
from lingpai.server.web.visit import see_other


class DeletePage:
    """``GET`` and ``POST /developer/applications/{client_id}/delete``."""

    def __init__(self, visits: PortalVisits, desk: Desk) -> None:
        self._visits = visits
        self._desk = desk

    async def get(self, request: Request) -> Response:
        """What goes with it."""
        sheet = await self._visits.open(request)
        return sheet if isinstance(sheet, Response) else await self._show(sheet)

    async def post(self, request: Request) -> Response:
        """Delete it."""
        sheet = await self._visits.open(request)
        if isinstance(sheet, Response):
            return sheet
        form = await self._visits.read(sheet.opened)
        if form is None or not is_as_seen(sheet.kept, form):
            return await self._show(sheet, "stale" if form is None else "changed")
        if not may_delete(sheet):
            return await self._show(sheet, "owners")
        if not sheet.opened.is_recent:
            return self._visits.accounts.confirm_first(self._visits.path(sheet, "/delete"))
        if form.get("sure") != "yes":
            return await self._show(sheet, "not_ticked")
        try:
            await self._desk.delete(sheet.kept, sheet.account, sheet.now)
        except ActRefused as refused:
            return await self._show(sheet, refused.reason)
        return see_other(f"{self._visits.base}{DEVELOPER}?done=deleted")

    async def _show(self, sheet: Sheet, problem: str = "") -> Response:
        people = await self._visits.applications.count_people(sheet.client_id, sheet.now)
        return self._visits.show(
            sheet,
            "/delete",
            "delete.html",
            problem=problem,
            people=min(people, COUNT_LIMIT),
            is_more=people > COUNT_LIMIT,
            may_delete=may_delete(sheet),
        )


def may_delete(sheet: Sheet) -> bool:
    """Whether whoever is there decides about this."""
    return sheet.kept.role == "owner" or not is_live(sheet.kept.application)


class EndTeamPage:
    """``GET`` and ``POST /developer/teams/{team_id}/end``. For owners; for others there is no such page."""

    def __init__(self, visits: PortalVisits, teams: Teams, audit: Audit) -> None:
        self._visits = visits
        self._teams = teams
        self._audit = audit

    async def get(self, request: Request) -> Response:
        """What goes with it, and what must go first."""
        found = await self._open(request)
        return found if isinstance(found, Response) else await self._show(*found)

    async def post(self, request: Request) -> Response:
        """End it."""
        found = await self._open(request)
        if isinstance(found, Response):
            return found
        opened, team = found
        form = await self._visits.accounts.read(opened)
        if form is None:
            return await self._show(*found, problem="stale")
        if not opened.is_recent:
            return self._visits.accounts.confirm_first(END_TEAM.replace("{team_id}", team.id.hex()))
        if form.get("sure") != "yes":
            return await self._show(*found, problem="not_ticked")
        if not await self._teams.end(team.id, opened.account.id):
            return await self._show(*found, problem="applications")
        await self._audit.record(
            TEAM_CHANGED,
            now=opened.now,
            account_id=opened.account.id,
            ip=opened.ip,
            change="ended",
            team=team.id.hex(),
        )
        return see_other(f"{self._visits.base}{DEVELOPER}?done=team_ended")

    async def _open(self, request: Request) -> tuple[AccountVisit, Team] | Response:
        opened = await self._visits.open_account(request)
        if isinstance(opened, Response):
            return opened
        found: tuple[Team, TeamRole] | None = await self._teams.get_for(
            bytes.fromhex(request.path_params["team_id"]), opened.account.id
        )
        if found is None or found[1] != "owner":
            return self._visits.missing(request)
        return opened, found[0]

    async def _show(self, opened: AccountVisit, team: Team, *, problem: str = "") -> Response:
        kept = await self._visits.applications.list_for(team.id, opened.account.id)
        cards = [self._visits.card(each) for each in kept]
        address = self._visits.base + TEAM.replace("{team_id}", team.id.hex())
        return self._visits.accounts.show(
            opened,
            "portal/end_team.html",
            status=STATUS.get(problem, OTHERWISE) if problem else 200,
            extra_img=image_sources(*(card.logo for card in cards)),
            team=team,
            applications=cards,
            members=await self._teams.members(team.id),
            address=address,
            problem=problem,
        )
