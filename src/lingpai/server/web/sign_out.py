"""Signing out: from the account pages, or by "not you?" on the way through an authorization request."""

from starlette.requests import Request
from starlette.responses import Response

from lingpai.server.accounts.csrf import CsrfRefused
from lingpai.server.accounts.session import BrowserSessions
from lingpai.server.audit import SIGN_OUT, Audit
from lingpai.server.authorization.request import only_value
from lingpai.server.http import Cookies, read_query
from lingpai.server.web.logout_frames import LogoutFrames
from lingpai.server.web.render import Pages
from lingpai.server.web.views import image_sources, person_view
from lingpai.server.web.visit import Visit, Visits, see_other


class SignOutPage:
    """``GET`` and ``POST /sign-out``."""

    def __init__(
        self,
        pages: Pages,
        visits: Visits,
        sessions: BrowserSessions,
        frames: LogoutFrames,
        cookies: Cookies,
        audit: Audit,
    ) -> None:
        self._frames = frames
        self._pages = pages
        self._visits = visits
        self._sessions = sessions
        self._cookies = cookies
        self._audit = audit

    async def get(self, request: Request) -> Response:
        """A button, not a deed: a picture on a foreign page must not sign anybody out."""
        return self._show(await self._visits.open(request))

    async def post(self, request: Request) -> Response:
        """End the session; then back to signing in if there is a request to go on with."""
        visit = await self._visits.open(request)
        try:
            await self._visits.read_form(visit)
        except CsrfRefused:
            return self._show(visit, problem="stale", status=403)
        frames = await self._frames.list(visit.signed_in.session.sid) if visit.signed_in else ()
        await self._sessions.end(visit.session_secret)
        if visit.signed_in:
            await self._audit.record(SIGN_OUT, now=visit.now, account_id=visit.signed_in.account.id, ip=visit.ip)
        sealed = only_value(read_query(request), "request")
        address = self._pages.url("sign_in" if sealed else "sign_out", sealed)
        response = self._farewell(request, frames, address) if frames else see_other(address)
        self._cookies.clear_session(response)
        return response

    def _farewell(self, request: Request, frames: tuple[str, ...], address: str) -> Response:
        """Applications sign out in hidden frames before the person goes on."""
        return self._pages.render(
            "signed_out.html",
            request,
            csp_frame=image_sources(*frames),
            frames=frames,
            return_to=address,
            application=None,
        )

    def _show(self, visit: Visit, *, problem: str | None = None, status: int = 200) -> Response:
        person = person_view(visit.signed_in.account) if visit.signed_in else None
        response = self._pages.render(
            "sign_out.html",
            visit.request,
            status=status,
            csp_img=image_sources(person.picture) if person else (),
            person=person,
            csrf_token=self._visits.csrf_token(visit),
            problem=problem,
        )
        return self._visits.named(visit, response)
