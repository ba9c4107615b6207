"""Looking accounts, applications and grants up among millions: every list is read by key in the order of an index.

Owns the searches of the administration. What begins with a text is what sorts between it and its successor, in the
order of the bytes, which both databases keep for these columns. One lower bound each: given two, a database may begin
at the wrong one.
"""

from msgspec import Struct

from lingpai.server.storage.accounts import COLUMNS, decode_account
from lingpai.server.storage.clients import decode_client
from lingpai.server.storage.driver import Driver
from lingpai.server.storage.grants import COLUMNS as GRANT_COLUMNS
from lingpai.server.storage.grants import decode_grant
from lingpai.server.storage.records import Account, Client, Grant

_BY_USERNAME = f"""SELECT {COLUMNS} FROM account a
WHERE a.username >= $1 AND a.username <> $2 AND a.username < $3 ORDER BY a.username LIMIT $4"""
_BY_EMAIL = f"""SELECT {COLUMNS} FROM account a
WHERE lower(a.email) >= $1 AND (lower(a.email) > $1 OR a.id > $2) AND lower(a.email) < $3 AND a.email <> ''
ORDER BY lower(a.email), a.id LIMIT $4"""
_BY_NAME = """SELECT document FROM client
WHERE (search_name, client_id) > ($1, $2) AND search_name < $3 ORDER BY search_name, client_id LIMIT $4"""
_GRANTS_OF_CLIENT = f"""SELECT {GRANT_COLUMNS} FROM account_grant g
WHERE g.client_id = $1 AND g.account_id > $2 ORDER BY g.account_id LIMIT $3"""
_GRANTS_OF_ACCOUNT = f"""SELECT {GRANT_COLUMNS}, c.document FROM account_grant g
LEFT JOIN client c ON c.client_id = g.client_id
WHERE g.account_id = $1 AND g.client_id > $2 ORDER BY g.client_id LIMIT $3"""
_HIGHEST = "\U0010ffff"


class AccountKey(Struct, frozen=True):
    """Behind which account a list by e-mail address goes on."""

    email: str = ""
    account_id: bytes = b""


class Directory:
    """Searches."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver

    async def accounts_by_username(self, prefix: str, after: str = "", limit: int = 50) -> list[Account]:
        """Accounts whose canonical username begins with ``prefix``, by username."""
        rows = await self._driver.fetch_all(_BY_USERNAME, (after or prefix, after, prefix + _HIGHEST, limit))
        return [decode_account(row) for row in rows]

    async def accounts_by_email(self, prefix: str, after: AccountKey = AccountKey(), limit: int = 50) -> list[Account]:  # noqa: B008 - frozen
        """Accounts whose address begins with ``prefix`` (small letters), by address."""
        args = (after.email or prefix, after.account_id, prefix + _HIGHEST, limit)
        return [decode_account(row) for row in await self._driver.fetch_all(_BY_EMAIL, args)]

    async def clients_by_name(self, prefix: str, after: tuple[str, str] = ("", ""), limit: int = 50) -> list[Client]:
        """Applications whose name begins with ``prefix`` (small letters), by name. ``after``: (name, client_id)."""
        args = (after[0] or prefix, after[1], prefix + _HIGHEST, limit)
        rows = await self._driver.fetch_all(_BY_NAME, args)
        return [decode_client(row[0]) for row in rows]

    async def grants_of_client(self, client_id: str, after: bytes = b"", limit: int = 50) -> list[Grant]:
        """What accounts allowed the application, living or not, by account id."""
        rows = await self._driver.fetch_all(_GRANTS_OF_CLIENT, (client_id, after, limit))
        return [decode_grant(row) for row in rows]

    async def grants_of_account(
        self, account_id: bytes, after: str = "", limit: int = 50
    ) -> list[tuple[Grant, Client | None]]:
        """What the account allowed, living or not, by application. ``None``: that application is gone."""
        rows = await self._driver.fetch_all(_GRANTS_OF_ACCOUNT, (account_id, after, limit))
        return [(decode_grant(row), decode_client(row[-1]) if row[-1] else None) for row in rows]
