"""Answers of the admin API kept under the key their request came with, so that a request sent twice is done once.

An answer may hold a secret (of a new application), so it is sealed before it comes here.
"""

from msgspec import Struct

from lingpai.server.storage.driver import Driver, Statement

LIFETIME_S = 86_400
LIMIT_PER_PRINCIPAL = 1000

_BEGIN = """INSERT INTO idempotency_key (principal, digest, request, expires_at)
SELECT $1, $2, $3, $4 WHERE (SELECT count(*) FROM idempotency_key WHERE principal = $1) < $5"""
_GET = "SELECT request, status, sealed FROM idempotency_key WHERE principal = $1 AND digest = $2 AND expires_at > $3"
_FINISH = "UPDATE idempotency_key SET status = $3, sealed = $4 WHERE principal = $1 AND digest = $2"
_FORGET = "DELETE FROM idempotency_key WHERE principal = $1 AND digest = $2"
_EXPIRE = "DELETE FROM idempotency_key WHERE principal = $1 AND digest = $2 AND expires_at <= $3"


class KeptAnswer(Struct, frozen=True):
    """``status`` is ``None`` while the first request is still on its way."""

    request: bytes
    status: int | None
    sealed: bytes | None


class IdempotencyKeys:
    """Answers by (principal, digest of the key)."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver

    async def begin(self, principal: str, digest: bytes, request: bytes, now: int) -> bool:
        """Claim the key. ``False``: it was used before, or the principal has too many."""
        args = (principal, digest, request, now + LIFETIME_S, LIMIT_PER_PRINCIPAL)
        statements = [
            Statement(_EXPIRE, (principal, digest, now)),
            Statement(_BEGIN, args, expect_rows=1, counts="idempotency"),
        ]
        return await self._driver.transact(statements) is not None

    async def get(self, principal: str, digest: bytes, now: int) -> KeptAnswer | None:
        """What is known under the key."""
        row = await self._driver.fetch_one(_GET, (principal, digest, now))
        return None if row is None else KeptAnswer(*row)

    async def finish(self, principal: str, digest: bytes, status: int, sealed: bytes) -> None:
        """Keep the answer."""
        await self._driver.transact([Statement(_FINISH, (principal, digest, status, sealed))])

    async def forget(self, principal: str, digest: bytes) -> None:
        """The request failed for a reason that may pass: it may be sent again."""
        await self._driver.transact([Statement(_FORGET, (principal, digest))])
