"""Audit rows: appended, read, never changed. How they are chained is ``audit_chain``'s."""

import secrets
from collections.abc import Sequence
from itertools import combinations

import msgspec
from msgspec import Struct

from lingpai.server.storage.audit_chain import GENESIS, content_digest, ip_digest
from lingpai.server.storage.driver import Driver, Row, Statement
from lingpai.server.storage.records import AuditEvent

_detail_decoder = msgspec.json.Decoder(dict[str, object])

_COLUMNS = "at, event, account_id, client_id, ip, detail"
# One statement, so that the row it follows is the last one there is when it is written.
_RECORD = f"""INSERT INTO audit_event ({_COLUMNS}, ip_salt, ip_digest, hash)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8,
audit_chain(coalesce((SELECT hash FROM audit_event ORDER BY id DESC LIMIT 1), $9), $10))"""
_LIST = f"SELECT {_COLUMNS} FROM audit_event ORDER BY id DESC LIMIT $1"
_LIST_ACCOUNT = f"SELECT {_COLUMNS} FROM audit_event WHERE account_id = $2 ORDER BY id DESC LIMIT $1"

_LIST_TWO_EVENTS = f"""SELECT {_COLUMNS} FROM audit_event
WHERE account_id = $1 AND at > $2 AND event IN ($3, $4) ORDER BY id DESC LIMIT $5"""
_LIST_GRANT = f"""SELECT id, {_COLUMNS} FROM audit_event
WHERE account_id = $1 AND client_id = $2 AND id < $3 AND event IN ({{events}}) ORDER BY id DESC LIMIT $4"""
_FILTERS = ("event", "account_id", "client_id")
_PAGES = {
    given: f"SELECT id, {_COLUMNS} FROM audit_event WHERE id < $1"
    + "".join(f" AND {name} = ${number}" for number, name in enumerate(given, start=2))
    + f" ORDER BY id DESC LIMIT ${len(given) + 2}"
    for count in range(len(_FILTERS) + 1)
    for given in combinations(_FILTERS, count)
}
_LAST_BEFORE = "SELECT id FROM audit_event WHERE at < $1 ORDER BY at DESC, id DESC LIMIT 1"
_ERASE_ADDRESSES = "UPDATE audit_event SET ip = '', ip_salt = NULL WHERE account_id = $1"
_CHAIN = "audit"
"""Whoever appends waits for whoever is appending: two rows must not follow the same one."""

_SALT_BYTES = 16
LAST_ID = 2**63 - 1
"""Behind every row."""


class AuditFilter(Struct, frozen=True):
    """Which events; ``None``: any."""

    event: str | None = None
    account_id: bytes | None = None
    client_id: str | None = None


class NumberedEvent(Struct, frozen=True):
    """An event and its place in the log."""

    id: int
    event: AuditEvent


def appended(event: AuditEvent) -> Statement:
    """The event at the end of the chain, for transactions of others."""
    e = event
    detail = msgspec.json.encode(e.detail).decode()
    salt = secrets.token_bytes(_SALT_BYTES)
    address = ip_digest(salt, e.ip)
    head = (e.at, e.event, e.account_id, e.client_id, e.ip, detail)
    args = (*head, salt, address, GENESIS, content_digest(e, detail, address))
    return Statement(_RECORD, args, counts=_CHAIN)


def addresses_erased(account_id: bytes) -> Statement:
    """The events about the account without the network addresses; the chain stays whole."""
    return Statement(_ERASE_ADDRESSES, (account_id,))


class AuditLog:
    """Events, newest first."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver

    async def record(self, event: AuditEvent) -> None:
        """Append."""
        await self._driver.transact([appended(event)])

    async def list_two_events(
        self, account_id: bytes, events: tuple[str, str], since: int, limit: int
    ) -> list[AuditEvent]:
        """The newest events of two kinds about an account, after ``since`` (epoch seconds)."""
        rows = await self._driver.fetch_all(_LIST_TWO_EVENTS, (account_id, since, *events, limit))
        return [_decode(row) for row in rows]

    async def list_page(self, wanted: AuditFilter, before_id: int = LAST_ID, limit: int = 50) -> list[NumberedEvent]:
        """Events that fit, whose place is before ``before_id``. Every filter is answered by an index."""
        given = tuple(name for name in _FILTERS if getattr(wanted, name) is not None)
        values = (getattr(wanted, name) for name in given)
        rows = await self._driver.fetch_all(_PAGES[given], (before_id, *values, limit))
        return [NumberedEvent(row[0], _decode(row[1:])) for row in rows]

    async def list_grant(
        self, account_id: bytes, client_id: str, events: Sequence[str], before_id: int = LAST_ID, limit: int = 50
    ) -> list[NumberedEvent]:
        """Events of these kinds between an account and a client, whose place is before ``before_id``."""
        places = ", ".join(f"${number}" for number in range(5, 5 + len(events)))
        sql = _LIST_GRANT.format(events=places)
        rows = await self._driver.fetch_all(sql, (account_id, client_id, before_id, limit, *events))
        return [NumberedEvent(row[0], _decode(row[1:])) for row in rows]

    async def last_id_before(self, at: int) -> int:
        """The place of the last event before an instant; 0: there is none."""
        row = await self._driver.fetch_one(_LAST_BEFORE, (at,))
        return row[0] if row else 0

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
