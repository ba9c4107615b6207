"""The page of one application, in the words of the tests."""

import re
from typing import Any

import msgspec

from tests.browser import Browser
from tests.world import Ask, World

PAGE = "/account/grants/photo-print"
RECEIPT = f"{PAGE}/receipt"


async def opened(world: World, **params: Any) -> Browser:
    """The page, after everything was allowed."""
    browser = world.browser()
    await Ask(world, **params).allow(browser)
    await browser.get(PAGE)
    assert browser.page.status_code == 200
    return browser


async def press(browser: Browser, action: str, **fields: str) -> None:
    """Press the button with that action, on the form that has it (and these fields)."""
    form = next(
        form
        for form in browser.forms()
        if ("action", action) in form.buttons
        and all((n, v) in form.fields or n in form.boxes for n, v in fields.items())
    )
    await browser.submit(form, ("action", action), *fields.items())
    await browser.follow()


def text_of(browser: Browser) -> str:
    """The words of the page's main part."""
    return " ".join(re.sub(r"<[^>]+>", " ", browser.page.text.partition("<main")[2]).split())


async def receipt(browser: Browser) -> dict[str, Any]:
    """The file that was downloaded."""
    answer = await browser.get(RECEIPT)
    assert answer.status_code == 200
    document: dict[str, Any] = msgspec.json.decode(answer.content)
    return document
