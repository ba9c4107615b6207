"""The loop that sends what a conversation asks for, for code that awaits.

Owns: an httpx2 client, closed here if it was made here. ``sending`` is the same without ``await``; change both.
Leaves: what is asked to ``operations``, what of an answer is read to ``transport``.
"""

import asyncio
from contextlib import aclosing
from typing import TypeVar

import httpx2

from lingpai.client.discovery import Steps
from lingpai.client.errors import ServerUnreachable
from lingpai.client.http_request import HttpRequest, Pause
from lingpai.client.transport import TRANSPORT_ERRORS, AnswerReader, prepare, unreachable
from lingpai.dialects.base import WireBody

T = TypeVar("T")


class AsyncSender:
    """Sends over ``http``, or over a client of its own; safe to share."""

    def __init__(self, http: httpx2.AsyncClient | None, timeout_s: float) -> None:
        self._http = http or httpx2.AsyncClient()
        self._owns_http = http is None
        self._timeout_s = timeout_s

    async def aclose(self) -> None:
        """Close the connections, unless ``http`` was given."""
        if self._owns_http:
            await self._http.aclose()

    async def run(self, steps: Steps[T]) -> T:
        """Send what ``steps`` yields until it returns; pauses are waited for."""
        try:
            step = next(steps)
            while True:
                outcome = await self._take(step)
                if outcome is None:
                    step = next(steps)
                elif isinstance(outcome, ServerUnreachable):
                    step = steps.throw(outcome)
                else:
                    step = steps.send(outcome)
        except StopIteration as done:
            result: T = done.value
            return result

    async def _take(self, step: HttpRequest | Pause) -> WireBody | ServerUnreachable | None:
        if isinstance(step, Pause):
            await asyncio.sleep(step.seconds)
            return None
        try:
            return await self._send(step)
        except ServerUnreachable as error:
            # For the operation to decide: most of them end with it.
            return error

    async def _send(self, request: HttpRequest) -> WireBody:
        reader = AnswerReader(request, self._timeout_s)
        try:
            prepared = prepare(self._http, request, self._timeout_s)
            response = await self._http.send(prepared, stream=True, auth=None, follow_redirects=False)
            async with aclosing(response):
                async for chunk in response.aiter_raw():
                    reader.feed(chunk)
        except TRANSPORT_ERRORS as error:
            raise unreachable(request, error) from error
        return reader.finish(response)
