"""Which applications a browser session has signed in to, so that they can be told when it ends.

A row is written when an application that wants to know gets its first ID Token in a session. Ending the session marks
its rows due, in the same transaction; whoever delivers the notices works through what is due, so a notice survives
restarts and is not lost with a process.

Spec: OpenID Connect Back-Channel Logout 1.0 §2.3
"""

from msgspec import Struct

from lingpai.server.storage.driver import Driver, Row, Statement

_COLUMNS = "sid, client_id, account_id, attempts, next_at"
_RECORD = """INSERT INTO session_client (sid, client_id, account_id, expires_at, attempts, next_at)
VALUES ($1, $2, $3, $4, 0, NULL) ON CONFLICT DO NOTHING"""
_LIST = f"SELECT {_COLUMNS} FROM session_client WHERE sid = $1"
_LIST_DUE = f"""SELECT {_COLUMNS} FROM session_client WHERE next_at IS NOT NULL AND next_at <= $1
ORDER BY next_at LIMIT $2"""
_POSTPONE = """UPDATE session_client SET attempts = attempts + 1, next_at = $4
WHERE sid = $1 AND client_id = $2 AND next_at = $3"""
_DELETE = "DELETE FROM session_client WHERE sid = $1 AND client_id = $2"

_DUE_OF_ACCOUNT = "UPDATE session_client SET next_at = 0 WHERE account_id = $1 AND next_at IS NULL"
_DUE_OF_SESSION = """UPDATE session_client SET next_at = 0 WHERE next_at IS NULL
AND sid = (SELECT s.sid FROM session s WHERE s.digest = $1 AND s.account_id <> $2)"""


class SessionClient(Struct, frozen=True):
    """An application somebody signed in to in a browser session. ``next_at``: when it is to be told that it ended."""

    sid: bytes
    client_id: str
    account_id: bytes
    attempts: int
    next_at: int | None


def notices_of_session(digest: bytes, *, unless_of: bytes = b"") -> Statement:
    """Makes every application of the session be told; part of the transaction that ends it, and before that.

    ``unless_of``: nobody is told when the session is this account's.
    """
    return Statement(_DUE_OF_SESSION, (digest, unless_of))


def notices_of_account(account_id: bytes) -> Statement:
    """The same for every session of an account."""
    return Statement(_DUE_OF_ACCOUNT, (account_id,))


class SessionClients:
    """Applications by session."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver

    async def record(self, sid: bytes, client_id: str, account_id: bytes, expires_at: int) -> None:
        """Remember until ``expires_at`` (the session's) that the application was signed in to."""
        await self._driver.transact([Statement(_RECORD, (sid, client_id, account_id, expires_at))])

    async def list_due(self, now: int, limit: int = 50) -> list[SessionClient]:
        """Notices to deliver now, oldest first."""
        return [_decode(row) for row in await self._driver.fetch_all(_LIST_DUE, (now, limit))]

    async def list(self, sid: bytes) -> list[SessionClient]:
        """The applications of one session."""
        return [_decode(row) for row in await self._driver.fetch_all(_LIST, (sid,))]

    async def postpone(self, notice: SessionClient, next_at: int) -> bool:
        """Claim a due notice until ``next_at``. ``False``: another process has it."""
        args = (notice.sid, notice.client_id, notice.next_at, next_at)
        return await self._driver.transact([Statement(_POSTPONE, args, expect_rows=1)]) is not None

    async def delete(self, notice: SessionClient) -> None:
        """Delivered, or given up."""
        await self._driver.transact([Statement(_DELETE, (notice.sid, notice.client_id))])


def _decode(row: Row) -> SessionClient:
    return SessionClient(*row)
