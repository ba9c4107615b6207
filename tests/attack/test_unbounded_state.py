"""A flood from somebody who has no account and no client: nothing may grow with it.

Spec: RFC 6819 §4.4.1.11; RFC 9700 §4.13. Stops: CVE-2026-28789, CVE-2026-67437, CVE-2026-55512 (a map of states that
grows without limit).
"""

import gc
import tracemalloc
from urllib.parse import urlencode, urlsplit

import pytest

from lingpai.server.storage.sweep import sweep_all
from tests.attack.addresses import Guesser
from tests.wire import FORM, send
from tests.world import Ask, World, grant_tokens

MANY = 40


def _query(ask: Ask) -> bytes:
    return urlsplit(ask.url).query.encode()


def _form(**fields: str) -> bytes:
    return urlencode(fields).encode()


REQUESTS = {
    "authorization requests": ("GET", "/oauth2/authorize", "query"),
    "posted authorization requests": ("POST", "/oauth2/authorize", "query"),
    "broken authorization requests": ("GET", "/oauth2/authorize", "scope=x&client_id=photo-print"),
    "requests of unknown clients": ("GET", "/oauth2/authorize", "client_id=client-{n}"),
    "sign-in pages": ("GET", "/sign-in", ""),
    "lost requests": ("GET", "/consent", "request=lpq_{n}"),
    "start pages": ("GET", "/", "x={n}"),
    "choices of language": ("POST", "/language", "locale=en&page=landing"),
    "forms without a token": ("POST", "/sign-in", "username=user{n}&password=x"),
    "wrong client secrets": ("POST", "/oauth2/token", "grant_type=x&client_id=photo-print&client_secret=x{n}"),
    "unknown clients": ("POST", "/oauth2/token", "grant_type=x&client_id=client-{n}&client_secret=x"),
    "codes that are none": ("POST", "/oauth2/token", "grant_type=authorization_code&code=x{n}&client_id=public"),
    "refresh tokens of nobody": (
        "POST",
        "/oauth2/token",
        "grant_type=refresh_token&refresh_token=x{n}&client_id=public",
    ),
    "revocations of nothing": ("POST", "/oauth2/revoke", "token=lpr_{n}&client_id=public"),
    "introspections by nobody": ("POST", "/oauth2/introspect", "token=x{n}&client_id=public"),
    "tokens that are none": ("GET", "/oauth2/userinfo", ""),
    "pages that are none": ("GET", "/nowhere/{n}", ""),
}


async def _flood(world: World, what: str, count: int) -> None:
    method, path, text = REQUESTS[what]
    for number in range(count):
        body = _query(Ask(world)) if text == "query" else text.format(n=number).encode()
        sent = {"query": body} if method == "GET" else {"body": body}
        headers: list[tuple[str, str | bytes]] = [FORM, ("authorization", f"Bearer lpa_{number}")]
        answer = await send(
            world.server.app,
            method,
            path.format(n=number),
            query=sent.get("query", b""),
            body=sent.get("body", b""),
            headers=headers if path == "/oauth2/userinfo" else headers[:1],
        )
        assert answer.status_code < 500


@pytest.mark.parametrize("what", REQUESTS)
async def test_a_flood_of_strangers_stores_nothing(world: World, what: str) -> None:
    await world.add_client("public", secret=None)
    before = world.rows()
    world.driver.reset()
    await _flood(world, what, MANY)
    assert world.rows() == before
    assert world.driver.writes == []


async def test_nor_does_the_memory_grow(world: World) -> None:
    await world.add_client("public", secret=None)
    for what in REQUESTS:
        await _flood(world, what, 3)
    gc.collect()
    tracemalloc.start()
    for what in REQUESTS:
        await _flood(world, what, 5)
    gc.collect()
    before, _ = tracemalloc.get_traced_memory()
    for what in REQUESTS:
        await _flood(world, what, 20)
    gc.collect()
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    requests = 20 * len(REQUESTS)
    assert after - before < 300 * requests, "bytes that stay, per request"


async def test_guesses_of_many_names_cost_a_bounded_number_of_rows(world: World) -> None:
    """Each needs a row to be counted, but an address has only so many tries, and their rows expire."""
    limit = world.config.sign_in_attempts_per_address
    before = world.rows()
    async with Guesser(world) as guesser:
        for number in range(limit + 20):
            await guesser.guess(f"user{number}")
    rows = world.rows()
    assert rows["audit_event"] - before["audit_event"] == limit
    assert rows["throttle"] - before["throttle"] <= 4 * limit
    world.clock.advance(3 * world.config.sign_in_window_s)
    await sweep_all(world.server.store.driver, world.clock.now)
    assert world.rows()["throttle"] == 0


async def test_a_client_that_refreshes_all_day_has_one_row(world: World) -> None:
    token = (await grant_tokens(world))["refresh_token"]
    before = world.rows()
    for _ in range(100):
        token = (await world.refresh(token)).json()["refresh_token"]
        world.clock.advance(60)
    assert world.rows() == before
