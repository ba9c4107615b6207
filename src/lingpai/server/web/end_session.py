"""Signing out because an application asked: ask the person unless it is plain who wants it, end the session, tell the
others, go back.

Spec: OpenID Connect RP-Initiated Logout 1.0 §2
"""

from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from lingpai.crypto.seal import Unsealable
from lingpai.oauth.errors import InvalidRequest
from lingpai.oauth.params import Params, parse_params
from lingpai.server.accounts.csrf import CsrfRefused
from lingpai.server.accounts.session import BrowserSessions
from lingpai.server.audit import SIGN_OUT, Audit
from lingpai.server.authorization.logout import LIFETIME_S, LogoutRequest, LogoutRequests, must_confirm
from lingpai.server.http import BodyTooLarge, Cookies, read_form, read_query
from lingpai.server.storage.clients import Clients
from lingpai.server.tokens.keyring import Keyring
from lingpai.server.tokens.sealed import LOGOUT_REQUEST, open_value, seal_value
from lingpai.server.web.browser_accounts import BrowserAccounts
from lingpai.server.web.errors import logout_error_page
from lingpai.server.web.logout_frames import LogoutFrames
from lingpai.server.web.render import Pages
from lingpai.server.web.views import application_view, form_action_sources, image_sources, person_view
from lingpai.server.web.visit import Visit, Visits, see_other


class EndSessionPage:
    """``GET`` and ``POST /oauth2/end_session``."""

    def __init__(  # noqa: PLR0913 - each is one thing it uses
        self,
        *,
        pages: Pages,
        visits: Visits,
        requests: LogoutRequests,
        sessions: BrowserSessions,
        accounts: BrowserAccounts,
        frames: LogoutFrames,
        clients: Clients,
        keyring: Keyring,
        cookies: Cookies,
        audit: Audit,
    ) -> None:
        self._pages = pages
        self._visits = visits
        self._requests = requests
        self._sessions = sessions
        self._accounts = accounts
        self._frames = frames
        self._clients = clients
        self._keyring = keyring
        self._cookies = cookies
        self._audit = audit

    async def get(self, request: Request) -> Response:
        """An application's request, or one on its way that comes back to us after a POST."""
        visit = await self._visits.open(request)
        try:
            params = parse_params(read_query(request))
            logout = self._open(params, visit) or await self._requests.check(params, visit.now)
        except InvalidRequest as error:
            return logout_error_page(self._pages, request, error)
        if visit.signed_in is None:
            return await self._farewell(visit, logout, ())
        if must_confirm(logout, visit.signed_in.session):
            return await self._ask(visit, logout)
        return await self._end(visit, logout)

    async def post(self, request: Request) -> Response:
        """The person's answer; or an application's request in a form.

        A form from another site comes without our cookies (SameSite=Lax), so such a request goes on with a GET.
        """
        visit = await self._visits.open(request)
        try:
            params = await read_form(request)
            logout = self._open(params, visit)
            if logout is None:
                checked = await self._requests.check(params, visit.now)
                return see_other(self._address(checked))
        except BodyTooLarge:
            raise
        except InvalidRequest as error:
            return logout_error_page(self._pages, request, error)
        try:
            self._visits.check_form(visit, params)
        except CsrfRefused:
            return await self._ask(visit, logout, problem="stale")
        if params.get("decision") == "stay":
            return see_other(self._pages.url("landing"))
        return await self._end(visit, logout)

    def _open(self, params: Params, visit: Visit) -> LogoutRequest | None:
        text = params.get("logout")
        if text is None:
            return None
        try:
            logout = open_value(self._keyring.current.sealer, LOGOUT_REQUEST, text, LogoutRequest)
        except Unsealable:
            raise InvalidRequest("logout is not one of ours") from None
        if logout.asked_at + LIFETIME_S <= visit.now:
            raise InvalidRequest("this took too long; sign out again")
        return logout

    def _address(self, logout: LogoutRequest) -> str:
        return f"{self._pages.end_session_url()}?{urlencode({'logout': self._seal(logout)})}"

    def _seal(self, logout: LogoutRequest) -> str:
        return seal_value(self._keyring.current.sealer, LOGOUT_REQUEST, logout)

    async def _ask(self, visit: Visit, logout: LogoutRequest, *, problem: str | None = None) -> Response:
        client = await self._clients.get(logout.client_id) if logout.client_id else None
        application = application_view(client) if client else None
        person = person_view(visit.signed_in.account) if visit.signed_in else None
        response = self._pages.render(
            "end_session.html",
            visit.request,
            status=403 if problem else 200,
            locale=self._pages.locale(visit.request, logout.ui_locales or None),
            csp_form_action=form_action_sources(logout.return_to) if logout.return_to else (),
            csp_img=image_sources(
                *(view for view in (person.picture if person else "", application.logo if application else "") if view)
            ),
            person=person,
            application=application,
            logout=self._seal(logout),
            csrf_token=self._visits.csrf_token(visit),
            problem=problem,
        )
        return self._visits.named(visit, response)

    async def _end(self, visit: Visit, logout: LogoutRequest) -> Response:
        frames: tuple[str, ...] = ()
        if visit.signed_in is not None:
            frames = await self._frames.list(visit.signed_in.session.sid)
            await self._sessions.end(visit.session_secret)
            await self._audit.record(
                SIGN_OUT,
                now=visit.now,
                account_id=visit.signed_in.account.id,
                client_id=logout.client_id or None,
                ip=visit.ip,
            )
        return await self._farewell(visit, logout, frames)

    async def _farewell(self, visit: Visit, logout: LogoutRequest, frames: tuple[str, ...]) -> Response:
        if logout.return_to and not frames:
            response = see_other(logout.return_to)
        else:
            client = await self._clients.get(logout.client_id) if logout.client_id else None
            response = self._pages.render(
                "signed_out.html",
                visit.request,
                locale=self._pages.locale(visit.request, logout.ui_locales or None),
                csp_frame=image_sources(*frames),
                frames=frames,
                others_remain=bool(await self._accounts.others(visit)),
                return_to=logout.return_to,
                application=application_view(client) if client else None,
            )
        self._cookies.clear_session(response)
        return response
