"""Ids that must not count again until they would have expired anyway: used requests and proofs, revoked tokens.

Every id has a purpose, so that one kind of object can never spend another's (CVE-2026-4282).
"""

from typing import Literal

from lingpai.server.storage.driver import Driver, Statement

Purpose = Literal["access_token", "authorization_request", "dpop_proof", "client_assertion", "passkey_challenge"]

_RECORD = "INSERT INTO spent (purpose, id, expires_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING"
_GET = "SELECT 1 FROM spent WHERE purpose = $1 AND id = $2"


class Spent:
    """The denylist."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver

    async def record(self, purpose: Purpose, spent_id: bytes, expires_at: int) -> bool:
        """Spend the id. ``False``: it was spent before. Of concurrent calls exactly one gets ``True``."""
        statement = Statement(_RECORD, (purpose, spent_id, expires_at), expect_rows=1)
        return await self._driver.transact([statement]) is not None

    async def is_spent(self, purpose: Purpose, spent_id: bytes) -> bool:
        """Whether it was spent."""
        return await self._driver.fetch_one(_GET, (purpose, spent_id)) is not None
