"""The question before an identity is linked: is this yours, and shall it open this account from now on?

Linking lets whoever has the identity in for good, so it takes an act of the account's owner, proven not long ago.
"""

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response

from lingpai.server.accounts.csrf import CsrfRefused
from lingpai.server.accounts.session import SignedIn
from lingpai.server.authorization.pending import PendingRequestLost
from lingpai.server.upstream.identities import Identities
from lingpai.server.upstream.provider import UpstreamProvider, Wanted
from lingpai.server.upstream.visits import UpstreamVisit, UpstreamVisits
from lingpai.server.web.render import Pages
from lingpai.server.web.sign_in_methods import is_recent
from lingpai.server.web.upstream import UpstreamPages
from lingpai.server.web.upstream_buttons import UpstreamButtons
from lingpai.server.web.views import form_action_sources, image_sources, person_view
from lingpai.server.web.visit import Asked, Visit, Visits, sealed_in, see_other


class LinkIdentityPage:
    """``GET`` and ``POST /account/link-identity``."""

    def __init__(
        self,
        pages: Pages,
        visits: Visits,
        providers: Mapping[str, UpstreamProvider],
        upstream: UpstreamPages,
        upstream_visits: UpstreamVisits,
        identities: Identities,
    ) -> None:
        self._pages = pages
        self._visits = visits
        self._providers = providers
        self._buttons = UpstreamButtons(providers)
        self._upstream = upstream
        self._upstream_visits = upstream_visits
        self._identities = identities

    async def get(self, request: Request) -> Response:
        """Both, side by side; for who only had to prove who they are again, the account page."""
        visit = await self._visits.open(request)
        upstream = self._open(visit)
        if visit.signed_in is None or not is_recent(visit):
            return see_other(self._pages.url("sign_in", sealed_in(request)))
        if not upstream.provider:
            return see_other(self._pages.url("sign_in_methods"))
        return await self._show(visit, visit.signed_in, upstream)

    async def post(self, request: Request) -> Response:
        """Link it, or send the person to prove it; then on with what they were doing."""
        visit = await self._visits.open(request)
        upstream = self._open(visit)
        if visit.signed_in is None or not is_recent(visit):
            return see_other(self._pages.url("sign_in", sealed_in(request)))
        try:
            await self._visits.read_form(visit)
        except CsrfRefused:
            return await self._show(visit, visit.signed_in, upstream, problem="stale")
        provider = self._providers.get(upstream.provider)
        if provider is None:
            return see_other(self._pages.url("sign_in_methods"))
        if upstream.identity is None:
            wanted = Wanted(prompt="select_account", locales=self._upstream.locales(visit))
            return await self._upstream.leave(visit, provider, wanted, link=True)
        asked = await self._visits.asked_for(visit, upstream.request)
        account = visit.signed_in.account
        if not await self._identities.link(upstream.identity, account, ip=visit.ip, now=visit.now):
            return see_other(f"{self._pages.url('sign_in_methods')}?problem=linked_elsewhere")
        if asked is None:
            return see_other(f"{self._pages.url('sign_in_methods')}?done=linked")
        return see_other(self._pages.resume_url(self._answer(asked, upstream, visit.signed_in)))

    def _answer(self, asked: Asked, upstream: UpstreamVisit, signed_in: SignedIn) -> str:
        """The request; whoever signed in on the way to this page has signed in for it."""
        if signed_in.session.auth_time < upstream.begun_at:
            return asked.sealed
        return self._visits.answer(asked, signed_in=signed_in.session.digest)

    def _open(self, visit: Visit) -> UpstreamVisit:
        upstream = self._upstream_visits.unseal(sealed_in(visit.request), visit.browser, visit.now)
        if isinstance(upstream, str):
            raise PendingRequestLost(upstream)
        return upstream

    async def _show(
        self, visit: Visit, signed_in: SignedIn, upstream: UpstreamVisit, *, problem: str | None = None
    ) -> Response:
        asked = await self._visits.asked_for(visit, upstream.request)
        going_to = form_action_sources(asked.request.redirect_uri) if asked else ()
        locale = self._pages.locale(visit.request, asked.request.ui_locales if asked else None)
        person = person_view(signed_in.account)
        response = self._pages.render(
            "link_identity.html",
            visit.request,
            status=403 if problem else 200,
            locale=locale,
            csp_form_action=tuple(dict.fromkeys(going_to + self._buttons.sources)),
            csp_img=image_sources(person.picture),
            person=person,
            provider=self._buttons.view(upstream.provider, locale),
            label=upstream.identity.label if upstream.identity else "",
            proven=upstream.identity is not None,
            csrf_token=self._visits.csrf_token(visit),
            problem=problem,
        )
        return self._visits.named(visit, response)
