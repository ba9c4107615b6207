"""A whole server in process, one person, one application, and a browser without scripts."""

import re
from collections.abc import AsyncIterator, Callable
from html import unescape

import httpx2
import pytest
from msgspec import structs

from lingpai.crypto.digest import digest, new_id
from lingpai.oauth.params import encode_params
from lingpai.server.authorization.request import AuthorizationRequest
from lingpai.server.config import Config
from lingpai.server.storage.records import Account, Client, ScopeDefinition
from lingpai.server.storage.sqlite import SQLiteDriver
from lingpai.server.wiring import Server

NOW = 1_795_400_000
PASSWORD = "correct horse battery staple"
BROWSER = "b" * 43
ISSUER = "http://localhost:4000"

_INPUT = re.compile(r"<input\b[^>]*>")
_ATTRIBUTE = re.compile(r'([\w-]+)="([^"]*)"')

SCOPES = (
    ScopeDefinition(name="profile", descriptions={"en": "Know your name", "zh_CN": "知道你的昵称"}),
    ScopeDefinition(name="list_album", descriptions={"en": "See your albums", "zh_CN": "查看你的相册"}),
    ScopeDefinition(name="upload_pic", descriptions={"zh_CN": "上传照片"}),
    ScopeDefinition(name="nameless"),
)


class Browser:
    """Keeps cookies, fills in forms, follows no redirect by itself."""

    def __init__(self, http: httpx2.AsyncClient) -> None:
        self.http = http

    async def get(self, address: str, **headers: str) -> httpx2.Response:
        return await self.http.get(address, headers={name.replace("_", "-"): value for name, value in headers.items()})

    async def submit(self, page: httpx2.Response, form: str, answers: list[tuple[str, str]]) -> httpx2.Response:
        """Post the form with this id, its hidden fields and ``answers``."""
        start = page.text.index(f'id="{form}"')
        start = page.text.rindex("<form", 0, start)
        html = page.text[start : page.text.index("</form>", start)]
        attributes = dict(_ATTRIBUTE.findall(html[: html.index(">")]))
        fields = list(answers)
        for tag in _INPUT.findall(html):
            field = dict(_ATTRIBUTE.findall(tag))
            if field.get("type") == "hidden":
                fields.append((field["name"], unescape(field["value"])))
        return await self.post(unescape(attributes["action"]), fields)

    async def post(self, address: str, fields: list[tuple[str, str]]) -> httpx2.Response:
        return await self.http.post(
            address,
            content=encode_params(fields),
            headers={"content-type": "application/x-www-form-urlencoded"},
        )


class House:
    """The server and everything a test may look at in it."""

    def __init__(self, server: Server, browser: Browser, account: Account, client: Client) -> None:
        self.server = server
        self.browser = browser
        self.account = account
        self.client = client

    def seal(self, **changes: object) -> str:
        """A request of the application, on its way through this browser."""
        request = AuthorizationRequest(
            request_id=new_id(),
            client_id=self.client.client_id,
            redirect_uri=self.client.redirect_uris[0],
            redirect_uri_was_sent=True,
            scope="profile list_album upload_pic",
            asked_at=NOW,
            browser=digest(BROWSER),
        )
        return self.server.pending.seal(structs.replace(request, **changes))

    def unseal(self, location: str) -> AuthorizationRequest:
        """The request in the address of ``resume``."""
        return self.server.pending.unseal(location.rpartition("=")[2], BROWSER, NOW)

    async def sign_in(self) -> None:
        """Somebody sits at the browser."""
        page = await self.browser.get("/sign-in")
        answers = [("username", self.account.username), ("password", PASSWORD)]
        response = await self.browser.submit(page, "sign-in-form", answers)
        assert response.status_code == 303

    async def events(self) -> list[str]:
        """The audit log, oldest first, without the sign-ins."""
        rows = await self.server.store.audit.list(None, 100)
        names = sorted(row.event for row in rows)
        return [name for name in names if name != "sign_in"]


@pytest.fixture
def config() -> Config:
    return Config(issuer=ISSUER, password_memory_kib=8, password_time_cost=1)


@pytest.fixture
async def house(driver: SQLiteDriver, config: Config) -> AsyncIterator[House]:
    server = Server(config, driver, b"k" * 32, lambda: NOW)
    account = Account(
        id=new_id(),
        username="zhangsan",
        name="张三",
        password_hash=await server.passwords.hash(PASSWORD),
        picture="https://faces.example.com/z.png",
    )
    client = Client(
        client_id="photo-print",
        client_name="Photo Print",
        redirect_uris=("https://print.example.com/user/callback",),
        scope="profile list_album upload_pic nameless",
        required_scope="profile",
        client_uri="https://print.example.com/",
        logo_uri="https://print.example.com/logo.png",
    )
    await server.store.accounts.put(account)
    await server.store.clients.put(client)
    for scope in SCOPES:
        await server.store.catalog.put_scope(scope)
    await server.start()
    transport = httpx2.ASGITransport(app=server.app)
    async with httpx2.AsyncClient(transport=transport, base_url=ISSUER) as http:
        http.cookies.set("lingpai_browser", BROWSER)
        yield House(server, Browser(http), account, client)
    await server.close()


@pytest.fixture
def stranger(house: House) -> Callable[[], Browser]:
    """Another browser at the same server."""

    def open_browser() -> Browser:
        transport = httpx2.ASGITransport(app=house.server.app)
        return Browser(httpx2.AsyncClient(transport=transport, base_url=ISSUER))

    return open_browser
