"""One question at a time: whoever asks the same while it is on its way waits for the same answer.

Owns: that a burst of requests makes one request to the authorization server, also when the one who asked goes away.
Leaves: remembering answers to ``answer_cache`` and ``cached_document``.
"""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

from lingpai.guard.errors import TokenCheckUnavailable

T = TypeVar("T")


class _Flight(Generic[T]):
    """A question on its way. Neither ``answers`` nor ``failure`` after landing: the one who asked was cancelled."""

    def __init__(self) -> None:
        self.landed = asyncio.Event()
        self.answers: list[T] = []
        self.failure: TokenCheckUnavailable | None = None


class SingleFlight(Generic[T]):
    """Runs ``ask`` once for all who want the same key at the same time."""

    def __init__(self) -> None:
        self._flights: dict[Hashable, _Flight[T]] = {}

    def is_under_way(self, key: Hashable) -> bool:
        """Whether somebody is asking for this key right now."""
        return key in self._flights

    async def run(self, key: Hashable, ask: Callable[[], Awaitable[T]]) -> T:
        """Return what ``ask`` answers, or what it answers to the one who is already asking.

        No task of its own: the first asker's request does the work. When that request is cancelled (its browser
        went away), the next one waiting asks anew, so nobody inherits a stranger's cancellation.
        """
        while (flight := self._flights.get(key)) is not None:
            await flight.landed.wait()
            if flight.answers:
                return flight.answers[0]
            if flight.failure is not None:
                raise TokenCheckUnavailable(flight.failure.detail, retry_after_s=flight.failure.retry_after_s)
        flight = self._flights[key] = _Flight()
        try:
            flight.answers.append(await ask())
            return flight.answers[0]
        except TokenCheckUnavailable as failure:
            flight.failure = failure
            raise
        finally:
            del self._flights[key]
            flight.landed.set()
