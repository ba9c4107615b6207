"""The first page of the administration, and the one with the settings in force."""

from starlette.requests import Request
from starlette.responses import Response

from lingpai.server.administration.overview import Overviews
from lingpai.server.administration.settings import settings_in_force
from lingpai.server.config import Config
from lingpai.server.storage.admin_roles import Roles
from lingpai.server.storage.glance import LIMIT
from lingpai.server.web.admin.visits import AdminVisits


class OverviewPage:
    """``GET /admin``."""

    def __init__(self, visits: AdminVisits, overviews: Overviews, roles: Roles) -> None:
        self._visits = visits
        self._overviews = overviews
        self._roles = roles

    async def get(self, request: Request) -> Response:
        """How the server is, and who looks after it."""
        visit = await self._visits.open(request)
        if isinstance(visit, Response):
            return visit
        overview = await self._overviews.make(visit.now)
        holders = await self._roles.list()
        return self._visits.show(visit, "admin/overview.html", overview=overview, limit=LIMIT, holders=holders)


class SettingsPage:
    """``GET /admin/settings``."""

    def __init__(self, visits: AdminVisits, config: Config) -> None:
        self._visits = visits
        self._settings = settings_in_force(config)

    async def get(self, request: Request) -> Response:
        """Every setting and its value, but no secret."""
        visit = await self._visits.open(request)
        if isinstance(visit, Response):
            return visit
        return self._visits.show(visit, "admin/settings.html", settings=self._settings)
