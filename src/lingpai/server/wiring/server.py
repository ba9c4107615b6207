"""The whole server and its life: start, staying fresh, sweeping, close."""

import asyncio
import contextlib
from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response

from lingpai.server.app import App, Problems
from lingpai.server.audit import KEY_ROTATED
from lingpai.server.clock import Clock, system_clock
from lingpai.server.config import Config
from lingpai.server.storage import migrate
from lingpai.server.storage.driver import Driver, StorageUnavailable
from lingpai.server.storage.sweep import claim_tending, sweep_all
from lingpai.server.tokens import master_key as master_keys
from lingpai.server.web.errors import Problem, error_page
from lingpai.server.wiring.database import open_database
from lingpai.server.wiring.pages import browser_routes
from lingpai.server.wiring.parts import Parts
from lingpai.server.wiring.protocol import protocol_routes
from lingpai.server.wiring.qq import qq_routes

_NOTIFY_INTERVAL_S = 2
_PROBLEMS: Mapping[int, Problem] = {404: "not_found", 405: "method_not_allowed", 503: "unavailable"}


def build_server(config: Config, *, clock: Clock = system_clock) -> "Server":
    """The server for these settings, ready to ``start``; its database and master key are made where there are none.

    Raises as ``open_database`` and ``load_master_key`` do.
    """
    is_new = migrate.check(config.database).current is None
    # A new key beside an old database would open nothing in it and hide that the right one is lost.
    master_key = master_keys.load_master_key(config, create=is_new)
    return Server(config, open_database(config), master_key, clock)


class Server(Parts):
    """The parts with a life. ``app`` is the ASGI callable; ``start`` it before the first request, ``close`` it last.

    A subclass only so that who embeds the server reaches its parts as ``server.store``, ``server.catalog`` and so on.
    """

    def __init__(self, config: Config, driver: Driver, master_key: bytes, clock: Clock) -> None:
        super().__init__(config, driver, master_key, clock)
        self._fresh_until = -1
        self._warned_of_legacy = False
        self._freshening = asyncio.Lock()
        self._tender: asyncio.Task[None] | None = None
        self._notifier: asyncio.Task[None] | None = None
        self._poster: asyncio.Task[None] | None = None
        self._observer: asyncio.Task[None] | None = None
        self.app = App(
            {**protocol_routes(self), **qq_routes(self), **browser_routes(self)},
            Problems(self._draw_problem),
            self.log,
            issuer=config.issuer,
            trusted_proxies=config.trusted_proxies,
            start=self.start,
            close=self.close,
            is_fresh=self.is_fresh,
            freshen=self.freshen,
            observe=self.portal.observer.note,
        )

    async def start(self) -> None:
        """Make the first keys where there are none, load what the hot path keeps in memory, begin to tend."""
        await self.keyring.ensure(self.config.signing_algs, self.clock())
        await self.catalog.reload()
        await self.store.sweep_clock.reload()
        await self.board.reload(self.clock())
        self._warn_of_legacy()
        self._fresh_until = self.clock() + self.config.catalog_staleness_s
        if self._tender is None:
            self._notifier = asyncio.create_task(self._notify_until_closed())  # noqa: TID251 - as the next one
            self._poster = asyncio.create_task(self._post_until_closed())  # noqa: TID251 - as the next one
            self._observer = asyncio.create_task(self._observe_until_closed())  # noqa: TID251 - as the next one
            self._tender = asyncio.create_task(self._tend_until_closed())  # noqa: TID251 - held here, ended in close

    async def close(self) -> None:
        """Stop tending, finish what was accepted, close the database."""
        for task in (self._tender, self._notifier, self._poster, self._observer):
            if task is not None:
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task
        self._tender = self._notifier = self._poster = self._observer = None
        with contextlib.suppress(StorageUnavailable):
            await self.portal.observer.write_waiting()
        self.passwords.close()
        await self.upstream.close()
        await self.store.driver.close()

    async def freshen(self) -> None:
        """See what other processes changed of keys, permissions and resource servers, at most so long ago."""
        if self.is_fresh():
            return
        async with self._freshening:
            now = self.clock()
            if self.is_fresh():
                return
            if self._tender is None:  # mounted in an application that runs no lifespan
                await self.start()
                return
            try:
                await self.keyring.reload(now)
                await self.catalog.reload()
                await self.store.sweep_clock.reload()
                await self.board.reload(now)
                self._warn_of_legacy()
            except StorageUnavailable as error:  # what is in memory still verifies; whoever needs a row says 503
                self.log.warning("keys and permissions not read again, keeping those in memory", reason=str(error))
            self._fresh_until = now + self.config.catalog_staleness_s

    def is_fresh(self) -> bool:
        """Not either after the clock was put back: it may take years until it is where it was."""
        return self._fresh_until - self.config.catalog_staleness_s <= self.clock() < self._fresh_until

    def _warn_of_legacy(self) -> None:
        """Say once that a client may do what RFC 9700 advises against; again when one appears where there was none."""
        if self.catalog.has_legacy and not self._warned_of_legacy:
            self.log.warning(
                "a client may use the implicit or password grant, which RFC 9700 advises against",
                advice="lingpai doctor names it",
            )
        self._warned_of_legacy = self.catalog.has_legacy

    async def _tend_until_closed(self) -> None:
        """Sweep what expired and rotate keys that are due, again and again; a database that is away is waited for."""
        while True:
            await asyncio.sleep(self.config.sweep_interval_s)
            try:
                if not await claim_tending(self.store.driver, self.clock(), self.config.sweep_interval_s):
                    continue
                deleted = await sweep_all(self.store.driver, self.clock())
                made = await self.key_rotation.rotate_due(self.clock())
            except StorageUnavailable as error:
                self.log.warning("sweep failed, trying again later", reason=str(error))
                continue
            except Exception:
                self.log.exception("sweep failed, trying again later")
                continue
            if any(deleted.values()):
                self.log.debug("swept", **deleted)
            for key in made:
                await self.audit.record(KEY_ROTATED, now=self.clock(), kid=key.kid, alg=key.alg)

    async def _notify_until_closed(self) -> None:
        """Tell applications that sessions ended. One indexed read when there is nothing to tell."""
        while True:
            await asyncio.sleep(_NOTIFY_INTERVAL_S)
            try:
                await self.logout_notices.send_due(self.clock())
            except StorageUnavailable as error:
                self.log.warning("logout notices not sent, trying again later", reason=str(error))
            except Exception:
                self.log.exception("logout notices not sent, trying again later")

    async def _post_until_closed(self) -> None:
        """Send mails. A task of its own: a slow mail server must hold up nothing else."""
        while True:
            await asyncio.sleep(_NOTIFY_INTERVAL_S)
            try:
                await self.people.post.send_due(self.clock())
            except StorageUnavailable as error:
                self.log.warning("mails not sent, trying again later", reason=str(error))
            except Exception:
                self.log.exception("mails not sent, trying again later")

    async def _observe_until_closed(self) -> None:
        """Write what was counted and refused. A task of its own: what it waits for must hold up nothing else."""
        while True:
            await asyncio.sleep(_NOTIFY_INTERVAL_S)
            try:
                await self.portal.observer.write_due()
            except StorageUnavailable as error:
                self.log.warning("numbers not written, trying again later", reason=str(error))
            except Exception:
                self.log.exception("numbers not written, trying again later")

    def _draw_problem(self, request: Request, status: int, request_id: str) -> Response:
        problem = _PROBLEMS.get(status, "server_error")
        return error_page(self.pages, request, problem, status=status, reference=request_id)
