"""Delete what has expired, in bounded batches, so that storage grows with people and applications and not with use."""

from lingpai.server.storage.driver import Driver, Statement
from lingpai.server.storage.sweep_clock import tick

_BATCH_ROWS = 500

# A revoked family stays until its own expiry: until then its code could still be presented again.
# An ended grant stays a day longer than any access token under it can live, and then its row goes too.
_GRANT_KEPT_S = 31 * 86_400

# A device that polls once more after its code has expired is told so, rather than that there was no such code.
_DEVICE_CODE_KEPT_S = 300

_EXPIRED = {
    "session": ("digest", "expires_at <= $1"),
    "token_family": ("account_id, id", "expires_at <= $1"),
    "device_code": ("digest", f"expires_at <= $1 - {_DEVICE_CODE_KEPT_S}"),
    "session_client": ("sid, client_id", "expires_at <= $1 AND next_at IS NULL"),
    "spent": ("purpose, id", "expires_at <= $1"),
    "upstream_trip": ("state", "expires_at <= $1"),
    "throttle": ("key, window_start", "expires_at <= $1"),
    "key_material": ("kid", "expires_at <= $1"),
    "registration_token": ("digest", "expires_at <= $1"),
    "mail": ("id", "expires_at <= $1"),
    "mail_link": ("digest", "expires_at <= $1"),
    "sign_in_step": ("digest", "expires_at <= $1"),
    "known_browser": ("account_id, digest", "expires_at <= $1"),
    "team_invitation": ("digest", "expires_at <= $1"),
    "refusal": ("client_id, reference", "expires_at <= $1"),
    "client_day": ("client_id, day, kind", "expires_at <= $1"),
    "idempotency_key": ("principal, digest", "expires_at <= $1"),
    # Whoever may register without being asked who they are could fill the table with applications nobody uses.
    "client": (
        "client_id",
        "expires_at <= $1 AND NOT EXISTS (SELECT 1 FROM account_grant g WHERE g.client_id = client.client_id)",
    ),
    "account_grant": (
        "account_id, client_id",
        f"""(expires_at IS NOT NULL AND expires_at <= $1 - {_GRANT_KEPT_S})
        OR (ended_at IS NOT NULL AND ended_at <= $1 - {_GRANT_KEPT_S})""",
    ),
}
_STATEMENTS = {
    table: f"DELETE FROM {table} WHERE ({key}) IN (SELECT {key} FROM {table} WHERE {expired} LIMIT {_BATCH_ROWS})"
    f" RETURNING 1"
    for table, (key, expired) in _EXPIRED.items()
}


_COUNT_LIMIT = 1_000_000
_COUNTS = {
    table: (
        f"SELECT count(*) FROM (SELECT 1 FROM {table} WHERE {expired} LIMIT {_COUNT_LIMIT}) found",
        f"SELECT count(*) FROM (SELECT 1 FROM {table} LIMIT {_COUNT_LIMIT}) found",
    )
    for table, (_, expired) in _EXPIRED.items()
}


# Free again once an interval is over, however its owner ended, and when a clock was put back far.
_CLAIM = """INSERT INTO heartbeat (id, at) VALUES (2, $1) ON CONFLICT (id) DO UPDATE SET at = excluded.at
WHERE heartbeat.at <= $1 - $2 OR heartbeat.at > $1 + $2"""


async def claim_tending(driver: Driver, now: int, interval_s: int) -> bool:
    """Whether it is this process that sweeps and rotates keys in this interval. One at a time is enough of it."""
    # A little less, so that a process that is alone never misses its own turn.
    return await driver.transact([Statement(_CLAIM, (now, interval_s * 9 // 10), expect_rows=1)]) is not None


async def sweep(driver: Driver, now: int) -> dict[str, int]:
    """Delete one batch per table; returns rows deleted by table. Call again while any count is ``BATCH_ROWS``."""
    deleted: dict[str, int] = {}
    await driver.transact([tick(now)])
    for table, sql in _STATEMENTS.items():
        rows = await driver.transact([Statement(sql, (now,))])
        deleted[table] = len(rows or ())
    return deleted


async def sweep_all(driver: Driver, now: int) -> dict[str, int]:
    """Sweep until nothing expired is left; other writers get their turn between batches."""
    total = await sweep(driver, now)
    latest = total
    while any(count >= _BATCH_ROWS for count in latest.values()):
        latest = await sweep(driver, now)
        total = {table: total[table] + latest[table] for table in total}
    return total


async def count_expired(driver: Driver, now: int) -> dict[str, tuple[int, int]]:
    """Of each table how many rows wait to be swept, and how many there are with them; neither is counted beyond a
    million.
    """
    counts: dict[str, tuple[int, int]] = {}
    for table, (expired, every) in _COUNTS.items():
        ((waiting,), (rows,)) = [*await driver.fetch_all(expired, (now,)), *await driver.fetch_all(every)]
        counts[table] = (waiting, rows)
    return counts
