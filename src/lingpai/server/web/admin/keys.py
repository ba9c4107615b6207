"""The keys: their state, a successor on demand, and the end of one that leaked."""

from starlette.requests import Request
from starlette.responses import Response

from lingpai.oauth.errors import InvalidRequest
from lingpai.server.administration.desk import ActRefused
from lingpai.server.administration.keys import KeyActs
from lingpai.server.web.admin.visits import AdminVisits
from lingpai.server.web.admin_paths import KEYS


class KeysPage:
    """``GET`` and ``POST /admin/keys``."""

    def __init__(self, visits: AdminVisits, acts: KeyActs) -> None:
        self._visits = visits
        self._acts = acts

    async def get(self, request: Request) -> Response:
        """Every key, without its secret."""
        visit = await self._visits.open(request)
        if isinstance(visit, Response):
            return visit
        return self._visits.show(visit, "admin/keys.html", keys=await self._acts.list(visit.now), now=visit.now)

    async def post(self, request: Request) -> Response:
        """Rotate the keys of one use, in time or at once, or withdraw one."""
        opened = await self._visits.open_form(request, "rotate_key", KEYS)
        if isinstance(opened, Response):
            return opened
        visit, form = opened
        use, action = form.get("use") or "", form.get("action") or ""
        try:
            if action == "withdraw":
                await self._acts.withdraw(visit.actor, form.get("kid") or "", visit.now)
                return self._visits.done(KEYS, "withdrawn")
            if use not in ("sig", "seal") or action not in ("rotate", "rotate_at_once"):
                raise InvalidRequest("use and action must be of this page")
            await self._acts.rotate(visit.actor, use, visit.now, at_once=action == "rotate_at_once")
        except ActRefused as refused:
            return self._visits.refused(visit, refused)
        return self._visits.done(KEYS, "rotated")
