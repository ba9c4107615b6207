"""What is counted and remembered of requests for the developer portal: numbers per day, and the latest refusals.

Owns the bounds: rows exist only for applications of the portal, and no more than ``REFUSALS_PER_CLIENT`` refusals each,
whatever anybody sends. Leaves collecting them in memory to ``portal.observer``.
"""

from collections.abc import Mapping, Sequence

import msgspec

from lingpai.server.storage.driver import Driver, Statement
from lingpai.server.storage.portal_records import Refusal, UsageKind

REFUSALS_PER_CLIENT = 200
REFUSALS_KEPT_S = 30 * 86_400
NUMBERS_KEPT_S = 120 * 86_400

_decoder = msgspec.json.Decoder(Refusal)

_ASKED_AT_ONCE = 50
_KNOWN = (
    "SELECT client_id FROM application WHERE client_id IN ("
    + ", ".join(f"${place}" for place in range(1, _ASKED_AT_ONCE + 1))
    + ")"
)
_COUNT = """INSERT INTO client_day (client_id, day, kind, number, expires_at)
SELECT $1, $2, $3, $4, $5 WHERE EXISTS (SELECT 1 FROM application WHERE client_id = $1)
ON CONFLICT (client_id, day, kind) DO UPDATE SET number = client_day.number + excluded.number"""
_DAYS = "SELECT day, kind, number FROM client_day WHERE client_id = $1 AND day >= $2 ORDER BY day, kind LIMIT $3"

_RECORD = """INSERT INTO refusal (client_id, reference, at, document, expires_at)
SELECT $1, $2, $3, $4, $5 WHERE EXISTS (SELECT 1 FROM application WHERE client_id = $1)
ON CONFLICT (client_id, reference) DO NOTHING"""
_TRIM = f"""DELETE FROM refusal WHERE client_id = $1 AND (at, reference) IN (SELECT at, reference FROM refusal
WHERE client_id = $1 ORDER BY at DESC, reference DESC LIMIT 10000 OFFSET {REFUSALS_PER_CLIENT})"""
_GET = "SELECT document FROM refusal WHERE client_id = $1 AND reference = $2"
_LIST = """SELECT document FROM refusal WHERE client_id = $1 AND (at, reference) < ($2, $3)
ORDER BY at DESC, reference DESC LIMIT $4"""

_LAST = (2**62, "")
_ROWS_LIMIT = 1000


class Observations:
    """Numbers and refusals by ``client_id``."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver

    async def record(
        self, numbers: Mapping[tuple[str, int, UsageKind], int], refusals: Mapping[str, Sequence[Refusal]]
    ) -> None:
        """Add to the numbers of (client, day, kind) and keep the refusals, as one transaction."""
        statements = [Statement(_COUNT, (*key, number, key[1] + NUMBERS_KEPT_S)) for key, number in numbers.items()]
        for client_id, latest in refusals.items():
            for refusal in latest:
                document = msgspec.json.encode(refusal).decode()
                args = (client_id, refusal.reference, refusal.at, document, refusal.at + REFUSALS_KEPT_S)
                statements.append(Statement(_RECORD, args))
            statements.append(Statement(_TRIM, (client_id,)))
        if statements:
            await self._driver.transact(statements)

    async def _known(self, client_ids: set[str]) -> set[str]:
        """Those that are applications of the portal. A read: most clients are none, and a commit costs everybody."""
        known: set[str] = set()
        asked = sorted(client_ids)
        for start in range(0, len(asked), _ASKED_AT_ONCE):
            some = asked[start : start + _ASKED_AT_ONCE]
            padded = some + [""] * (_ASKED_AT_ONCE - len(some))
            known |= {row[0] for row in await self._driver.fetch_all(_KNOWN, padded)}
        return known

    async def days(self, client_id: str, since: int) -> dict[tuple[int, UsageKind], int]:
        """(start of the day, kind) -> how many."""
        rows = await self._driver.fetch_all(_DAYS, (client_id, since, _ROWS_LIMIT))
        return {(row[0], row[1]): row[2] for row in rows}

    async def get_refusal(self, client_id: str, reference: str) -> Refusal | None:
        """The refusal, if it is among the latest."""
        row = await self._driver.fetch_one(_GET, (client_id, reference))
        return None if row is None else _decoder.decode(row[0])

    async def refusals(self, client_id: str, before: tuple[int, str] = _LAST, limit: int = 50) -> list[Refusal]:
        """The latest first; ``before``: (at, reference) of the last one seen."""
        rows = await self._driver.fetch_all(_LIST, (client_id, *before, limit))
        return [_decoder.decode(row[0]) for row in rows]
