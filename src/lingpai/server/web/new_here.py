"""Somebody proved an identity that opens no account yet: a new account, or one they have already.

Whether an account has the same name or e-mail address is neither looked up nor told.
"""

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response

from lingpai.oauth.errors import InvalidRequest
from lingpai.server.accounts.csrf import CsrfRefused
from lingpai.server.authorization.pending import PendingRequestLost
from lingpai.server.rate_limit import Throttle, network_of
from lingpai.server.upstream.identities import Identities
from lingpai.server.upstream.provider import ExternalIdentity, UpstreamProvider
from lingpai.server.upstream.visits import UpstreamVisit, UpstreamVisits
from lingpai.server.web.arrival import Arrivals
from lingpai.server.web.render import Pages
from lingpai.server.web.upstream_buttons import UpstreamButtons
from lingpai.server.web.views import application_view, form_action_sources, image_sources, initial, web_address
from lingpai.server.web.visit import Asked, Visit, Visits, sealed_in

_REFUSED_STATUS = {"taken": 422, "bad_name": 422, "throttled": 429, "stale": 403}
_USERNAME_LIMIT_CHARS = 128
_PRESSED_TWICE_S = 15


class NewHerePage:
    """``GET`` and ``POST /sign-in/new``."""

    def __init__(
        self,
        pages: Pages,
        visits: Visits,
        arrivals: Arrivals,
        providers: Mapping[str, UpstreamProvider],
        upstream_visits: UpstreamVisits,
        identities: Identities,
        throttle: Throttle,
    ) -> None:
        self._pages = pages
        self._visits = visits
        self._arrivals = arrivals
        self._providers = providers
        self._buttons = UpstreamButtons(providers)
        self._upstream_visits = upstream_visits
        self._identities = identities
        self._throttle = throttle

    async def get(self, request: Request) -> Response:
        """The choice."""
        visit, upstream, identity, asked = await self._open(request)
        proposed = await self._identities.propose_username(identity) if self._may_create(upstream) else ""
        return self._show(visit, upstream, identity, asked, proposed)

    async def post(self, request: Request) -> Response:
        """Make the account, and go on as its owner."""
        visit, upstream, identity, asked = await self._open(request)
        try:
            form = await self._visits.read_form(visit)
        except CsrfRefused:
            return self._show(visit, upstream, identity, asked, "", "stale")
        if not self._may_create(upstream):
            raise InvalidRequest("nobody from there gets an account here")
        username = form.get("username") or ""
        network = network_of(visit.ip)
        if await self._throttle.hit(network, now=visit.now):
            await self._throttle.give_back(network, now=visit.now)
            return self._show(visit, upstream, identity, asked, username, "throttled")
        account = await self._identities.create(identity, username, ip=visit.ip, now=visit.now)
        if account == "taken" and (linked := await self._identities.find(identity)):
            if visit.now - linked.linked_at > _PRESSED_TWICE_S:
                # This page in the history of a browser whose owner signed out since must not open the account.
                raise PendingRequestLost("expired")
            # The button was pressed twice: the account is there.
            account = await self._identities.sign_in(identity, linked, ip=visit.ip, now=visit.now) or "taken"
        if isinstance(account, str):
            # Counts: whoever may try names without end learns who has an account.
            return self._show(visit, upstream, identity, asked, username, account)
        await self._throttle.give_back(network, now=visit.now)
        return await self._arrivals.arrive(
            visit,
            asked,
            account,
            amr=("fed", *identity.amr),
            proven_here=("fed",),
            auth_time=identity.auth_time,
            next_page=self._arrivals.next_page(upstream.request),
        )

    def _may_create(self, upstream: UpstreamVisit) -> bool:
        provider = self._providers.get(upstream.provider)
        return provider is not None and provider.settings.create_accounts

    async def _open(self, request: Request) -> tuple[Visit, UpstreamVisit, ExternalIdentity, Asked | None]:
        visit = await self._visits.open(request)
        upstream = self._upstream_visits.unseal(sealed_in(request), visit.browser, visit.now)
        if isinstance(upstream, str):
            raise PendingRequestLost(upstream)
        if upstream.identity is None:
            raise PendingRequestLost("garbled")
        return visit, upstream, upstream.identity, await self._visits.asked_for(visit, upstream.request)

    def _show(
        self,
        visit: Visit,
        upstream: UpstreamVisit,
        identity: ExternalIdentity,
        asked: Asked | None,
        username: str,
        problem: str | None = None,
    ) -> Response:
        locale = self._pages.locale(visit.request, asked.request.ui_locales if asked else None)
        application = application_view(asked.client) if asked else None
        picture = web_address(identity.picture)
        response = self._pages.render(
            "new_here.html",
            visit.request,
            status=_REFUSED_STATUS[problem] if problem else 200,
            locale=locale,
            csp_form_action=form_action_sources(asked.request.redirect_uri) if asked else (),
            csp_img=image_sources(picture),
            application=application,
            provider=self._buttons.view(upstream.provider, locale),
            label=identity.label,
            initial=initial(identity.label),
            picture=picture,
            may_create=self._may_create(upstream),
            username=username[:_USERNAME_LIMIT_CHARS],
            csrf_token=self._visits.csrf_token(visit),
            problem=problem,
        )
        return self._visits.named(visit, response)
