"""PKCE is for everybody. A confidential client may be exempted by name, and then a nonce takes its place."""

from typing import Any

import pytest

from tests.openid import APP, CORE, add_app, open_request, sign_in
from tests.world import Ask, World

WITHOUT: dict[str, Any] = {"code_challenge": None, "code_challenge_method": None}


async def test_nobody_is_exempt_by_default(world: World) -> None:
    await add_app(world)
    browser = await open_request(world, world.browser(), code_challenge=None, code_challenge_method=None)
    assert browser.sent_to["error"] == "invalid_request"
    assert "code_challenge" in browser.sent_to["error_description"]


@pytest.mark.spec("RFC 9700", "2.1.1", "a confidential client may use nonce instead of PKCE")
async def test_an_exempted_client_uses_a_nonce(world: World) -> None:
    await add_app(world, require_pkce=False)
    ask = Ask(world, APP, scope="openid", nonce="n", **WITHOUT)
    answer = await ask.allow(world.browser())
    assert (await ask.redeem(answer["code"], client=APP, code_verifier=None)).status_code == 200


async def test_without_a_nonce_it_is_refused(world: World) -> None:
    await add_app(world, require_pkce=False)
    browser = await open_request(world, world.browser(), nonce=None, **WITHOUT)
    assert browser.sent_to["error"] == "invalid_request"
    assert "nonce" in browser.sent_to["error_description"]


async def test_a_public_client_is_never_exempt(world: World) -> None:
    await add_app(world, "public", secret=None, require_pkce=False, require_nonce=False)
    browser = await open_request(world, world.browser(), "public", **WITHOUT)
    assert browser.sent_to["error"] == "invalid_request"


@pytest.mark.spec(CORE, "3.1.2.1", "nonce is optional in the code flow")
async def test_the_foundations_basic_plan_sends_neither(world: World) -> None:
    await add_app(world, require_pkce=False, require_nonce=False)
    ask = Ask(world, APP, scope="openid", **WITHOUT)
    answer = await ask.allow(world.browser())
    assert (await ask.redeem(answer["code"], client=APP, code_verifier=None)).status_code == 200


@pytest.mark.spec("RFC 7636", "4.6", "a challenge that was sent is checked, exempted or not")
@pytest.mark.parametrize("verifier", [None, "wrong-verifier-wrong-verifier-wrong-verifier-wrong"])
async def test_an_exempted_client_that_uses_pkce_is_held_to_it(world: World, verifier: str | None) -> None:
    await add_app(world, require_pkce=False)
    ask = Ask(world, APP, scope="openid")
    answer = await ask.allow(world.browser())
    refused = await ask.redeem(answer["code"], client=APP, code_verifier=verifier)
    assert refused.json()["error"] == "invalid_grant"


async def test_a_response_without_a_code_needs_none(world: World) -> None:
    await add_app(world, legacy=True)
    assert "id_token" in (await sign_in(world, response_type="id_token", **WITHOUT)).answer
