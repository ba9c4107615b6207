"""The pages on the way to an upstream provider and back, and where people link and unlink."""

from lingpai.server.http import Handler
from lingpai.server.upstream.visits import Trips, UpstreamVisits
from lingpai.server.web import paths
from lingpai.server.web.arrival import Arrivals
from lingpai.server.web.link_identity import LinkIdentityPage
from lingpai.server.web.new_here import NewHerePage
from lingpai.server.web.sign_in_methods import SignInMethodsPage
from lingpai.server.web.upstream import UpstreamPages
from lingpai.server.web.visit import Visits
from lingpai.server.wiring.parts import Parts


def upstream_routes(parts: Parts, visits: Visits, arrivals: Arrivals) -> dict[tuple[str, str], Handler]:
    """(method, path) -> handler of the way there and back, and of what the person decides then."""
    providers, upstream_visits = parts.upstream.providers, UpstreamVisits(parts.keyring)
    departures = parts.throttle("upstream-address", parts.config.sign_in_attempts_per_address)
    names = parts.throttle("upstream-names", parts.config.sign_in_attempts_per_address)
    upstream = UpstreamPages(
        parts.pages,
        visits,
        arrivals,
        providers,
        Trips(parts.store.upstream_trips, parts.keyring),
        upstream_visits,
        parts.identities,
        departures,
        log=parts.log,
    )
    new_here = NewHerePage(parts.pages, visits, arrivals, providers, upstream_visits, parts.identities, names)
    link = LinkIdentityPage(parts.pages, visits, providers, upstream, upstream_visits, parts.identities)
    methods = SignInMethodsPage(parts.pages, visits, providers, upstream, upstream_visits, parts.identities)
    return {
        ("GET", paths.SIGN_IN_METHODS): methods.get,
        ("POST", paths.SIGN_IN_METHODS): methods.post,
        ("GET", paths.LINK_IDENTITY): link.get,
        ("POST", paths.LINK_IDENTITY): link.post,
        ("GET", paths.NEW_HERE): new_here.get,
        ("POST", paths.NEW_HERE): new_here.post,
        **upstream.routes(),
    }
