"""Passkeys between the browser and the account: the one part of the pages that needs JavaScript.

The script fills in one hidden field of an ordinary form with what the authenticator answered. Without JavaScript the
buttons are not there, and the password is.

Spec: Web Authentication Level 2 §5.1
"""

from starlette.requests import Request
from starlette.responses import Response

from lingpai.server.accounts.csrf import CsrfRefused
from lingpai.server.accounts.device_name import device_name
from lingpai.server.accounts.notices import Notices
from lingpai.server.accounts.passkeys import PasskeyRing
from lingpai.server.web.account_visits import AccountVisits
from lingpai.server.web.arrival import Arrivals
from lingpai.server.web.paths import with_request
from lingpai.server.web.visit import Visits, sealed_in, see_other


class PasskeysPage:
    """``POST /account/security/passkeys``."""

    def __init__(self, visits: AccountVisits, passkeys: PasskeyRing, notices: Notices) -> None:
        self._visits = visits
        self._passkeys = passkeys
        self._notices = notices

    async def post(self, request: Request) -> Response:
        """Add the passkey the browser has just made."""
        opened = await self._visits.open(request)
        if isinstance(opened, Response):
            return opened
        form = await self._visits.read(opened)
        if form is None or not opened.is_recent:
            return self._visits.confirm_first("security")
        name = form.get("name") or device_name(request.headers.get("user-agent", ""))
        added = await self._passkeys.add(
            opened.account,
            form.get("credential") or "",
            name,
            browser=opened.visit.browser,
            ip=opened.ip,
            now=opened.now,
        )
        if not added:
            return self._visits.done("security", "passkey_refused")
        await self._notices.security_changed(opened.account, "passkey_added", opened.now)
        return self._visits.done("security", "passkey_added")


class PasskeySignIn:
    """``POST /sign-in/passkey``."""

    def __init__(self, visits: Visits, passkeys: PasskeyRing, arrivals: Arrivals, sign_in_url: str) -> None:
        self._visits = visits
        self._passkeys = passkeys
        self._arrivals = arrivals
        self._sign_in_url = sign_in_url

    async def post(self, request: Request) -> Response:
        """Sign in whose passkey it is; back to the sign-in page if it is nobody's."""
        visit = await self._visits.open(request)
        asked = await self._visits.asked(visit)
        sealed = sealed_in(request)
        try:
            form = await self._visits.read_form(visit)
        except CsrfRefused:
            return see_other(with_request(self._sign_in_url, sealed))
        found = await self._passkeys.sign_in(
            form.get("credential") or "", browser=visit.browser, ip=visit.ip, now=visit.now
        )
        if found is None:
            address = with_request(self._sign_in_url, sealed)
            return see_other(f"{address}{'&' if '?' in address else '?'}problem=passkey")
        account, amr = found
        next_page = self._arrivals.next_page(sealed)
        return await self._arrivals.arrive(visit, asked, account, amr=amr, next_page=next_page)
