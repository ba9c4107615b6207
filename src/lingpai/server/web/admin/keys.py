"""The keys: their state, and a successor on demand."""

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
        """Rotate the keys of one use, in time or at once."""
        visit = await self._visits.open(request)
        if isinstance(visit, Response):
            return visit
        form = await self._visits.read(visit, "rotate_key", KEYS)
        if isinstance(form, Response):
            return form
        use, action = form.get("use") or "", form.get("action") or ""
        if use not in ("sig", "seal") or action not in ("rotate", "rotate_at_once"):
            raise InvalidRequest("use and action must be of this page")
        try:
            await self._acts.rotate(visit.actor, use, visit.now, at_once=action == "rotate_at_once")
        except ActRefused as refused:
            return self._visits.refused(visit, refused)
        return self._visits.done(KEYS, "rotated")
