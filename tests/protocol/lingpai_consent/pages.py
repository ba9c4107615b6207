"""What a person does on our pages, in the words of the tests."""

from typing import Any

from tests.browser import Browser, Form
from tests.world import Ask, World

EVERYTHING = ("get_user_info", "list_album", "upload_pic")


async def register(world: World, **fields: Any) -> None:
    """The application, registered for all three permissions of these tests."""
    await world.add_client(scope=" ".join(EVERYTHING), **fields)


async def asked(world: World, browser: Browser, **params: Any) -> Form | None:
    """The consent form that a request leads to, ``None`` when nothing is asked. Signs in if that is asked for."""
    await Ask(world, **params).to_consent(browser)
    return browser.form("consent-form") if browser.shows("consent-form") else None


async def allowed(
    world: World, browser: Browser, *scopes: str, tick: tuple[str, ...] | None = None, lifetime: str = "30d"
) -> dict[str, Any]:
    """The token response after allowing ``scopes`` (of them ``tick``, if given)."""
    ask = Ask(world, scope=" ".join(scopes))
    answer = await ask.allow(browser, tick=scopes if tick is None else tick, lifetime=lifetime)
    tokens: dict[str, Any] = (await ask.redeem(answer["code"])).json()
    return tokens


async def listed(browser: Browser) -> list[str]:
    """The permissions ``/account/grants`` lists."""
    await browser.get("/account/grants")
    return sorted(value for form in browser.forms() for name, value in form.fields if name == "scope")


async def take_back(browser: Browser, scope: str) -> None:
    """Press "take back" beside a permission."""
    await browser.get("/account/grants")
    form = next(form for form in browser.forms() if ("scope", scope) in form.fields)
    await browser.submit(form, ("action", "take_back"))


async def end_all(browser: Browser) -> None:
    """Press "end all access"."""
    await browser.get("/account/grants")
    form = next(form for form in browser.forms() if ("action", "end") in form.buttons)
    await browser.submit(form, ("action", "end"))
