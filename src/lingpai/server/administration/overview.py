"""How the server is, at a glance: what happened in the last day, how old the keys are, what should be looked at.

Every number is bounded, so that the page is as fast with millions of accounts as with ten. Leaves the thorough look to
``lingpai doctor``, which also goes through every application.
"""

from typing import Literal
from urllib.parse import urlsplit

from msgspec import Struct

from lingpai.server.audit import ACCOUNT_CREATED, CONSENT_GIVEN, GRANT_ENDED, SIGN_IN, SIGN_IN_REFUSED
from lingpai.server.config import Config
from lingpai.server.storage.audit import AuditLog
from lingpai.server.storage.glance import Glance
from lingpai.server.storage.keys import Keys
from lingpai.server.tokens.catalog import Catalog
from lingpai.server.tokens.rotation import living

Warning_ = Literal[
    "not_https", "legacy_clients", "registration_allow_legacy", "mail_outbox", "mails_waiting", "old_key", "no_mail"
]

_DAY_S = 86_400
_KEY_AGE_LIMIT_S = 365 * _DAY_S
COUNTED_EVENTS = (SIGN_IN, SIGN_IN_REFUSED, ACCOUNT_CREATED, CONSENT_GIVEN, GRANT_ENDED)


class KeyAge(Struct, frozen=True):
    """The key of its kind that is used now."""

    kid: str
    use: str
    alg: str
    age_s: int


class Overview(Struct, frozen=True):
    """What the page shows. ``events``: kind -> how many since a day ago, at most ``glance.LIMIT + 1``."""

    events: dict[str, int]
    keys: tuple[KeyAge, ...]
    warnings: tuple[Warning_, ...]
    mails_waiting: int


class Overviews:
    """Makes them."""

    def __init__(self, config: Config, glance: Glance, events: AuditLog, keys: Keys, catalog: Catalog) -> None:
        self._config = config
        self._glance = glance
        self._events = events
        self._keys = keys
        self._catalog = catalog

    async def make(self, now: int) -> Overview:
        """The state of now."""
        since = await self._events.last_id_before(now - _DAY_S)
        counted = {event: await self._glance.events(event, since) for event in COUNTED_EVENTS}
        keys = await self._key_ages(now)
        mails = await self._glance.mails_waiting()
        return Overview(counted, keys, self._warnings(keys, mails), mails)

    async def _key_ages(self, now: int) -> tuple[KeyAge, ...]:
        return tuple(
            KeyAge(key.kid, key.use, key.alg, now - key.created_at)
            for key, state in living(await self._keys.list(), now)
            if state == "in_use"
        )

    def _warnings(self, keys: tuple[KeyAge, ...], mails: int) -> tuple[Warning_, ...]:
        config = self._config
        host = urlsplit(config.issuer).hostname or ""
        is_here = host in ("localhost", "127.0.0.1", "::1") or host.endswith(".localhost")
        found: dict[Warning_, bool] = {
            "not_https": not config.is_https and not is_here,
            "legacy_clients": self._catalog.has_legacy,
            "registration_allow_legacy": config.registration != "off" and config.registration_allow_legacy,
            "mail_outbox": config.mail_outbox,
            "no_mail": not config.smtp_host,
            "mails_waiting": bool(config.smtp_host) and mails > 0,
            "old_key": any(key.age_s > _KEY_AGE_LIMIT_S for key in keys),
        }
        return tuple(name for name, is_so in found.items() if is_so)
