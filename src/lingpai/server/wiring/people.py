"""What accounts have beyond a password: mail, second factors, and the pages for both."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from lingpai.i18n import Translator
from lingpai.server.accounts.credentials import Credentials
from lingpai.server.accounts.join import Joining
from lingpai.server.accounts.link_mails import LinkMails
from lingpai.server.accounts.notices import Notices
from lingpai.server.accounts.own_data import OwnData, OwnRows
from lingpai.server.accounts.passkeys import PasskeyRing
from lingpai.server.accounts.passwords import Passwords
from lingpai.server.accounts.pictures import Pictures
from lingpai.server.accounts.second_factor import SecondFactors
from lingpai.server.audit import Audit
from lingpai.server.config import Config
from lingpai.server.log import Logger
from lingpai.server.mail.message import MailWriter
from lingpai.server.mail.post import Post
from lingpai.server.mail.smtp import Smtp
from lingpai.server.rate_limit import Throttle
from lingpai.server.storage.driver import Driver
from lingpai.server.storage.mail import MailLinks, MailQueue
from lingpai.server.storage.passkeys import Passkeys
from lingpai.server.storage.people import People
from lingpai.server.storage.second_factors import SecondFactorRows, SignInSteps
from lingpai.server.storage.teams import Teams
from lingpai.server.storage.terms import Terms
from lingpai.server.tokens import master_key as master_keys
from lingpai.server.wiring.database import Store

# Mails with links: what one network may ask for, and what one mailbox may get, however many ask.
_MAILS_PER_ADDRESS = 20
_MAILS_PER_RECIPIENT = 5
_MAIL_WINDOW_S = 3600
# A code has six digits and three are good at a time: at this rate guessing one takes longer than its owner lives.
_CODES_PER_ACCOUNT = 5
_CODE_WINDOW_S = 900


class PeopleParts:
    """One of each."""

    def __init__(
        self,
        config: Config,
        store: Store,
        passwords: Passwords,
        audit: Audit,
        log: Logger,
        *,
        master_key: bytes,
        translators: Mapping[str, Translator],
    ) -> None:
        self.translators = translators
        self.rows = People(store.driver)
        self.steps = SignInSteps(store.driver)
        self.pictures = Pictures()
        self.post = open_post(config, store.driver, log, master_key)
        self.notices = Notices(self.post, self.rows, translators, default_locale=config.default_locale)
        self._build_factors(config, store, audit, master_key)
        links = LinkMails(
            MailLinks(store.driver),
            self.post,
            Throttle(store.throttles, limit=_MAILS_PER_ADDRESS, window_s=_MAIL_WINDOW_S, name="mail-address"),
            Throttle(store.throttles, limit=_MAILS_PER_RECIPIENT, window_s=_MAIL_WINDOW_S, name="mail-recipient"),
            audit,
            issuer=config.issuer,
        )
        self.joining = Joining(store.accounts, self.rows, passwords, links, audit, issuer=config.issuer)
        self.credentials = Credentials(store.accounts, self.rows, store.sessions, self.steps, passwords, links, audit)
        rows = OwnRows(
            self.rows,
            store.grants,
            store.sessions,
            store.audit,
            store.external_identities,
            Terms(store.driver),
            Teams(store.driver),
        )
        self.own_data = OwnData(rows, self.passkeys, self.second_factors, self.notices, audit)

    def _build_factors(self, config: Config, store: Store, audit: Audit, master_key: bytes) -> None:
        self.second_factors = SecondFactors(
            SecondFactorRows(store.driver),
            Throttle(store.throttles, limit=_CODES_PER_ACCOUNT, window_s=_CODE_WINDOW_S, name="second-factor"),
            audit,
            key=master_keys.second_factor_key(master_key),
            service_name=config.service_name,
        )
        self.passkeys = PasskeyRing(
            Passkeys(store.driver),
            store.accounts,
            store.external_identities,
            store.spent,
            audit,
            key=master_keys.passkey_challenge_key(master_key),
            issuer=config.issuer,
            name=config.service_name,
            providers=config.identity_providers,
        )


def open_post(config: Config, driver: Driver, log: Logger, master_key: bytes) -> Post:
    """What queues and sends mails by these settings."""
    sender = config.mail_from or f"no-reply@{urlsplit(config.issuer).hostname}"
    writer = MailWriter(sender=sender, service_name=config.service_name, issuer=config.issuer)
    send = Smtp(config).send if config.smtp_host else None
    return Post(MailQueue(driver), writer, send, log, key=master_keys.mail_key(master_key))
