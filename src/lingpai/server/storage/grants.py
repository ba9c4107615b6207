"""What accounts allowed clients: one row per (account, client), replaced only if nobody changed it meanwhile."""

import msgspec

from lingpai.server.storage.clients import decode_client
from lingpai.server.storage.driver import Driver, Row, Statement
from lingpai.server.storage.records import Client, Grant

COLUMNS = (
    "g.account_id, g.client_id, g.id, g.permissions, g.declined, g.lifetime, g.revision, g.created_at, g.updated_at,"
    " g.expires_at, g.ended_at"
)

_permissions_decoder = msgspec.json.Decoder(dict[str, int])
_declined_decoder = msgspec.json.Decoder(tuple[str, ...])

_GET = f"SELECT {COLUMNS} FROM account_grant g WHERE g.account_id = $1 AND g.client_id = $2"
_LIST = f"""SELECT {COLUMNS}, c.document FROM account_grant g JOIN client c ON c.client_id = g.client_id
WHERE g.account_id = $1 AND g.ended_at IS NULL AND (g.expires_at IS NULL OR g.expires_at > $2)
ORDER BY g.updated_at DESC, g.client_id"""
# What is left of a grant given and ended before says nothing about this one.
_LAST_USED = """SELECT f.client_id, max(f.rotated_at) FROM token_family f
JOIN account_grant g ON g.account_id = f.account_id AND g.client_id = f.client_id AND g.id = f.grant_id
WHERE f.account_id = $1 GROUP BY f.client_id"""
_INSERT = """INSERT INTO account_grant (account_id, client_id, id, permissions, declined, lifetime, revision,
created_at, updated_at, expires_at, ended_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
ON CONFLICT DO NOTHING"""
_REPLACE = """UPDATE account_grant SET id = $3, permissions = $4, declined = $5, lifetime = $6, revision = $7,
created_at = $8, updated_at = $9, expires_at = $10, ended_at = $11
WHERE account_id = $1 AND client_id = $2 AND id = $12 AND revision = $13"""
_END = """UPDATE account_grant SET ended_at = $3, updated_at = $3, revision = revision + 1
WHERE account_id = $1 AND client_id = $2 AND ended_at IS NULL"""


def decode_permissions(text: str) -> dict[str, int]:
    """The record in a ``permissions`` column."""
    return _permissions_decoder.decode(text)


def decode_grant(row: Row) -> Grant:
    """The record in ``COLUMNS``."""
    return Grant(
        account_id=row[0],
        client_id=row[1],
        id=row[2],
        permissions=decode_permissions(row[3]),
        declined=_declined_decoder.decode(row[4]),
        lifetime=row[5],
        revision=row[6],
        created_at=row[7],
        updated_at=row[8],
        expires_at=row[9],
        ended_at=row[10],
    )


def put_statement(grant: Grant, replaces: Grant | None) -> Statement:
    """The one step of ``Grants.put``, for who must write something else in the same transaction."""
    g = grant
    head = (g.account_id, g.client_id, g.id, msgspec.json.encode(g.permissions).decode())
    middle = (msgspec.json.encode(g.declined).decode(), g.lifetime)
    tail = (g.created_at, g.updated_at, g.expires_at, g.ended_at)
    if replaces is None:
        return Statement(_INSERT, (*head, *middle, 1, *tail), expect_rows=1)
    was = (replaces.id, replaces.revision)
    return Statement(_REPLACE, (*head, *middle, replaces.revision + 1, *tail, *was), expect_rows=1)


class Grants:
    """Grants by account and client."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver

    async def get(self, account_id: bytes, client_id: str) -> Grant | None:
        """The grant, living, expired or ended."""
        row = await self._driver.fetch_one(_GET, (account_id, client_id))
        return None if row is None else decode_grant(row)

    async def list_with_clients(self, account_id: bytes, now: int) -> list[tuple[Grant, Client]]:
        """Every living grant of the account with its application, last changed first."""
        rows = await self._driver.fetch_all(_LIST, (account_id, now))
        return [(decode_grant(row), decode_client(row[-1])) for row in rows]

    async def last_used(self, account_id: bytes) -> dict[str, int]:
        """``client_id`` -> when the application last got tokens under its grant: a sign-in or a refresh.

        How often it used them in between is not recorded: nothing is written when a token is. An application whose
        sign-ins have all run out is missing.
        """
        return {row[0]: row[1] for row in await self._driver.fetch_all(_LAST_USED, (account_id,))}

    async def put(self, grant: Grant, replaces: Grant | None) -> bool:
        """Write ``grant`` over exactly ``replaces``. ``False``: somebody changed it meanwhile; read it again.

        A consent given in one tab can therefore never undo what was taken back in another.
        """
        return await self._driver.transact([put_statement(grant, replaces)]) is not None

    async def end(self, account_id: bytes, client_id: str, now: int) -> bool:
        """End the grant: every token under it is refused from now on. ``False``: there was no living one."""
        args = (account_id, client_id, now)
        return await self._driver.transact([Statement(_END, args, expect_rows=1)]) is not None
