"""Two of our servers for tests: people sign in to the one (the lobby) with the other (the company), over a real port.

Nothing stands in for either: the lobby's back channel goes through a socket, the person's browser keeps the cookies of
both.
"""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
import uvicorn
from msgspec import Struct

from lingpai.server.storage.records import Account
from tests.browser import Browser
from tests.qq import APPID, add_qq_client
from tests.world import ISSUER, SECRET, Ask, World

PROVIDER = "company"
SECOND = "partner"
"""The same server under another name and ``client_id``: two providers to confuse."""
QQ = "qq"
"""The same server once more, which speaks QQ Connect as well."""


class Lobby(Struct):
    """The server that people sign in to (``world``) and the one they sign in with (``company``)."""

    world: World
    company: World
    browsers: list[httpx2.AsyncClient]

    async def reset(self) -> None:
        """Both as they were when they opened."""
        for client in self.browsers:
            await client.aclose()
        self.browsers.clear()
        for world in (self.world, self.company):
            await world.reset()
        for name in (PROVIDER, SECOND):
            await self.company.add_client(
                name,
                client_name="Lobby",
                redirect_uris=(f"{ISSUER}/sign-in/callback/{name}",),
                scope="openid profile email",
                require_consent=False,
                id_token_signed_response_alg="ES256",
            )
        await add_qq_client(
            self.company,
            redirect_uris=(f"{ISSUER}/sign-in/callback/{QQ}",),
            scope="get_user_info",
            require_consent=False,
        )
        await self.company.add_account("chen", name="Chen Lu", email="chen@example.com", email_verified=True)

    def advance(self, seconds: int) -> None:
        """Time passes everywhere."""
        self.world.clock.advance(seconds)
        self.company.clock.advance(seconds)

    def browser(self) -> Browser:
        """Somebody's browser, which reaches both."""
        mounts = {
            "http://localhost:4000": httpx2.ASGITransport(app=self.world.server.app),
            self.company.config.issuer: httpx2.ASGITransport(app=self.company.server.app),
        }
        client = httpx2.AsyncClient(base_url=ISSUER, mounts=mounts)
        self.browsers.append(client)
        return Browser(client, ISSUER)

    async def follow(self, browser: Browser) -> None:
        """Follow redirects between the two."""
        homes = (ISSUER + "/", self.company.config.issuer + "/")
        while browser.page.is_redirect:
            address = str(httpx2.URL(str(browser.page.url)).join(browser.page.headers["location"]))
            if not address.startswith(homes):
                return
            await browser.get(address)

    async def press(self, browser: Browser, provider: str = PROVIDER) -> None:
        """The provider's button on the sign-in page that is open; then as far as redirects go."""
        await browser.submit(button(browser, provider))
        await self.follow(browser)

    async def sign_in_there(self, browser: Browser, username: str = "chen", provider: str = PROVIDER) -> None:
        """From the lobby's sign-in page to the company, its form, and back."""
        if not browser.shows("sign-in-form"):
            await browser.get(f"{ISSUER}/sign-in")
        await self.press(browser, provider)
        if at(browser) == self.company.config.issuer and browser.shows("sign-in-form"):
            await self.company.sign_in(browser, username)
            await self.follow(browser)

    async def create_account(self, browser: Browser, username: str = "chen") -> None:
        """On the page for who is new here."""
        await browser.submit(browser.form("create-account-form"), ("username", username))
        await self.follow(browser)

    async def join(self, browser: Browser, username: str = "chen") -> Account:
        """All the way to an account that only the company opens."""
        await self.sign_in_there(browser)
        await self.create_account(browser, username)
        account = await self.world.server.store.accounts.get_by_username(username)
        assert account is not None
        return account

    async def open_request(self, browser: Browser, **params: Any) -> Ask:
        """An application sends the person to the lobby."""
        ask = Ask(self.world, **params)
        await browser.get(ask.url)
        await browser.follow()
        return ask

    async def callback(self, browser: Browser, provider: str = PROVIDER) -> str:
        """Press the button and sign in there, but do not open the address the company sends the browser to."""
        await browser.submit(button(browser, provider))
        await browser.get(browser.page.headers["location"])
        while True:
            while browser.page.is_redirect:
                address = browser.page.headers["location"]
                if address.startswith(ISSUER):
                    return str(address)
                await browser.get(address)
            await self.company.sign_in(browser, "chen")

    async def events(self, account: Account | None = None) -> list[str]:
        """What the audit log says, the latest first."""
        found = await self.world.server.store.audit.list(account.id if account else None, 20)
        return [event.event for event in found]


def button(browser: Browser, provider: str = PROVIDER) -> Any:
    """The form around a provider's button."""
    found = [form for form in browser.forms() if urlsplit(form.action).path.endswith(f"/sign-in/with/{provider}")]
    assert found, f"no button for {provider}: {browser.page.status_code} {browser.page.text[:2000]}"
    return found[0]


def at(browser: Browser) -> str:
    """Whose page is open."""
    parts = urlsplit(str(browser.page.url))
    return f"{parts.scheme}://{parts.netloc}"


def path(browser: Browser) -> str:
    """The path of the page that is open."""
    return urlsplit(str(browser.page.url)).path


class _Server(uvicorn.Server):
    """Says when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.up = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.up.set()


@contextlib.asynccontextmanager
async def serving(app: Any, port: int) -> AsyncIterator[None]:
    """An application on a port of this machine, in this event loop."""
    config = uvicorn.Config(app, port=port, log_level="critical", ws="none", lifespan="off", access_log=False)
    server = _Server(config)
    async with asyncio.TaskGroup() as group:
        group.create_task(server.serve())
        await server.up.wait()
        yield
        server.should_exit = True


def free_port() -> int:
    """A port nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def provider_settings(issuer: str, client_id: str = PROVIDER, **more: Any) -> dict[str, Any]:
    """As in the table of the settings."""
    return {"issuer": issuer, "client_id": client_id, "client_secret": SECRET, "create_accounts": True} | more


@contextlib.asynccontextmanager
async def open_lobby(folder: Path, **more: Any) -> AsyncIterator[Lobby]:
    """Both servers; ``more``: settings of the provider."""
    port = free_port()
    issuer = f"http://127.0.0.1:{port}"
    company = await World.open(folder / "company", issuer=issuer)
    providers = {
        PROVIDER: provider_settings(issuer, title={"en": "Example Inc.", "zh_CN": "示例公司"}, **more),
        SECOND: provider_settings(issuer, SECOND, create_accounts=False),
        QQ: {
            "platform": "qq",
            "base_url": issuer,
            "client_id": APPID,
            "client_secret": SECRET,
            "create_accounts": True,
        },
    }
    world = await World.open(folder / "lobby", identity_providers=providers)
    async with serving(company.server.app, port):
        lobby = Lobby(world, company, [])
        yield lobby
        await lobby.reset()
        await world.close()
    await company.close()
