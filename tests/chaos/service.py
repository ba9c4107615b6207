"""A server to be killed: ``lingpai serve`` as processes of their own, started again as a service manager would.

Owns processes and what a server has in its database before anybody asks it. Leaves who asks to ``people``.
"""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from pathlib import Path

import httpx2

from lingpai.crypto.digest import new_id, new_secret
from lingpai.server.client_auth.secret import digest_client_secret
from lingpai.server.config import load_config
from lingpai.server.storage.records import Account, Client, ClientSecret, Grant
from lingpai.server.tokens.master_key import client_secret_pepper, load_master_key
from lingpai.server.wiring import Server, build_server

CLIENT_ID, SECRET = "chaos", "chaos-secret-0123456789abcdefghijklmnopqrstu"
CALLBACK = "http://127.0.0.1:1/callback"
SCOPE = "openid profile"
BACK_WITHIN_S = 60.0
"""A server that takes longer to be back counts as one that needs hand work."""
_LOOK_AGAIN_S = 0.05


class Service:
    """One server: settings, database, and the processes that serve from them."""

    def __init__(
        self,
        folder: Path,
        database: str,
        *,
        workers: int = 0,
        program: Sequence[str] = ("-m", "lingpai"),
        settings: Sequence[str] = (),
    ) -> None:
        """``program``: what Python runs; it takes the arguments of ``lingpai``. ``settings``: lines of TOML."""
        self.address = f"http://127.0.0.1:{_free_port()}"
        self.database = database
        self._settings = folder / "lingpai.toml"
        self._log = folder / "log"
        port = self.address.rpartition(":")[2]
        # An answer lost to a kill may be asked for again for as long as this.
        lines = [f'issuer = "{self.address}"', f"port = {port}", f'database = "{database}"', 'log_format = "json"']
        lines += ["refresh_retry_window_s = 300", "authorization_code_lifetime_s = 600", "sweep_interval_s = 5"]
        self._settings.write_text("\n".join((*lines, *settings, "")), encoding="utf-8")
        self._command = [sys.executable, *program, "serve", "--config", str(self._settings)]
        if workers:
            self._command += ["--workers", str(workers)]
        self._process: subprocess.Popen[bytes] | None = None
        self.environment: Callable[[], dict[str, str]] = dict
        """What is added to the environment of the next process."""

    async def fill(self, people: int) -> list[str]:
        """Put in an application and people who are signed in and have allowed it; the cookies of their browsers."""
        config = load_config(self._settings)
        master_key = load_master_key(config, create=True)
        server = build_server(config)
        await server.start()
        try:
            now = server.clock()
            digest = digest_client_secret(client_secret_pepper(master_key), CLIENT_ID, SECRET)
            client = Client(
                client_id=CLIENT_ID,
                client_name="Chaos",
                client_secrets=(ClientSecret(digest, now),),
                redirect_uris=(CALLBACK,),
                scope=SCOPE,
                id_token_signed_response_alg="ES256",
                created_at=now,
            )
            await server.store.clients.put(client)
            return [await _sign_in(server, number, now) for number in range(people)]
        finally:
            await server.close()

    @property
    def pid(self) -> int:
        """Of the process that was started; with workers, their parent."""
        assert self._process
        return self._process.pid

    def workers(self) -> list[int]:
        """Their process ids."""
        return list(map(int, Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()))

    async def start(self) -> None:
        """Start, again and again if need be, until it is ready."""
        async with asyncio.timeout(BACK_WITHIN_S):
            while True:
                self._spawn()
                if await self.is_ready_again():
                    return
                await asyncio.sleep(_LOOK_AGAIN_S)

    async def starts_in_vain(self) -> int:
        """Start once what cannot serve; its exit status."""
        self._spawn()
        return await self.ended()

    def _spawn(self) -> None:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                env=_environment() | self.environment(),
            )

    async def is_ready_again(self) -> bool:
        """Wait until it says so. ``False``: its process ended."""
        async with httpx2.AsyncClient(base_url=self.address, trust_env=False, timeout=10) as http:
            async with asyncio.timeout(BACK_WITHIN_S):
                while self._process is not None and self._process.poll() is None:
                    with suppress(httpx2.TransportError):
                        if (await http.get("/health/ready")).status_code == 200:
                            return True
                    await asyncio.sleep(_LOOK_AGAIN_S)
        return False

    async def ended(self) -> int:
        """Wait for the process to end by itself; its exit status."""
        assert self._process
        return await asyncio.to_thread(self._process.wait)

    def kill(self) -> None:
        """``kill -9`` to the process that was started, not to its workers."""
        assert self._process
        self._process.kill()
        self._process.wait()

    def stop(self) -> None:
        """End it; what does not end by itself is killed."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(15)
            except subprocess.TimeoutExpired:
                self.kill()

    def log(self) -> str:
        """What it wrote so far."""
        return self._log.read_text(encoding="utf-8", errors="replace") if self._log.exists() else ""


async def _sign_in(server: Server, number: int, now: int) -> str:
    account = Account(id=new_id(), username=f"person{number}", created_at=now)
    await server.store.accounts.put(account)
    permissions = dict.fromkeys(SCOPE.split(), now)
    grant = Grant(account_id=account.id, client_id=CLIENT_ID, id=new_id(), permissions=permissions, lifetime="forever")
    await server.store.grants.put(grant, replaces=None)
    secret = await server.browser_sessions.start(account.id, amr=("pwd",), user_agent="", old_secret=None, now=now)
    return f"lingpai_session={secret}; lingpai_browser={new_secret()}"


def _environment() -> dict[str, str]:
    """This one without the settings of a server somebody runs, and with the package that is tested."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("LINGPAI_")}
    return ours | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}


def _free_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        port: int = listener.getsockname()[1]
        return port
