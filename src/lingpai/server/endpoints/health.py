"""Is the process alive, and can it serve? ``ready`` goes red when the database or its writer does not answer."""

import asyncio

from starlette.requests import Request
from starlette.responses import Response

from lingpai.server.clock import Clock
from lingpai.server.http import json_response
from lingpai.server.storage.driver import Driver, Statement, StorageUnavailable

_BEAT = "INSERT INTO heartbeat (id, at) VALUES (1, $1) ON CONFLICT (id) DO UPDATE SET at = excluded.at"
_PATIENCE_S = 3.0


class HealthEndpoint:
    """``GET /health/live`` and ``GET /health/ready``."""

    def __init__(self, driver: Driver, clock: Clock) -> None:
        self._driver = driver
        self._clock = clock

    async def live(self, _request: Request) -> Response:
        """The process answers."""
        return json_response(b'{"status":"live"}')

    async def ready(self, _request: Request) -> Response:
        """A row was read and one was written durably within three seconds."""
        try:
            async with asyncio.timeout(_PATIENCE_S):
                await self._driver.fetch_one("SELECT at FROM heartbeat WHERE id = 1")
                await self._driver.transact([Statement(_BEAT, (self._clock(),))])
        except (StorageUnavailable, TimeoutError):
            return json_response(b'{"status":"storage unavailable"}', 503)
        return json_response(b'{"status":"ready"}')
