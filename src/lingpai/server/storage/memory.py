"""Rows that were read before, as long as nobody commits anything: exact, not merely recent.

Owns remembering what one repository read, by key, under the database's version (``Driver.version``). Leaves what makes
a row invalid by time alone (an expiry) to the repository, which must look at it again. A driver without versions
remembers nothing.
"""

from collections.abc import Awaitable, Callable
from typing import Generic, ParamSpec, TypeVar

from lingpai.server.storage.driver import Driver

_LIMIT_COUNT = 2048
"""Of one repository. At about 2 KB each."""

_P = ParamSpec("_P")
_T = TypeVar("_T")


class Memory(Generic[_T]):
    """What one kind of read gave."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver
        self._version: object = None
        self._known: dict[object, _T] = {}

    async def get(
        self, key: object, read: Callable[_P, Awaitable[_T | None]], *args: _P.args, **kwargs: _P.kwargs
    ) -> _T | None:
        """What ``read(*args)`` gave under ``key`` since the last commit, or gives now. ``None`` is not remembered."""
        version = self._driver.version()
        if version != self._version:
            self._known.clear()
            self._version = version
        known = self._known.get(key)
        if known is not None:
            return known
        value = await read(*args, **kwargs)
        # Somebody may have noticed a commit while this one waited: then what was read may be older than that.
        if value is not None and version is not None and version == self._version:
            if len(self._known) >= _LIMIT_COUNT:
                self._known.clear()
            self._known[key] = value
        return value
