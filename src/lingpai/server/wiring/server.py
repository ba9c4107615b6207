"""The composition root: every object of the server is built here, once, by a plain constructor call.

Owns who gets what, and the life of the whole: start, the background sweep, close. The only module that names a concrete
database. ``build_server`` reads from top to bottom.
"""

import asyncio
import contextlib
from collections.abc import Mapping
from functools import partial

from starlette.requests import Request
from starlette.responses import Response

from lingpai.i18n import load_translators
from lingpai.server.accounts.csrf import Csrf
from lingpai.server.accounts.passwords import Passwords
from lingpai.server.accounts.session import BrowserSessions
from lingpai.server.accounts.sign_in import SignIn
from lingpai.server.app import App, Problems, Route
from lingpai.server.audit import Audit
from lingpai.server.authorization.pending import PendingRequests
from lingpai.server.authorization.response import AuthorizationResponses
from lingpai.server.client_auth import ClientAuthentication
from lingpai.server.clock import Clock, system_clock
from lingpai.server.config import Config
from lingpai.server.endpoints import paths
from lingpai.server.endpoints.authorize import AuthorizationPages, AuthorizeEndpoint
from lingpai.server.endpoints.health import HealthEndpoint
from lingpai.server.endpoints.introspect import IntrospectionEndpoint
from lingpai.server.endpoints.jwks import JwksEndpoint
from lingpai.server.endpoints.metadata import MetadataEndpoint
from lingpai.server.endpoints.revoke import RevocationEndpoint
from lingpai.server.endpoints.token import TokenEndpoint
from lingpai.server.endpoints.userinfo import UserInfoEndpoint
from lingpai.server.grant_types.authorization_code import AuthorizationCodeGrant
from lingpai.server.grant_types.refresh_token import RefreshTokenGrant
from lingpai.server.http import Cookies, Handler
from lingpai.server.log import get_logger
from lingpai.server.rate_limit import Throttle
from lingpai.server.storage import migrate
from lingpai.server.storage.accounts import Accounts
from lingpai.server.storage.audit import AuditLog
from lingpai.server.storage.catalog import CatalogRows
from lingpai.server.storage.clients import Clients
from lingpai.server.storage.driver import Driver, StorageUnavailable
from lingpai.server.storage.grants import Grants
from lingpai.server.storage.keys import Keys
from lingpai.server.storage.sessions import Sessions
from lingpai.server.storage.spent import Spent
from lingpai.server.storage.sqlite import SQLiteDriver
from lingpai.server.storage.sweep import sweep_all
from lingpai.server.storage.throttles import Throttles
from lingpai.server.storage.token_families import TokenFamilies
from lingpai.server.tokens import master_key as master_keys
from lingpai.server.tokens.catalog import Catalog
from lingpai.server.tokens.issuer import ACCESS_TOKEN_ALG, Issuer
from lingpai.server.tokens.keyring import Keyring
from lingpai.server.tokens.lookup import TokenLookup
from lingpai.server.web.consent import ConsentPage
from lingpai.server.web.errors import Problem, error_page, not_proven_page
from lingpai.server.web.form_post import form_post_page
from lingpai.server.web.grants import GrantsPage
from lingpai.server.web.landing import LandingPage
from lingpai.server.web.render import Pages
from lingpai.server.web.routes import page_routes
from lingpai.server.web.sign_in import SignInPage
from lingpai.server.web.sign_out import SignOutPage
from lingpai.server.web.static import StaticFiles
from lingpai.server.web.visit import Visits

_PROBLEMS: Mapping[int, Problem] = {404: "not_found", 405: "method_not_allowed", 503: "unavailable"}

_log = get_logger("lingpai.server")


class DatabaseNeedsUpgrade(Exception):
    """The database is older than the code; the message names the command."""


def open_driver(config: Config) -> Driver:
    """The database of the settings, as it is. Raises ``StorageUnavailable``, ``ValueError``."""
    return SQLiteDriver(migrate.sqlite_path(config.database))


def open_database(config: Config) -> Driver:
    """The database of the settings, its schema made if it is empty and checked if it is not.

    Raises ``DatabaseNeedsUpgrade``, ``DatabaseNewerThanCode``, ``StorageUnavailable``, ``ValueError``.
    """
    state = migrate.check(config.database)
    if state.current is None:
        migrate.sqlite_path(config.database).parent.mkdir(parents=True, exist_ok=True)
        migrate.upgrade(config.database)
    elif state.is_newer_than_code:
        migrate.upgrade(config.database)  # says so and stops
    elif state.needs_upgrade:
        raise DatabaseNeedsUpgrade(f"the database is at revision {state.current}: run `lingpai db upgrade` first")
    return open_driver(config)


