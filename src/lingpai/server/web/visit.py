"""Who is at the browser, in which interaction, and whether a form came from one of our pages.

Owns what every page does first: the session behind the cookie, the sealed authorization request in the address, the
token in the form. Leaves deciding what comes next to ``authorization.interaction`` and showing it to each page.
"""

from collections.abc import Collection

import msgspec
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import Message

from lingpai.crypto.digest import new_secret
from lingpai.oauth.errors import InvalidRequest
from lingpai.oauth.params import Params, parse_params
from lingpai.server.accounts.csrf import Csrf
from lingpai.server.accounts.session import BrowserSessions, SignedIn
from lingpai.server.authorization.device_visit import is_device_visit
from lingpai.server.authorization.pending import PendingRequestLost, PendingRequests
from lingpai.server.authorization.request import AuthorizationRequest, only_value
from lingpai.server.clock import Clock
from lingpai.server.http import (
    BODY_LIMIT_BYTES,
    BodyEndedEarly,
    BodyTooLarge,
    Cookies,
    client_address,
    read_form_body,
    read_query,
    remember_client,
)
from lingpai.server.storage.clients import Clients
from lingpai.server.storage.records import Client
from lingpai.server.upstream.visits import is_upstream_visit
from lingpai.server.web.return_ticket import is_ticket

_HELD_LIMIT_BYTES = 400_000
"""As long as the longest form of any page; each has its own limit."""


class Visit(Struct, frozen=True):
    """One request for a page. ``browser`` is a new name where the browser had none yet."""

    request: Request
    now: int
    ip: str
    browser: str
    session_secret: str | None
    signed_in: SignedIn | None

    @property
    def binding(self) -> str:
        """What this visit's form tokens are bound to: this browser in this session, so to the account shown as well."""
        return f"{self.browser} {self.session_secret or ''}"


class Asked(Struct, frozen=True):
    """The authorization request a page was opened for. ``sealed``: as it stands in the address."""

    sealed: str
    request: AuthorizationRequest
    client: Client


class Visits:
    """Opens visits and what they bring."""

    def __init__(
        self,
        cookies: Cookies,
        csrf: Csrf,
        sessions: BrowserSessions,
        pending: PendingRequests,
        clients: Clients,
        clock: Clock,
    ) -> None:
        self._cookies = cookies
        self._csrf = csrf
        self._sessions = sessions
        self._pending = pending
        self._clients = clients
        self._clock = clock

    async def open(self, request: Request) -> Visit:
        """The visit ``request`` is, as things are when its form is complete. One read; none without a session cookie.

        Raises ``InvalidRequest``.
        """
        if request.method == "POST":
            await _hold_form(request)
        now = self._clock()
        secret = self._cookies.session(request)
        browser = self._cookies.browser(request) or new_secret()
        signed_in = await self._sessions.find(secret, now)
        return Visit(request, now, client_address(request), browser, secret, signed_in)

    async def asked(self, visit: Visit) -> Asked | None:
        """The authorization request in the address, ``None`` where there is none. Raises ``PendingRequestLost``."""
        if "request" not in visit.request.query_params:
            return None
        sealed = sealed_in(visit.request)
        return None if _is_about_something_else(sealed) else await self.asked_in(visit, sealed)

    async def asked_for(self, visit: Visit, sealed: str) -> Asked | None:
        """The same for a sealed text that went another way than the address; empty: there is none."""
        return None if not sealed or _is_about_something_else(sealed) else await self.asked_in(visit, sealed)

    async def asked_in(self, visit: Visit, sealed: str) -> Asked:
        """The authorization request in a sealed text. Raises ``PendingRequestLost``."""
        request = self._pending.unseal(sealed, visit.browser, visit.now)
        client = await self._clients.get(request.client_id)
        if client is None or client.disabled_at is not None:
            raise PendingRequestLost("expired")
        remember_client(visit.request, client)
        return Asked(sealed, request, client)

    def answer(self, asked: Asked, **answers: object) -> str:
        """The request with what the person answered in it (``signed_in``, ``consented``, ``refused``), sealed again."""
        return self._pending.seal(msgspec.structs.replace(asked.request, **answers))

    async def read_form(self, visit: Visit, *, may_repeat: Collection[str] = ()) -> Params:
        """The form of one of our pages. Raises ``CsrfRefused`` and ``InvalidRequest``."""
        form = parse_params(await read_form_body(visit.request), may_repeat=may_repeat)
        self.check_form(visit, form)
        return form

    def check_form(self, visit: Visit, form: Params) -> None:
        """Raise ``CsrfRefused`` unless the form is one of our pages, shown to this browser in this session."""
        self._csrf.check(visit.binding, form.get("csrf_token"))

    def csrf_token(self, visit: Visit) -> str:
        """A token for the forms of a page about to be shown."""
        return self._csrf.token(visit.binding)

    def named(self, visit: Visit, response: Response) -> Response:
        """``response``, telling the browser the name its form tokens are bound to if it had none."""
        if self._cookies.browser(visit.request) is None:
            self._cookies.set_browser(response, visit.browser)
        return response


async def _hold_form(request: Request) -> None:
    """Wait for the whole form, which whoever reads it gets afterwards.

    Who sent it is looked up then: a session that is ended meanwhile would otherwise count for as long as somebody
    likes to keep the last byte. Other bodies are large, and read by who wants them. Raises ``InvalidRequest``.
    """
    try:
        body = await read_form_body(request, limit_bytes=_HELD_LIMIT_BYTES)
    except (BodyTooLarge, BodyEndedEarly):
        raise
    except InvalidRequest:  # another type, which is not read
        return

    async def give() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    request._receive = give  # noqa: SLF001 - Starlette offers no other way to give a body back


def device_visit_in(request: Request) -> str | None:
    """The sealed text in the address, if the person is on the way to a device and not in an authorization request."""
    sealed = only_value(read_query(request), "request") or ""
    return sealed if is_device_visit(sealed) else None


def _is_about_something_else(sealed: str) -> bool:
    return is_device_visit(sealed) or is_upstream_visit(sealed) or is_ticket(sealed)


def sealed_in(request: Request) -> str:
    """The sealed text in the address, whatever it is about; empty if there is none."""
    return only_value(read_query(request), "request") or ""


async def read_unprotected_form(request: Request) -> Params:
    """A form that changes nothing but this browser's own view. Raises ``InvalidRequest``."""
    return parse_params(await read_form_body(request), value_limit_bytes=BODY_LIMIT_BYTES)


def see_other(address: str) -> Response:
    """Go on at one of our own pages. Spec: RFC 9700 §4.12"""
    return RedirectResponse(address, 303, {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"})
