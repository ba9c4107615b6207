"""The page where a person enters the code that a device shows. Its address is short: people type it.

Owns asking for the code. Leaves finding the device, and how often one may guess, to ``authorization.device_lookup``;
the question about it to ``device_question``. A link with a code in it fills the field in and no more: the person still
compares it with their own device, or a link in a message would be enough to get into an account (CVE-2026-33757).

A refused code is answered with the form again: 422, or 429 with ``Retry-After`` after too many.

Spec: RFC 8628 §3.3; RFC 8628 §3.3.1
"""

from msgspec import Struct, structs
from starlette.requests import Request
from starlette.responses import Response

from lingpai.crypto.digest import digest
from lingpai.server.accounts.csrf import CsrfRefused
from lingpai.server.accounts.session import SignedIn
from lingpai.server.authorization.device_lookup import DeviceLookup, LookupRefused
from lingpai.server.authorization.device_visit import DeviceVisit, DeviceVisits
from lingpai.server.authorization.request import only_value
from lingpai.server.authorization.user_code import parse_user_code, show_user_code
from lingpai.server.http import read_query
from lingpai.server.web.render import Pages
from lingpai.server.web.views import image_sources, person_view
from lingpai.server.web.visit import Visit, Visits, device_visit_in, see_other

_REFUSED_STATUS = {"wrong": 422, "malformed": 422, "throttled": 429, "stale": 403}
_TYPED_LIMIT_CHARS = 32


class _Problem(Struct, frozen=True):
    """Why the form is shown again. ``retry_after_s``: seconds after which another try makes sense."""

    name: str
    retry_after_s: int = 0


class DevicePage:
    """``GET`` and ``POST /device``."""

    def __init__(self, pages: Pages, visits: Visits, device_visits: DeviceVisits, lookup: DeviceLookup) -> None:
        self._pages = pages
        self._visits = visits
        self._device_visits = device_visits
        self._lookup = lookup

    async def get(self, request: Request) -> Response:
        """The form, for who is signed in."""
        visit = await self._visits.open(request)
        sealed = device_visit_in(request) or ""
        begun = self._device_visits.unseal(sealed, visit.browser, visit.now)
        if visit.signed_in is None:
            return self._go_on("sign_in", visit, begun or self._begin(visit))
        if begun is None and "user_code" in request.query_params:
            # The code leaves the address bar, and stays when the language is changed.
            return self._go_on("device", visit, self._begin(visit))
        return self._show(visit, visit.signed_in, show_user_code(begun.user_code) if begun and begun.user_code else "")

    async def post(self, request: Request) -> Response:
        """Find the device that shows the code; then to the question about it."""
        visit = await self._visits.open(request)
        if visit.signed_in is None:
            return self._go_on("sign_in", visit, self._begin(visit))
        try:
            form = await self._visits.read_form(visit)
        except CsrfRefused:
            return self._show(visit, visit.signed_in, "", _Problem("stale"))
        typed = form.get("user_code") or ""
        try:
            user_code = parse_user_code(typed)
        except ValueError:  # no guess: it cannot be anybody's
            return self._show(visit, visit.signed_in, typed, _Problem("malformed"))
        account_id = visit.signed_in.account.id
        found = await self._lookup.find(user_code, account_id, ip=visit.ip, now=visit.now)
        if isinstance(found, LookupRefused):
            return self._show(visit, visit.signed_in, typed, _Problem(found.reason, found.retry_after_s))
        begun = structs.replace(self._begin(visit), user_code=user_code, account_id=account_id, device=found.digest)
        return self._go_on("device_question", visit, begun)

    def _begin(self, visit: Visit) -> DeviceVisit:
        """A new way to a device, with the code of the link it began with, if there is one in it."""
        try:
            user_code = parse_user_code(only_value(read_query(visit.request), "user_code") or "")
        except ValueError:
            user_code = ""
        return DeviceVisit(browser=digest(visit.browser), begun_at=visit.now, user_code=user_code)

    def _go_on(self, page: str, visit: Visit, begun: DeviceVisit) -> Response:
        return self._visits.named(visit, see_other(self._pages.url(page, self._device_visits.seal(begun))))

    def _show(self, visit: Visit, signed_in: SignedIn, typed: str, problem: _Problem | None = None) -> Response:
        person = person_view(signed_in.account)
        response = self._pages.render(
            "device.html",
            visit.request,
            status=_REFUSED_STATUS[problem.name] if problem else 200,
            csp_img=image_sources(person.picture),
            person=person,
            csrf_token=self._visits.csrf_token(visit),
            typed=typed[:_TYPED_LIMIT_CHARS],
            problem=problem.name if problem else None,
            wait_minutes=-(-problem.retry_after_s // 60) if problem else 0,
        )
        if problem and problem.retry_after_s:
            response.headers["Retry-After"] = str(problem.retry_after_s)
        return self._visits.named(visit, response)
