"""The authorization endpoint: prove who asks, check what is asked, then step by step until there is an answer.

Owns the order and is the only place that catches. Leaves what was asked to ``authorization.resolution``, the
decision to ``.interaction``, the answer to ``.response``, and pages to whoever ``wiring`` hands in: endpoints know no
pages.

Spec: RFC 6749 §3.1; RFC 6749 §4.1.1; RFC 9700 §4.11
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import assert_never

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from lingpai.crypto.digest import digest, new_secret
from lingpai.dialects import standard
from lingpai.oauth.errors import InvalidGrant, InvalidRequestUri, OAuthError
from lingpai.oauth.response_mode import FormPost, Redirect
from lingpai.server.accounts.session import BrowserSessions
from lingpai.server.authorization.consent import scope_to_consent
from lingpai.server.authorization.interaction import (
    AllowByPolicy,
    AskConsent,
    Issue,
    Refuse,
    Register,
    SelectAccount,
    SignIn,
    Step,
    ask_consent,
    issue,
    next_step,
)
from lingpai.server.authorization.pending import PendingRequestLost, PendingRequests
from lingpai.server.authorization.pushed import PushedRequests
from lingpai.server.authorization.request import AuthorizationRequest, NotProven, only_value
from lingpai.server.authorization.resolution import AuthorizationRequests, RefusedToClient
from lingpai.server.authorization.response import AuthorizationResponses
from lingpai.server.clock import Clock
from lingpai.server.http import (
    Cookies,
    ReadyResponse,
    escape_raw_bytes,
    raw_headers,
    read_form_body,
    read_query,
    remember_client,
)
from lingpai.server.portal.trials import Trials
from lingpai.server.storage.clients import Clients
from lingpai.server.storage.records import Client, Session
from lingpai.server.tokens.implied_grant import ImpliedGrants
from lingpai.server.tokens.subjects import Subjects

_SEE_OTHER = 303
# Where the browser goes next is told to nobody, and the answer is kept by nobody: it holds the code.
_PRIVATE = {"cache-control": "no-store", "referrer-policy": "no-referrer"}
_RAW_PRIVATE = raw_headers(_PRIVATE.items())


class AuthorizationPages:
    """The pages this endpoint needs somebody to draw."""

    def __init__(
        self,
        *,
        not_proven: Callable[[Request, NotProven], Awaitable[Response]],
        lost: Callable[[Request, PendingRequestLost], Response],
        form_post: Callable[[Request, FormPost], Response],
        sign_in: Callable[[str], str],
        select_account: Callable[[str], str],
        consent: Callable[[str], str],
        register: Callable[[str], str],
        resume: Callable[[str], str],
    ) -> None:
        self.not_proven = not_proven
        self.lost = lost
        self.form_post = form_post
        self.sign_in = sign_in
        """Sealed request -> address of the page; so are the next four."""
        self.select_account = select_account
        self.consent = consent
        self.register = register
        self.resume = resume


class AuthorizeEndpoint:
    """``GET`` and ``POST /oauth2/authorize``, ``GET /oauth2/authorize/resume``."""

    def __init__(  # noqa: PLR0913 - each is one thing it uses
        self,
        *,
        clients: Clients,
        sessions: BrowserSessions,
        requests: AuthorizationRequests,
        pending: PendingRequests,
        pushed: PushedRequests,
        responses: Mapping[str, AuthorizationResponses],
        pages: AuthorizationPages,
        subjects: Subjects,
        implied: ImpliedGrants,
        trials: Trials,
        cookies: Cookies,
        clock: Clock,
    ) -> None:
        self._clients = clients
        self._sessions = sessions
        self._requests = requests
        self._pending = pending
        self._pushed = pushed
        self._responses = responses
        """Dialect -> how it is answered in it."""
        self._pages = pages
        self._subjects = subjects
        self._implied = implied
        self._trials = trials
        self._cookies = cookies
        self._clock = clock

    async def get(self, request: Request) -> Response:
        """A request in the URL, from this browser. Spec: RFC 6749 §3.1"""
        browser = self._cookies.browser(request) or new_secret()
        checked = await self._check(request, read_query(request), browser=digest(browser))
        if isinstance(checked, Response):
            return checked
        client, authorization_request = checked
        return await self._proceed(request, client, authorization_request, browser)

    async def post(self, request: Request) -> Response:
        """A request in a form. Spec: RFC 6749 §3.1; OpenID Connect Core 1.0 §3.1.2.1

        A form posted from another site comes without our cookies (SameSite=Lax), so the request goes on with a GET.
        """
        try:
            encoded = escape_raw_bytes(await read_form_body(request))
        except OAuthError:
            return await self._pages.not_proven(request, NotProven("malformed"))
        checked = await self._check(request, encoded, browser=b"")
        if isinstance(checked, Response):
            return checked
        return RedirectResponse(self._pages.resume(self._pending.seal(checked[1])), _SEE_OTHER, _PRIVATE)

    async def resume(self, request: Request) -> Response:
        """Where pages return to: start again at the decision, with the answer they wrote into the request."""
        browser = self._cookies.browser(request) or new_secret()
        try:
            pending = self._pending.unseal(
                only_value(read_query(request), "request") or "", browser, self._clock(), bind=True
            )
        except PendingRequestLost as lost:
            return self._pages.lost(request, lost)
        client = await self._clients.get(pending.client_id)
        if client is None or client.disabled_at is not None:
            return await self._pages.not_proven(request, NotProven("client_unknown"))
        remember_client(request, client)
        return await self._proceed(request, client, pending, browser)

    async def _check(
        self, request: Request, encoded: str, *, browser: bytes
    ) -> tuple[Client, AuthorizationRequest] | Response:
        """An error about client or redirect URI is a page; every other goes to the client."""
        try:
            client, checked = await self._requests.resolve(encoded, browser=browser, now=self._clock())
        except NotProven as error:
            return await self._pages.not_proven(request, error)
        except RefusedToClient as refused:
            remember_client(request, refused.client)
            _note(request, refused.error)
            return self._answer(request, self._responses[standard.NAME].error(refused.reply_to, refused.error))
        remember_client(request, client)
        return client, checked

    async def _proceed(self, request: Request, client: Client, pending: AuthorizationRequest, browser: str) -> Response:
        now = self._clock()
        found = await self._sessions.find_with_grant(self._cookies.session(request), client.client_id, now)
        session, grant = (found[0].session, found[1]) if found else (None, None)
        subject = self._subjects.subject(client, session.account_id) if session else ""
        step = next_step(pending, client, session, subject, grant, now)
        if client.trial and session is not None and isinstance(step, AskConsent | AllowByPolicy | Issue):
            step = step if await self._trials.allow(client, session.account_id) else Refuse(self._trials.refusal())
        if isinstance(step, AllowByPolicy) and session is not None:
            step = await self._allow_by_policy(client, pending, session)
        match step:
            case SignIn():
                page = self._pages.sign_in
            case Register():
                page = self._pages.register
            case SelectAccount():
                page = self._pages.select_account
            case AskConsent() | AllowByPolicy():
                page = self._pages.consent
            case Refuse(error):
                _note(request, error)
                return self._answer(request, self._responses[pending.dialect].error(pending.reply_to, error))
            case Issue():
                assert session is not None  # noqa: S101 - next_step issues nothing without one
                return await self._succeed(request, client, pending, step, session)
            case _:
                assert_never(step)
        response = self._see_other(page(self._pending.seal(pending)))
        if self._cookies.browser(request) != browser:
            self._cookies.set_browser(response, browser)
        return response

    async def _allow_by_policy(self, client: Client, pending: AuthorizationRequest, session: Session) -> Step:
        """A first-party application's grant, written like any other: the person sees it and can end it."""
        now = self._clock()
        try:
            grant = await self._implied.allow(session.account_id, client, scope_to_consent(pending), now)
        except InvalidGrant:
            return ask_consent(pending)
        return issue(pending, grant, now)

    async def _succeed(
        self, request: Request, client: Client, pending: AuthorizationRequest, issue: Issue, session: Session
    ) -> Response:
        now, responses = self._clock(), self._responses[pending.dialect]
        try:
            if pending.was_pushed and not await self._pushed.spend(pending, now):
                raise InvalidRequestUri("request_uri was used before")
            answer = await responses.success(client, pending, issue, session, now)
            request.scope["lingpai.counted"] = "sign_ins"
        except OAuthError as error:
            _note(request, error)
            answer = responses.error(pending.reply_to, error)
        response = self._answer(request, answer)
        self._cookies.keep_browser_state(request, response, session.digest, session.expires_at - now)
        return response

    def _answer(self, request: Request, answer: Redirect | FormPost) -> Response:
        if isinstance(answer, FormPost):
            return self._pages.form_post(request, answer)
        return self._see_other(answer.location)

    @staticmethod
    def _see_other(location: str) -> Response:
        # 303, so that no browser posts a password on to the next place. Spec: RFC 9700 §4.12
        return ReadyResponse(b"", _SEE_OTHER, [*_RAW_PRIVATE, (b"location", location.encode("latin-1"))])


def _note(request: Request, error: OAuthError) -> None:
    """For the log line, and for the team of the application."""
    request.scope["lingpai.outcome"] = error.code
    request.scope["lingpai.description"] = error.description
