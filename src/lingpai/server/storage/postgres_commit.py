"""What became of a transaction whose COMMIT nobody answered, because the connection died under it.

Owns asking, and which answer can be believed. The number of a transaction that was never flushed is given away again
after a crash, so "committed" may be about somebody else's: it is believed only from the same run of the same server.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from lingpai.server.storage.driver import StorageUnavailable
from lingpai.server.storage.postgres_pipe import Pipe, Step, write_step

_ASKED_AGAIN_S = (0, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6)
"""Pauses before asking: a server that was killed is back within seconds, or not soon."""
# Statistics begin anew after a crash that the first process of the server survived.
_RUN = "SELECT concat(pg_postmaster_start_time(), ' ', stats_reset) FROM pg_stat_bgwriter"
_STATUS = f"SELECT pg_xact_status(CAST($1 AS xid8)), ({_RUN})"


async def run_of(pipe: Pipe) -> str:
    """Which run of which server is at the other end; empty when it does not say."""
    (outcome,) = await pipe.send((Step(_RUN),))
    return str(outcome.rows[0][0]) if outcome.rows else ""


async def find_out(xid: str, run: str, reconnect: Callable[[], Awaitable[Pipe]], *, within_s: float) -> str | None:
    """``committed``, ``aborted`` or, when nobody knows within that time, ``None``. ``run``: where it had begun.

    Everybody who wants to write waits behind this, and to connect to a server that is only half there takes long.
    """
    with suppress(TimeoutError):
        async with asyncio.timeout(within_s):
            return await _ask(xid, run, reconnect)
    return None


async def _ask(xid: str, run: str, reconnect: Callable[[], Awaitable[Pipe]]) -> str | None:
    for wait_s in _ASKED_AGAIN_S:
        await asyncio.sleep(wait_s)
        try:
            pipe = await reconnect()
            (outcome,) = await pipe.send((write_step(_STATUS, (xid,)),))
        except StorageUnavailable:
            continue
        status, run_now = outcome.rows[0] if outcome.rows else (None, "")
        if status == "aborted" or (status == "committed" and run and run == run_now):
            return str(status)
        if status != "in progress":
            return None
    return None
