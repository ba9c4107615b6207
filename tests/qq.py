"""A QQ Connect application for tests: its registration, and the way of one person to its tokens.

``App`` speaks as old SDKs do, over whatever ``httpx2`` client the world gives it.
"""

from typing import Any
from urllib.parse import parse_qs

import httpx2
import msgspec

from lingpai.dialects.base import WireBody
from lingpai.dialects.qq import Identity, read_me
from lingpai.server.storage.records import Client
from tests.browser import Browser
from tests.world import SECRET, World

APPID = "100222222"
DEVELOPER = "zhufeng"
CALLBACK = "http://localhost:3000/user/callback"
SCOPE = "get_user_info list_album get_vip_info get_simple_userinfo"


async def add_qq_client(world: World, appid: str = APPID, **fields: Any) -> Client:
    """Register an application marked for the dialect."""
    values: dict[str, Any] = {
        "dialects": ("standard", "qq"),
        "developer": DEVELOPER,
        "scope": SCOPE,
        "token_endpoint_auth_method": "client_secret_post",
        "redirect_uris": (CALLBACK,),
        "default_grant_lifetime": "forever",
    }
    return await world.add_client(appid, **(values | fields))


class App:
    """The application ``appid`` at work."""

    def __init__(self, world: World, appid: str = APPID) -> None:
        self.world = world
        self.appid = appid

    def authorize_url(self, path: str = "/oauth2.0/authorize", /, **changes: str | None) -> str:
        """Where it sends the browser; ``changes`` to what is right (``None``: leave out)."""
        params: dict[str, str | None] = {
            "response_type": "code",
            "client_id": self.appid,
            "redirect_uri": CALLBACK,
            "state": "st",
            "scope": "get_user_info,list_album",
        }
        return f"{self.world.config.issuer}{path}?{_query(params | changes)}"

    async def to_answer(
        self, browser: Browser | None = None, *, url: str = "", decision: str = "allow", lifetime: str = "forever"
    ) -> str:
        """All the way through sign-in and consent; the address the browser is sent to."""
        browser = browser or self.world.browser()
        await browser.get(url or self.authorize_url())
        await browser.follow()
        if browser.shows("sign-in-form"):
            await self.world.sign_in(browser)
            await browser.follow()
        if not browser.page.is_redirect:
            form = browser.form("consent-form")
            ticked = [("scope", name) for name in form.boxes.get("scope", [])]
            await browser.submit(form, *ticked, ("lifetime", lifetime), ("decision", decision))
            await browser.follow()
        location: str = browser.page.headers["location"]
        return location

    async def code(self, browser: Browser | None = None, /, **changes: str | None) -> str:
        """A fresh code."""
        location = await self.to_answer(browser, url=self.authorize_url(**changes))
        return parse_qs(location.partition("?")[2])["code"][0]

    async def token(
        self, method: str = "GET", path: str = "/oauth2.0/token", /, **changes: str | None
    ) -> httpx2.Response:
        """A token request; ``changes`` as for ``authorize_url``."""
        params: dict[str, str | None] = {
            "grant_type": "authorization_code",
            "client_id": self.appid,
            "client_secret": SECRET,
            "redirect_uri": CALLBACK,
        }
        query = _query(params | changes)
        if method == "GET":
            return await self.world.http.get(f"{path}?{query}")
        headers = {"content-type": "application/x-www-form-urlencoded"}
        return await self.world.http.post(path, content=query.encode(), headers=headers)

    async def tokens(self, browser: Browser | None = None, /, **changes: str | None) -> dict[str, str]:
        """The tokens of a person who allowed everything."""
        answer = await self.token(code=await self.code(browser, **changes))
        return {name: values[0] for name, values in parse_qs(answer.text, strict_parsing=True).items()}

    async def me(
        self, access_token: str | None, path: str = "/oauth2.0/me", /, **params: str | None
    ) -> httpx2.Response:
        """Who is it?"""
        return await self.world.http.get(f"{path}?{_query({'access_token': access_token} | params)}")

    async def identity(self, access_token: str) -> Identity:
        """The same, read."""
        answer = await self.me(access_token, unionid="1")
        return read_me(WireBody(answer.status_code, answer.headers["content-type"], answer.content))

    async def api(self, path: str, access_token: str, /, **changes: str | None) -> httpx2.Response:
        """A call of an API with the common parameters."""
        params: dict[str, str | None] = {"access_token": access_token, "oauth_consumer_key": self.appid}
        if "openid" not in changes:
            params["openid"] = (await self.identity(access_token)).openid
        return await self.world.http.get(f"{path}?{_query(params | changes)}")


def ret(response: httpx2.Response) -> int:
    """The number an API answered with."""
    number: int = msgspec.json.decode(response.content)["ret"]
    return number


def _query(params: dict[str, str | None]) -> str:
    return str(httpx2.QueryParams({name: value for name, value in params.items() if value is not None}))
