"""The sign-in page.

A refused try is answered with the form again: 422 for a wrong name or password (so that browsers do not offer to keep
it), 429 with ``Retry-After`` when throttled, 503 when too many are being hashed, 403 when the form was not ours.
"""

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from lingpai.crypto.digest import digest
from lingpai.server.accounts.csrf import CsrfRefused
from lingpai.server.accounts.session import BrowserSessions
from lingpai.server.accounts.sign_in import SignIn, SignInRefused
from lingpai.server.http import Cookies
from lingpai.server.storage.records import Account
from lingpai.server.web.render import Pages
from lingpai.server.web.views import application_view, form_action_sources, image_sources
from lingpai.server.web.visit import Asked, Visit, Visits, device_visit_in, see_other

_REFUSED_STATUS = {"wrong": 422, "throttled": 429, "busy": 503, "stale": 403}
_USERNAME_LIMIT_CHARS = 128


class _Problem(msgspec.Struct, frozen=True):
    """Why the form is shown again. ``retry_after_s``: seconds after which another try makes sense."""

    name: str
    retry_after_s: int = 0


class SignInPage:
    """``GET`` and ``POST /sign-in``, with or without an authorization request to go on with."""

    def __init__(
        self,
        pages: Pages,
        visits: Visits,
        sign_in: SignIn,
        sessions: BrowserSessions,
        cookies: Cookies,
        *,
        session_lifetime_s: int,
    ) -> None:
        self._pages = pages
        self._visits = visits
        self._sign_in = sign_in
        self._sessions = sessions
        self._cookies = cookies
        self._session_lifetime_s = session_lifetime_s

    async def get(self, request: Request) -> Response:
        """The form; for who is signed in and has nothing to go on with, the account page."""
        visit = await self._visits.open(request)
        asked = await self._visits.asked(visit)
        if asked is None and visit.signed_in:
            return see_other(self._next_page(visit))
        return self._show(visit, asked, asked.request.login_hint if asked else "")

    async def post(self, request: Request) -> Response:
        """Try the name and password; on success start a session and go on where the person was going."""
        visit = await self._visits.open(request)
        asked = await self._visits.asked(visit)
        try:
            form = await self._visits.read_form(visit)
        except CsrfRefused:
            return self._show(visit, asked, "", _Problem("stale"))
        username, password = form.get("username") or "", form.get("password") or ""
        if not username or not password:
            return self._show(visit, asked, username, _Problem("wrong"))
        result = await self._sign_in.attempt(username, password, ip=visit.ip, now=visit.now)
        if isinstance(result, SignInRefused):
            return self._show(visit, asked, username, _Problem(result.reason, result.retry_after_s))
        return await self._start_session(visit, asked, result)

    async def _start_session(self, visit: Visit, asked: Asked | None, account: Account) -> Response:
        """A session of its own for every sign-in: what the browser had before ends (session fixation).

        Unless the person asked in the account chooser for one more account: then it stays beside the new one.
        """
        adding = asked is not None and asked.request.adding
        secret = await self._sessions.start(
            account.id,
            amr=("pwd",),
            user_agent=visit.request.headers.get("user-agent", ""),
            old_secret=None if adding else visit.session_secret,
            now=visit.now,
        )
        if asked is None:
            response = see_other(self._next_page(visit))
        else:
            sealed = self._visits.answer(asked, signed_in=digest(secret))
            response = see_other(self._pages.resume_url(sealed))
        self._cookies.set_session(response, secret, self._session_lifetime_s)
        if adding and visit.session_secret:
            others = (visit.session_secret, *self._cookies.others(visit.request))
            self._cookies.set_others(response, others, self._session_lifetime_s)
        return response

    def _next_page(self, visit: Visit) -> str:
        """Where somebody goes who signed in for no application: to their device, else to their account."""
        device_visit = device_visit_in(visit.request)
        return self._pages.url("device", device_visit) if device_visit else self._pages.url("grants")

    def _show(self, visit: Visit, asked: Asked | None, username: str, problem: _Problem | None = None) -> Response:
        application = application_view(asked.client) if asked else None
        response = self._pages.render(
            "sign_in.html",
            visit.request,
            status=_REFUSED_STATUS[problem.name] if problem else 200,
            locale=self._pages.locale(visit.request, asked.request.ui_locales if asked else None),
            csp_form_action=form_action_sources(asked.request.redirect_uri) if asked else (),
            csp_img=image_sources(application.logo) if application else (),
            application=application,
            for_device=device_visit_in(visit.request) is not None,
            csrf_token=self._visits.csrf_token(visit),
            username=username[:_USERNAME_LIMIT_CHARS],
            problem=problem.name if problem else None,
            wait_minutes=-(-problem.retry_after_s // 60) if problem else 0,
        )
        if problem and problem.retry_after_s:
            response.headers["Retry-After"] = str(problem.retry_after_s)
        return self._visits.named(visit, response)
