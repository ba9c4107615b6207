"""Everything endpoints and pages share, built once."""

from lingpai.i18n import load_translators
from lingpai.server.accounts.csrf import Csrf
from lingpai.server.accounts.logout_notices import LogoutNotices
from lingpai.server.accounts.passwords import Passwords
from lingpai.server.accounts.session import BrowserSessions
from lingpai.server.accounts.sign_in import SignIn
from lingpai.server.audit import Audit
from lingpai.server.authorization.checks import PROMPTS, PROMPTS_WHERE_PEOPLE_REGISTER
from lingpai.server.authorization.pending import PendingRequests
from lingpai.server.authorization.pushed import PushedRequests
from lingpai.server.authorization.request_object import RequestObjects
from lingpai.server.client_auth import ClientAuthentication
from lingpai.server.client_auth.assertion import AssertionCheck
from lingpai.server.clock import Clock
from lingpai.server.config import Config
from lingpai.server.endpoints import paths
from lingpai.server.endpoints.dpop import DpopCheck
from lingpai.server.http import Cookies
from lingpai.server.log import get_logger
from lingpai.server.outbound import Outbound
from lingpai.server.portal.in_process import AsgiApp
from lingpai.server.rate_limit import Throttle
from lingpai.server.registration.secrets import SecretMaker
from lingpai.server.storage.announcements import Announcements
from lingpai.server.storage.driver import Driver
from lingpai.server.storage.openids import Openids
from lingpai.server.storage.passkeys import Passkeys
from lingpai.server.tokens import master_key as master_keys
from lingpai.server.tokens.catalog import Catalog
from lingpai.server.tokens.encryption import Envelopes
from lingpai.server.tokens.foreign_jwks import ForeignJwks
from lingpai.server.tokens.id_token import IdTokens
from lingpai.server.tokens.implied_grant import ImpliedGrants
from lingpai.server.tokens.issuer import Issuer
from lingpai.server.tokens.keyring import Keyring
from lingpai.server.tokens.lookup import TokenLookup
from lingpai.server.tokens.openids import PeopleIds
from lingpai.server.tokens.redemption import Redemption
from lingpai.server.tokens.rotation import KeyRotation
from lingpai.server.tokens.subjects import Subjects
from lingpai.server.upstream.identities import Identities
from lingpai.server.web.board import Board
from lingpai.server.web.render import Pages
from lingpai.server.web.static import StaticFiles
from lingpai.server.wiring.administration import AdministrationParts
from lingpai.server.wiring.database import Store
from lingpai.server.wiring.people import PeopleParts
from lingpai.server.wiring.portal import PortalParts
from lingpai.server.wiring.upstream import UpstreamParts


