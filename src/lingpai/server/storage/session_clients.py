"""Which applications a browser session has signed in to, so that they can be told when it ends.

A row is written when an application that wants to know gets its first ID Token in a session. Ending the session marks
its rows due, in the same transaction; whoever delivers the notices works through what is due, so a notice survives
restarts and is not lost with a process.

Spec: OpenID Connect Back-Channel Logout 1.0 §2.3
"""

from msgspec import Struct

from lingpai.server.storage.driver import Driver, Row, Statement

_COLUMNS = "session_digest, client_id, account_id, attempts, next_at"
_RECORD = """INSERT INTO session_client (session_digest, client_id, account_id, expires_at, attempts, next_at)
VALUES ($1, $2, $3, $4, 0, NULL) ON CONFLICT DO NOTHING"""
_LIST = f"SELECT {_COLUMNS} FROM session_client WHERE session_digest = $1"
_LIST_DUE = f"""SELECT {_COLUMNS} FROM session_client WHERE next_at IS NOT NULL AND next_at <= $1
ORDER BY next_at LIMIT $2"""
_POSTPONE = """UPDATE session_client SET attempts = attempts + 1, next_at = $4
WHERE session_digest = $1 AND client_id = $2 AND next_at = $3"""
_DELETE = "DELETE FROM session_client WHERE session_digest = $1 AND client_id = $2"

_DUE = "UPDATE session_client SET next_at = 0 WHERE {column} = $1 AND next_at IS NULL"


class SessionClient(Struct, frozen=True):
    """An application somebody signed in to in a browser session. ``next_at``: when it is to be told that it ended."""

    session_digest: bytes
    client_id: str
    account_id: bytes
    attempts: int
    next_at: int | None


def notices_of_session(digest: bytes) -> Statement:
    """Makes every application of the session be told; part of the transaction that ends it."""
    return Statement(_DUE.format(column="session_digest"), (digest,))


def notices_of_account(account_id: bytes) -> Statement:
    """The same for every session of an account."""
    return Statement(_DUE.format(column="account_id"), (account_id,))


class SessionClients:
    """Applications by session."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver

    async def record(self, session_digest: bytes, client_id: str, account_id: bytes, expires_at: int) -> None:
        """Remember until ``expires_at`` (the session's) that the application was signed in to."""
        await self._driver.transact([Statement(_RECORD, (session_digest, client_id, account_id, expires_at))])

    async def list_due(self, now: int, limit: int = 50) -> list[SessionClient]:
        """Notices to deliver now, oldest first."""
        return [_decode(row) for row in await self._driver.fetch_all(_LIST_DUE, (now, limit))]

    async def list(self, session_digest: bytes) -> list[SessionClient]:
        """The applications of one session."""
        return [_decode(row) for row in await self._driver.fetch_all(_LIST, (session_digest,))]

    async def postpone(self, notice: SessionClient, next_at: int) -> bool:
        """Claim a due notice until ``next_at``. ``False``: another process has it."""
        args = (notice.session_digest, notice.client_id, notice.next_at, next_at)
        return await self._driver.transact([Statement(_POSTPONE, args, expect_rows=1)]) is not None

    async def delete(self, notice: SessionClient) -> None:
        """Delivered, or given up."""
        await self._driver.transact([Statement(_DELETE, (notice.session_digest, notice.client_id))])


def _decode(row: Row) -> SessionClient:
    return SessionClient(*row)
