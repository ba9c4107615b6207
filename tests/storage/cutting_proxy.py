"""Stands between a driver and PostgreSQL and cuts the wire at the worst moment: around COMMIT."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Literal

COMMIT = b"\x00COMMIT\x00"
"""As a statement to be parsed."""
Cut = Literal["before", "after", "never"]


class CuttingProxy:
    """``cut``: lose the next COMMIT itself (``before``) or only the answer to it (``after``). Then behave again."""

    def __init__(self, port: int) -> None:
        self._server_port = port
        self.port = 0
        self.cut: Cut = "never"
        self.meanwhile: Callable[[], None] = lambda: None
        """What happens between the cut and when it is noticed."""
        self._is_cutting = False
        self.is_deaf_after_cut = False
        """Whether it takes connections from then on and says nothing, as a server does that is only half there."""
        self.cuts = 0
        self._tasks: set[asyncio.Task[None]] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, until either side or the proxy ends it."""
        task = asyncio.current_task()
        assert task
        self._tasks.add(task)
        if self.cuts and self.is_deaf_after_cut:
            try:
                await asyncio.Event().wait()
            finally:
                writer.close()
        server_reader, server_writer = await asyncio.open_connection("127.0.0.1", self._server_port)
        back = asyncio.ensure_future(self._copy(server_reader, writer))  # noqa: TID251 - awaited below
        try:
            while data := await reader.read(65536):
                cut = self.cut if COMMIT in data else "never"
                self._is_cutting = cut != "never"
                if cut == "after":
                    back.cancel()
                if cut != "before":
                    server_writer.write(data)
                    await server_writer.drain()
                if cut != "never":
                    self.cut = "never"
                    self.cuts += 1
                    if cut == "after":
                        await server_reader.read(65536)
                    await asyncio.to_thread(self.meanwhile)
                    break
        finally:
            back.cancel()
            for each in (writer, server_writer):
                each.close()
            self._tasks.discard(task)

    async def _copy(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        finally:
            if not self._is_cutting:  # else whoever is cutting closes it
                writer.close()

    async def close(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


@asynccontextmanager
async def cutting_proxy(port: int) -> AsyncIterator[CuttingProxy]:
    """A proxy in front of the server at ``port``."""
    proxy = CuttingProxy(port)
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    proxy.port = server.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        server.close()
        await proxy.close()
