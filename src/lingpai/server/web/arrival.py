"""Somebody has proved who they are: a session starts, and they go on where they were going.

Owns: whether a second factor or the terms of service are asked for first, which session ends, which cookies are set,
where the person goes next. Every way to sign in ends here (password, passkey, upstream provider), so whatever must hold
for all of them is done here. Leaves: the proof to whoever calls.
"""

from collections.abc import Sequence

from starlette.responses import Response

from lingpai.crypto.digest import digest
from lingpai.server.accounts.notices import Notices
from lingpai.server.accounts.session import BrowserSessions
from lingpai.server.authorization.device_visit import is_device_visit
from lingpai.server.http import Cookies
from lingpai.server.storage.records import Account
from lingpai.server.upstream.visits import is_upstream_visit
from lingpai.server.web.render import Pages
from lingpai.server.web.return_ticket import is_ticket, place_of
from lingpai.server.web.second_step import SecondStep
from lingpai.server.web.terms_step import TermsStep
from lingpai.server.web.visit import Asked, Visit, Visits, see_other


class Arrivals:
    """Starts sessions."""

    def __init__(
        self,
        pages: Pages,
        visits: Visits,
        sessions: BrowserSessions,
        cookies: Cookies,
        second_step: SecondStep,
        terms_step: TermsStep,
        notices: Notices,
        *,
        session_lifetime_s: int,
    ) -> None:
        self._second_step = second_step
        self._terms_step = terms_step
        self._notices = notices
        self._pages = pages
        self._visits = visits
        self._sessions = sessions
        self._cookies = cookies
        self._session_lifetime_s = session_lifetime_s

    async def arrive(
        self,
        visit: Visit,
        asked: Asked | None,
        account: Account,
        *,
        amr: Sequence[str],
        auth_time: int | None = None,
        next_page: str | None = None,
        proven_here: Sequence[str] | None = None,
    ) -> Response:
        """A session of its own for every sign-in: what the browser had before ends (session fixation).

        Unless the person asked in the account chooser for one more account: then it stays beside the new one.
        ``auth_time``: when they proved it, if not now. ``next_page``: where to, if no application waits. An
        account with a second factor that ``amr`` does not have is asked for it, and comes here again; where ``amr``
        is somebody else's word, what counts for that is ``proven_here``.
        """
        if await self._second_step.is_needed(account, amr if proven_here is None else proven_here):
            return await self._second_step.begin(visit, asked, account, amr, next_page or "")
        if await self._terms_step.is_needed(account, visit.now):
            return await self._terms_step.begin(
                visit, asked, account, amr, auth_time=auth_time, next_page=next_page or ""
            )
        adding = asked is not None and asked.request.adding
        secret = await self._sessions.start(
            account.id,
            amr=amr,
            user_agent=visit.request.headers.get("user-agent", ""),
            old_secret=None if adding else visit.session_secret,
            now=visit.now,
            auth_time=auth_time,
        )
        user_agent = visit.request.headers.get("user-agent", "")
        await self._notices.signed_in(account, browser=visit.browser, user_agent=user_agent, ip=visit.ip, now=visit.now)
        if asked is None:
            response = see_other(next_page or self.next_page(""))
        else:
            sealed = self._visits.answer(asked, signed_in=digest(secret))
            response = see_other(self._pages.resume_url(sealed))
        self._cookies.set_session(response, secret, self._session_lifetime_s)
        self._visits.named(visit, response)  # so that this browser is a known one next time
        if adding and visit.session_secret:
            others = (visit.session_secret, *self._cookies.others(visit.request))
            self._cookies.set_others(response, others, self._session_lifetime_s)
        return response

    def next_page(self, sealed: str) -> str:
        """Where somebody goes for whom no application waits: on with what they were doing, else to their account."""
        if is_ticket(sealed):
            place = place_of(sealed)
            return self._pages.url("grants") if place is None else self._pages.base + place
        if is_upstream_visit(sealed):
            return self._pages.url("link_identity", sealed)
        return self._pages.url("device", sealed) if is_device_visit(sealed) else self._pages.url("grants")