class Parts:
    """One of each."""

    app: AsgiApp
    """The whole, once ``Server`` has built it."""

    def __init__(self, config: Config, driver: Driver, master_key: bytes, clock: Clock) -> None:
        self.config = config
        self.clock = clock
        self.log = get_logger("lingpai.server")
        self.store = Store(driver)
        self.audit = Audit(self.store.audit, self.log)
        self.prompts = PROMPTS_WHERE_PEOPLE_REGISTER if config.account_registration == "open" else PROMPTS
        self._build_tokens(config, master_key)
        self._build_accounts(config, master_key)
        self.cookies = Cookies(config)
        self.static = StaticFiles(config.theme)
        translators = load_translators()
        self.board = Board(Announcements(driver), clock)
        self.pages = Pages(config, translators, self.static, self.board)
        self.people = PeopleParts(
            config, self.store, self.passwords, self.audit, self.log, master_key=master_key, translators=translators
        )
        self.portal = PortalParts(
            config=config,
            store=self.store,
            people=self.people,
            catalog=self.catalog,
            secret_maker=self.secret_maker,
            audit=self.audit,
            keyring=self.keyring,
            clock=clock,
            app=lambda: self.app,
        )
        self._build_upstream(config)

        self.idempotency_key = master_keys.idempotency_key(master_key)
        self._build_administration()

    def _build_administration(self) -> None:
        self.administration = AdministrationParts(
            self.config,
            self.store,
            self.audit,
            catalog=self.catalog,
            keyring=self.keyring,
            rotation=self.key_rotation,
            secret_maker=self.secret_maker,
            credentials=self.people.credentials,
            notices=self.people.notices,
        )

    def _build_tokens(self, config: Config, master_key: bytes) -> None:
        store = self.store
        self.keyring = Keyring(store.keys, master_keys.material_key(master_key))
        self.key_rotation = KeyRotation(self.keyring, store.keys, store.clients, store.catalog, config)
        self.catalog = Catalog(store.catalog, config.issuer)
        self.subjects = Subjects(self.keyring)
        self.openids = PeopleIds(self.keyring, Openids(store.driver))
        self.id_tokens = IdTokens(self.keyring, issuer=config.issuer, lifetime_s=config.id_token_lifetime_s)
        self.issuer = Issuer(
            self.keyring, self.catalog, self.id_tokens, issuer=config.issuer, lifetime_s=config.access_token_lifetime_s
        )
        self.lookup = TokenLookup(self.keyring, store.families, store.clients, store.spent, issuer=config.issuer)
        self.pending = PendingRequests(self.keyring, lifetime_s=config.authorization_request_lifetime_s)
        self.pushed = PushedRequests(
            self.keyring, store.spent, interaction_lifetime_s=config.authorization_request_lifetime_s
        )
        self.redemption = Redemption(
            store.families, self.issuer, self.subjects, refresh_lifetime_s=config.refresh_token_lifetime_s
        )
        self.implied = ImpliedGrants(store.grants)
        self.dpop = DpopCheck(
            store.spent,
            key=master_keys.dpop_nonce_key(master_key),
            issuer=config.issuer,
            nonce_required=config.dpop_nonce_required,
        )
        self._build_client_auth(config, master_key)

    def _build_client_auth(self, config: Config, master_key: bytes) -> None:
        self.outbound = Outbound(issuer=config.issuer)
        self.foreign_jwks = ForeignJwks(self.outbound, self.log)
        self.envelopes = Envelopes(self.foreign_jwks)
        self.request_objects = RequestObjects(self.foreign_jwks, self.outbound, issuer=config.issuer)
        assertions = AssertionCheck(
            self.foreign_jwks,
            self.store.spent,
            secret_key=master_keys.client_secret_key(master_key),
            audience=(config.issuer, config.issuer + paths.TOKEN),
        )
        pepper = master_keys.client_secret_pepper(master_key)
        self.client_auth = ClientAuthentication(self.store.clients, assertions, pepper=pepper, issuer=config.issuer)
        self.secret_maker = SecretMaker(pepper, master_keys.client_secret_key(master_key))

    def _build_accounts(self, config: Config, master_key: bytes) -> None:
        store = self.store
        self.passwords = Passwords(
            threads=config.password_threads,
            queue_limit=config.password_queue_limit,
            memory_kib=config.password_memory_kib,
            time_cost=config.password_time_cost,
        )
        self.csrf = Csrf(master_keys.csrf_key(master_key))
        self.browser_sessions = BrowserSessions(store.sessions, lifetime_s=config.session_lifetime_s)
        self.logout_notices = LogoutNotices(
            store.session_clients,
            store.clients,
            self.keyring,
            self.subjects,
            self.outbound,
            self.audit,
            issuer=config.issuer,
        )
        self.sign_in = SignIn(
            store.accounts,
            self.passwords,
            self.throttle("sign-in-account", config.sign_in_attempts_per_account),
            self.throttle("sign-in-address", config.sign_in_attempts_per_address),
            self.audit,
        )

    def _build_upstream(self, config: Config) -> None:
        self.upstream = UpstreamParts(config, self.clock)
        store = self.store
        self.identities = Identities(
            store.external_identities,
            store.accounts,
            Passkeys(store.driver),
            self.audit,
            self.people.notices,
            self.upstream.providers,
        )

    def throttle(self, name: str, limit: int) -> Throttle:
        """A counter over the window of sign-ins."""
        return Throttle(self.store.throttles, limit=limit, window_s=self.config.sign_in_window_s, name=name)
