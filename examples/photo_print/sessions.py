"""What the application remembers about a browser, on its own side: the browser holds a random id and nothing else.

Owns: ``Shelf``, a bounded in-memory store, and the two values kept in it. Leaves: cookies to ``app``. A program that
runs as several processes would keep the same values in its database.
"""

import asyncio
import secrets
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from lingpai.client import PendingSignIn, TokenSet

T = TypeVar("T")


@dataclass(frozen=True)
class Begun:
    """A sign-in that left for the server and is not back yet."""

    browser: str
    """The random id of the browser that began it: an answer in another browser is not taken (login CSRF)."""
    pending: PendingSignIn


@dataclass
class Visit:
    """Somebody who is signed in. ``tokens`` becomes ``None`` when the person has ended our access."""

    name: str
    picture: str
    tokens: TokenSet | None
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held while the tokens are refreshed, since two pages may be loaded together."""


class Shelf(Generic[T]):
    """Keeps values for ``lifetime_s`` seconds and at most ``limit`` of them; the oldest makes room."""

    def __init__(self, *, limit: int, lifetime_s: int, clock: Callable[[], float]) -> None:
        self._items: OrderedDict[str, tuple[float, T]] = OrderedDict()
        self._limit = limit
        self._lifetime_s = lifetime_s
        self._clock = clock

    def put(self, value: T, key: str = "") -> str:
        """Keep ``value`` and return the key to find it by: ``key``, or a new unguessable one (256 bit)."""
        key = key or secrets.token_urlsafe(32)
        self._items[key] = (self._clock() + self._lifetime_s, value)
        self._items.move_to_end(key)
        while len(self._items) > self._limit:
            self._items.popitem(last=False)
        return key

    def get(self, key: str) -> T | None:
        """The value, unless its time has passed or it had to make room."""
        expires_at, value = self._items.get(key, (0.0, None))
        return value if self._clock() < expires_at else None

    def take(self, key: str) -> T | None:
        """The value, once: it is gone from here on."""
        value = self.get(key)
        self._items.pop(key, None)
        return value
