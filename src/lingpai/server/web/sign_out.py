"""Signing out: from the account pages, or by "not you?" on the way through an authorization request.

Where several accounts are signed in in this browser, the person says whether this one ends or all of them. Without
an answer it is all of them: whoever signs out of a computer that is not theirs leaves nobody behind.
"""

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response

from lingpai.server.accounts.csrf import CsrfRefused
from lingpai.server.accounts.session import BrowserSessions
from lingpai.server.audit import SIGN_OUT, Audit
from lingpai.server.authorization.request import only_value
from lingpai.server.http import Cookies, read_query
from lingpai.server.web.browser_accounts import BrowserAccount, BrowserAccounts
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
        accounts: BrowserAccounts,
        frames: LogoutFrames,
        cookies: Cookies,
        audit: Audit,
        *,
        session_lifetime_s: int,
    ) -> None:
        self._frames = frames
        self._pages = pages
        self._visits = visits
        self._sessions = sessions
        self._accounts = accounts
        self._cookies = cookies
        self._audit = audit
        self._session_lifetime_s = session_lifetime_s

    async def get(self, request: Request) -> Response:
        """A button, not a deed: a picture on a foreign page must not sign anybody out."""
        return await self._show(await self._visits.open(request))

    async def post(self, request: Request) -> Response:
        """End one session or all; then back to signing in if there is a request to go on with."""
        visit = await self._visits.open(request)
        try:
            form = await self._visits.read_form(visit)
        except CsrfRefused:
            return await self._show(visit, problem="stale", status=403)
        found, is_only_this = await self._accounts.sessions(visit), form.get("which") == "this"
        remaining = [each for each in found if is_only_this and each.secret != visit.session_secret]
        frames = list[str]()
        for each in found:
            if each not in remaining:
                frames += await self._end(visit, each)
        response = self._go_on(visit, tuple(frames), remaining)
        self._remember(response, remaining)
        return response

    async def _end(self, visit: Visit, ending: BrowserAccount) -> tuple[str, ...]:
        """The pages of applications that sign out in the browser."""
        account, session = ending.signed_in.account, ending.signed_in.session
        frames = await self._frames.list(session.sid)
        await self._sessions.end(ending.secret)
        await self._audit.record(SIGN_OUT, now=visit.now, account_id=account.id, ip=visit.ip)
        return frames

    def _go_on(self, visit: Visit, frames: tuple[str, ...], remaining: Sequence[BrowserAccount]) -> Response:
        """To the request that waits, to the account that is the current one now, or to the farewell."""
        sealed = only_value(read_query(visit.request), "request")
        address = self._pages.url("sign_in" if sealed else "account" if remaining else "sign_out", sealed)
        if remaining and not sealed:
            address += "?done=signed_out"
        if not frames:
            return see_other(address)
        return self._pages.render(  # applications sign out in hidden frames before the person goes on
            "signed_out.html",
            visit.request,
            csp_frame=image_sources(*frames),
            frames=frames,
            others_remain=bool(remaining),
            return_to=address,
            application=None,
        )

    def _remember(self, response: Response, remaining: Sequence[BrowserAccount]) -> None:
        """The next account is the current one; nobody, if there is none."""
        if not remaining:
            self._cookies.clear_session(response)
            self._cookies.set_others(response, (), 0)
            return
        current, *others = remaining
        self._cookies.set_session(response, current.secret, self._session_lifetime_s)
        self._cookies.set_others(response, [other.secret for other in others], self._session_lifetime_s)

    async def _show(self, visit: Visit, *, problem: str | None = None, status: int = 200) -> Response:
        person = person_view(visit.signed_in.account) if visit.signed_in else None
        others = [person_view(other.signed_in.account) for other in await self._accounts.others(visit)]
        response = self._pages.render(
            "sign_out.html",
            visit.request,
            status=status,
            csp_img=image_sources(*(each.picture for each in (*((person,) if person else ()), *others))),
            person=person,
            others=others,
            csrf_token=self._visits.csrf_token(visit),
            problem=problem,
        )
        return self._visits.named(visit, response)
