"""Devices that wait for their person: one row each, found by either of its two codes, decided once.

Owns the statements that count what waits, pace the polling and take the decision, each of them atomic. Leaves what an
answer means to ``grant_types.device_code`` and to the page. The device code itself is never here, only its digest.

Spec: RFC 8628 §3.2; RFC 8628 §3.5
"""

import msgspec

from lingpai.server.storage.clients import decode_client
from lingpai.server.storage.driver import Driver, Row, Statement
from lingpai.server.storage.grants import put_statement
from lingpai.server.storage.records import Client, DeviceCode, Grant, Session

_names_decoder = msgspec.json.Decoder(tuple[str, ...])

_SLOWER_S = 5
_GRACE_S = 1

_COLUMNS = (
    "d.digest, d.user_code, d.client_id, d.scope, d.resource, d.jkt, d.network, d.created_at, d.expires_at,"
    " d.interval_s, d.polled_at, d.decision, d.account_id, d.grant_id, d.auth_time, d.amr, d.refresh"
)
# Counting stops at the limit, so that a flood does not make every further request dearer.
_WAITING = (
    "(SELECT count(*) FROM (SELECT 1 FROM device_code WHERE {column} AND expires_at > $8 LIMIT {most}) AS waiting)"
)
_RECORD = f"""INSERT INTO device_code (digest, user_code, client_id, scope, resource, jkt, network, created_at,
expires_at, interval_s, polled_at, decision, auth_time, amr, refresh)
SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 0, 'pending', 0, '[]', 0
WHERE {_WAITING.format(column="client_id = $3", most="$11")} < $11
AND ($7 = '' OR {_WAITING.format(column="network = $7", most="$12")} < $12)
ON CONFLICT DO NOTHING"""
_GET = f"SELECT {_COLUMNS} FROM device_code d WHERE d.digest = $1"
_GET_WITH_CLIENT = f"""SELECT {_COLUMNS}, c.document FROM device_code d JOIN client c ON c.client_id = d.client_id
WHERE d.digest = $1 AND c.disabled_at IS NULL"""
_GET_PENDING = f"""SELECT {_COLUMNS} FROM device_code d JOIN client c ON c.client_id = d.client_id
WHERE d.user_code = $1 AND d.decision = 'pending' AND d.expires_at > $2 AND c.disabled_at IS NULL"""
_POLL = f"""UPDATE device_code SET polled_at = $2,
interval_s = interval_s + CASE WHEN polled_at + interval_s - {_GRACE_S} > $2 THEN {_SLOWER_S} ELSE 0 END
WHERE digest = $1 AND decision = 'pending' RETURNING interval_s"""
_ALLOW = """UPDATE device_code SET decision = 'allowed', account_id = $2, grant_id = $3, scope = $4, auth_time = $5,
amr = $6, refresh = $7 WHERE digest = $1 AND decision = 'pending' AND expires_at > $8"""
_REFUSE = """UPDATE device_code SET decision = 'refused', account_id = $2
WHERE digest = $1 AND decision = 'pending' AND expires_at > $3"""


class DeviceCodes:
    """Device codes by digest and by user code."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver

    async def record(self, code: DeviceCode, *, per_client: int, per_network: int) -> bool:
        """Let a device wait. ``False``: its user code is taken, or as many wait already as may.

        ``per_client``, ``per_network``: the most living codes of its client and of its ``network``, if it has one.
        """
        c = code
        resource = msgspec.json.encode(c.resource).decode()
        head = (c.digest, c.user_code, c.client_id, c.scope, resource, c.jkt, c.network)
        args = (*head, c.created_at, c.expires_at, c.interval_s, per_client, per_network)
        return await self._driver.transact([Statement(_RECORD, args, expect_rows=1, counts="devices")]) is not None

    async def get(self, digest: bytes) -> DeviceCode | None:
        """The code a device holds, decided or not, for a while after it has expired too."""
        row = await self._driver.fetch_one(_GET, (digest,))
        return None if row is None else _decode(row)

    async def get_with_client(self, digest: bytes) -> tuple[DeviceCode, Client] | None:
        """The same with its application; ``None`` too where that is disabled."""
        row = await self._driver.fetch_one(_GET_WITH_CLIENT, (digest,))
        return None if row is None else (_decode(row), decode_client(row[-1]))

    async def get_pending(self, user_code: str, now: int) -> DeviceCode | None:
        """The code a person typed, if it still waits for an answer and its application may get one."""
        row = await self._driver.fetch_one(_GET_PENDING, (user_code, now))
        return None if row is None else _decode(row)

    async def poll(self, code: DeviceCode, now: int) -> bool:
        """Note that its device asked. ``False``: too soon, and from now on it must wait longer.

        One statement, so that polls which arrive together do not all count as the first. A second of grace: what
        jitters on the way is not punished.

        Spec: RFC 8628 §3.5
        """
        rows = await self._driver.transact([Statement(_POLL, (code.digest, now))])
        interval_s: int = rows[0][0] if rows else code.interval_s
        return interval_s == code.interval_s

    async def allow(
        self, code: DeviceCode, grant: Grant, *, replaces: Grant | None, session: Session, now: int
    ) -> bool:
        """Keep what the person of ``session`` allowed and answer the device, both or neither.

        ``False``: the code was decided or expired meanwhile, or the grant is no longer what ``replaces`` was.
        """
        scope = " ".join(name for name in code.scope.split() if name in grant.permissions)
        amr = msgspec.json.encode(session.amr).decode()
        args = (code.digest, grant.account_id, grant.id, scope, session.auth_time, amr, int(grant.lifetime != "once"))
        allow = Statement(_ALLOW, (*args, now), expect_rows=1)
        return await self._driver.transact([put_statement(grant, replaces), allow]) is not None

    async def refuse(self, code: DeviceCode, account_id: bytes, now: int) -> bool:
        """Answer the device no. ``False``: the code was decided or expired meanwhile."""
        statement = Statement(_REFUSE, (code.digest, account_id, now), expect_rows=1)
        return await self._driver.transact([statement]) is not None


def _decode(row: Row) -> DeviceCode:
    return DeviceCode(
        digest=row[0],
        user_code=row[1],
        client_id=row[2],
        scope=row[3],
        resource=_names_decoder.decode(row[4]),
        jkt=row[5],
        network=row[6],
        created_at=row[7],
        expires_at=row[8],
        interval_s=row[9],
        polled_at=row[10],
        decision=row[11],
        account_id=row[12],
        grant_id=row[13],
        auth_time=row[14],
        amr=_names_decoder.decode(row[15]),
        refresh=bool(row[16]),
    )
