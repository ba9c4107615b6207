"""Passkeys by credential id."""

import msgspec

from lingpai.server.storage.driver import Driver, Row, Statement
from lingpai.server.storage.external_identities import LinkedIdentity, key_of, ways_into
from lingpai.server.storage.people_records import Passkey

_COLUMNS = "id, account_id, public_key, sign_count, name, transports, backed_up, created_at, used_at"
_GET = f"SELECT {_COLUMNS} FROM passkey WHERE id = $1"
_LIST = f"SELECT {_COLUMNS} FROM passkey WHERE account_id = $1 ORDER BY created_at, id LIMIT $2"
_RECORD = f"""INSERT INTO passkey ({_COLUMNS}) SELECT $1, $2, $3, $4, $5, $6, $7, $8, NULL
WHERE (SELECT count(*) FROM passkey WHERE account_id = $2) < $9"""
_USE = "UPDATE passkey SET sign_count = $3, used_at = $4, backed_up = $5 WHERE id = $1 AND sign_count = $2"
_RENAME = "UPDATE passkey SET name = $3 WHERE account_id = $1 AND id = $2"
# As in external_identities: something must open the account afterwards.
_DELETE = """DELETE FROM passkey WHERE account_id = $1 AND id = $2
AND (EXISTS (SELECT 1 FROM account a WHERE a.id = $1 AND a.password_hash IS NOT NULL)
OR EXISTS (SELECT 1 FROM passkey p WHERE p.account_id = $1 AND p.id <> $2)
OR EXISTS (SELECT 1 FROM external_identity o WHERE o.account_id = $1 AND o.provider = $3 AND o.subject = $4))"""

LIMIT_PER_ACCOUNT = 20

_transports_decoder = msgspec.json.Decoder(tuple[str, ...])


class Passkeys:
    """What an account can sign in with instead of a password."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver

    async def get(self, credential_id: bytes) -> Passkey | None:
        """The passkey, whoever's it is."""
        row = await self._driver.fetch_one(_GET, (credential_id,))
        return None if row is None else _decode(row)

    async def list(self, account_id: bytes) -> list[Passkey]:
        """Every passkey of an account, oldest first."""
        return [_decode(row) for row in await self._driver.fetch_all(_LIST, (account_id, LIMIT_PER_ACCOUNT))]

    async def record(self, passkey: Passkey) -> bool:
        """Add one. ``False``: there is one with that id, or the account has as many as it may."""
        p = passkey
        transports = msgspec.json.encode(p.transports).decode()
        head = (p.id, p.account_id, p.public_key, p.sign_count, p.name, transports, int(p.backed_up), p.created_at)
        statement = Statement(
            _RECORD, (*head, LIMIT_PER_ACCOUNT), expect_rows=1, counts=f"passkeys of {p.account_id.hex()}"
        )
        return await self._driver.transact([statement]) is not None

    async def use(self, passkey: Passkey, sign_count: int, now: int, *, backed_up: bool) -> bool:
        """Note a sign-in. ``False``: the counter moved meanwhile, so the answer was sent twice."""
        args = (passkey.id, passkey.sign_count, sign_count, now, int(backed_up))
        return await self._driver.transact([Statement(_USE, args, expect_rows=1)]) is not None

    async def rename(self, account_id: bytes, credential_id: bytes, name: str) -> bool:
        """Call it something else. ``False``: the account has no such passkey."""
        return await self._driver.transact([Statement(_RENAME, (account_id, credential_id, name), 1)]) is not None

    async def delete(self, account_id: bytes, credential_id: bytes, other: LinkedIdentity | None = None) -> bool:
        """Take it away. ``False``: the account has no such passkey, or nothing else would open it.

        ``other``: an identity elsewhere that is good for signing in, if there is one.
        """
        args = (account_id, credential_id, *key_of(other))
        statement = Statement(_DELETE, args, expect_rows=1, counts=ways_into(account_id))
        return await self._driver.transact([statement]) is not None


def _decode(row: Row) -> Passkey:
    return Passkey(
        id=row[0],
        account_id=row[1],
        public_key=row[2],
        sign_count=row[3],
        name=row[4],
        transports=_transports_decoder.decode(row[5]),
        backed_up=bool(row[6]),
        created_at=row[7],
        used_at=row[8],
    )
