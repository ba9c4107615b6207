"""The security of an account: password, second factor, passkeys, and where it is signed in.

Owns the overview and what is done on it. Whatever could cost the owner the account asks for proof of the person not
older than ten minutes. Leaves setting up an authenticator app to ``totp_setup``, adding passkeys to ``passkeys``.
"""

from collections.abc import Mapping

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from lingpai.i18n import Translator
from lingpai.oauth.errors import InvalidRequest
from lingpai.oauth.params import Params
from lingpai.server.accounts.credentials import Credentials
from lingpai.server.accounts.device_name import device_name
from lingpai.server.accounts.notices import Notices
from lingpai.server.accounts.passkeys import PasskeyRing
from lingpai.server.accounts.second_factor import SecondFactors
from lingpai.server.accounts.session import BrowserSessions, session_name
from lingpai.server.audit import SIGN_OUT, Audit
from lingpai.server.http import Cookies
from lingpai.server.web.account_visits import AccountVisit, AccountVisits

_STATUS = {"stale": 403, "last_way": 409, "weak": 422, "busy": 503}
_SENSITIVE = ("change_password", "remove_totp", "remove_passkey")


class _SessionView(Struct, frozen=True):
    """A browser somebody is signed in with."""

    name: str
    device: str
    since: int
    is_this: bool


class SecurityPage:
    """``GET`` and ``POST /account/security``."""

    def __init__(  # noqa: PLR0913 - the overview of everything
        self,
        visits: AccountVisits,
        *,
        sessions: BrowserSessions,
        credentials: Credentials,
        second_factors: SecondFactors,
        passkeys: PasskeyRing,
        notices: Notices,
        cookies: Cookies,
        audit: Audit,
        translators: Mapping[str, Translator],
        session_lifetime_s: int,
    ) -> None:
        self._visits = visits
        self._sessions = sessions
        self._credentials = credentials
        self._second_factors = second_factors
        self._passkeys = passkeys
        self._notices = notices
        self._cookies = cookies
        self._audit = audit
        self._translators = translators
        self._session_lifetime_s = session_lifetime_s

    async def get(self, request: Request) -> Response:
        """All of it."""
        opened = await self._visits.open(request)
        if isinstance(opened, Response):
            return opened
        return await self._show(opened, done=request.query_params.get("done", ""))

    async def post(self, request: Request) -> Response:
        """One of the acts of this page, named by its button."""
        opened = await self._visits.open(request)
        if isinstance(opened, Response):
            return opened
        form = await self._visits.read(opened)
        if form is None:
            return await self._show(opened, problem="stale")
        action = form.get("action") or ""
        if action in _SENSITIVE and not opened.is_recent:
            return self._visits.confirm_first("security")
        match action:
            case "change_password":
                return await self._change_password(opened, form.get("password") or "")
            case "end_session" | "end_others":
                return await self._end_sessions(opened, form.get("session"))
            case "remove_totp":
                await self._second_factors.remove(opened.account.id, ip=opened.ip, now=opened.now)
                await self._notices.security_changed(opened.account, "totp_removed", opened.now)
                return self._visits.done("security", "totp_removed")
            case "rename_passkey" | "remove_passkey":
                return await self._change_passkey(opened, action, form)
            case _:
                raise InvalidRequest("action must be one of this page")

    async def _change_password(self, opened: AccountVisit, password: str) -> Response:
        """Every browser is signed out, but this one gets a session of its own at once."""
        words = self._translators[self._visits.pages.locale(opened.visit.request)]
        refused = await self._credentials.change_password(opened.account, password, words, ip=opened.ip, now=opened.now)
        if refused is not None:
            return await self._show(opened, problem=refused.reason, weakness=refused.weakness or "")
        secret = await self._sessions.start(
            opened.account.id,
            amr=opened.session.amr,
            user_agent=opened.session.user_agent,
            old_secret=None,
            now=opened.now,
            auth_time=opened.session.auth_time,
        )
        response = self._visits.done("security", "password")
        self._cookies.set_session(response, secret, self._session_lifetime_s)
        return response

    async def _end_sessions(self, opened: AccountVisit, name: str | None) -> Response:
        """One session by its name, or every one but this."""
        account_id, this = opened.account.id, session_name(opened.session)
        living = [session_name(session) for session in await self._sessions.list(account_id, opened.now)]
        for other in [name] if name else [living_one for living_one in living if living_one != this]:
            if await self._sessions.end_one(account_id, other, opened.now):
                await self._audit.record(
                    SIGN_OUT, now=opened.now, account_id=account_id, ip=opened.ip, where="elsewhere"
                )
        return self._visits.done("security", "signed_out")

    async def _change_passkey(self, opened: AccountVisit, action: str, form: Params) -> Response:
        account, name = opened.account, form.require("passkey")
        if action == "rename_passkey":
            await self._passkeys.rename(account.id, name, form.get("name") or "")
            return self._visits.done("security", "passkey_renamed")
        if await self._passkeys.remove(account.id, name, ip=opened.ip, now=opened.now):
            await self._notices.security_changed(account, "passkey_removed", opened.now)
        elif any(kept.name_in_forms == name for kept in await self._passkeys.list(account.id)):
            return await self._show(opened, problem="last_way")
        return self._visits.done("security", "passkey_removed")

    async def _show(self, opened: AccountVisit, *, done: str = "", problem: str = "", weakness: str = "") -> Response:
        account_id = opened.account.id
        sessions = await self._sessions.list(account_id, opened.now)
        has_totp = await self._second_factors.is_set_up(account_id)
        return self._visits.show(
            opened,
            "security.html",
            status=_STATUS.get(problem, 200),
            done=done,
            problem=problem,
            weakness=weakness,
            has_password=opened.account.password_hash is not None,
            has_totp=has_totp,
            codes_left=await self._second_factors.codes_left(account_id) if has_totp else 0,
            passkeys=await self._passkeys.list(account_id),
            passkey_options=self._passkeys.creation_options(
                opened.account, await self._passkeys.list(account_id), opened.visit.browser, opened.now
            ),
            sessions=[
                _SessionView(
                    session_name(session),
                    device_name(session.user_agent),
                    session.created_at,
                    session.digest == opened.session.digest,
                )
                for session in sessions
            ],
        )
