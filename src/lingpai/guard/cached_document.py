"""A remote document that is kept, renewed in time, and survives an authorization server that is away for a while.

Owns: lifetime, cooldown, the bound on using an old copy, one request at a time.
Leaves: where the document is and what it means to ``jwks`` and ``discovery``.
"""

from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from msgspec import Struct

from lingpai.guard.errors import TokenCheckUnavailable
from lingpai.guard.fetch import Document
from lingpai.guard.single_flight import SingleFlight

T = TypeVar("T")


class Fetched(Struct, Generic[T], frozen=True):
    """A document as it came and what was read from it."""

    document: Document
    content: T


class Caching(Struct, frozen=True):
    """How long to keep a document, in seconds.

    ``lifetime_s``: the longest time without looking again; a shorter ``max-age`` of the server is heeded.
    ``cooldown_s``: the shortest time between two requests, whatever provokes them.
    ``stale_limit_s``: how old a copy may get while its server cannot be reached. After that nobody is let in: a
    withdrawn key must not live on because somebody keeps its server from answering.
    """

    lifetime_s: int = 300
    cooldown_s: int = 5
    stale_limit_s: int = 3600


class CachedDocument(Generic[T]):
    """Keeps what ``fetch(now)`` returned. It raises ``TokenCheckUnavailable`` when there is nothing to be had."""

    def __init__(self, fetch: Callable[[int], Awaitable[Fetched[T]]], caching: Caching) -> None:
        self._fetch = fetch
        self._caching = caching
        self._kept: Fetched[T] | None = None
        self._fetched_at = 0
        self._tried_at: int | None = None
        self._failure = ""
        self._flight: SingleFlight[T] = SingleFlight()

    async def get(self, now: int) -> T:
        """The document, renewed if it is over its time; raise ``TokenCheckUnavailable`` if there is none to use."""
        kept = self._kept
        if kept is not None and self._is_younger(self._lifetime_s(kept), now):
            return kept.content
        usable = kept is not None and self._is_younger(self._caching.stale_limit_s, now)
        if kept is not None and usable and self._flight.is_under_way(None):
            return kept.content  # somebody is renewing it; no reason for others to wait
        try:
            return await self.renew(now)
        except TokenCheckUnavailable:
            if kept is not None and usable:
                return kept.content
            raise

    async def renew(self, now: int) -> T:
        """Fetch the document now, or say what is kept (or went wrong) if the last try was within the cooldown."""
        if self._is_cooling_down(now) and not self._flight.is_under_way(None):
            return self._last_outcome()
        return await self._flight.run(None, lambda: self._fetch_at(now))

    async def _fetch_at(self, now: int) -> T:
        # Only an outcome starts the cooldown: a request that is cancelled half-way must not lock the others out.
        try:
            fetched = await self._fetch(now)
        except TokenCheckUnavailable as failure:
            self._tried_at, self._failure = now, failure.detail
            raise TokenCheckUnavailable(failure.detail, retry_after_s=self._caching.cooldown_s) from failure
        self._tried_at, self._failure = now, ""
        self._fetched_at = now
        if self._kept is not None and self._kept.document.content == fetched.document.content:
            # What was read stays the same object, so that callers can see by identity that nothing changed.
            fetched = Fetched(fetched.document, self._kept.content)
        self._kept = fetched
        return fetched.content

    def _last_outcome(self) -> T:
        if self._failure or self._kept is None:
            raise TokenCheckUnavailable(self._failure, retry_after_s=self._caching.cooldown_s)
        return self._kept.content

    def _lifetime_s(self, kept: Fetched[T]) -> int:
        longest, max_age_s = self._caching.lifetime_s, kept.document.max_age_s
        return longest if max_age_s is None else max(self._caching.cooldown_s, min(max_age_s, longest))

    def _is_younger(self, seconds: int, now: int) -> bool:
        # A clock that was set back makes the copy seem to come from the future: then look again.
        return 0 <= now - self._fetched_at < seconds

    def _is_cooling_down(self, now: int) -> bool:
        return self._tried_at is not None and 0 <= now - self._tried_at < self._caching.cooldown_s
