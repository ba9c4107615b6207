"""What tests of people's accounts need: reading their mail, registering, second factors."""

import re

import msgspec
import pyotp

from lingpai.server.mail.message import Mail
from lingpai.server.storage.records import Account
from tests.browser import Browser
from tests.world import World

ADDRESS = "lihua@example.com"
STRONG = "orange bicycle under seven clouds"


async def mails(world: World, recipient: str = "") -> list[Mail]:
    """Every mail that waits, newest first; those of one recipient if named."""
    found = [mail for _, mail in await world.server.people.post.outbox(world.clock.now)]
    return [mail for mail in found if not recipient or mail.recipient == recipient]


async def link_in_mail(world: World, recipient: str = ADDRESS) -> str:
    """The link in the latest mail to somebody."""
    latest = (await mails(world, recipient))[0]
    assert latest.link in latest.text
    assert latest.link in latest.html
    return latest.link


async def ask_to_register(browser: Browser, email: str = ADDRESS) -> None:
    """Fill in the first form."""
    if not browser.shows("register-form"):
        await browser.get("/register")
    await browser.submit(browser.form("register-form"), ("email", email))


async def register(world: World, browser: Browser, email: str = ADDRESS, name: str = "李华") -> Account:
    """All the way, signed in at the end."""
    await ask_to_register(browser, email)
    await browser.get(await link_in_mail(world, email))
    await browser.submit(browser.form("register-confirm-form"), ("name", name), ("password", STRONG))
    account = await world.server.store.accounts.get_by_username(email)
    assert account is not None
    return account


async def give_address(world: World, account: Account, email: str = ADDRESS) -> Account:
    """An account made by an operator gets a proved address."""
    changed = msgspec.structs.replace(account, email=email, email_verified=True)
    assert await world.server.store.accounts.put(changed)
    return changed


async def add_totp(world: World, account: Account) -> tuple[pyotp.TOTP, tuple[str, ...]]:
    """Give the account an authenticator app; the app and the recovery codes."""
    factors = world.server.people.second_factors
    setup = await factors.begin(account, world.clock.now)
    assert setup is not None
    app = pyotp.TOTP(setup.secret.replace(" ", ""))
    codes = await factors.confirm(account, app.at(world.clock.now), ip="", now=world.clock.now)
    assert isinstance(codes, tuple)
    world.clock.advance(60)
    return app, codes


async def account_named(world: World, username: str = "zhangsan") -> Account:
    """As it is in the database now."""
    account = await world.server.store.accounts.get_by_username(username)
    assert account is not None
    return account


def token_in(link: str) -> str:
    """The secret of a link."""
    found = re.search(r"token=(\w+)", link)
    assert found is not None
    return found[1]
