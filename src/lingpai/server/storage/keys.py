"""Signing and sealing keys; their secret part is sealed before it comes here."""

from lingpai.server.storage.driver import Driver, Statement
from lingpai.server.storage.records import Key

_COLUMNS = "kid, use_for, alg, sequence, sealed_material, created_at, active_from, expires_at"
_LIST = f"SELECT {_COLUMNS} FROM key_material ORDER BY use_for, alg, sequence"
_RECORD = f"INSERT INTO key_material ({_COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING"
_RETIRE = "UPDATE key_material SET expires_at = $2 WHERE kid = $1 AND expires_at IS NULL"
_WITHDRAW = "UPDATE key_material SET expires_at = $2 WHERE kid = $1 AND (expires_at IS NULL OR expires_at > $2)"


class Keys:
    """Keys by use, algorithm and sequence."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver

    async def list(self) -> list[Key]:
        """All that were not swept, oldest first within a use and algorithm."""
        rows = await self._driver.fetch_all(_LIST)
        return [
            Key(
                kid=r[0],
                use=r[1],
                alg=r[2],
                sequence=r[3],
                sealed_material=r[4],
                created_at=r[5],
                active_from=r[6],
                expires_at=r[7],
            )
            for r in rows
        ]

    async def record(self, key: Key) -> bool:
        """Add one. ``False``: another process added that sequence first; use its key."""
        k = key
        head = (k.kid, k.use, k.alg, k.sequence, k.sealed_material)
        statement = Statement(_RECORD, (*head, k.created_at, k.active_from, k.expires_at), expect_rows=1)
        return await self._driver.transact([statement]) is not None

    async def retire(self, kid: str, expires_at: int) -> bool:
        """Say when the key's last artefact dies. ``False``: it was said before."""
        return await self._driver.transact([Statement(_RETIRE, (kid, expires_at), expect_rows=1)]) is not None

    async def withdraw(self, kid: str, now: int) -> bool:
        """Let the key die now, whatever was made under it. ``False``: it is dead already."""
        return await self._driver.transact([Statement(_WITHDRAW, (kid, now), expect_rows=1)]) is not None
