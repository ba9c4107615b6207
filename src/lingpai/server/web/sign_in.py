"""The sign-in page.

A refused try is answered with the form again: 422 for a wrong name or password (so that browsers do not offer to keep
it), 429 with ``Retry-After`` when throttled, 503 when too many are being hashed, 403 when the form was not ours.
"""

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from lingpai.server.accounts.csrf import CsrfRefused
from lingpai.server.accounts.passkeys import PasskeyRing
from lingpai.server.accounts.sign_in import SignIn, SignInRefused
from lingpai.server.authorization.device_visit import is_device_visit
from lingpai.server.upstream.identities import PROBLEMS
from lingpai.server.upstream.visits import is_upstream_visit
from lingpai.server.web.arrival import Arrivals
from lingpai.server.web.render import Pages
from lingpai.server.web.upstream_buttons import UpstreamButtons
from lingpai.server.web.views import application_view, form_action_sources, image_sources
from lingpai.server.web.visit import Asked, Visit, Visits, sealed_in, see_other

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
        arrivals: Arrivals,
        providers: UpstreamButtons,
        passkeys: PasskeyRing,
    ) -> None:
        self._passkeys = passkeys
        self._pages = pages
        self._visits = visits
        self._sign_in = sign_in
        self._arrivals = arrivals
        self._providers = providers

    async def get(self, request: Request) -> Response:
        """The form; for who is signed in and has nothing to go on with, the account page."""
        visit = await self._visits.open(request)
        asked = await self._visits.asked(visit)
        if asked is None and visit.signed_in and not is_upstream_visit(sealed_in(request)):
            return see_other(self._arrivals.next_page(sealed_in(request)))
        upstream_problem = request.query_params.get("problem", "")
        problem = _Problem(upstream_problem) if upstream_problem in (*PROBLEMS, "passkey") else None
        return self._show(visit, asked, _expected_username(visit, asked), problem)

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
        next_page = self._arrivals.next_page(sealed_in(request))
        return await self._arrivals.arrive(visit, asked, result, amr=("pwd",), next_page=next_page)

    def _show(self, visit: Visit, asked: Asked | None, username: str, problem: _Problem | None = None) -> Response:
        application = application_view(asked.client) if asked else None
        locale = self._pages.locale(visit.request, asked.request.ui_locales if asked else None)
        going_to = (form_action_sources(asked.request.redirect_uri) if asked else ()) + self._providers.sources
        response = self._pages.render(
            "sign_in.html",
            visit.request,
            status=_REFUSED_STATUS.get(problem.name, 200) if problem else 200,
            locale=locale,
            csp_form_action=tuple(dict.fromkeys(going_to)),
            csp_img=image_sources(application.logo) if application else (),
            application=application,
            for_device=is_device_visit(sealed_in(visit.request)),
            for_linking=is_upstream_visit(sealed_in(visit.request)),
            providers=self._providers.shown(locale),
            passkey_options=self._passkeys.request_options(visit.browser, visit.now),
            csrf_token=self._visits.csrf_token(visit),
            username=username[:_USERNAME_LIMIT_CHARS],
            problem=problem.name if problem else None,
            wait_minutes=-(-problem.retry_after_s // 60) if problem else 0,
        )
        if problem and problem.retry_after_s:
            response.headers["Retry-After"] = str(problem.retry_after_s)
        return self._visits.named(visit, response)


def _expected_username(visit: Visit, asked: Asked | None) -> str:
    """Whom the application named; else, where somebody is asked for the password once more, that person."""
    if asked is None:
        return ""
    again = visit.signed_in.account if visit.signed_in and not asked.request.adding else None
    return asked.request.login_hint or (again.username if again and again.password_hash else "")
