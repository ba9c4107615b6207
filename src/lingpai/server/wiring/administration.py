"""What administrators do, and the pages they do it on."""

from collections.abc import Mapping

from lingpai.server.accounts.credentials import Credentials
from lingpai.server.accounts.notices import Notices
from lingpai.server.accounts.roles import Roles
from lingpai.server.administration.accounts import AccountActs
from lingpai.server.administration.applications import ApplicationActs
from lingpai.server.administration.catalog import CatalogActs
from lingpai.server.administration.desk import Desk
from lingpai.server.administration.keys import KeyActs
from lingpai.server.administration.notices import NoticeActs
from lingpai.server.administration.overview import Overviews
from lingpai.server.audit import Audit
from lingpai.server.config import Config
from lingpai.server.http import Handler
from lingpai.server.registration.secrets import SecretMaker
from lingpai.server.storage.announcements import Announcements
from lingpai.server.storage.directory import Directory
from lingpai.server.storage.glance import Glance
from lingpai.server.storage.second_factors import SecondFactorRows
from lingpai.server.storage.terms import Terms
from lingpai.server.tokens.catalog import Catalog
from lingpai.server.tokens.keyring import Keyring
from lingpai.server.tokens.rotation import KeyRotation
from lingpai.server.web import admin_paths
from lingpai.server.web.account_visits import AccountVisits
from lingpai.server.web.admin.accounts import AccountPage, AccountsPage
from lingpai.server.web.admin.applications import ApplicationPage, ApplicationsPage, DeleteApplicationPage
from lingpai.server.web.admin.keys import KeysPage
from lingpai.server.web.admin.log import AuditExport, AuditPage
from lingpai.server.web.admin.notices import AnnouncementsPage, TermsVersionsPage
from lingpai.server.web.admin.overview import OverviewPage, SettingsPage
from lingpai.server.web.admin.permissions import PermissionPage, PermissionsPage, ResourceServerPage
from lingpai.server.web.admin.visits import AdminVisits
from lingpai.server.web.showing import Showing
from lingpai.server.wiring.database import Store


class AdministrationParts:
    """One of each."""

    def __init__(  # noqa: PLR0913 - what its acts are done with
        self,
        config: Config,
        store: Store,
        audit: Audit,
        *,
        catalog: Catalog,
        keyring: Keyring,
        rotation: KeyRotation,
        secret_maker: SecretMaker,
        credentials: Credentials,
        notices: Notices,
    ) -> None:
        self.config = config
        self.store = store
        self.desk = Desk(store.driver, audit)
        self.roles = Roles(store.driver)
        self.directory = Directory(store.driver)
        self.terms = Terms(store.driver)
        self.accounts = AccountActs(
            self.desk,
            store.accounts,
            store.grants,
            self.roles,
            credentials,
            notices,
            SecondFactorRows(store.driver),
        )
        self.applications = ApplicationActs(self.desk, store.driver, store.clients, store.catalog, secret_maker)
        self.catalog = CatalogActs(self.desk, store.catalog, store.clients, signing_algs=config.signing_algs)
        self.keys = KeyActs(self.desk, store.keys, rotation, keyring)
        self.notices = NoticeActs(self.desk, Announcements(store.driver), self.terms)
        self.overviews = Overviews(config, Glance(store.driver), store.audit, store.keys, catalog)


def administration_pages(parts: AdministrationParts, showing: Showing) -> Mapping[tuple[str, str], Handler]:
    """(method, path) -> handler."""
    store, config = parts.store, parts.config
    visits = AdminVisits(AccountVisits(showing), parts.roles)
    account = AccountPage(
        visits, parts.accounts, parts.directory, store.sessions, parts.roles, store.audit, parts.terms
    )
    application = ApplicationPage(visits, parts.applications, store.audit)
    delete = DeleteApplicationPage(visits, parts.applications)
    permission = PermissionPage(visits, parts.catalog)
    server = ResourceServerPage(visits, parts.catalog, signing_algs=config.signing_algs)
    keys = KeysPage(visits, parts.keys)
    announcements = AnnouncementsPage(visits, parts.notices)
    terms = TermsVersionsPage(visits, parts.notices)
    return {
        ("GET", admin_paths.ADMIN): OverviewPage(visits, parts.overviews, parts.roles).get,
        ("GET", admin_paths.ACCOUNTS): AccountsPage(visits, parts.directory).get,
        ("GET", admin_paths.ACCOUNT): account.get,
        ("POST", admin_paths.ACCOUNT): account.post,
        ("GET", admin_paths.APPLICATIONS): ApplicationsPage(visits, parts.directory, store.clients).get,
        ("GET", admin_paths.APPLICATION): application.get,
        ("POST", admin_paths.APPLICATION): application.post,
        ("GET", admin_paths.DELETE_APPLICATION): delete.get,
        ("POST", admin_paths.DELETE_APPLICATION): delete.post,
        ("GET", admin_paths.PERMISSIONS): PermissionsPage(visits, parts.catalog).get,
        ("GET", admin_paths.PERMISSION): permission.get,
        ("POST", admin_paths.PERMISSION): permission.post,
        ("GET", admin_paths.RESOURCE_SERVER): server.get,
        ("POST", admin_paths.RESOURCE_SERVER): server.post,
        ("GET", admin_paths.KEYS): keys.get,
        ("POST", admin_paths.KEYS): keys.post,
        ("GET", admin_paths.AUDIT): AuditPage(visits, store.audit, store.accounts).get,
        ("POST", admin_paths.AUDIT_EXPORT): AuditExport(visits, store.driver, parts.desk).post,
        ("GET", admin_paths.ANNOUNCEMENTS): announcements.get,
        ("POST", admin_paths.ANNOUNCEMENTS): announcements.post,
        ("GET", admin_paths.TERMS_VERSIONS): terms.get,
        ("POST", admin_paths.TERMS_VERSIONS): terms.post,
        ("GET", admin_paths.SETTINGS): SettingsPage(visits, config).get,
    }
