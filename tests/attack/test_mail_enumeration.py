"""The attacker asks for mail to an address and looks at the clock: is there an account?

What differs is done when the answer is on its way. Spec: RFC 6819 §4.4.3.6
"""

from collections.abc import Sequence

import httpx2
import pytest
from starlette.types import Message, Receive, Scope, Send

from tests.browser import Browser
from tests.people import account_named, give_address, mails
from tests.world import ISSUER, World

PAGES = {"/register": "register-form", "/reset-password": "reset-form"}
KNOWN, UNKNOWN = "known@example.com", "unknown@example.com"


class _UntilAnswered:
    """The application, noting what it has asked of its database when the last byte of an answer leaves."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._app = world.server.app
        self.reads: Sequence[str] = ()
        self.writes: Sequence[str] = ()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def noting(message: Message) -> None:
            if message["type"] == "http.response.body" and not message.get("more_body"):
                # The server looks every two seconds whether there are logout notices to send.
                self.reads = tuple(sql for sql in self._world.driver.reads if "FROM session_client" not in sql)
                self.writes = tuple(self._world.driver.writes)
            await send(message)

        await self._app(scope, receive, noting)


@pytest.mark.parametrize("page", PAGES)
async def test_until_the_answer_the_same_is_done_whoever_has_the_address(page: str, people_world: World) -> None:
    await give_address(people_world, await account_named(people_world), KNOWN)
    watched, seen = _UntilAnswered(people_world), {}
    for email in (KNOWN, UNKNOWN):
        async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=watched), base_url=ISSUER) as client:
            browser = Browser(client)
            await browser.get(page)
            people_world.driver.reset()
            await browser.submit(browser.form(PAGES[page]), ("email", email))
        seen[email] = (browser.page.status_code, watched.reads, watched.writes)
    assert seen[KNOWN] == seen[UNKNOWN]
    assert seen[KNOWN][0] == 200
    assert await mails(people_world, KNOWN), "the mail is sent all the same"
