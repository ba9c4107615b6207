"""An application that wants to be told when a session ends, and what it was told."""

import asyncio
from typing import Any
from urllib.parse import parse_qs

from tests.foreign_web import Answer, ForeignWeb, send
from tests.openid import LOGGED_OUT, SignedIn, add_app, verified
from tests.world import World

HEARD: Answer = send(b"", content_length="0")
_PATIENCE_S = 20


async def add_listener(world: World, web: ForeignWeb, client_id: str, path: str = "/logout", **fields: Any) -> None:
    await add_app(world, client_id, backchannel_logout_uri=web.url(path), **fields)


async def sign_out(signed_in: SignedIn) -> None:
    """At the end-session endpoint, as an application asks for it."""
    params = {"id_token_hint": signed_in.tokens["id_token"], "post_logout_redirect_uri": LOGGED_OUT}
    page = await signed_in.browser.http.get("/oauth2/end_session", params=params)
    assert page.status_code in (200, 303), page.text


async def send_until(world: World, web: ForeignWeb, count: int) -> None:
    """Have the notices sent until ``count`` came. The server's own task may be sending some of them."""
    async with asyncio.timeout(_PATIENCE_S):
        while len(web.asked) < count:
            await world.server.logout_notices.send_due(world.clock())
            await asyncio.sleep(0.005)


async def settled(world: World) -> list[Any]:
    """What is still to be told, once nobody is telling it just now."""
    await world.server.logout_notices.send_due(world.clock())
    return list(await world.server.store.session_clients.list_due(10**12))


async def until_settled(world: World, left: int) -> None:
    """Wait for the outcome of what was sent."""
    async with asyncio.timeout(_PATIENCE_S):
        while True:
            if len(await world.server.store.session_clients.list_due(10**12)) == left:
                return
            await asyncio.sleep(0.005)


async def tokens_told(world: World, web: ForeignWeb) -> list[dict[str, Any]]:
    """The claims of every logout token that came, verified."""
    return [await verified(world, text) for text in raw_tokens(web)]


def raw_tokens(web: ForeignWeb) -> list[str]:
    return [parse_qs(body)["logout_token"][0] for body in web.bodies]
