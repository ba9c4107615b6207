"""The database and every repository over it. The only module that names a concrete driver."""

from lingpai.server.config import Config
from lingpai.server.database_url import is_postgresql, sqlite_path
from lingpai.server.log import get_logger
from lingpai.server.storage import migrate
from lingpai.server.storage.accounts import Accounts
from lingpai.server.storage.audit import AuditLog
from lingpai.server.storage.catalog import CatalogRows
from lingpai.server.storage.clients import Clients
from lingpai.server.storage.device_codes import DeviceCodes
from lingpai.server.storage.driver import Driver
from lingpai.server.storage.external_identities import ExternalIdentities
from lingpai.server.storage.grants import Grants
from lingpai.server.storage.keys import Keys
from lingpai.server.storage.session_clients import SessionClients
from lingpai.server.storage.sessions import Sessions
from lingpai.server.storage.spent import Spent
from lingpai.server.storage.sqlite import SQLiteDriver
from lingpai.server.storage.sweep_clock import SweepClock
from lingpai.server.storage.throttles import Throttles
from lingpai.server.storage.token_families import TokenFamilies
from lingpai.server.storage.trusted_issuers import TrustedIssuers
from lingpai.server.storage.upstream_trips import UpstreamTrips


class DatabaseNeedsUpgrade(Exception):
    """The database is older than the code; the message names the command."""


def open_driver(config: Config) -> Driver:
    """The database of the settings, as it is. Raises ``StorageUnavailable``, ``ValueError``."""
    if not is_postgresql(config.database):
        return SQLiteDriver(sqlite_path(config.database))
    try:
        from lingpai.server.storage.postgres import PostgresDriver, PostgresSettings  # noqa: PLC0415 - an extra
    except ImportError:
        raise ValueError("PostgreSQL needs psycopg: pip install 'lingpai[server,postgresql]'") from None
    return PostgresDriver(config.database, PostgresSettings(prepare=config.postgresql_prepared_statements))


def open_database(config: Config) -> Driver:
    """The database of the settings, its schema made if it is empty and checked if it is not.

    Raises ``DatabaseNeedsUpgrade``, ``DatabaseNewerThanCode``, ``StorageUnavailable``, ``ValueError``.
    """
    state = migrate.check(config.database)
    if state.current is None:
        migrate.make_folder(config.database)
        migrate.upgrade(config.database)
    elif state.is_newer_than_code:
        migrate.upgrade(config.database)  # says so and stops
    elif state.is_ahead:
        get_logger("lingpai.server").warning(
            "the database was upgraded by a newer lingpai; this one may serve it until it is exchanged",
            revision=state.current,
            known=state.head,
        )
    elif state.needs_upgrade:
        raise DatabaseNeedsUpgrade(f"the database is at revision {state.current}: run `lingpai db upgrade` first")
    return open_driver(config)


class Store:
    """Every repository over one driver."""

    def __init__(self, driver: Driver) -> None:
        self.driver = driver
        self.clients = Clients(driver)
        self.accounts = Accounts(driver)
        self.sessions = Sessions(driver)
        self.session_clients = SessionClients(driver)
        self.grants = Grants(driver)
        self.families = TokenFamilies(driver)
        self.device_codes = DeviceCodes(driver)
        self.spent = Spent(driver)
        self.sweep_clock = SweepClock(driver)
        self.throttles = Throttles(driver)
        self.catalog = CatalogRows(driver)
        self.trusted_issuers = TrustedIssuers(driver)
        self.external_identities = ExternalIdentities(driver)
        self.upstream_trips = UpstreamTrips(driver)
        self.keys = Keys(driver)
        self.audit = AuditLog(driver)
