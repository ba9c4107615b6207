"""Making oneself an account: the page that asks for an address, and the one the mail leads to.

Opening the mail's link shows a form and changes nothing; sending the form spends it. Programs that look at mails open
every link in them.

Spec: OpenID Connect Initiating User Registration 1.0 §3
"""

from collections.abc import Mapping

from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import Response

from lingpai.i18n import Translator
from lingpai.oauth.params import Params
from lingpai.server.accounts.csrf import CsrfRefused
from lingpai.server.accounts.join import Joining, JoinRefused
from lingpai.server.authorization.pending import PendingRequestLost
from lingpai.server.mail.address import canonical_address
from lingpai.server.mail.message import one_line
from lingpai.server.storage.records import Account
from lingpai.server.web.arrival import Arrivals
from lingpai.server.web.showing import Showing
from lingpai.server.web.views import application_view, form_action_sources, image_sources
from lingpai.server.web.visit import Asked, Visit, read_unprotected_form, sealed_in

NAME_LIMIT_CHARS = 64
_STATUS = {"stale": 403, "address": 422, "throttled": 429, "weak": 422, "busy": 503, "lost": 410, "taken": 409}


class RegisterPage:
    """``GET`` and ``POST /register`` and ``/register/confirm``."""

    def __init__(
        self, showing: Showing, joining: Joining, arrivals: Arrivals, translators: Mapping[str, Translator]
    ) -> None:
        self._showing = showing
        self._visits = showing.visits
        self._pages = showing.pages
        self._joining = joining
        self._arrivals = arrivals
        self._translators = translators

    async def get(self, request: Request) -> Response:
        """Asks for the address."""
        visit = await self._visits.open(request)
        return self._show(visit, await self._visits.asked(visit))

    async def post(self, request: Request) -> Response:
        """Send the mail. The answer is the same whoever has the address."""
        visit = await self._visits.open(request)
        asked = await self._visits.asked(visit)
        try:
            form = await self._visits.read_form(visit)
        except CsrfRefused:
            return self._show(visit, asked, problem="stale")
        typed = form.get("email") or ""
        try:
            email = canonical_address(typed)
        except ValueError:
            return self._show(visit, asked, email=typed, problem="address")
        wait_s = await self._joining.retry_after_s(visit.ip, visit.now)
        if wait_s:
            return self._show(visit, asked, email=typed, problem="throttled", retry_after_s=wait_s)
        words, sealed = self._translators[self._locale(visit, asked)], sealed_in(request)
        response = self._show(visit, asked, email=email, sent=True)
        response.background = BackgroundTask(self._joining.send, email, words, request=sealed, now=visit.now)
        return response

    async def get_confirm(self, request: Request) -> Response:
        """Asks for name and password. The link stays good."""
        visit = await self._visits.open(request)
        token = request.query_params.get("token", "")
        link = await self._joining.find(token, visit.now)
        return self._show_confirm(visit, token, link.email if link else "", problem=None if link else "lost")

    async def post_confirm(self, request: Request) -> Response:
        """Make the account, sign in, and go on where the person was going when they asked for it."""
        visit = await self._visits.open(request)
        form = await read_unprotected_form(request)
        token = form.get("token") or ""
        link = await self._joining.find(token, visit.now)
        email = link.email if link else ""
        try:
            self._visits.check_form(visit, form)
        except CsrfRefused:
            return self._show_confirm(visit, token, email, problem="stale")
        result = await self._join(visit, token, form)
        if isinstance(result, JoinRefused):
            name = (form.get("name") or "")[:NAME_LIMIT_CHARS]
            return self._show_confirm(visit, token, email, name=name, problem=result.reason, weakness=result.weakness)
        account, sealed = result
        try:
            asked = await self._visits.asked_for(visit, sealed)
        except PendingRequestLost:  # too late, or another browser than the one it was made in
            asked, sealed = None, ""
        return await self._arrivals.arrive(
            visit, asked, account, amr=("pwd",), next_page=self._arrivals.next_page(sealed)
        )

    async def _join(self, visit: Visit, token: str, form: Params) -> tuple[Account, str] | JoinRefused:
        name = one_line(form.get("name") or "").strip()[:NAME_LIMIT_CHARS]
        return await self._joining.finish(
            token,
            name=name,
            password=form.get("password") or "",
            locale=self._pages.locale(visit.request),
            ip=visit.ip,
            now=visit.now,
        )

    def _locale(self, visit: Visit, asked: Asked | None) -> str:
        return self._pages.locale(visit.request, asked.request.ui_locales if asked else None)

    def _show(
        self,
        visit: Visit,
        asked: Asked | None,
        *,
        email: str = "",
        sent: bool = False,
        problem: str = "",
        retry_after_s: int = 0,
    ) -> Response:
        application = application_view(asked.client) if asked else None
        return self._showing.show(
            visit,
            "register.html",
            status=_STATUS.get(problem, 200),
            locale=self._locale(visit, asked),
            csp_form_action=form_action_sources(asked.request.redirect_uri) if asked else (),
            csp_img=image_sources(application.logo) if application else (),
            retry_after_s=retry_after_s,
            application=application,
            email=email[: NAME_LIMIT_CHARS * 2],
            sent=sent,
            problem=problem,
        )

    def _show_confirm(
        self,
        visit: Visit,
        token: str,
        email: str,
        *,
        name: str = "",
        problem: str | None = None,
        weakness: str | None = None,
    ) -> Response:
        return self._showing.show(
            visit,
            "register_confirm.html",
            status=_STATUS.get(problem or "", 200),
            # The application they come from may be anywhere, and the form ends in a redirect to it.
            csp_form_action=("https:", "http:"),
            token=token,
            email=email,
            name=name,
            problem=problem or ("" if email else "lost"),
            weakness=weakness,
        )
