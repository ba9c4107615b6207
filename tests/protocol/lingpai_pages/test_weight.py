"""Every page is light and soon there: its bytes with the style sheets and scripts it names, and the work it takes."""

import re
import time

import httpx2

from lingpai.server.wiring.pages import browser_routes
from tests.administration import add_person, sign_in
from tests.browser import Browser
from tests.portal import developer
from tests.world import World, grant_tokens

LIMIT_BYTES = 60_000
LIMIT_S = 0.020
_LINKED = re.compile(r'(?:href|src)="(/static/[^"]+\.(?:css|js)[^"]*)"')


async def _weight(browser: Browser, page: httpx2.Response) -> int:
    linked = [await browser.http.get(browser.home + address) for address in set(_LINKED.findall(page.text))]
    return len(page.content) + sum(len(file.content) for file in linked)


async def _work_s(browser: Browser, path: str) -> float:
    """The least of several tries, in seconds of this process: other programs on the machine do not count."""
    tries = []
    for _ in range(4):
        began = time.process_time()
        await browser.http.get(browser.home + path)
        tries.append(time.process_time() - began)
    return min(tries)


async def test_every_page_is_light_and_soon_there(world: World) -> None:
    one = await developer(world)
    await one.hand_in()
    await grant_tokens(world, one.browser)
    await add_person(world, "boss", "administrator")
    admin = await sign_in(world, "boss")
    ids = {
        "client_id": one.client_id,
        "team_id": one.team_id,
        "account_id": one.account.id.hex(),
        "reference": "0" * 16,
    }
    seen, heavy, slow = 0, {}, {}
    for pattern, route in browser_routes(world.server).items():
        browser, path = (admin if pattern.startswith("/admin") else one.browser), pattern.format(**ids)
        page = await browser.get(path) if "GET" in route.methods and not path.startswith("/static/") else None
        if page is None or page.status_code != 200 or not page.headers["content-type"].startswith("text/html"):
            continue
        seen += 1
        if (weight := await _weight(browser, page)) >= LIMIT_BYTES:
            heavy[pattern] = weight
        if (work_s := await _work_s(browser, path)) >= LIMIT_S:
            slow[pattern] = work_s
    assert seen > 40
    assert (heavy, slow) == ({}, {})
