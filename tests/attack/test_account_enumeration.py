"""The attacker wants to know who has an account here, before he guesses a single password.

Spec: RFC 6819 §4.4.3.6. Stops: CVE-2026-23511, CVE-2024-41952 (user enumeration), CVE-2026-41571 (a password that
stands for "none").
"""

import re
import sys
import threading
from collections.abc import Iterator
from types import FrameType
from typing import Any

import httpx2
import pytest

from tests.world import PASSWORD, Ask, World

TRIES = {
    "an account nobody has": ("nobody", PASSWORD),
    "a wrong password": ("zhangsan", "wrong"),
    "a disabled account": ("disabled", PASSWORD),
    "a disabled account, wrong password": ("disabled", "wrong"),
    "an account without a password": ("federated", PASSWORD),
    "an account without a password, none": ("federated", "None"),
    "an account without a password, null": ("federated", "null"),
    "a name that cannot be one": ("zhang\u200bsan", PASSWORD),
    "a very long name": ("z" * 500, PASSWORD),
    "a very long password": ("zhangsan", PASSWORD + "x" * 2000),
}


class Hashes:
    """How often argon2 was really run, in whatever thread."""

    def __init__(self) -> None:
        self.count = 0

    def watch(self, frame: FrameType, event: str, _arg: object) -> None:
        if event == "call" and frame.f_code.co_name == "verify_secret":
            self.count += 1


@pytest.fixture
def hashes() -> Iterator[Hashes]:
    """Watches threads that start from now on."""
    seen = Hashes()
    threading.setprofile(seen.watch)
    yield seen
    threading.setprofile(sys.getprofile())


async def _prepare(world: World) -> None:
    await world.restart()  # a new pool, whose threads do not run yet
    await world.add_account("federated", password_hash=None)
    await world.disable_account(await world.add_account("disabled"))


async def _try(world: World, username: str, password: str) -> httpx2.Response:
    browser = world.browser()
    await browser.get("/sign-in")
    form = browser.form("sign-in-form")
    return await browser.submit(form, ("username", username), ("password", password))


def _without_tokens(page: httpx2.Response, username: str) -> str:
    text = page.text.replace(username[:128], "NAME")
    return re.sub('(name="csrf_token" value|data-passkey-get)="[^"]*"', "", text)


async def test_every_refusal_looks_the_same_and_costs_the_same(world: World, hashes: Hashes) -> None:
    await _prepare(world)
    seen: dict[str, tuple[Any, ...]] = {}
    for what, (username, password) in TRIES.items():
        before = hashes.count
        page = await _try(world, username, password)
        headers = {name: value for name, value in page.headers.items() if name not in ("x-request-id", "set-cookie")}
        headers.pop("content-length")
        seen[what] = (page.status_code, headers, _without_tokens(page, username), hashes.count - before)
    first = seen["a wrong password"]
    assert first[3] == 1, "one hash, or counting hashes proves nothing"
    for what, answer in seen.items():
        assert answer == first, what


async def test_a_good_password_costs_one_hash_too(world: World, hashes: Hashes) -> None:
    await _prepare(world)
    before = hashes.count
    assert (await _try(world, "zhangsan", PASSWORD)).status_code == 303
    assert hashes.count - before == 1


async def test_a_refused_name_is_counted_the_same_whether_it_exists_or_not(world: World) -> None:
    await world.disable_account(await world.add_account("disabled"))
    limit = world.config.sign_in_attempts_per_account
    for username in ("zhangsan", "nobody", "disabled"):
        statuses = [(await _try(world, username, "wrong")).status_code for _ in range(limit + 1)]
        assert statuses == [422] * limit + [429], username


async def test_what_was_typed_into_the_name_field_is_kept_nowhere(world: World) -> None:
    """People type their password there."""
    typed = "MyPassw0rd-typed-into-the-wrong-field"
    await _try(world, typed, "x")
    rows = await world.server.store.driver.fetch_all("SELECT detail, event, ip FROM audit_event")
    assert rows
    assert typed.lower() not in repr(rows).lower()


async def test_the_silent_request_tells_no_stranger_whether_somebody_is_signed_in_elsewhere(world: World) -> None:
    await world.sign_in(world.browser())
    stranger = world.browser()
    await stranger.get(Ask(world, prompt="none", login_hint="zhangsan").url)
    known = stranger.page.headers["location"]
    await stranger.get(Ask(world, prompt="none", login_hint="nobody").url)
    assert stranger.page.headers["location"] == known
