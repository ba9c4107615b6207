"""Step-up: whoever sits at a browser that has been signed in for a while proves again who they are, before an act that
could cost them the account. The session stays the same one; what was proved is written into it.

Spec: RFC 9470 §3; NIST SP 800-63B §7.2
"""

from starlette.requests import Request
from starlette.responses import Response

from lingpai.oauth.params import Params
from lingpai.server.accounts.passkeys import PasskeyRing
from lingpai.server.accounts.second_factor import FactorRefused, SecondFactors
from lingpai.server.accounts.session import BrowserSessions
from lingpai.server.accounts.sign_in import SignIn, SignInRefused
from lingpai.server.web import paths
from lingpai.server.web.account_visits import AccountVisit, AccountVisits
from lingpai.server.web.visit import see_other

_STATUS = {"stale": 403, "wrong": 422, "wrong_code": 422, "wrong_passkey": 422, "throttled": 429, "busy": 503}
RETURN_TO = ("security", "data", "account", "totp")


class ConfirmIdentityPage:
    """``GET`` and ``POST /account/confirm``."""

    def __init__(
        self,
        visits: AccountVisits,
        sign_in: SignIn,
        second_factors: SecondFactors,
        passkeys: PasskeyRing,
        sessions: BrowserSessions,
    ) -> None:
        self._passkeys = passkeys
        self._visits = visits
        self._sign_in = sign_in
        self._second_factors = second_factors
        self._sessions = sessions

    async def get(self, request: Request) -> Response:
        """Asks for the password, and for the code where there is a second factor."""
        opened = await self._visits.open(request)
        if isinstance(opened, Response):
            return opened
        return await self._show(opened, _page_in(request.query_params.get("to")))

    async def post(self, request: Request) -> Response:
        """Check both; on success on to where the person was going."""
        opened = await self._visits.open(request)
        if isinstance(opened, Response):
            return opened
        form = await self._visits.read(opened)
        if form is None:
            return await self._show(opened, _page_in(request.query_params.get("to")), "stale")
        page = _page_in(form.get("to"))
        amr = await self._prove(opened, form)
        if isinstance(amr, str):
            return await self._show(opened, page, amr)
        await self._sessions.confirm(opened.session, amr, opened.now)
        return see_other(self._visits.pages.url(page))

    async def _prove(self, opened: AccountVisit, form: Params) -> tuple[str, ...] | str:
        """What was proved, or the problem."""
        account = opened.account
        if credential := form.get("credential"):
            browser = opened.visit.browser
            found = await self._passkeys.sign_in(credential, browser=browser, ip=opened.ip, now=opened.now)
            return found[1] if found and found[0].id == account.id else "wrong_passkey"
        result = await self._sign_in.attempt(account.username, form.get("password") or "", ip=opened.ip, now=opened.now)
        if isinstance(result, SignInRefused):
            return result.reason
        if await self._second_factors.next_factor(account.id, ("pwd",)) is None:
            return ("pwd",)
        code = form.get("code") or ""
        proven = await self._second_factors.verify(account.id, code, ("pwd",), ip=opened.ip, now=opened.now)
        if isinstance(proven, FactorRefused):
            return "wrong_code" if proven.reason == "wrong" else "throttled"
        return proven.amr

    async def _show(self, opened: AccountVisit, page: str, problem: str = "") -> Response:
        return self._visits.show(
            opened,
            "confirm_identity.html",
            status=_STATUS.get(problem, 200),
            to=page,
            problem=problem,
            has_password=opened.account.password_hash is not None,
            passkey_options=self._passkeys.request_options(opened.visit.browser, opened.now),
            has_passkeys=bool(await self._passkeys.list(opened.account.id)),
            has_second_factor=await self._second_factors.is_set_up(opened.account.id),
        )


def _page_in(name: str | None) -> str:
    """A page of ours, never any other address (open redirect)."""
    is_ours = name in RETURN_TO or (name is not None and name.startswith("/") and paths.return_path(name))
    return name if name and is_ours else "security"
