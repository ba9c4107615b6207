"""Setting up an authenticator app, and recovery codes.

The secret is shown until the app has proved that it knows it; the recovery codes are shown once, by the answer that
made them.

Spec: RFC 6238 §5.1; RFC 4226 §7.5
"""

import base64

from starlette.requests import Request
from starlette.responses import Response

from lingpai.server.accounts.notices import Notices
from lingpai.server.accounts.second_factor import FactorRefused, SecondFactors, TotpSetup
from lingpai.server.web.account_visits import AccountVisit, AccountVisits
from lingpai.server.web.device_qr import draw_qr

_STATUS = {"stale": 403, "wrong": 422, "throttled": 429}


class TotpSetupPage:
    """``GET`` and ``POST /account/security/app``, ``POST /account/security/codes``."""

    def __init__(self, visits: AccountVisits, second_factors: SecondFactors, notices: Notices) -> None:
        self._visits = visits
        self._second_factors = second_factors
        self._notices = notices

    async def get(self, request: Request) -> Response:
        """The QR code of a secret that waits; a new one if there is none."""
        opened = await self._visits.open(request)
        if isinstance(opened, Response):
            return opened
        if not opened.is_recent:
            return self._visits.confirm_first("totp")
        setup = await self._second_factors.waiting(opened.account)
        setup = setup or await self._second_factors.begin(opened.account, opened.now)
        return self._show(opened, setup) if setup else self._visits.done("security", "totp_there")

    async def post(self, request: Request) -> Response:
        """Confirm it with a code of the app; the recovery codes in return."""
        opened = await self._visits.open(request)
        if isinstance(opened, Response):
            return opened
        if not opened.is_recent:
            return self._visits.confirm_first("totp")
        setup = await self._second_factors.waiting(opened.account)
        if setup is None:
            return self._visits.done("security", "totp_there")
        form = await self._visits.read(opened)
        if form is None:
            return self._show(opened, setup, "stale")
        code = form.get("code") or ""
        codes = await self._second_factors.confirm(opened.account, code, ip=opened.ip, now=opened.now)
        if isinstance(codes, FactorRefused):
            return self._show(opened, setup, codes.reason, codes.retry_after_s)
        await self._notices.security_changed(opened.account, "totp_added", opened.now)
        return self._show_codes(opened, codes)

    async def post_codes(self, request: Request) -> Response:
        """New recovery codes."""
        opened = await self._visits.open(request)
        if isinstance(opened, Response):
            return opened
        form = await self._visits.read(opened)
        if form is None or not opened.is_recent:
            return self._visits.confirm_first("security")
        if not await self._second_factors.is_set_up(opened.account.id):
            return self._visits.done("security", "")
        codes = await self._second_factors.new_recovery_codes(opened.account.id, ip=opened.ip, now=opened.now)
        await self._notices.security_changed(opened.account, "recovery_codes", opened.now)
        return self._show_codes(opened, codes)

    def _show(self, opened: AccountVisit, setup: TotpSetup, problem: str = "", retry_after_s: int = 0) -> Response:
        picture = base64.b64encode(draw_qr(setup.uri)).decode()
        return self._visits.show(
            opened,
            "totp_setup.html",
            status=_STATUS.get(problem, 200),
            retry_after_s=retry_after_s,
            qr=f"data:image/svg+xml;base64,{picture}",
            secret=setup.secret,
            problem=problem,
        )

    def _show_codes(self, opened: AccountVisit, codes: tuple[str, ...]) -> Response:
        return self._visits.show(opened, "recovery_codes.html", codes=codes)
