"""Token families: redeeming a code inserts one, refreshing updates it, replay revokes it.

Owns the statements that spend a one-time credential and record what it bought in the same step, so that two requests
arriving together, a crash or a restart can never spend it twice. Leaves what a lost race means to the grant types.

Spec: RFC 6749 §4.1.2; RFC 9700 §4.14.2
"""

import msgspec
from msgspec import Struct

from lingpai.server.storage import accounts
from lingpai.server.storage.clients import decode_client
from lingpai.server.storage.driver import Driver, Row, Statement
from lingpai.server.storage.grants import decode_permissions
from lingpai.server.storage.memory import Memory
from lingpai.server.storage.records import Account, Client, TokenFamily
from lingpai.server.storage.sweep_clock import TIME

_resource_decoder = msgspec.json.Decoder(tuple[str, ...])

_COLUMNS = (
    "f.account_id, f.id, f.client_id, f.grant_id, f.scope, f.resource, f.generation, f.auth_time, f.sid,"
    " f.created_at, f.rotated_at, f.expires_at, f.revoked_at, f.revoke_reason"
)
# Whoever holds the family's grant must still hold it, and nobody may have been locked out since.
_GRANT_LIVES = "g.ended_at IS NULL AND (g.expires_at IS NULL OR g.expires_at > {now}) AND a.disabled_at IS NULL"
_GRANT_OF_FAMILY = "g.account_id = {f}.account_id AND g.client_id = {f}.client_id AND g.id = {f}.grant_id"
_BOUGHT = f"""RETURNING
(SELECT g.permissions FROM account_grant g WHERE {_GRANT_OF_FAMILY.format(f="token_family")}),
(SELECT g.expires_at FROM account_grant g WHERE {_GRANT_OF_FAMILY.format(f="token_family")})"""

_REDEEM = f"""INSERT INTO token_family (account_id, id, client_id, grant_id, scope, resource, generation, auth_time,
sid, created_at, rotated_at, expires_at, revoked_at, revoke_reason)
SELECT g.account_id, $2, g.client_id, g.id, $5, $6, 0, $7, $8, $9, $9, $10, NULL, ''
FROM account_grant g JOIN account a ON a.id = g.account_id
WHERE g.account_id = $1 AND g.client_id = $3 AND g.id = $4 AND {_GRANT_LIVES.format(now="$9")}
AND ({TIME.format(now="$9")} < $11 OR $11 IS NULL)
ON CONFLICT DO NOTHING {_BOUGHT}"""
_ROTATE = f"""UPDATE token_family SET generation = generation + 1, rotated_at = $5, expires_at = $6
WHERE account_id = $1 AND id = $2 AND client_id = $3 AND generation = $4 AND revoked_at IS NULL AND expires_at > $5
AND EXISTS (SELECT 1 FROM account_grant g JOIN account a ON a.id = g.account_id
WHERE {_GRANT_OF_FAMILY.format(f="token_family")} AND {_GRANT_LIVES.format(now="$5")}) {_BOUGHT}"""
_GET = f"SELECT {_COLUMNS} FROM token_family f WHERE f.account_id = $1 AND f.id = $2"
_JOINED = f"""FROM token_family f JOIN account_grant g ON {_GRANT_OF_FAMILY.format(f="f")}
JOIN account a ON a.id = f.account_id JOIN client c ON c.client_id = f.client_id
WHERE f.account_id = $1 AND f.id = $2 AND f.revoked_at IS NULL AND c.disabled_at IS NULL
AND {_GRANT_LIVES.format(now="$3")}"""
_GET_ALIVE = f"SELECT g.permissions, g.expires_at, {_COLUMNS}, {accounts.COLUMNS}, c.document {_JOINED}"
_GET_ALIVE_FOR_TOKEN = f"""{_GET_ALIVE}
AND NOT EXISTS (SELECT 1 FROM spent s WHERE s.purpose = 'access_token' AND s.id = $4)"""
_REVOKE = """UPDATE token_family SET revoked_at = $3, revoke_reason = $4
WHERE account_id = $1 AND id = $2 AND revoked_at IS NULL"""


