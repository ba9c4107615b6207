"""The account chooser: which of the accounts signed in in this browser an application gets, or another one.

A choice counts for the request that asked and makes the chosen account the browser's current one; the others stay
signed in beside it.

Spec: OpenID Connect Core 1.0 §3.1.2.1
"""

from starlette.requests import Request
from starlette.responses import Response

from lingpai.crypto.digest import digest
from lingpai.oauth.errors import InvalidRequest
from lingpai.server.accounts.csrf import CsrfRefused
from lingpai.server.authorization.pending import PendingRequestLost
from lingpai.server.http import Cookies
from lingpai.server.web.browser_accounts import BrowserAccount, BrowserAccounts
from lingpai.server.web.render import Pages
from lingpai.server.web.views import application_view, form_action_sources, image_sources, person_view
from lingpai.server.web.visit import Asked, Visit, Visits, see_other


class SelectAccountPage:
    """``GET`` and ``POST /select-account``."""

    def __init__(
        self,
        pages: Pages,
        visits: Visits,
        accounts: BrowserAccounts,
        cookies: Cookies,
        *,
        session_lifetime_s: int,
    ) -> None:
        self._pages = pages
        self._visits = visits
        self._accounts = accounts
        self._cookies = cookies
        self._session_lifetime_s = session_lifetime_s

    async def get(self, request: Request) -> Response:
        """The accounts, each with its own button."""
        visit, asked = await self._open(request)
        return self._show(visit, asked, await self._accounts.list(visit))

    async def post(self, request: Request) -> Response:
        """Go on with the account chosen, or to the sign-in page for another one."""
        visit, asked = await self._open(request)
        choices = await self._accounts.list(visit)
        try:
            form = await self._visits.read_form(visit)
        except CsrfRefused:
            return self._show(visit, asked, choices, problem="stale")
        if "another" in form:
            return see_other(self._pages.url("sign_in", self._visits.answer(asked, adding=True)))
        name = form.require("account")
        chosen = next((choice for choice in choices if choice.name == name), None)
        if chosen is None:
            raise InvalidRequest("account is not one of this browser")
        response = see_other(self._pages.resume_url(self._visits.answer(asked, selected=digest(chosen.secret))))
        self._cookies.set_session(response, chosen.secret, self._session_lifetime_s)
        others = [choice.secret for choice in choices if choice is not chosen]
        self._cookies.set_others(response, others, self._session_lifetime_s)
        return response

    async def _open(self, request: Request) -> tuple[Visit, Asked]:
        visit = await self._visits.open(request)
        asked = await self._visits.asked(visit)
        if asked is None:
            raise PendingRequestLost("garbled")
        return visit, asked

    def _show(
        self, visit: Visit, asked: Asked, choices: list[BrowserAccount], *, problem: str | None = None
    ) -> Response:
        application = application_view(asked.client)
        people = [(choice.name, person_view(choice.signed_in.account)) for choice in choices]
        response = self._pages.render(
            "select_account.html",
            visit.request,
            status=403 if problem else 200,
            locale=self._pages.locale(visit.request, asked.request.ui_locales),
            csp_form_action=form_action_sources(asked.request.redirect_uri),
            csp_img=image_sources(application.logo, *(person.picture for _, person in people)),
            application=application,
            people=people,
            csrf_token=self._visits.csrf_token(visit),
            problem=problem,
        )
        return self._visits.named(visit, response)
