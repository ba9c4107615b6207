"""My teams and their applications; making a team."""

from starlette.requests import Request
from starlette.responses import Response

from lingpai.crypto.digest import new_id
from lingpai.server.audit import TEAM_CHANGED, Audit
from lingpai.server.mail.message import one_line
from lingpai.server.storage.portal_records import Team
from lingpai.server.storage.teams import Teams
from lingpai.server.web.account_visits import AccountVisit
from lingpai.server.web.portal.visits import OTHERWISE, STATUS, PortalVisits
from lingpai.server.web.portal_paths import TEAM
from lingpai.server.web.views import image_sources
from lingpai.server.web.visit import see_other

_NAME_LIMIT_CHARS = 60


def typed_name(text: str | None) -> str:
    """A name as it is kept: one line, and short."""
    shown = "".join(letter for letter in one_line(text or "") if letter.isprintable())
    return " ".join(shown.split())[:_NAME_LIMIT_CHARS]


class OverviewPage:
    """``GET`` and ``POST /developer``."""

    def __init__(self, visits: PortalVisits, teams: Teams, audit: Audit) -> None:
        self._visits = visits
        self._teams = teams
        self._audit = audit

    async def get(self, request: Request) -> Response:
        """Everything of mine."""
        opened = await self._visits.open_account(request)
        return opened if isinstance(opened, Response) else await self._show(opened)

    async def post(self, request: Request) -> Response:
        """A new team."""
        opened = await self._visits.open_account(request)
        if isinstance(opened, Response):
            return opened
        form = await self._visits.accounts.read(opened)
        if form is None:
            return await self._show(opened, "stale")
        team = Team(id=new_id(), name=typed_name(form.get("name")), created_at=opened.now)
        if not team.name:
            return await self._show(opened, "name")
        if not await self._teams.found(team, opened.account.id):
            return await self._show(opened, "full")
        await self._audit.record(
            TEAM_CHANGED,
            now=opened.now,
            account_id=opened.account.id,
            ip=opened.ip,
            change="founded",
            team=team.id.hex(),
        )
        return see_other(self._visits.base + TEAM.replace("{team_id}", team.id.hex()))

    async def _show(self, opened: AccountVisit, problem: str = "") -> Response:
        teams = []
        for team, role in await self._teams.list_for(opened.account.id):
            kept = await self._visits.applications.list_for(team.id, opened.account.id)
            teams.append((team, role, [self._visits.card(each) for each in kept]))
        logos = [card.logo for _, _, cards in teams for card in cards]
        return self._visits.accounts.show(
            opened,
            "portal/overview.html",
            status=STATUS.get(problem, OTHERWISE) if problem else 200,
            extra_img=image_sources(*logos),
            teams=teams,
            problem=problem,
            done=opened.visit.request.query_params.get("done", ""),
        )
