"""Counting tries in a sliding window, shared by every process that shares the database.

Owns the arithmetic of the window and what counts as one network address. Leaves to the callers what a try is, and the
rows to ``storage.throttles``; nothing is kept in memory, or a second process would double the limit.
"""

import ipaddress

from lingpai.crypto.digest import keyed_digest
from lingpai.server.storage.throttles import Throttles


class Throttle:
    """At most ``limit`` hits per key within any ``window_s`` seconds.

    The window slides over two fixed buckets: the one before counts with the share of it that is still within reach.

    Against parallel tries, ask twice: ``retry_after_s``, then ``hit``, and go on only if both answered 0. ``hit`` looks
    after it has counted, so of any number of requests that arrive together only ``limit`` see themselves fit.
    """

    def __init__(self, rows: Throttles, *, limit: int, window_s: int, name: str) -> None:
        self._rows = rows
        self._limit = limit
        self._window_s = window_s
        self._name = name

    async def retry_after_s(self, *keys: str, now: int) -> int:
        """Seconds until one more hit fits for every key; 0: go on. Counts nothing."""
        return await self._wait_s(keys, now, own_hits=0)

    async def hit(self, *keys: str, now: int) -> int:
        """Count one more for every key. 0: it fits; else the seconds to wait, and the caller gives it back."""
        await self._count([self._row_key("hit", key) for key in keys], now)
        return await self._wait_s(keys, now, own_hits=1)

    async def give_back(self, *keys: str, now: int) -> None:
        """Undo one hit made at ``now``: what it stood for did not happen, or was no abuse."""
        # Two counters that only grow instead of one that also shrinks: no order of events makes it negative for good.
        await self._count([self._row_key("given back", key) for key in keys], now)

    async def clear(self, *keys: str) -> None:
        """Forget every hit of the keys."""
        await self._rows.clear([self._row_key(kind, key) for key in keys for kind in ("hit", "given back")])

    async def _count(self, row_keys: list[bytes], now: int) -> None:
        start = now - now % self._window_s
        await self._rows.hit(row_keys, start, start + 2 * self._window_s)

    async def _wait_s(self, keys: tuple[str, ...], now: int, *, own_hits: int) -> int:
        elapsed_s = now % self._window_s
        starts = (now - elapsed_s - self._window_s, now - elapsed_s)
        # In this order: what is given back while we read may make the count too high, never too low.
        pairs = [(self._row_key("given back", key), self._row_key("hit", key)) for key in keys]
        counts = await self._rows.counts([row_key for pair in pairs for row_key in pair], starts)
        waits = [0]
        for given_back, hits in pairs:
            previous, current = (
                max(0, counts.get((hits, start), 0) - counts.get((given_back, start), 0)) for start in starts
            )
            waits.append(wait_s(previous, max(0, current - own_hits), elapsed_s, self._limit, self._window_s))
        return max(waits)

    def _row_key(self, kind: str, key: str) -> bytes:
        """One length for every key, one namespace for every throttle. Not for secrecy: an address can be guessed."""
        return keyed_digest(b"throttle", self._name, kind, key)


def wait_s(previous: int, current: int, elapsed_s: int, limit: int, window_s: int) -> int:
    """Seconds until one more hit makes no more than ``limit``.

    ``previous``, ``current``: hits in the window before and in this one, which began ``elapsed_s`` seconds ago.
    """
    if previous * (window_s - elapsed_s) + current * window_s <= (limit - 1) * window_s:
        return 0
    to_next_window_s = window_s - elapsed_s
    if current < limit:  # enough when the window before has faded far enough
        return to_next_window_s - (limit - 1 - current) * window_s // previous
    return to_next_window_s + window_s - (limit - 1) * window_s // current


def network_of(address: str) -> str:
    """What counts as one network address: an IPv4 address, or the /64 of an IPv6 address.

    Whoever has one IPv6 address has its whole /64: counted one by one they would be limitless. Text that is no address
    (a socket without one) counts under itself.
    """
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(ip, ipaddress.IPv4Address):
        return str(ip)
    if ip.ipv4_mapped is not None:
        return str(ip.ipv4_mapped)
    return str(ipaddress.IPv6Network((int(ip), 64), strict=False))
