"""What tests of the administration need: people with roles, signed in."""

from lingpai.crypto.digest import new_id
from lingpai.server.accounts.roles import Role
from lingpai.server.storage.records import Account
from tests.browser import Browser
from tests.world import PASSWORD, World


async def add_person(world: World, username: str, role: Role | None = None, email: str = "") -> Account:
    """An account with the usual password, and a role if one is named."""
    like = await world.server.store.accounts.get_by_username("zhangsan")
    assert like is not None
    account = Account(
        id=new_id(), username=username, password_hash=like.password_hash, email=email, created_at=world.clock.now
    )
    assert await world.server.store.accounts.put(account)
    if role is not None:
        await world.server.administration.roles.put(account.id, role, world.clock.now)
    return account


async def sign_in(world: World, username: str) -> Browser:
    """A browser of that person."""
    browser = world.browser()
    await browser.get("/sign-in")
    await browser.submit(browser.form("sign-in-form"), ("username", username), ("password", PASSWORD))
    assert browser.page.status_code == 303, browser.page.text
    return browser


async def as_role(world: World, role: Role | None) -> Browser:
    """A browser of somebody with the role, who has just signed in."""
    username = f"a-{role or 'person'}"
    await add_person(world, username, role)
    return await sign_in(world, username)


def form_with(browser: Browser, action: str, value: str) -> "tuple[str, list[tuple[str, str]]]":
    """The first form on the page with a button of that value: where it goes, and what it sends."""
    for form in browser.forms():
        if (action, value) in form.buttons:
            return form.action, [*form.fields, (action, value)]
    raise AssertionError(f"no button {value} on the page: {browser.page.text[:3000]}")


async def press(browser: Browser, value: str, *, follow: bool = True) -> None:
    """Press the button of that value, and go where it leads."""
    address, fields = form_with(browser, "action", value)
    browser.page = await browser.http.post(browser.home + address, data=dict(fields))
    if follow:
        await browser.follow()
