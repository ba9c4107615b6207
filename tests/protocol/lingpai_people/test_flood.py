"""Five hundred strangers at once at the doors that cost something: rows and memory stay bounded, others are served."""

import asyncio
import gc
from collections.abc import Callable

import httpx2
import pytest

from lingpai.server.storage.sweep import sweep_all
from tests.browser import Browser
from tests.people import account_named, give_address, mails
from tests.world import World

REQUESTS = 500
TOGETHER = 25
OBJECTS_LIMIT = 10_000
"""Of Python's, that five hundred requests may leave behind: caches fill, and no more."""

DAY_S = 86_400

Answers = Callable[[int], dict[str, str]]


class Flood:
    """Sends one form again and again, each time from another network address."""

    def __init__(self, world: World, browser: Browser, path: str, form_id: str) -> None:
        self._world = world
        self._browser = browser
        self._path = path
        self._form_id = form_id
        self.statuses: set[int] = set()
        self.others: set[int] = set()

    async def run(self, answers: Answers, address: Callable[[int], str], *, requests: int = REQUESTS) -> None:
        await self._browser.get(self._path)
        fields = dict(self._browser.form(self._form_id).fields)
        numbers = iter(range(requests))

        async def send_on() -> None:
            for number in numbers:
                await self._send(fields | answers(number), address(number))
                if number % TOGETHER == 0:
                    self.others.add((await self._world.http.get("/oauth2/jwks")).status_code)
                    self.others.add((await self._world.http.get("/")).status_code)

        await asyncio.gather(*(send_on() for _ in range(TOGETHER)))

    async def _send(self, fields: dict[str, str], address: str) -> None:
        transport = httpx2.ASGITransport(app=self._world.server.app, client=(address, 1))
        home, cookies = self._world.config.issuer, self._browser.http.cookies
        async with httpx2.AsyncClient(transport=transport, base_url=home, cookies=cookies) as stranger:
            self.statuses.add((await stranger.post(self._path, data=fields)).status_code)


def everywhere(number: int) -> str:
    return f"10.{number // 250}.{number % 250}.7"


def one_network(_number: int) -> str:
    return "192.0.2.7"


async def rows_after_a_day(world: World) -> dict[str, int]:
    world.clock.advance(3 * DAY_S)
    await sweep_all(world.driver, world.clock.now)
    return world.rows()


@pytest.fixture
def browser(world: World) -> Browser:
    return world.browser()


@pytest.mark.parametrize(("path", "form_id"), [("/register", "register-form"), ("/reset-password", "reset-form")])
async def test_one_mailbox_gets_few_mails_however_many_ask(
    world: World, browser: Browser, path: str, form_id: str
) -> None:
    await give_address(world, await account_named(world), "lihua@example.com")
    before = world.rows()
    flood = Flood(world, browser, path, form_id)
    await flood.run(lambda _number: {"email": "lihua@example.com"}, everywhere)
    assert flood.others == {200}
    assert len(await mails(world)) <= 5
    after = world.rows()
    assert after["mail"] <= 5
    assert after["mail_link"] <= 5
    assert after["throttle"] - before["throttle"] <= REQUESTS + 5, "one counter for each address, no more"
    assert {name: n for name, n in (await rows_after_a_day(world)).items() if n != before[name]}.keys() <= {
        "audit_event"
    }


@pytest.mark.parametrize(("path", "form_id"), [("/register", "register-form"), ("/reset-password", "reset-form")])
async def test_one_network_causes_few_mails_to_however_many_mailboxes(
    world: World, browser: Browser, path: str, form_id: str
) -> None:
    before = world.rows()
    flood = Flood(world, browser, path, form_id)
    await flood.run(lambda number: {"email": f"p{number}@example.com"}, one_network)
    assert flood.others == {200}
    after = world.rows()
    assert after["mail"] <= 20
    assert after["mail_link"] <= 20
    assert after["account"] == before["account"]
    assert after["throttle"] - before["throttle"] <= 25


async def test_guesses_at_one_account_cost_counters_and_sign_nobody_in(world: World, browser: Browser) -> None:
    before = world.rows()
    flood = Flood(world, browser, "/sign-in", "sign-in-form")
    await flood.run(lambda number: {"username": "zhangsan", "password": f"guess-{number}"}, everywhere)
    assert 303 not in flood.statuses
    assert flood.others == {200}
    after = world.rows()
    assert after["session"] == before["session"]
    assert after["audit_event"] - before["audit_event"] <= 2 * world.config.sign_in_attempts_per_account + TOGETHER
    assert after["throttle"] - before["throttle"] <= 2 * REQUESTS + 5, "at most two counters for each address"
    assert (await rows_after_a_day(world))["throttle"] == 0


async def test_a_flood_leaves_nothing_in_memory(world: World, browser: Browser) -> None:
    flood = Flood(world, browser, "/register", "register-form")
    await flood.run(lambda number: {"email": f"warm{number}@example.com"}, everywhere, requests=100)
    gc.collect()
    before = len(gc.get_objects())
    await flood.run(lambda number: {"email": f"q{number}@example.com"}, everywhere)
    gc.collect()
    assert len(gc.get_objects()) - before < OBJECTS_LIMIT
