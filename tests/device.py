"""A device without a browser, and what its person does on another screen."""

from typing import Any

import httpx2

from tests.browser import Browser
from tests.world import SECRET, World

DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code"
TV = "tv"


class Device:
    """Asks, shows a code, polls. ``began`` is the answer of the device authorization endpoint."""

    def __init__(self, world: World, client: str | None = None, client_id: str = TV) -> None:
        self.world = world
        self.client = client
        self.client_id = client_id
        self.began: dict[str, Any] = {}

    async def begin(self, **params: Any) -> httpx2.Response:
        """Ask for the two codes."""
        headers = params.pop("headers", {})
        response = await self._post("/oauth2/device_authorization", params, headers)
        if response.status_code == 200:
            self.began = response.json()
        return response

    async def poll(self, **params: Any) -> httpx2.Response:
        """Ask whether the person has answered, at once."""
        headers = params.pop("headers", {})
        sent = {"grant_type": DEVICE_CODE, "device_code": self.began.get("device_code")} | params
        return await self._post("/oauth2/token", sent, headers)

    async def poll_in_time(self, **params: Any) -> httpx2.Response:
        """The same after the interval."""
        self.world.clock.advance(self.began["interval"])
        return await self.poll(**params)

    async def _post(self, path: str, params: dict[str, Any], headers: dict[str, str]) -> httpx2.Response:
        if self.client is None:
            params = {"client_id": self.client_id} | params
        sent = {name: value for name, value in params.items() if value is not None}
        auth = (self.client, SECRET) if self.client else None
        return await self.world.http.post(path, data=sent, headers=headers, auth=auth or httpx2.USE_CLIENT_DEFAULT)


async def add_tv(world: World, client_id: str = TV, *, secret: str | None = None, **fields: Any) -> None:
    """Register the application of a television: public unless there is a ``secret``."""
    values: dict[str, Any] = {
        "client_name": "Living Room TV",
        "grant_types": (DEVICE_CODE, "refresh_token"),
        "response_types": (),
        "redirect_uris": (),
        "scope": "get_user_info list_album",
    }
    await world.add_client(client_id, secret=secret, **(values | fields))


async def waiting_tv(world: World, **params: Any) -> Device:
    """A television that shows a code."""
    await add_tv(world)
    device = Device(world)
    response = await device.begin(**params)
    assert response.status_code == 200, response.text
    return device


async def to_question(world: World, browser: Browser, user_code: str, username: str = "zhangsan") -> None:
    """Open the page, sign in if asked, enter the code; as far as the page goes."""
    await browser.get(f"{world.config.issuer}/device")
    await browser.follow()
    if browser.shows("sign-in-form"):
        await world.sign_in(browser, username)
        await browser.follow()
    await browser.submit(browser.form("device-form"), ("user_code", user_code))
    await browser.follow()


async def answer(
    browser: Browser, decision: str = "allow", *, tick: list[str] | None = None, lifetime: str = "30d"
) -> None:
    """Answer the question on the page: everything unless told."""
    form = browser.form("consent-form")
    ticked = form.boxes.get("scope", []) if tick is None else tick
    scopes = [("scope", name) for name in ticked]
    await browser.submit(form, *scopes, ("lifetime", lifetime), ("decision", decision))
    await browser.follow()


async def allow_device(
    world: World, device: Device, browser: Browser | None = None, *, username: str = "zhangsan", **choices: Any
) -> Browser:
    """All the way: the person allows the device."""
    browser = browser or world.browser()
    await to_question(world, browser, device.began["user_code"], username)
    await answer(browser, **choices)
    assert 'data-outcome="allowed"' in browser.page.text, browser.page.text
    return browser


async def at_the_form(world: World, username: str = "zhangsan") -> Browser:
    """Somebody signed in, with the field for the code before them."""
    browser = world.browser()
    await browser.get(f"{world.config.issuer}/device")
    await browser.follow()
    await world.sign_in(browser, username)
    await browser.follow()
    return browser
