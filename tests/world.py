"""A whole server in process for tests: the real application on a real database, with a clock the test turns.

``World.open`` starts it, ``add_…`` fill it, ``browser()`` is a person, ``http`` an application; only the clock is ours.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import httpx2
import msgspec

from lingpai.crypto.digest import new_id
from lingpai.oauth.pkce import code_challenge_s256, new_code_verifier
from lingpai.server.client_auth.secret import digest_client_secret
from lingpai.server.config import DAY_S, Config
from lingpai.server.database_url import is_postgresql
from lingpai.server.storage.driver import Statement
from lingpai.server.storage.records import Account, Client, ClientSecret, ResourceServer, ScopeDefinition
from lingpai.server.tokens.master_key import client_secret_pepper, load_master_key
from lingpai.server.wiring import Server, open_database
from tests import databases
from tests.browser import Browser
from tests.counting import CountingDriver

ISSUER = "http://localhost:4000"
CALLBACK = "http://localhost:3000/user/callback"
PHOTOS = "http://localhost:5000"
SECRET = "photo-print-secret-0123456789abcdefghijklmnop"
PASSWORD = "correct horse battery staple"


class FakeClock:
    """Stands still until a test moves it."""

    def __init__(self, now: int = 1_800_000_000) -> None:
        self.now = now

    def __call__(self) -> int:
        return self.now

    def advance(self, seconds: int) -> None:
        self.now += seconds


class World:
    """The server with what tests need around it."""

    def __init__(self, config: Config, clock: FakeClock) -> None:
        self.config = config
        self.clock = clock
        self.server: Server
        self.driver: CountingDriver
        self.http: httpx2.AsyncClient
        self._browsers: list[httpx2.AsyncClient] = []
        self._opened_at = clock.now
        self._as_opened: list[Statement] = []
        self._row_counter = databases.RowCounter(config.database)

    @classmethod
    async def open(cls, folder: Path, **settings: Any) -> "World":
        """Start a server in ``folder`` with the two demo scopes, the photo service, one client and one account."""
        defaults: dict[str, Any] = {
            "issuer": ISSUER,
            "database": settings.get("database") or databases.new_database(folder),
            "master_key_file": folder / "lingpai.key",
            "password_memory_kib": 64,
            "password_time_cost": 1,
            "signing_algs": ("ES256",),
            "sweep_interval_s": DAY_S,  # by the real clock, so a slow run would meet a sweep
        }
        world = cls(Config(**(defaults | settings)), FakeClock())
        await world.start()
        await world.add_scope("get_user_info", claims=("nickname", "picture"))
        await world.add_scope("list_album", resource=PHOTOS)
        await world.add_scope("upload_pic", resource=PHOTOS)
        await world.add_resource_server(PHOTOS, client_ids=("photos",))
        await world.add_client()
        await world.add_client("photos", grant_types=(), response_types=(), redirect_uris=(), scope="")
        await world.add_account()
        world._as_opened = world._snapshot()
        return world

    @property
    def folder(self) -> Path:
        """Where the master key lies, and a database that is a file."""
        return self.config.master_key_file.parent

    async def reset(self) -> None:
        """Back to what it was when it opened: rows, clock, no browsers. Ten times faster than opening another."""
        while self._browsers:
            await self._browsers.pop().aclose()
        self.http.cookies.clear()
        self.clock.now = self._opened_at
        await self.driver.transact(self._as_opened)
        await self.server.start()  # look at keys and catalog again
        self.driver.reset()

    def _snapshot(self) -> list[Statement]:
        """The statements that bring every table back to what it holds now."""
        statements = []
        for name, rows in databases.read_tables(self.config.database).items():
            statements.append(Statement(f"DELETE FROM {name}"))  # noqa: S608 - our own tables
            for row in rows:
                places = ", ".join(f"${number}" for number in range(1, len(row) + 1))
                insert = f"INSERT INTO {name} VALUES ({places})"  # noqa: S608 - our own tables
                statements.append(Statement(insert, row))
        return statements

    async def start(self) -> None:
        """Build the server over whatever is in the folder."""
        master_key = load_master_key(self.config, create=True)
        self.driver = CountingDriver(open_database(self.config))
        self.server = Server(self.config, self.driver, master_key, self.clock)
        await self.server.start()
        self._pepper = client_secret_pepper(master_key)
        self.http = self._client()

    async def close(self) -> None:
        """Stop the server and every browser."""
        for client in (self.http, *self._browsers):
            await client.aclose()
        self._browsers.clear()
        self._row_counter.close()
        await self.server.close()

    @asynccontextmanager
    async def locked(self) -> AsyncIterator[None]:
        """Another program holds the database: what is written is refused soon, what is read is read."""
        if not is_postgresql(self.config.database):  # not five seconds for every test
            await self.driver.transact([Statement("PRAGMA busy_timeout=20")])
        with databases.locked(self.config.database):
            yield

    async def restart(self) -> None:
        """Stop and start: nothing that matters may have lived in memory only."""
        await self.close()
        await self.start()

    def browser(self) -> Browser:
        """A new browser, with no cookies."""
        self._browsers.append(client := self._client())
        return Browser(client, self.config.issuer)

    def _client(self) -> httpx2.AsyncClient:
        return httpx2.AsyncClient(transport=httpx2.ASGITransport(app=self.server.app), base_url=self.config.issuer)

    async def add_client(self, client_id: str = "photo-print", *, secret: str | None = SECRET, **fields: Any) -> Client:
        """Register an application; confidential with ``client_secret_basic`` unless ``secret`` is ``None``."""
        values: dict[str, Any] = {
            "client_name": "Photo Print",
            "redirect_uris": (CALLBACK,),
            "scope": "get_user_info list_album",
            "token_endpoint_auth_method": "none" if secret is None else "client_secret_basic",
            "id_token_signed_response_alg": "RS256" if "RS256" in self.config.signing_algs else "ES256",
        }
        if secret is not None:
            digest = digest_client_secret(self._pepper, client_id, secret)
            values["client_secrets"] = (ClientSecret(digest, self.clock.now),)
        client = Client(client_id=client_id, created_at=self.clock.now, **(values | fields))
        await self.server.store.clients.put(client)
        return client

    async def add_account(self, username: str = "zhangsan", password: str = PASSWORD, **fields: Any) -> Account:
        """Register a person."""
        values: dict[str, Any] = {
            "id": new_id(),
            "name": username,
            "password_hash": await self.server.passwords.hash(password),
            "claims": {"nickname": username},
            "created_at": self.clock.now,
        }
        account = Account(username=username, **(values | fields))
        assert await self.server.store.accounts.put(account)
        return account

    async def disable_account(self, account: Account) -> None:
        """Lock somebody out."""
        assert await self.server.store.accounts.put(msgspec.structs.replace(account, disabled_at=self.clock.now))

    async def add_scope(self, name: str, **fields: Any) -> None:
        """Add a permission with words in both languages."""
        words = {"en": f"English words for {name}", "zh_CN": f"{name} 的中文说明"}
        await self.server.store.catalog.put_scope(ScopeDefinition(name=name, **({"descriptions": words} | fields)))
        await self.server.catalog.reload()

    async def add_resource_server(self, resource: str, **fields: Any) -> None:
        """Add an API."""
        await self.server.store.catalog.put_resource_server(ResourceServer(resource=resource, **fields))
        await self.server.catalog.reload()

    async def sign_in(self, browser: Browser, username: str = "zhangsan", password: str = PASSWORD) -> None:
        """Fill in the sign-in form that is on the page, or open it."""
        if not browser.shows("sign-in-form"):
            await browser.get(f"{self.config.issuer}/sign-in")
        await browser.submit(browser.form("sign-in-form"), ("username", username), ("password", password))

    async def post(self, path: str, *, client: str | None = "photo-print", secret: str = SECRET, **params: Any) -> Any:
        """A back-channel request with ``client_secret_basic`` (``client=None``: without credentials)."""
        if client is None:
            return await self.http.post(path, data=params)
        return await self.http.post(path, data=params, auth=(client, secret))

    async def refresh(self, refresh_token: str, **params: Any) -> httpx2.Response:
        """Use a refresh token; ``params`` as for ``post``."""
        params = {"grant_type": "refresh_token", "refresh_token": refresh_token} | params
        return cast("httpx2.Response", await self.post("/oauth2/token", **params))

    async def introspect(self, token: str, **params: Any) -> dict[str, Any]:
        """What the server says about a token; ``params`` as for ``post``."""
        response = await self.post("/oauth2/introspect", token=token, **params)
        assert response.status_code == 200, response.text
        return cast("dict[str, Any]", response.json())

    async def is_active(self, access_token: str) -> bool:
        """Whether the application's own access token is in force."""
        return cast("bool", (await self.introspect(access_token))["active"])

    def rows(self) -> dict[str, int]:
        """How many rows each table has, counted behind the server's back."""
        return self._row_counter.count()


