"""Applications that speak OpenID Connect, as somebody else would write them with ``lingpai.client``.

Owns: the two that listen for sign-outs, and two that do it badly. Leaves: what the server should do to the tests.
"""

import asyncio
import json
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode

import uvicorn
from msgspec import Struct
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from examples.demo import server_environment
from lingpai.client import AsyncClient, LogoutNotice, LogoutTokenError, PendingSignIn, TokenSet
from tests.e2e.demo_programs import Demo

SECRET = "a secret of a relying party 0123456789"
PERSON, PASSWORD = "wangwu", "tiger-counts-stars"

_CLIENT = """
[[clients]]
client_id = "{name}"
client_secret = "{secret}"
client_name = "{title}"
redirect_uris = ["{address}/callback"]
post_logout_redirect_uris = ["{address}/"]
backchannel_logout_uri = "{address}/logout"
scope = "openid profile email phone"
"""
_ACCOUNT = f"""
[[accounts]]
username = "{PERSON}"
password = "{PASSWORD}"
name = "Wang Wu"
email = "wangwu@example.com"
claims = {{ phone_number = "+86 10 5555 0000" }}
"""
_PAGE = '<!doctype html><html lang="en"><link rel="icon" href="data:,"><title>{0}</title><h1>{0}</h1><p>{1}</p></html>'


class RelyingParty:
    """One application: signs people in, and ends their sessions when told to. ``behaviour`` when it is told:
    ``listen``, ``hang`` (until the end of the test) or ``break`` (500).
    """

    def __init__(self, name: str, server: str, address: str, behaviour: str = "listen") -> None:
        self.name = name
        self.address = address
        self.signed_in: list[TokenSet] = []
        self.told: list[LogoutNotice] = []
        self.times_asked = 0
        self.behaviour = behaviour
        self._server = server
        self._pending: dict[str, PendingSignIn] = {}
        self._released = asyncio.Event()
        routes = [Route("/", self._home), Route("/start", self._start), Route("/callback", self._callback)]
        self.app = Starlette(routes=[*routes, Route("/logout", self._logout, methods=["POST"])])

    def start_url(self, **params: Any) -> str:
        """Where a sign-in begins; ``params`` as for ``begin_sign_in``."""
        return f"{self.address}/start?{urlencode({'with': json.dumps(params)})}"

    def end_session_url(self) -> str:
        """Where it sends the browser to sign out."""
        hint = self.signed_in[-1].id_token
        params = {"id_token_hint": hint, "post_logout_redirect_uri": f"{self.address}/", "state": "bye"}
        return f"{self._server}/oauth2/end_session?{urlencode(params)}"

    @property
    def claims(self) -> Mapping[str, Any]:
        """The verified ID Token of the last sign-in."""
        return self.signed_in[-1].id_token_claims or {}

    def sessions(self) -> list[str]:
        """Those of its sessions that nobody has told it the end of."""
        ended = {notice.sid for notice in self.told}
        sids = [str((tokens.id_token_claims or {})["sid"]) for tokens in self.signed_in]
        return [sid for sid in sids if sid not in ended]

    def _client(self) -> AsyncClient:
        return AsyncClient(self._server, self.name, SECRET)

    async def _home(self, _request: Request) -> Response:
        return HTMLResponse(_PAGE.format(self.name, "Nobody is signed in."))

    async def _start(self, request: Request) -> Response:
        params = {"scope": "openid", **json.loads(request.query_params["with"])}
        async with self._client() as client:
            pending = await client.begin_sign_in(redirect_uri=f"{self.address}/callback", **params)
        self._pending[pending.state] = pending
        return RedirectResponse(pending.url, 303)

    async def _callback(self, request: Request) -> Response:
        if "error" in request.query_params:
            return HTMLResponse(_PAGE.format(self.name, f"<code>{request.query_params['error']}</code>"))
        pending = self._pending.pop(request.query_params["state"])
        async with self._client() as client:
            tokens = await client.finish_sign_in(pending, str(request.url))
            about = await client.userinfo(tokens)
        self.signed_in.append(tokens)
        return HTMLResponse(_PAGE.format(self.name, f'<code id="about">{json.dumps(about)}</code>'))

    async def _logout(self, request: Request) -> Response:
        self.times_asked += 1
        if self.behaviour == "hang":
            await self._released.wait()
        if self.behaviour == "break":
            return Response(status_code=500)
        [logout_token] = parse_qs((await request.body()).decode())["logout_token"]
        try:
            async with self._client() as client:
                self.told.append(await client.verify_logout_token(logout_token))
        except LogoutTokenError:
            return Response(status_code=400)
        return Response(status_code=200)

    def release(self) -> None:
        """Let whoever hangs go. For the thread of the server."""
        self._released.set()


class Parties(Struct, frozen=True):
    """The applications, running."""

    mail: RelyingParty
    chat: RelyingParty
    hanging: RelyingParty
    broken: RelyingParty


@contextmanager
def relying_parties(demo: Demo, folder: Path) -> Iterator[Parties]:
    """Run the four, and register them and somebody with an e-mail address with the server."""
    behaviours = {"mail": "listen", "chat": "listen", "hanging": "hang", "broken": "break"}
    with ExitStack() as stack:
        parties = []
        for name, behaviour in behaviours.items():
            listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
            address = f"http://localhost:{listener.getsockname()[1]}"
            party = RelyingParty(name, demo.places.server, address, behaviour)
            stack.enter_context(_serving(party, listener))
            parties.append(party)
        _register(demo, folder, parties)
        yield Parties(*parties)


def _register(demo: Demo, folder: Path, parties: list[RelyingParty]) -> None:
    document = folder / "relying-parties.toml"
    clients = [
        _CLIENT.format(name=party.name, secret=SECRET, title=party.name.title(), address=party.address)
        for party in parties
    ]
    document.write_text("".join([*clients, _ACCOUNT]), encoding="utf-8")
    settings = demo.directory / "lingpai.toml"
    command = [sys.executable, "-m", "lingpai", "apply", str(document), "--config", str(settings)]
    subprocess.run(command, env=server_environment(demo.places), check=True, capture_output=True)


@contextmanager
def _serving(party: RelyingParty, listener: socket.socket) -> Iterator[None]:
    server = uvicorn.Server(uvicorn.Config(party.app, log_level="critical", lifespan="off", ws="none"))
    loop: list[asyncio.AbstractEventLoop] = []

    async def serve() -> None:
        loop.append(asyncio.get_running_loop())
        await server.serve(sockets=[listener])

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    yield
    server.should_exit = True
    for running in loop:
        running.call_soon_threadsafe(party.release)
    thread.join()
