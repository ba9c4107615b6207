"""Audit rows: appended, read, never changed."""

import msgspec

from lingpai.server.storage.driver import Driver, Row, Statement
from lingpai.server.storage.records import AuditEvent

_detail_decoder = msgspec.json.Decoder(dict[str, object])

_COLUMNS = "at, event, account_id, client_id, ip, detail"
_RECORD = f"INSERT INTO audit_event ({_COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6)"
_LIST = f"SELECT {_COLUMNS} FROM audit_event ORDER BY id DESC LIMIT $1"
_LIST_ACCOUNT = f"SELECT {_COLUMNS} FROM audit_event WHERE account_id = $2 ORDER BY id DESC LIMIT $1"

_LIST_TWO_EVENTS = f"""SELECT {_COLUMNS} FROM audit_event
WHERE account_id = $1 AND at > $2 AND event IN ($3, $4) ORDER BY id DESC LIMIT $5"""


class AuditLog:
    """Events, newest first."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver

    async def record(self, event: AuditEvent) -> None:
        """Append."""
        e = event
        detail = msgspec.json.encode(e.detail).decode()
        await self._driver.transact([Statement(_RECORD, (e.at, e.event, e.account_id, e.client_id, e.ip, detail))])

    async def list_two_events(
        self, account_id: bytes, events: tuple[str, str], since: int, limit: int
    ) -> list[AuditEvent]:
        """The newest events of two kinds about an account, after ``since`` (epoch seconds)."""
        rows = await self._driver.fetch_all(_LIST_TWO_EVENTS, (account_id, since, *events, limit))
        return [_decode(row) for row in rows]

    async def list(self, account_id: bytes | None = None, limit: int = 100) -> list[AuditEvent]:
        """The newest events, of one account or of all."""
        if account_id is None:
            rows = await self._driver.fetch_all(_LIST, (limit,))
        else:
            rows = await self._driver.fetch_all(_LIST_ACCOUNT, (limit, account_id))
        return [_decode(row) for row in rows]


def _decode(row: Row) -> AuditEvent:
    return AuditEvent(
        at=row[0],
        event=row[1],
        account_id=row[2],
        client_id=row[3],
        ip=row[4],
        detail=_detail_decoder.decode(row[5]),
    )
