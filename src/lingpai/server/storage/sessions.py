"""Browsers somebody is signed in with. Only the digest of the cookie's secret is stored."""

from collections.abc import Sequence

import msgspec

from lingpai.server.storage import accounts, grants
from lingpai.server.storage.driver import Driver, Row, Statement
from lingpai.server.storage.memory import Memory
from lingpai.server.storage.records import Account, Grant, Session
from lingpai.server.storage.session_clients import notices_of_account, notices_of_session

_COLUMNS = "s.digest, s.account_id, s.sid, s.auth_time, s.amr, s.user_agent, s.created_at, s.expires_at"
_COLUMN_COUNT = 8

_amr_decoder = msgspec.json.Decoder(tuple[str, ...])

_FROM = "FROM session s JOIN account a ON a.id = s.account_id"
_ALIVE = "s.digest = $1 AND s.expires_at > $2 AND a.disabled_at IS NULL"
_GET = f"SELECT {_COLUMNS}, {accounts.COLUMNS} {_FROM} WHERE {_ALIVE}"
_GET_WITH_GRANT = f"""SELECT {_COLUMNS}, {accounts.COLUMNS}, {grants.COLUMNS} {_FROM}
LEFT JOIN account_grant g ON g.account_id = s.account_id AND g.client_id = $3 WHERE {_ALIVE}"""
_LIST = f"SELECT {_COLUMNS} FROM session s WHERE s.account_id = $1 AND s.expires_at > $2 ORDER BY s.created_at DESC"
_RECORD = """INSERT INTO session (digest, account_id, sid, auth_time, amr, user_agent, created_at, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"""
_INHERIT = """UPDATE session SET sid = (SELECT old.sid FROM session old WHERE old.digest = $2)
WHERE digest = $1 AND EXISTS (SELECT 1 FROM session old WHERE old.digest = $2 AND old.account_id = $3)"""
_KEEP_NOTICES = """UPDATE session_client SET expires_at = $2
WHERE next_at IS NULL AND sid = (SELECT s.sid FROM session s WHERE s.digest = $1)"""
_CONFIRM = "UPDATE session SET auth_time = $2, amr = $3 WHERE digest = $1"
_END = "DELETE FROM session WHERE digest = $1"
_END_ALL = "DELETE FROM session WHERE account_id = $1"


def _decode(row: Row) -> Session:
    return Session(
        digest=row[0],
        account_id=row[1],
        sid=row[2],
        auth_time=row[3],
        amr=_amr_decoder.decode(row[4]),
        user_agent=row[5],
        created_at=row[6],
        expires_at=row[7],
    )


def _recorded(session: Session) -> Statement:
    s = session
    amr = msgspec.json.encode(s.amr).decode()
    args = (s.digest, s.account_id, s.sid, s.auth_time, amr, s.user_agent, s.created_at, s.expires_at)
    return Statement(_RECORD, args, expect_rows=1)


class Sessions:
    """Sessions by the digest of their secret."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver
        self._memory: Memory[tuple[Session, Account, Grant | None]] = Memory(driver)

    async def get_signed_in(self, digest: bytes, now: int) -> tuple[Session, Account] | None:
        """The living session and its account; ``None`` too when the account is disabled."""
        row = await self._driver.fetch_one(_GET, (digest, now))
        return None if row is None else (_decode(row), accounts.decode_account(row[_COLUMN_COUNT:]))

    async def get_signed_in_with_grant(
        self, digest: bytes, client_id: str, now: int
    ) -> tuple[Session, Account, Grant | None] | None:
        """The same with what the account allowed ``client_id`` (living or not), in one read."""
        found = await self._memory.get((digest, client_id), self._read_with_grant, digest, client_id, now)
        # Remembered or not, it may have expired since it was read.
        return found if found is not None and found[0].expires_at > now else None

    async def _read_with_grant(
        self, digest: bytes, client_id: str, now: int
    ) -> tuple[Session, Account, Grant | None] | None:
        row = await self._driver.fetch_one(_GET_WITH_GRANT, (digest, now, client_id))
        if row is None:
            return None
        rest = row[_COLUMN_COUNT:]
        grant = rest[accounts.COLUMN_COUNT :]
        return _decode(row), accounts.decode_account(rest), None if grant[0] is None else grants.decode_grant(grant)

    async def list(self, account_id: bytes, now: int) -> list[Session]:
        """The account's living sessions, newest first."""
        return [_decode(row) for row in await self._driver.fetch_all(_LIST, (account_id, now))]

    async def record(self, session: Session) -> None:
        """Add one."""
        await self._driver.transact([_recorded(session)])

    async def replace(self, old_digest: bytes | None, new: Session) -> None:
        """Put ``new`` in the place of the old session, if there is one, as one transaction.

        When the same person signs in again the ``sid`` stays and nobody is told that anything ended.
        """
        if old_digest is None:
            await self._driver.transact([_recorded(new)])
            return
        inherit = Statement(_INHERIT, (new.digest, old_digest, new.account_id), expect_rows=None)
        keep = Statement(_KEEP_NOTICES, (new.digest, new.expires_at))
        others = notices_of_session(old_digest, unless_of=new.account_id)
        await self._driver.transact([others, _recorded(new), inherit, keep, Statement(_END, (old_digest,))])

    async def confirm(self, digest: bytes, amr: Sequence[str], now: int) -> None:
        """Its person has proved who they are again, this way."""
        await self._driver.transact([Statement(_CONFIRM, (digest, now, msgspec.json.encode(amr).decode()))])

    async def end(self, digest: bytes) -> None:
        """Sign out there."""
        await self._driver.transact([notices_of_session(digest), Statement(_END, (digest,))])

    async def end_all(self, account_id: bytes) -> None:
        """Sign out everywhere."""
        await self._driver.transact([notices_of_account(account_id), Statement(_END_ALL, (account_id,))])