def build_server(config: Config, *, clock: Clock = system_clock) -> "Server":
    """The server for these settings, ready to ``start``; its database and master key are made where there are none.

    Raises as ``open_database`` and ``load_master_key`` do.
    """
    is_new = migrate.check(config.database).current is None
    # A new key beside an old database would open nothing in it and hide that the right one is lost.
    master_key = master_keys.load_master_key(config, create=is_new)
    return Server(config, open_database(config), master_key, clock)


class Store:
    """Every repository over one driver."""

    def __init__(self, driver: Driver) -> None:
        self.driver = driver
        self.clients = Clients(driver)
        self.accounts = Accounts(driver)
        self.sessions = Sessions(driver)
        self.grants = Grants(driver)
        self.families = TokenFamilies(driver)
        self.spent = Spent(driver)
        self.throttles = Throttles(driver)
        self.catalog = CatalogRows(driver)
        self.keys = Keys(driver)
        self.audit = AuditLog(driver)


class Server:
    """Everything, built. ``app`` is the ASGI callable; ``start`` before the first request, ``close`` after the last."""

    def __init__(self, config: Config, driver: Driver, master_key: bytes, clock: Clock) -> None:
        self.config = config
        self.clock = clock
        self.store = store = Store(driver)
        self.audit = Audit(store.audit, _log)
        self.keyring = Keyring(store.keys, master_keys.material_key(master_key))
        self.catalog = Catalog(store.catalog, config.issuer)
        self.passwords = Passwords(
            threads=config.password_threads,
            queue_limit=config.password_queue_limit,
            memory_kib=config.password_memory_kib,
            time_cost=config.password_time_cost,
        )
        self.csrf = Csrf(master_keys.csrf_key(master_key))
        self.cookies = Cookies(config)
        self.static = StaticFiles()
        self.pages = Pages(config, load_translators(), self.static)
        self.browser_sessions = BrowserSessions(store.sessions, lifetime_s=config.session_lifetime_s)
        self.sign_in = SignIn(
            store.accounts,
            self.passwords,
            self._throttle("sign-in-account", config.sign_in_attempts_per_account),
            self._throttle("sign-in-address", config.sign_in_attempts_per_address),
            self.audit,
        )
        self.issuer = Issuer(
            self.keyring, self.catalog, issuer=config.issuer, lifetime_s=config.access_token_lifetime_s
        )
        self.lookup = TokenLookup(self.keyring, store.families, store.clients, store.spent, issuer=config.issuer)
        self.pending = PendingRequests(self.keyring, lifetime_s=config.authorization_request_lifetime_s)
        self.client_auth = ClientAuthentication(store.clients, pepper=master_keys.client_secret_pepper(master_key))
        self._fresh_until = -1
        self._freshening = asyncio.Lock()
        self._sweeper: asyncio.Task[None] | None = None
        self.app = App(
            {**self._endpoint_routes(), **self._page_routes()},
            Problems(self._draw_problem),
            _log,
            issuer=config.issuer,
            trusted_proxies=config.trusted_proxies,
            start=self.start,
            close=self.close,
            freshen=self.freshen,
        )

    async def start(self) -> None:
        """Make the first keys where there are none, load what the hot path keeps in memory, begin to sweep."""
        await self.keyring.ensure((ACCESS_TOKEN_ALG,), self.clock())
        await self.catalog.reload()
        self._fresh_until = self.clock() + self.config.catalog_staleness_s
        if self._sweeper is None:
            self._sweeper = asyncio.create_task(self._sweep_until_closed())  # noqa: TID251 - held here, ended in close

    async def close(self) -> None:
        """Stop sweeping, finish what was accepted, close the database."""
        if self._sweeper is not None:
            self._sweeper.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._sweeper
            self._sweeper = None
        self.passwords.close()
        await self.store.driver.close()

    async def freshen(self) -> None:
        """See what other processes changed of keys, permissions and resource servers, at most so long ago."""
        if self.clock() < self._fresh_until:
            return
        async with self._freshening:
            now = self.clock()
            if now < self._fresh_until:
                return
            if self._sweeper is None:  # mounted in an application that runs no lifespan
                await self.start()
                return
            await self.keyring.reload(now)
            await self.catalog.reload()
            self._fresh_until = now + self.config.catalog_staleness_s

    async def _sweep_until_closed(self) -> None:
        while True:
            await asyncio.sleep(self.config.sweep_interval_s)
            try:
                deleted = await sweep_all(self.store.driver, self.clock())
            except StorageUnavailable as error:
                _log.warning("sweep failed, trying again later", reason=str(error))
                continue
            if any(deleted.values()):
                _log.debug("swept", **deleted)

    def _throttle(self, name: str, limit: int) -> Throttle:
        return Throttle(self.store.throttles, limit=limit, window_s=self.config.sign_in_window_s, name=name)

    def _endpoint_routes(self) -> Mapping[str, Route]:
        store, clock, issuer = self.store, self.clock, self.config.issuer
        refresh_lifetime_s = self.config.refresh_token_lifetime_s
        grant_types = (
            AuthorizationCodeGrant(
                self.keyring,
                self.catalog,
                store.families,
                self.issuer,
                self.audit,
                refresh_lifetime_s=refresh_lifetime_s,
            ),
            RefreshTokenGrant(
                self.lookup,
                self.catalog,
                store.families,
                self.issuer,
                self.audit,
                lifetime_s=refresh_lifetime_s,
                retry_window_s=self.config.refresh_retry_window_s,
            ),
        )
        token = TokenEndpoint(self.client_auth, grant_types, self.issuer, clock)
        introspect = IntrospectionEndpoint(self.client_auth, self.lookup, self.catalog, clock, issuer=issuer)
        revoke = RevocationEndpoint(self.client_auth, self.lookup, store.families, store.spent, self.audit, clock)
        userinfo = UserInfoEndpoint(self.lookup, self.catalog, clock, issuer=issuer)
        health = HealthEndpoint(store.driver, clock)
        return {
            paths.TOKEN: Route({"POST": token.handle}, machine=True, cors=True),
            paths.INTROSPECT: Route({"POST": introspect.handle}, machine=True),
            paths.REVOKE: Route({"POST": revoke.handle}, machine=True, cors=True),
            paths.USERINFO: Route({"GET": userinfo.handle, "POST": userinfo.handle}, machine=True, cors=True),
            paths.JWKS: Route({"GET": JwksEndpoint(self.keyring).handle}, machine=True, cors=True),
            paths.OAUTH_METADATA: Route(
                {"GET": MetadataEndpoint(self.catalog, issuer=issuer).handle}, machine=True, cors=True
            ),
            paths.HEALTH_LIVE: Route({"GET": health.live}, machine=True),
            paths.HEALTH_READY: Route({"GET": health.ready}, machine=True),
        }

    def _page_routes(self) -> Mapping[str, Route]:
        store, pages = self.store, self.pages
        sessions, cookies = self.browser_sessions, self.cookies
        visits = Visits(cookies, self.csrf, sessions, self.pending, store.clients, self.clock)
        lifetime_s = self.config.session_lifetime_s
        by_path: dict[str, dict[str, Handler]] = {}
        for (method, path), handler in page_routes(
            pages,
            self.static,
            landing=LandingPage(pages, visits, cookies),
            sign_in=SignInPage(pages, visits, self.sign_in, sessions, cookies, session_lifetime_s=lifetime_s),
            sign_out=SignOutPage(pages, visits, sessions, cookies, self.audit),
            consent=ConsentPage(pages, visits, store.grants, self.catalog, self.audit),
            grants=GrantsPage(pages, visits, store.grants, self.catalog, self.audit),
        ).items():
            by_path.setdefault(path, {})[method] = handler
        authorize = self._authorize_endpoint()
        by_path[paths.AUTHORIZE] = {"GET": authorize.get, "POST": authorize.post}
        by_path[paths.RESUME] = {"GET": authorize.resume}
        return {path: Route(methods) for path, methods in by_path.items()}

    def _authorize_endpoint(self) -> AuthorizeEndpoint:
        pages, config = self.pages, self.config
        return AuthorizeEndpoint(
            clients=self.store.clients,
            sessions=self.browser_sessions,
            catalog=self.catalog,
            pending=self.pending,
            responses=AuthorizationResponses(
                self.keyring, issuer=config.issuer, code_lifetime_s=config.authorization_code_lifetime_s
            ),
            pages=AuthorizationPages(
                not_proven=partial(not_proven_page, pages),
                lost=lambda request, lost: error_page(pages, request, lost.reason, status=400),
                form_post=partial(form_post_page, pages),
                sign_in=partial(pages.url, "sign_in"),
                consent=partial(pages.url, "consent"),
                resume=pages.resume_url,
            ),
            cookies=self.cookies,
            clock=self.clock,
        )

    def _draw_problem(self, request: Request, status: int, request_id: str) -> Response:
        return error_page(
            self.pages, request, _PROBLEMS.get(status, "server_error"), status=status, reference=request_id
        )
