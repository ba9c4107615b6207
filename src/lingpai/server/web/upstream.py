"""The way to an upstream provider and back.

Whatever goes wrong leads back to the page the person came from, with a sentence that says what to do.

Spec: OpenID Connect Core 1.0 §3.1.2; RFC 9700 §4.7; RFC 9207 §2.4
"""

from collections.abc import Mapping
from functools import partial

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from lingpai.crypto.digest import digest
from lingpai.oauth.params import encode_params
from lingpai.server.accounts.csrf import CsrfRefused
from lingpai.server.authorization.request import only_value
from lingpai.server.http import Handler, read_query
from lingpai.server.log import Logger
from lingpai.server.rate_limit import Throttle, network_of
from lingpai.server.upstream.identities import Identities
from lingpai.server.upstream.provider import ExternalIdentity, UpstreamProvider, UpstreamRefused, Wanted
from lingpai.server.upstream.visits import (
    TRIP_LIFETIME_S,
    Trip,
    Trips,
    UpstreamVisit,
    UpstreamVisits,
    is_upstream_visit,
)
from lingpai.server.web import paths
from lingpai.server.web.arrival import Arrivals
from lingpai.server.web.render import Pages
from lingpai.server.web.visit import Asked, Visit, Visits, read_unprotected_form, sealed_in, see_other

_LEEWAY_S = 60
_GONE = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}


