"""What tests of the developer portal need: a developer with a team and an application, and a reviewer."""

import re

from msgspec import Struct

from lingpai.server.storage.applications import Kept
from lingpai.server.storage.records import Account
from tests.browser import Browser
from tests.world import World

WEBSITE = "https://prints.example/"
CALLBACK = "https://prints.example/callback"


class Developer(Struct):
    """Somebody at a browser, with an application of theirs."""

    world: World
    account: Account
    browser: Browser
    team_id: str
    client_id: str

    def path(self, tab: str = "") -> str:
        """The address of one of the application's pages."""
        return f"/developer/applications/{self.client_id}{tab}"

    async def open(self, tab: str = "") -> str:
        """One of the application's pages."""
        response = await self.browser.get(self.path(tab))
        assert response.status_code == 200, response.text[:500]
        return response.text

    async def submit(self, form_id: str, *changes: tuple[str, str]) -> int:
        """Send a form of the page; the status of the answer."""
        return (await self.browser.submit(self.browser.form(form_id), *changes)).status_code

    async def kept(self) -> Kept:
        """What is stored."""
        kept = await self.world.server.portal.applications.get(self.client_id)
        assert kept is not None
        return kept

    async def set_callbacks(self, *uris: str) -> int:
        """Register callbacks."""
        await self.open("/callbacks")
        return await self.submit("callbacks-form", ("redirect_uris", "\r\n".join(uris)), ("action", "save"))

    async def make_secret(self) -> str:
        """A new secret, read off the page."""
        await self.open("/secrets")
        assert await self.submit("secret-form", ("action", "make")) == 200
        found = re.search(r'id="new-secret">(\w+)<', self.browser.page.text)
        assert found
        return found[1]

    async def want(self, scope: str, justification: str) -> int:
        """Want a permission."""
        await self.open("/permissions")
        changes = ("scope", scope), ("justification", justification), ("action", "want")
        return await self.submit("permission-form", *changes)

    async def hand_in(self) -> int:
        """Fill in what is missing, and submit."""
        await self.open()
        await self.submit("basics-form", ("description", "Prints photos."), ("website", WEBSITE))
        if not (await self.kept()).client.redirect_uris:
            assert await self.set_callbacks(CALLBACK) == 303
        await self.open("/review")
        return await self.submit("submit-form", ("action", "submit"))


async def developer(world: World, username: str = "zhangsan", *, kind: str = "web", with_qq: bool = False) -> Developer:
    """A developer with a new team and a new application."""
    account = await world.server.store.accounts.get_by_username(username)
    account = account or await world.add_account(username)
    browser = world.browser()
    await world.sign_in(browser, username)
    await browser.get("/developer")
    await browser.submit(browser.form("team-form"), ("name", f"Team of {username}"))
    assert browser.page.status_code == 303, browser.page.text
    team_id = browser.page.headers["location"].rpartition("/")[2]
    await browser.get(f"/developer/teams/{team_id}/new")
    qq = (("with_qq", "yes"),) if with_qq else ()
    await browser.submit(
        browser.form("application-form"), ("name", "Prints"), ("website", WEBSITE), ("kind", kind), *qq
    )
    assert browser.page.status_code == 303, browser.page.text
    client_id = browser.page.headers["location"].partition("?")[0].rpartition("/")[2]
    return Developer(world, account, browser, team_id, client_id)


async def reviewer(world: World, username: str = "reviewer") -> Browser:
    """Somebody who may review, signed in."""
    account = await world.add_account(username)
    await world.server.portal.roles.put(account.id, "reviewer", world.clock.now)
    browser = world.browser()
    await world.sign_in(browser, username)
    return browser


async def decide(browser: Browser, client_id: str, action: str, text: str = "", *permissions: str) -> int:
    """Decide about an application; the status of the answer."""
    await browser.get(f"/admin/reviews/{client_id}")
    ticked = [("permission", name) for name in permissions]
    await browser.submit(browser.form("decision-form"), ("action", action), ("text", text), *ticked)
    return browser.page.status_code
