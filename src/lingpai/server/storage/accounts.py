"""People's accounts. ``username`` is unique in its canonical form, which the caller has made."""

import msgspec

from lingpai.server.storage.driver import Driver, Row, Statement, Value
from lingpai.server.storage.records import Account

COLUMNS = (
    "a.id, a.username, a.password_hash, a.name, a.picture, a.email, a.email_verified, a.locale, a.claims,"
    " a.created_at, a.updated_at, a.disabled_at"
)
COLUMN_COUNT = 12

_claims_decoder = msgspec.json.Decoder(dict[str, object])

_GET = f"SELECT {COLUMNS} FROM account a WHERE a.id = $1"
_GET_BY_USERNAME = f"SELECT {COLUMNS} FROM account a WHERE a.username = $1"
_LIST = f"SELECT {COLUMNS} FROM account a WHERE a.username > $1 ORDER BY a.username LIMIT $2"
_PUT = """INSERT INTO account (id, username, password_hash, name, picture, email, email_verified, locale, claims,
created_at, updated_at, disabled_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
ON CONFLICT (id) DO UPDATE SET username = excluded.username, password_hash = excluded.password_hash,
name = excluded.name, picture = excluded.picture, email = excluded.email, email_verified = excluded.email_verified,
locale = excluded.locale, claims = excluded.claims, updated_at = excluded.updated_at,
disabled_at = excluded.disabled_at"""

_ROTATE_PASSWORD_HASH = "UPDATE account SET password_hash = $3 WHERE id = $1 AND password_hash = $2"

# Each act writes what it is about and nothing else: the rest of the row may have changed since it was read, and an old
# password or an account that was not locked yet must not come back.
_CHANGE_PROFILE = """UPDATE account SET name = $2, picture = $3, locale = $4, claims = $5, updated_at = $6
WHERE id = $1 AND disabled_at IS NULL"""
_CHANGE_PASSWORD = """UPDATE account SET password_hash = $3, email_verified = $4, updated_at = $5
WHERE id = $1 AND disabled_at IS NULL AND coalesce(password_hash, '') = $2"""
_DISABLE = "UPDATE account SET disabled_at = coalesce(disabled_at, $2), updated_at = $2 WHERE id = $1"
_ENABLE = "UPDATE account SET disabled_at = NULL, updated_at = $2 WHERE id = $1"
_SET_PASSWORD_HASH = "UPDATE account SET password_hash = $2, updated_at = $3 WHERE id = $1"
_CHANGE_EMAIL = """UPDATE account SET username = $3, email = $4, email_verified = 1, updated_at = $5
WHERE id = $1 AND disabled_at IS NULL AND email = $2"""


def decode_account(row: Row) -> Account:
    """The record in ``COLUMNS``."""
    return Account(
        id=row[0],
        username=row[1],
        password_hash=row[2],
        name=row[3],
        picture=row[4],
        email=row[5],
        email_verified=bool(row[6]),
        locale=row[7],
        claims=_claims_decoder.decode(row[8]),
        created_at=row[9],
        updated_at=row[10],
        disabled_at=row[11],
    )


def inserted(account: Account) -> Statement:
    """The account as it is put, for transactions of others; refused when another account has the username."""
    a = account
    claims = msgspec.json.encode(a.claims).decode()
    head = (a.id, a.username, a.password_hash, a.name, a.picture, a.email, int(a.email_verified), a.locale, claims)
    return Statement(_PUT, (*head, a.created_at, a.updated_at, a.disabled_at))


class Accounts:
    """Accounts by id and by canonical username."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver

    async def get(self, account_id: bytes) -> Account | None:
        """The account, disabled or not."""
        row = await self._driver.fetch_one(_GET, (account_id,))
        return None if row is None else decode_account(row)

    async def get_by_username(self, canonical: str) -> Account | None:
        """The account with that canonical username, disabled or not."""
        row = await self._driver.fetch_one(_GET_BY_USERNAME, (canonical,))
        return None if row is None else decode_account(row)

    async def list(self, after_username: str = "", limit: int = 100) -> list[Account]:
        """Up to ``limit`` accounts whose username sorts behind ``after_username``."""
        return [decode_account(row) for row in await self._driver.fetch_all(_LIST, (after_username, limit))]

    async def put(self, account: Account) -> bool:
        """Insert or replace by id. ``False``: another account has the username; nothing was written."""
        return await self._driver.transact([inserted(account)]) is not None

    async def change_profile(self, account: Account) -> bool:
        """Write name, picture, language and claims. ``False``: the account is disabled or gone."""
        a = account
        claims = msgspec.json.encode(a.claims).decode()
        return await self._change(_CHANGE_PROFILE, (a.id, a.name, a.picture, a.locale, claims, a.updated_at))

    async def change_password(self, before: Account, after: Account) -> bool:
        """Write the password hash, and whether the address is proved. ``False``: disabled, or ``before`` is not now."""
        flag = int(after.email_verified)
        return await self._change(
            _CHANGE_PASSWORD, (before.id, before.password_hash or "", after.password_hash, flag, after.updated_at)
        )

    async def change_email(self, before: Account, after: Account) -> bool:
        """Write username and proved address. ``False``: disabled, ``before`` is not now, or the username is taken."""
        args = (before.id, before.email, after.username, after.email, after.updated_at)
        return await self._change(_CHANGE_EMAIL, args)

    async def disable(self, account_id: bytes, now: int) -> None:
        """Lock it; when it was locked first stays."""
        await self._driver.transact([Statement(_DISABLE, (account_id, now))])

    async def enable(self, account_id: bytes, now: int) -> None:
        """Unlock it."""
        await self._driver.transact([Statement(_ENABLE, (account_id, now))])

    async def set_password_hash(self, account_id: bytes, password_hash: str | None, now: int) -> None:
        """Write the hash whatever it was before; ``None``: no password works."""
        await self._driver.transact([Statement(_SET_PASSWORD_HASH, (account_id, password_hash, now))])

    async def _change(self, sql: str, args: tuple[Value, ...]) -> bool:
        return await self._driver.transact([Statement(sql, args, expect_rows=1)]) is not None

    async def rotate_password_hash(self, account_id: bytes, old: str, new: str) -> bool:
        """Replace one hash of the password by another. ``False``: it is not the one in force any more."""
        statement = Statement(_ROTATE_PASSWORD_HASH, (account_id, old, new), expect_rows=1)
        return await self._driver.transact([statement]) is not None
