"""How audit rows hang together: the hash of each covers what it says and the hash of the one before it.

Owns what is hashed, and walking the chain. Whoever changes, inserts or deletes a row breaks it there; whoever cuts off
its end is found by a hash noted elsewhere. A network address is hashed under a salt of its own: erasing both makes a
row pseudonymous and leaves the chain whole.
"""

import hashlib
from collections.abc import AsyncIterator

import msgspec
from msgspec import Struct

from lingpai.server.storage.driver import Driver, Row
from lingpai.server.storage.records import AuditEvent

GENESIS = hashlib.sha256(b"lingpai audit log").digest()
"""What the first row follows."""

_BATCH_ROWS = 1000
_COLUMNS = "id, at, event, account_id, client_id, ip, detail, ip_salt, ip_digest, hash"
_WALK = f"SELECT {_COLUMNS} FROM audit_event WHERE id > $1 ORDER BY id LIMIT $2"


class AuditRow(Struct, frozen=True):
    """A row as it lies there. ``detail``: JSON text."""

    id: int
    at: int
    event: str
    account_id: bytes | None
    client_id: str | None
    ip: str
    detail: str
    ip_salt: bytes | None
    ip_digest: bytes | None
    hash: bytes | None


class ChainState(Struct, frozen=True):
    """What walking the chain found. ``broken_at``: the first row that does not fit, ``None``: every one does."""

    rows: int
    last_id: int
    last_hash: bytes
    broken_at: int | None = None
    has_expected: bool = False
    """Whether the hash that was looked for is in the chain."""


def hash_of_next(previous: bytes, digest: bytes) -> bytes:
    """What PostgreSQL computes in its function ``audit_chain``, and SQLite through this one."""
    return hashlib.sha256(previous + digest).digest()


def ip_digest(salt: bytes, ip: str) -> bytes:
    """What the chain covers of a network address."""
    return hashlib.sha256(salt + ip.encode()).digest()


def content_digest(event: AuditEvent, detail: str, address: bytes) -> bytes:
    """What a row says, as 32 bytes. ``detail``: the JSON text that is stored; ``address``: from ``ip_digest``."""
    return _digest(event.at, event.event, event.account_id, event.client_id, detail, address)


def _digest(
    at: int, event: str, account_id: bytes | None, client_id: str | None, detail: str, address: bytes | None
) -> bytes:
    # MessagePack says where each value ends, so no two rows have the same bytes.
    return hashlib.sha256(msgspec.msgpack.encode((at, event, account_id, client_id, detail, address))).digest()


def follows(row: AuditRow, previous: bytes) -> bool:
    """Whether the row is what was written behind ``previous``."""
    is_erased = row.ip_salt is None and row.ip == ""
    address_fits = is_erased or ip_digest(row.ip_salt or b"", row.ip) == row.ip_digest
    digest = _digest(row.at, row.event, row.account_id, row.client_id, row.detail, row.ip_digest)
    return address_fits and row.hash == hash_of_next(previous, digest)


async def walk(driver: Driver, after_id: int = 0) -> AsyncIterator[AuditRow]:
    """Every row, oldest first, read in batches."""
    while True:
        rows = await driver.fetch_all(_WALK, (after_id, _BATCH_ROWS))
        for row in rows:
            yield _row(row)
        if len(rows) < _BATCH_ROWS:
            return
        after_id = rows[-1][0]


async def verify_chain(driver: Driver, expected: bytes | None = None) -> ChainState:
    """Walk the whole chain up to the first row that does not fit. ``expected``: a hash noted earlier."""
    count, last_id, previous, has_expected = 0, 0, GENESIS, expected == GENESIS
    async for row in walk(driver):
        if not follows(row, previous):
            return ChainState(count, last_id, previous, row.id, has_expected)
        count, last_id, previous = count + 1, row.id, row.hash or b""
        has_expected = has_expected or previous == expected
    return ChainState(count, last_id, previous, None, has_expected)


def _row(row: Row) -> AuditRow:
    return AuditRow(*row)


def export_row(row: AuditRow) -> dict[str, object]:
    """The row for other programs: instants in seconds, bytes in hexadecimal."""
    return {
        "id": row.id,
        "at": row.at,
        "event": row.event,
        "account_id": row.account_id.hex() if row.account_id else None,
        "client_id": row.client_id,
        "ip": row.ip,
        "detail": msgspec.json.decode(row.detail),
        "ip_salt": row.ip_salt.hex() if row.ip_salt else None,
        "ip_digest": row.ip_digest.hex() if row.ip_digest else None,
        "hash": row.hash.hex() if row.hash else None,
    }
