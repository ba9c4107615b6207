"""The server inside the test's own process and event loop: an ASGI application, no port."""

import logging
from collections.abc import Collection, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

import httpx2
from starlette.types import ASGIApp

from lingpai.server.config import Config
from lingpai.server.setting_values import read_table
from lingpai.server.tokens.master_key import client_secret_pepper, load_master_key
from lingpai.server.wiring import Server, open_database
from lingpai.testing.application import (
    CALLBACK,
    PLACEHOLDER_NICKNAME,
    Application,
    forget_grant,
    person_at,
    rename_person,
    settle,
)
from lingpai.testing.browser import Browser
from lingpai.testing.clock import TurnedClock
from lingpai.testing.faults import Faults

_QUICK = {"password_memory_kib": 64, "password_time_cost": 1, "signing_algs": ("ES256", "RS256")}
_REFRESH_CHAIN_S = 180 * 86_400
_OUR_LOGGERS = logging.getLogger("lingpai")


class InProcessServer:
    """``async with InProcessServer() as server:``.

    ``callbacks`` are those of both applications; ``settings`` are the server's. With ``server.transport()`` an httpx2
    ``AsyncClient`` speaks to it.
    """

    def __init__(
        self, *, callbacks: Sequence[str] = (CALLBACK,), issuer: str = "http://localhost:4000", **settings: Any
    ) -> None:
        if not callbacks:
            raise ValueError("callbacks must name at least one")
        self.issuer = issuer
        self.clock = TurnedClock()
        self.faults = Faults()
        self.person = person_at(issuer)
        self.application: Application
        """Of the standard dialect."""
        self.qq: Application
        """Of QQ Connect."""
        self.app: ASGIApp
        self._callbacks = tuple(callbacks)
        self._settings = settings
        self._folder: TemporaryDirectory[str]
        self._server: Server
        self._is_quiet = False

    async def start(self) -> None:
        """Make the database and who is in it."""
        self._quieten()
        self._folder = TemporaryDirectory(prefix="lingpai-testing-")
        try:
            await self._start(Path(self._folder.name))
        except BaseException:
            self._clean_up()
            raise

    async def close(self) -> None:
        """Stop, and leave nothing behind."""
        await self._server.close()
        self._clean_up()

    def transport(self) -> httpx2.ASGITransport:
        """For ``httpx2.AsyncClient(transport=…)``: every address is this server."""
        return httpx2.ASGITransport(app=self.app)

    async def sign_in_and_allow(self, authorize_url: str, *, scope: Collection[str] | None = None) -> str:
        """Be the person: sign in, allow ``scope`` (everything asked for). Returns the callback's URL.

        Raises ``SignInFailed`` with the words of the page where it went no further.
        """
        return await self._answer(authorize_url, "allow", scope)

    async def sign_in_and_refuse(self, authorize_url: str) -> str:
        """Be the person: sign in and say no. Returns the callback's URL.

        What they allowed the application before is forgotten, or they would not be asked; its tokens end with it.
        """
        client_id = dict(parse_qsl(urlsplit(authorize_url).query)).get("client_id", "")
        await forget_grant(self._server, client_id, self.clock())
        return await self._answer(authorize_url, "refuse", None)

    def expire_access_tokens(self) -> None:
        """Turn the clock to where no access token issued so far is good any more; QQ's refresh tokens still are."""
        lifetimes = (self._config.access_token_lifetime_s, self._config.qq_access_token_lifetime_s)
        self.clock.advance(max(lifetimes) + 1)

    async def show_placeholder_person(self) -> None:
        """From now on the person is ``qzuser``, without a picture: QQ shows no other to an unreviewed application."""
        await rename_person(self._server, PLACEHOLDER_NICKNAME, "")

    async def reset(self) -> None:
        """No faults, no requests seen, the person as at the start and with nothing allowed. Time goes on."""
        self.faults.mend()
        self.faults.seen.clear()
        await rename_person(self._server, self.person.nickname, self.person.picture)
        for application in (self.application, self.qq):
            await forget_grant(self._server, application.client_id, self.clock())

    async def _start(self, folder: Path) -> None:
        # A chain longer than QQ's: when an access token has expired, there is something left to refresh.
        lasting = {"qq_refresh_chain_s": _REFRESH_CHAIN_S, "key_rotation_interval_s": 0}
        places = {"master_key_file": folder / "lingpai.key", "database": f"sqlite:///{folder}/lingpai.db"}
        self._config = read_table(Config, {**_QUICK, **lasting, **places, "issuer": self.issuer, **self._settings})
        master_key = load_master_key(self._config, create=True)
        self._server = Server(self._config, open_database(self._config), master_key, self.clock)
        await self._server.start()
        pepper = client_secret_pepper(master_key)
        self.application, self.qq = await settle(self._server, pepper, self.person, self._callbacks, self.clock())
        self.app = self.faults.around(self._server.app)

    def _clean_up(self) -> None:
        self._folder.cleanup()
        if self._is_quiet:
            _OUR_LOGGERS.setLevel(logging.NOTSET)

    def _quieten(self) -> None:
        """Only errors are written, unless the program under test has said how it wants its lines."""
        if _OUR_LOGGERS.level == logging.NOTSET and not logging.getLogger().handlers:
            _OUR_LOGGERS.setLevel(logging.ERROR)
            self._is_quiet = True

    async def _answer(self, authorize_url: str, decision: Any, scope: Collection[str] | None) -> str:
        # Not through the faults: they are for the program under test.
        transport = httpx2.ASGITransport(app=self._server.app)
        async with httpx2.AsyncClient(transport=transport, base_url=self.issuer) as http:
            return await Browser(http, self.issuer, self.person).answer(authorize_url, decision, scope=scope)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()