class Bought(Struct, frozen=True):
    """What the grant stood for at the moment the credential was spent."""

    permissions: dict[str, int]
    grant_expires_at: int | None


class AliveFamily(Struct, frozen=True):
    """A family whose grant, account and client are all in force."""

    family: TokenFamily
    account: Account
    client: Client
    permissions: dict[str, int]
    grant_expires_at: int | None


class TokenFamilies:
    """Families by account and id."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver
        self._memory: Memory[AliveFamily] = Memory(driver)

    async def redeem(self, family: TokenFamily, *, sweep_clock_until: int | None = None) -> Bought | None:
        """Insert the family a code names. ``None``: the id exists already (a replay) or the grant is not in force.

        One statement: of any number of concurrent redemptions exactly one inserts. ``sweep_clock_until``: not from then
        on by the clock that is never put back.
        """
        f = family
        resource = msgspec.json.encode(f.resource).decode()
        head = (f.account_id, f.id, f.client_id, f.grant_id, f.scope, resource, f.auth_time, f.sid)
        return await self._spend(
            Statement(_REDEEM, (*head, f.created_at, f.expires_at, sweep_clock_until), expect_rows=1)
        )

    async def rotate(
        self, account_id: bytes, family_id: bytes, client_id: str, *, generation: int, now: int, expires_at: int
    ) -> Bought | None:
        """Move from ``generation`` to the next. ``None``: not the living generation, or nothing there is in force."""
        args = (account_id, family_id, client_id, generation, now, expires_at)
        return await self._spend(Statement(_ROTATE, args, expect_rows=1))

    async def get(self, account_id: bytes, family_id: bytes) -> TokenFamily | None:
        """The family, living or revoked."""
        row = await self._driver.fetch_one(_GET, (account_id, family_id))
        return None if row is None else _decode(row)

    async def get_alive(
        self, account_id: bytes, family_id: bytes, now: int, access_token_id: bytes | None = None
    ) -> AliveFamily | None:
        """The family with what it hangs on, in one read; ``None`` as soon as any of it is not in force.

        ``access_token_id``: also require that this access token was not revoked by itself.
        """
        key = (account_id, family_id, access_token_id)
        alive = await self._memory.get(key, self._read_alive, account_id, family_id, now, access_token_id)
        # Remembered or not, the grant may have run out since it was read.
        if alive is None or (alive.grant_expires_at is not None and alive.grant_expires_at <= now):
            return None
        return alive

    async def _read_alive(
        self, account_id: bytes, family_id: bytes, now: int, access_token_id: bytes | None
    ) -> AliveFamily | None:
        if access_token_id is None:
            row = await self._driver.fetch_one(_GET_ALIVE, (account_id, family_id, now))
        else:
            row = await self._driver.fetch_one(_GET_ALIVE_FOR_TOKEN, (account_id, family_id, now, access_token_id))
        if row is None:
            return None
        values = row
        return AliveFamily(
            family=_decode(values[2:]),
            account=accounts.decode_account(values[16:]),
            client=decode_client(values[16 + accounts.COLUMN_COUNT]),
            permissions=decode_permissions(values[0]),
            grant_expires_at=values[1],
        )

    async def revoke(self, account_id: bytes, family_id: bytes, *, reason: str, now: int) -> bool:
        """End the family and every token of it. ``False``: there was no living one."""
        statement = Statement(_REVOKE, (account_id, family_id, now, reason), expect_rows=1)
        return await self._driver.transact([statement]) is not None

    async def _spend(self, statement: Statement) -> Bought | None:
        rows = await self._driver.transact([statement])
        if rows is None:
            return None
        values = rows[0]
        return Bought(permissions=decode_permissions(values[0]), grant_expires_at=values[1])


def _decode(row: Row) -> TokenFamily:
    return TokenFamily(
        account_id=row[0],
        id=row[1],
        client_id=row[2],
        grant_id=row[3],
        scope=row[4],
        resource=_resource_decoder.decode(row[5]),
        generation=row[6],
        auth_time=row[7],
        sid=row[8],
        created_at=row[9],
        rotated_at=row[10],
        expires_at=row[11],
        revoked_at=row[12],
        revoke_reason=row[13],
    )