class Ask:
    """An authorization request with PKCE, and the way through the pages to its answer."""

    def __init__(self, world: World, client_id: str = "photo-print", **params: str | None) -> None:
        self.world = world
        self.code_verifier = new_code_verifier()
        given: dict[str, str | None] = {
            "response_type": "code",
            "client_id": client_id,
            "redirect_uri": CALLBACK,
            "scope": "get_user_info list_album",
            "state": "state-of-the-client",
            "code_challenge": code_challenge_s256(self.code_verifier),
            "code_challenge_method": "S256",
        }
        self.params = {name: value for name, value in (given | params).items() if value is not None}

    @property
    def url(self) -> str:
        """Where the application sends the browser."""
        return f"{self.world.config.issuer}/oauth2/authorize?{httpx2.QueryParams(self.params)}"

    async def to_consent(self, browser: Browser, username: str = "zhangsan") -> None:
        """Go as far as the consent page, signing in if that is asked for first."""
        await browser.get(self.url)
        await browser.follow()
        if browser.shows("sign-in-form"):
            await self.world.sign_in(browser, username)
            await browser.follow()

    async def allow(
        self, browser: Browser, *, tick: Sequence[str] | None = None, lifetime: str = "30d", username: str = "zhangsan"
    ) -> dict[str, str]:
        """All the way: sign in, tick (everything unless told), allow. The parameters of the callback."""
        await self.to_consent(browser, username)
        if not browser.page.is_redirect:
            form = browser.form("consent-form")
            ticked = form.boxes.get("scope", []) if tick is None else tick
            scopes = [("scope", name) for name in ticked]
            await browser.submit(form, *scopes, ("lifetime", lifetime), ("decision", "allow"))
            await browser.follow()
        return browser.sent_to

    async def redeem(self, code: str, *, client: str | None = "photo-print", **changes: str | None) -> httpx2.Response:
        """Exchange the code, with ``changes`` to what is right (``None``: leave out)."""
        params: dict[str, str | None] = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.params.get("redirect_uri"),
            "code_verifier": self.code_verifier,
        }
        sent = {name: value for name, value in (params | changes).items() if value is not None}
        return cast("httpx2.Response", await self.world.post("/oauth2/token", client=client, **sent))


async def grant_tokens(
    world: World, browser: Browser | None = None, client_id: str = "photo-print", **params: str | None
) -> dict[str, Any]:
    """The token response of a person who allowed everything."""
    ask = Ask(world, client_id, **params)
    answer = await ask.allow(browser or world.browser())
    response = await ask.redeem(answer["code"], client=client_id)
    assert response.status_code == 200, response.text
    tokens: dict[str, Any] = response.json()
    return tokens


async def at_once(*calls: Any) -> list[Any]:
    """Run the calls concurrently."""
    return list(await asyncio.gather(*calls))


def refusal(response: httpx2.Response) -> tuple[int, str]:
    """Status and error code of a back-channel answer."""
    return response.status_code, response.json()["error"]
