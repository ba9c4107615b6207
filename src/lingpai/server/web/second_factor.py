"""The second step of a sign-in: a code of the authenticator app, or a recovery code.

Whoever is here has proved one factor; the step's secret is in a cookie, its digest in the database, and it ends with
the right code or by itself. Nothing of the account is shown before that.

Spec: RFC 8176 §2
"""

from starlette.requests import Request
from starlette.responses import Response

from lingpai.crypto.digest import digest
from lingpai.server.accounts.csrf import CsrfRefused
from lingpai.server.accounts.notices import Notices
from lingpai.server.accounts.second_factor import FactorRefused, SecondFactors
from lingpai.server.storage.accounts import Accounts
from lingpai.server.storage.people_records import SignInStep
from lingpai.server.storage.second_factors import SignInSteps
from lingpai.server.web.arrival import Arrivals
from lingpai.server.web.showing import Showing
from lingpai.server.web.step_cookie import StepCookie
from lingpai.server.web.views import form_action_sources
from lingpai.server.web.visit import Asked, Visit, see_other

_STATUS = {"stale": 403, "wrong": 422, "throttled": 429}


class SecondFactorPage:
    """``GET`` and ``POST /sign-in/second-factor``."""

    def __init__(
        self,
        showing: Showing,
        second_factors: SecondFactors,
        steps: SignInSteps,
        cookie: StepCookie,
        accounts: Accounts,
        arrivals: Arrivals,
        notices: Notices,
    ) -> None:
        self._showing = showing
        self._visits = showing.visits
        self._second_factors = second_factors
        self._steps = steps
        self._cookie = cookie
        self._accounts = accounts
        self._arrivals = arrivals
        self._notices = notices

    async def get(self, request: Request) -> Response:
        """Asks for the code; who is not on the way begins with the first factor."""
        visit = await self._visits.open(request)
        asked = await self._visits.asked(visit)
        step = await self._step(visit)
        return self._show(visit, asked) if step else self._begin_again(asked)

    async def post(self, request: Request) -> Response:
        """Check it; on success the session starts that the first factor was for."""
        visit = await self._visits.open(request)
        asked = await self._visits.asked(visit)
        step = await self._step(visit)
        if step is None:
            return self._begin_again(asked)
        try:
            form = await self._visits.read_form(visit)
        except CsrfRefused:
            return self._show(visit, asked, problem="stale")
        result = await self._second_factors.verify(
            step.account_id, form.get("code") or "", step.amr, ip=visit.ip, now=visit.now
        )
        if isinstance(result, FactorRefused):
            return self._show(visit, asked, problem=result.reason, retry_after_s=result.retry_after_s)
        account = await self._accounts.get(step.account_id)
        # A password changed meanwhile ended the step: the factor proved with the old one is none.
        if not await self._steps.end(step.digest) or account is None or account.disabled_at is not None:
            return self._begin_again(asked)
        if result.codes_left is not None:
            await self._notices.security_changed(account, "recovery_used", visit.now)
        response = await self._arrivals.arrive(visit, asked, account, amr=result.amr, next_page=step.next_page or None)
        self._cookie.clear(response)
        return response

    async def _step(self, visit: Visit) -> SignInStep | None:
        secret = self._cookie.get(visit.request)
        return await self._steps.get(digest(secret), visit.now) if secret else None

    def _begin_again(self, asked: Asked | None) -> Response:
        response = see_other(self._showing.pages.url("sign_in", asked.sealed if asked else None))
        self._cookie.clear(response)
        return response

    def _show(self, visit: Visit, asked: Asked | None, *, problem: str = "", retry_after_s: int = 0) -> Response:
        return self._showing.show(
            visit,
            "second_factor.html",
            status=_STATUS.get(problem, 200),
            locale=self._showing.pages.locale(visit.request, asked.request.ui_locales if asked else None),
            csp_form_action=form_action_sources(asked.request.redirect_uri) if asked else (),
            retry_after_s=retry_after_s,
            problem=problem,
        )
