"""Who people are elsewhere: identities at upstream providers, each linked to one account by an act of its owner.

An identity is what the provider calls somebody, for ever: ``(provider, subject)``. Nothing else links, no e-mail
address and no name: those change hands.

Spec: OpenID Connect Core 1.0 §5.7
"""

from msgspec import Struct

from lingpai.server.storage.accounts import Accounts, inserted
from lingpai.server.storage.driver import Driver, Row, Statement
from lingpai.server.storage.records import Account

_COLUMNS = "provider, subject, account_id, label, linked_at, last_used_at"
_GET = f"SELECT {_COLUMNS} FROM external_identity WHERE provider = $1 AND subject = $2"
_LIST = f"SELECT {_COLUMNS} FROM external_identity WHERE account_id = $1 ORDER BY linked_at, provider, subject"
_RECORD = f"INSERT INTO external_identity ({_COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6)"
_USED = "UPDATE external_identity SET last_used_at = $3, label = $4 WHERE provider = $1 AND subject = $2"
# One statement, so that of two ways in that are taken away at once the last one stays.
_END = """DELETE FROM external_identity WHERE provider = $1 AND subject = $2 AND account_id = $3
AND (EXISTS (SELECT 1 FROM account a WHERE a.id = $3 AND a.password_hash IS NOT NULL)
OR EXISTS (SELECT 1 FROM passkey p WHERE p.account_id = $3)
OR EXISTS (SELECT 1 FROM external_identity o WHERE o.account_id = $3 AND o.provider = $4 AND o.subject = $5
AND NOT (o.provider = $1 AND o.subject = $2)))"""


class LinkedIdentity(Struct, frozen=True, kw_only=True):
    """An identity at ``provider`` and whose account it opens. ``label``: what its owner recognises it by."""

    provider: str
    subject: str
    account_id: bytes
    label: str = ""
    linked_at: int = 0
    last_used_at: int = 0


class ExternalIdentities:
    """Identities by provider and subject."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver
        self._accounts = Accounts(driver)

    async def get(self, provider: str, subject: str) -> LinkedIdentity | None:
        """The identity, if it is linked."""
        row = await self._driver.fetch_one(_GET, (provider, subject))
        return None if row is None else _decode(row)

    async def list(self, account_id: bytes) -> list[LinkedIdentity]:
        """Those of an account, oldest first."""
        return [_decode(row) for row in await self._driver.fetch_all(_LIST, (account_id,))]

    async def record(self, identity: LinkedIdentity) -> bool:
        """Link it. ``False``: it is linked already, to this account or another."""
        return await self._driver.transact([_recorded(identity)]) is not None

    async def record_with_account(self, identity: LinkedIdentity, account: Account) -> bool:
        """Make the account and link it, both or neither. ``False``: the username, or the identity, is taken."""
        return await self._driver.transact([inserted(account), _recorded(identity)]) is not None

    async def use(self, identity: LinkedIdentity, label: str, now: int) -> None:
        """Remember that somebody signed in with it, and what it is called now."""
        await self._driver.transact([Statement(_USED, (identity.provider, identity.subject, now, label))])

    async def end(self, identity: LinkedIdentity, other: LinkedIdentity | None) -> bool:
        """Unlink it. ``False``: nothing else would open the account, no password, passkey or ``other``; or it is gone.

        ``other``: an identity that is good for signing in, if there is one.
        """
        args = (identity.provider, identity.subject, identity.account_id, *key_of(other))
        statement = Statement(_END, args, expect_rows=1, counts=ways_into(identity.account_id))
        return await self._driver.transact([statement]) is not None


def key_of(identity: LinkedIdentity | None) -> tuple[str, str]:
    """Provider and subject; of none, what no identity has."""
    return (identity.provider, identity.subject) if identity else ("", "")


def ways_into(account_id: bytes) -> str:
    """What ``Statement.counts`` is where a way to sign in is taken away."""
    return f"ways into {account_id.hex()}"


def _recorded(identity: LinkedIdentity) -> Statement:
    i = identity
    args = (i.provider, i.subject, i.account_id, i.label, i.linked_at, i.last_used_at)
    return Statement(_RECORD, args, expect_rows=1)


def _decode(row: Row) -> LinkedIdentity:
    return LinkedIdentity(
        provider=row[0], subject=row[1], account_id=row[2], label=row[3], linked_at=row[4], last_used_at=row[5]
    )
