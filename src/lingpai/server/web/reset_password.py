"""A forgotten password, and confirming a new address: the pages mails lead to.

Opening a link shows a form and changes nothing; sending the form spends it. The page after a reset is the sign-in page:
the link proves a mailbox, not the person.

Spec: NIST SP 800-63B §5.1.1
"""

from collections.abc import Mapping

from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import Response

from lingpai.i18n import Translator
from lingpai.server.accounts.credentials import ChangeRefused, Credentials
from lingpai.server.accounts.csrf import CsrfRefused
from lingpai.server.mail.address import canonical_address
from lingpai.server.web.showing import Showing
from lingpai.server.web.visit import Visit, read_unprotected_form

_STATUS = {"stale": 403, "address": 422, "throttled": 429, "weak": 422, "busy": 503, "lost": 410}
_LIMIT_CHARS = 128


class ResetPasswordPage:
    """``GET`` and ``POST /reset-password`` and ``/reset-password/confirm``."""

    def __init__(self, showing: Showing, credentials: Credentials, translators: Mapping[str, Translator]) -> None:
        self._showing = showing
        self._visits = showing.visits
        self._credentials = credentials
        self._translators = translators

    async def get(self, request: Request) -> Response:
        """Asks for the address."""
        return self._show(await self._visits.open(request))

    async def post(self, request: Request) -> Response:
        """Send the mail. The answer is the same whoever has the address."""
        visit = await self._visits.open(request)
        try:
            form = await self._visits.read_form(visit)
        except CsrfRefused:
            return self._show(visit, problem="stale")
        typed = form.get("email") or ""
        try:
            email = canonical_address(typed)
        except ValueError:
            return self._show(visit, email=typed, problem="address")
        wait_s = await self._credentials.retry_after_s(visit.ip, visit.now)
        if wait_s:
            return self._show(visit, email=typed, problem="throttled", retry_after_s=wait_s)
        response = self._show(visit, email=email, sent=True)
        response.background = BackgroundTask(self._credentials.send_resets, email, self._words(visit), visit.now)
        return response

    async def get_confirm(self, request: Request) -> Response:
        """Asks for the new password. The link stays good."""
        visit = await self._visits.open(request)
        return await self._show_confirm(visit, request.query_params.get("token", ""))

    async def post_confirm(self, request: Request) -> Response:
        """Set it."""
        visit = await self._visits.open(request)
        form = await read_unprotected_form(request)
        token = form.get("token") or ""
        try:
            self._visits.check_form(visit, form)
        except CsrfRefused:
            return await self._show_confirm(visit, token, problem="stale")
        password = form.get("password") or ""
        refused = await self._credentials.reset(token, password, self._words(visit), ip=visit.ip, now=visit.now)
        if refused is not None:
            return await self._show_confirm(visit, token, problem=refused.reason, refused=refused)
        return self._showing.show(
            visit, "reset_confirm.html", token="", username="", problem="", done=True, weakness=None
        )

    def _words(self, visit: Visit) -> Translator:
        return self._translators[self._showing.pages.locale(visit.request)]

    def _show(
        self, visit: Visit, *, email: str = "", sent: bool = False, problem: str = "", retry_after_s: int = 0
    ) -> Response:
        return self._showing.show(
            visit,
            "reset_password.html",
            status=_STATUS.get(problem, 200),
            retry_after_s=retry_after_s,
            email=email[:_LIMIT_CHARS],
            sent=sent,
            problem=problem,
        )

    async def _show_confirm(
        self, visit: Visit, token: str, *, problem: str = "", refused: ChangeRefused | None = None
    ) -> Response:
        account = await self._credentials.find_reset(token, visit.now)
        problem = problem or ("" if account else "lost")
        return self._showing.show(
            visit,
            "reset_confirm.html",
            status=_STATUS.get(problem, 200),
            token=token,
            username=account.username if account else "",
            problem=problem,
            weakness=refused.weakness if refused else None,
            done=False,
        )


class VerifyEmailPage:
    """``GET`` and ``POST /verify-email``."""

    def __init__(self, showing: Showing, credentials: Credentials, translators: Mapping[str, Translator]) -> None:
        self._showing = showing
        self._visits = showing.visits
        self._credentials = credentials
        self._translators = translators

    async def get(self, request: Request) -> Response:
        """A button. The link stays good."""
        visit = await self._visits.open(request)
        return await self._show(visit, request.query_params.get("token", ""))

    async def post(self, request: Request) -> Response:
        """The address is the account's now."""
        visit = await self._visits.open(request)
        form = await read_unprotected_form(request)
        token = form.get("token") or ""
        try:
            self._visits.check_form(visit, form)
        except CsrfRefused:
            return await self._show(visit, token, problem="stale")
        words = self._translators[self._showing.pages.locale(visit.request)]
        account = await self._credentials.verify_email(token, words, ip=visit.ip, now=visit.now)
        if account is None:
            return await self._show(visit, token, problem="lost")
        return self._showing.show(
            visit, "verify_email.html", token="", email=account.email, username=account.username, problem="", done=True
        )

    async def _show(self, visit: Visit, token: str, *, problem: str = "") -> Response:
        found = await self._credentials.find_email(token, visit.now)
        problem = problem or ("" if found else "lost")
        return self._showing.show(
            visit,
            "verify_email.html",
            status=_STATUS.get(problem, 200),
            token=token,
            email=found[0].email if found else "",
            username=found[1].username if found else "",
            problem=problem,
            done=False,
        )
