"""A provider that is down, slow, huge, or answers nonsense: a sentence for the person, a reason in the log."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from tests.browser import Browser
from tests.foreign_web import Answer, ForeignWeb, send, send_json
from tests.upstream import PROVIDER, button, free_port, provider_settings
from tests.world import World

UNREACHABLE = "We cannot reach it just now"
NOT_VALID = "The answer we got from there is not valid"


@pytest_asyncio.fixture(loop_scope="session")
async def foreign() -> AsyncIterator[ForeignWeb]:
    async with ForeignWeb.open() as web:
        yield web


@pytest_asyncio.fixture(loop_scope="session")
async def browser(foreign: ForeignWeb, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Browser]:
    """Somebody on the sign-in page of a server whose provider is ``foreign``."""
    settings = provider_settings(foreign.url(""))
    world = await World.open(
        tmp_path_factory.mktemp("lobby"), identity_providers={PROVIDER: settings}, identity_provider_timeout_s=1
    )
    somebody = world.browser()
    await somebody.get("/sign-in")
    yield somebody
    await world.close()


def _metadata(foreign: ForeignWeb, **changes: Any) -> dict[str, Any]:
    issuer = foreign.url("")
    return {
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}/authorize",
        "token_endpoint": f"{issuer}/token",
        "jwks_uri": f"{issuer}/jwks",
        "response_types_supported": ["code"],
        "id_token_signing_alg_values_supported": ["ES256"],
    } | changes


async def _silence(_writer: asyncio.StreamWriter) -> None:
    await asyncio.Event().wait()


def _huge(_foreign: ForeignWeb) -> Answer:
    return send(b"x" * 2_000_000, content_type="application/json")


METADATA: dict[str, Any] = {
    "silent": lambda _: _silence,
    "huge": _huge,
    "not JSON": lambda _: send(b"<html>welcome</html>"),
    "an error": lambda _: send(b"{}", status="500 Oops"),
    "about another issuer": lambda web: send_json(_metadata(web, issuer="https://evil.example")),
    "nested a thousand deep": lambda _: send(b"[" * 100_000),
}


@pytest.mark.parametrize("kind", METADATA)
async def test_a_provider_whose_metadata_cannot_be_had_is_out_of_reach(
    browser: Browser, foreign: ForeignWeb, kind: str
) -> None:
    foreign.answer = METADATA[kind](foreign)
    await browser.submit(button(browser))
    await browser.follow()
    assert browser.shows("sign-in-form")
    assert UNREACHABLE in browser.page.text
    foreign.answer = send_json(_metadata(foreign))
    await browser.submit(button(browser))
    assert browser.page.headers["location"].startswith(f"{foreign.url('')}/authorize?")


TOKENS: dict[str, tuple[Any, str]] = {
    "silent": (lambda _: _silence, UNREACHABLE),
    "huge": (_huge, UNREACHABLE),
    "not JSON": (lambda _: send(b"<html>"), NOT_VALID),
    "no ID Token": (lambda _: send_json({"access_token": "a", "token_type": "Bearer"}), NOT_VALID),
    "an ID Token nobody signed": (
        lambda _: send_json(
            {"access_token": "a", "token_type": "Bearer", "id_token": "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0."}
        ),
        NOT_VALID,
    ),
    "an error": (lambda _: send(b'{"error": "invalid_grant"}', status="400 No"), NOT_VALID),
}


@pytest.mark.parametrize("kind", TOKENS)
async def test_a_provider_whose_tokens_prove_nothing_signs_nobody_in(
    browser: Browser, foreign: ForeignWeb, kind: str
) -> None:
    foreign.answer = send_json(_metadata(foreign))
    await browser.submit(button(browser))
    state = browser.sent_to["state"]
    answer, sentence = TOKENS[kind]
    foreign.answer = answer(foreign)
    await browser.get(f"http://localhost:4000/sign-in/callback/{PROVIDER}?code=c&state={state}")
    await browser.follow()
    assert browser.shows("sign-in-form")
    assert sentence in browser.page.text
    assert "lingpai_session" not in browser.http.cookies


async def test_a_provider_that_is_not_there_is_out_of_reach(tmp_path_factory: pytest.TempPathFactory) -> None:
    nobody = provider_settings(f"http://127.0.0.1:{free_port()}")
    world = await World.open(tmp_path_factory.mktemp("lobby"), identity_providers={PROVIDER: nobody})
    browser = world.browser()
    await browser.get("/sign-in")
    await browser.submit(button(browser))
    await browser.follow()
    assert UNREACHABLE in browser.page.text
    await world.close()
