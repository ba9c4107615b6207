"""The terms of service: to read for everybody, and to accept before a session starts.

Owns the two pages. Leaves who is sent to the second one, and what is remembered of them, to ``terms_step``.
"""

from starlette.requests import Request
from starlette.responses import Response

from lingpai.server.accounts.csrf import CsrfRefused
from lingpai.server.audit import TERMS_ACCEPTED, Audit
from lingpai.server.storage.accounts import Accounts
from lingpai.server.storage.people_records import SignInStep
from lingpai.server.storage.second_factors import SignInSteps
from lingpai.server.storage.terms import Terms, TermsVersion
from lingpai.server.web.arrival import Arrivals
from lingpai.server.web.showing import Showing
from lingpai.server.web.terms_step import TermsCookie, step_digest
from lingpai.server.web.views import form_action_sources
from lingpai.server.web.visit import Asked, Visit, see_other


class TermsPage:
    """``GET /terms``."""

    def __init__(self, showing: Showing, terms: Terms) -> None:
        self._showing = showing
        self._terms = terms

    async def get(self, request: Request) -> Response:
        """The version in force."""
        visit = await self._showing.visits.open(request)
        return self._showing.show(visit, "terms.html", terms=await self._terms.newest(visit.now))


class AcceptTermsPage:
    """``GET`` and ``POST /sign-in/terms``."""

    def __init__(
        self,
        showing: Showing,
        terms: Terms,
        steps: SignInSteps,
        cookie: TermsCookie,
        accounts: Accounts,
        arrivals: Arrivals,
        audit: Audit,
    ) -> None:
        self._showing = showing
        self._visits = showing.visits
        self._terms = terms
        self._steps = steps
        self._cookie = cookie
        self._accounts = accounts
        self._arrivals = arrivals
        self._audit = audit

    async def get(self, request: Request) -> Response:
        """The terms and a button; who is not on the way begins with signing in."""
        visit = await self._visits.open(request)
        asked = await self._visits.asked(visit)
        step = await self._step(visit)
        terms = await self._terms.newest(visit.now)
        if step is None or terms is None:
            return self._begin_again(asked)
        return self._show(visit, asked, terms)

    async def post(self, request: Request) -> Response:
        """Keep the acceptance; the session starts that the proof was for."""
        visit = await self._visits.open(request)
        asked = await self._visits.asked(visit)
        step = await self._step(visit)
        terms = await self._terms.newest(visit.now)
        if step is None or terms is None:
            return self._begin_again(asked)
        try:
            form = await self._visits.read_form(visit)
        except CsrfRefused:
            return self._show(visit, asked, terms, problem="stale")
        if form.get("version") != str(terms.version):
            return self._show(visit, asked, terms, problem="changed")
        if form.get("answer") != "accept":
            await self._steps.end(step.digest)
            return self._begin_again(asked)
        account = await self._accounts.get(step.account_id)
        if not await self._steps.end(step.digest) or account is None or account.disabled_at is not None:
            return self._begin_again(asked)
        await self._terms.accept(account.id, terms.version, visit.now)
        await self._audit.record(
            TERMS_ACCEPTED, now=visit.now, account_id=account.id, ip=visit.ip, version=terms.version
        )
        response = await self._arrivals.arrive(
            visit, asked, account, amr=step.amr, auth_time=step.created_at, next_page=step.next_page or None
        )
        self._cookie.clear(response)
        return response

    async def _step(self, visit: Visit) -> SignInStep | None:
        secret = self._cookie.get(visit.request)
        return await self._steps.get(step_digest(secret), visit.now) if secret else None

    def _begin_again(self, asked: Asked | None) -> Response:
        response = see_other(self._showing.pages.url("sign_in", asked.sealed if asked else None))
        self._cookie.clear(response)
        return response

    def _show(self, visit: Visit, asked: Asked | None, terms: TermsVersion, *, problem: str = "") -> Response:
        return self._showing.show(
            visit,
            "accept_terms.html",
            status=403 if problem == "stale" else 409 if problem else 200,
            locale=self._showing.pages.locale(visit.request, asked.request.ui_locales if asked else None),
            csp_form_action=form_action_sources(asked.request.redirect_uri) if asked else (),
            terms=terms,
            problem=problem,
        )
