"""The pages of what a person allowed."""

from collections.abc import Mapping

from lingpai.server.authorization.own_grants import OwnGrants
from lingpai.server.authorization.receipt import Receipts
from lingpai.server.endpoints import paths as endpoint_paths
from lingpai.server.http import Handler
from lingpai.server.web import paths
from lingpai.server.web.account_visits import AccountVisits
from lingpai.server.web.grant import GrantPage
from lingpai.server.web.grant_views import GrantViews
from lingpai.server.web.grants import GrantsPage
from lingpai.server.web.showing import Showing
from lingpai.server.web.visit import Visits
from lingpai.server.wiring.parts import Parts


def grant_pages(parts: Parts, visits: Visits) -> Mapping[tuple[str, str], Handler]:
    """(method, path) -> handler."""
    store, issuer = parts.store, parts.config.issuer
    own_grants, views = OwnGrants(store.grants, parts.audit), GrantViews(parts.catalog, issuer=issuer)
    every = GrantsPage(parts.pages, visits, store.grants, store.clients, store.audit, own_grants, views)
    receipts = Receipts(parts.keyring, parts.catalog, issuer=issuer, jwks_uri=issuer + endpoint_paths.JWKS)
    one = GrantPage(
        AccountVisits(Showing(parts.pages, visits)),
        store.grants,
        store.clients,
        store.audit,
        own_grants,
        views,
        receipts,
    )
    return {
        ("GET", paths.GRANTS): every.get,
        ("POST", paths.GRANTS): every.post,
        ("GET", paths.GRANT): one.get,
        ("POST", paths.GRANT): one.post,
        ("GET", paths.RECEIPT): one.receipt,
    }