class UpstreamPages:
    """``POST /sign-in/with/<name>`` and ``/sign-in/callback/<name>`` for every provider in the settings."""

    def __init__(  # noqa: PLR0913 - each is one thing it uses
        self,
        pages: Pages,
        visits: Visits,
        arrivals: Arrivals,
        providers: Mapping[str, UpstreamProvider],
        trips: Trips,
        upstream_visits: UpstreamVisits,
        identities: Identities,
        throttle: Throttle,
        *,
        log: Logger,
    ) -> None:
        self._pages = pages
        self._visits = visits
        self._arrivals = arrivals
        self._providers = providers
        self._trips = trips
        self._upstream_visits = upstream_visits
        self._identities = identities
        self._throttle = throttle
        self._log = log

    def routes(self) -> dict[tuple[str, str], Handler]:
        """Two paths for each provider."""
        routes: dict[tuple[str, str], Handler] = {}
        for name, provider in self._providers.items():
            routes["POST", paths.SIGN_IN_WITH + name] = partial(self._begin, provider)
            routes["GET", paths.SIGN_IN_CALLBACK + name] = partial(self._finish, provider)
            routes["POST", paths.SIGN_IN_CALLBACK + name] = self._finish_posted
        return routes

    async def _begin(self, provider: UpstreamProvider, request: Request) -> Response:
        """From a button on the sign-in page. A form with a token: a link could be put under anybody's mouse."""
        visit = await self._visits.open(request)
        asked = await self._visits.asked(visit)
        sealed = sealed_in(request)
        try:
            await self._visits.read_form(visit)
        except CsrfRefused:
            return self._visits.named(visit, self._to_sign_in(sealed, "stale"))
        fresh = asked is not None and ("login" in asked.request.prompt or asked.request.max_age == 0)
        wanted = self._wanted(visit, asked, sealed, fresh=fresh)
        return await self.leave(visit, provider, wanted, request=sealed, fresh=fresh)

    async def leave(
        self,
        visit: Visit,
        provider: UpstreamProvider,
        wanted: Wanted,
        *,
        request: str = "",
        fresh: bool = False,
        link: bool = False,
    ) -> Response:
        """Send the person to ``provider``. ``link``: to prove an identity for who is signed in."""
        signed_in = visit.signed_in if link else None
        # Each leaves a row behind: a flood of them must not fill the database. Whoever comes back gives theirs back.
        network = network_of(visit.ip)
        if await self._throttle.hit(network, now=visit.now):
            await self._throttle.give_back(network, now=visit.now)
            return self._back(link=link, sealed=request, problem="upstream_throttled")
        try:
            departure = await self._trips.begin(
                provider,
                wanted,
                visit.browser,
                visit.now,
                request=request,
                fresh=fresh,
                link_account=signed_in.account.id if signed_in else b"",
                session_digest=signed_in.session.digest if signed_in else b"",
            )
        except UpstreamRefused as refused:
            self._note(provider, refused)
            return self._back(link=link, sealed=request, problem=refused.problem)
        return RedirectResponse(departure.url, 303, _GONE)

    def locales(self, visit: Visit, asked: Asked | None = None) -> str:
        """The reader's language, for the provider's pages."""
        return self._pages.locale(visit.request, asked.request.ui_locales if asked else None).replace("_", "-")

    def _wanted(self, visit: Visit, asked: Asked | None, sealed: str, *, fresh: bool) -> Wanted:
        """What the application demands of the sign-in, the provider must keep too."""
        locales = self.locales(visit, asked)
        if fresh:
            # With max_age the provider must say when the person proved themselves; see `_is_fresh`.
            return Wanted(prompt="login", max_age=TRIP_LIFETIME_S, locales=locales)
        if is_upstream_visit(sealed):
            return Wanted(prompt="login", locales=locales)
        if asked is not None and asked.request.adding:
            return Wanted(prompt="select_account", max_age=asked.request.max_age, locales=locales)
        return Wanted(max_age=asked.request.max_age if asked else None, locales=locales)

    async def _finish_posted(self, request: Request) -> Response:
        """A provider that posts its answer: our cookies stay at home in a form from another site, so with a GET."""
        form = await read_unprotected_form(request)
        return see_other(f"{self._pages.base}{request.scope['path']}?{encode_params(list(form.items()))}")

    async def _finish(self, provider: UpstreamProvider, request: Request) -> Response:
        visit = await self._visits.open(request)
        query = read_query(request)
        trip = await self._trips.end(provider.name, only_value(query, "state") or "", visit.browser, visit.now)
        if trip is None:
            return self._to_sign_in("", "upstream_lost")
        try:
            identity = await provider.finish(trip.pending, query)
        except UpstreamRefused as refused:
            self._note(provider, refused)
            return self._back(link=bool(trip.link_account), sealed=trip.request, problem=refused.problem)
        await self._throttle.give_back(network_of(visit.ip), now=trip.begun_at)
        if trip.fresh and not _is_fresh(identity, trip):
            return self._to_sign_in(trip.request, "upstream_not_fresh")
        return await (self._link if trip.link_account else self._sign_in)(visit, trip, identity)

    async def _sign_in(self, visit: Visit, trip: Trip, identity: ExternalIdentity) -> Response:
        asked = await self._visits.asked_for(visit, trip.request)
        linked = await self._identities.find(identity)
        if linked is None:
            new = UpstreamVisit(digest(visit.browser), visit.now, identity.provider, identity, trip.request)
            return see_other(self._pages.url("new_here", self._upstream_visits.seal(new)))
        account = await self._identities.sign_in(identity, linked, ip=visit.ip, now=visit.now)
        if account is None:
            return self._to_sign_in(trip.request, "upstream_closed")
        return await self._arrivals.arrive(
            visit,
            asked,
            account,
            amr=("fed", *identity.amr),
            proven_here=("fed",),
            auth_time=identity.auth_time,
            next_page=self._arrivals.next_page(trip.request),
        )

    async def _link(self, visit: Visit, trip: Trip, identity: ExternalIdentity) -> Response:
        """What the person asked for on their account page, if they are still the one who asked."""
        signed_in = visit.signed_in
        if signed_in is None or (signed_in.account.id, signed_in.session.digest) != (
            trip.link_account,
            trip.session_digest,
        ):
            return see_other(f"{self._pages.url('sign_in_methods')}?problem=other_account")
        linked = await self._identities.link(identity, signed_in.account, ip=visit.ip, now=visit.now)
        outcome = "done=linked" if linked else "problem=linked_elsewhere"
        return see_other(f"{self._pages.url('sign_in_methods')}?{outcome}")

    def _back(self, *, link: bool, sealed: str, problem: str) -> Response:
        if link:
            return see_other(f"{self._pages.url('sign_in_methods')}?problem={problem}")
        return self._to_sign_in(sealed, problem)

    def _to_sign_in(self, sealed: str, problem: str) -> Response:
        address = self._pages.url("sign_in", sealed)
        return see_other(f"{address}{'&' if '?' in address else '?'}problem={problem}")

    def _note(self, provider: UpstreamProvider, refused: UpstreamRefused) -> None:
        self._log.warning("upstream sign-in failed", provider=provider.name, reason=refused.reason)


def _is_fresh(identity: ExternalIdentity, trip: Trip) -> bool:
    """Whether the person proved themselves on this trip, by the provider's own word.

    A provider that ignores ``prompt=login`` answers from a session it has: that is not what the application asked for.
    """
    return identity.auth_time is not None and identity.auth_time >= trip.begun_at - _LEEWAY_S
