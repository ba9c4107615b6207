"""The attacker weakens or drops PKCE on the way there or on the way back.

Spec: RFC 7636 §7.2; RFC 9700 §2.1.1, §4.8. Stops: CVE-2024-22258, CVE-2024-23647, CVE-2026-67336.
"""

from typing import Any

import pytest

from lingpai.oauth.pkce import code_challenge_s256, new_code_verifier
from tests.attack.scene import INVALID_GRANT, redeemed
from tests.world import CALLBACK, Ask, World, refusal

CHALLENGE = code_challenge_s256("v" * 43)


@pytest.mark.spec("RFC 7636", "4.4.1", "a request without a challenge is refused")
@pytest.mark.parametrize("secret", ["a secret of the client", None], ids=["confidential", "public"])
@pytest.mark.parametrize(
    "params",
    [
        pytest.param({"code_challenge": None, "code_challenge_method": None}, id="no PKCE at all"),
        pytest.param({"code_challenge": None}, id="a method without a challenge"),
        pytest.param({"code_challenge": ""}, id="an empty challenge"),
        pytest.param({"code_challenge_method": None}, id="no method, which means plain"),
        pytest.param({"code_challenge_method": "plain"}, id="plain"),
        pytest.param({"code_challenge_method": "s256"}, id="another letter case"),
        pytest.param({"code_challenge_method": "S256 "}, id="a space"),
        pytest.param({"code_challenge_method": "S512"}, id="a method nobody knows"),
        pytest.param({"code_challenge_method": "none"}, id="none"),
        pytest.param({"code_challenge": CHALLENGE[:-1]}, id="a challenge cut short"),
        pytest.param({"code_challenge": CHALLENGE + "="}, id="padding"),
        pytest.param({"code_challenge": CHALLENGE + "A"}, id="too long a challenge"),
        pytest.param({"code_challenge": "!" * 43}, id="other characters"),
    ],
)
async def test_no_code_without_a_proper_challenge(world: World, params: dict[str, Any], secret: str | None) -> None:
    kept: dict[str, Any] = {} if secret else {"secret": None}
    await world.add_client(**kept)
    browser = world.browser()
    await world.sign_in(browser)
    await browser.get(Ask(world, **params).url)
    assert browser.page.headers["location"].startswith(CALLBACK)
    assert browser.sent_to["error"] == "invalid_request"
    assert "code" not in browser.sent_to


@pytest.mark.spec("RFC 7636", "4.6", "the verifier is required and compared")
@pytest.mark.parametrize(
    "verifier",
    [
        pytest.param(None, id="none"),
        pytest.param("", id="empty"),
        pytest.param("wrong" * 10, id="another"),
        pytest.param("{challenge}", id="the challenge itself, as plain would take it"),
        pytest.param("{verifier}A", id="one character more"),
        pytest.param("{short}", id="one character less"),
        pytest.param("{verifier} ", id="a space behind"),
        pytest.param("{swapped}", id="another letter case"),
        pytest.param("x" * 10_000, id="very long"),
        pytest.param("é" * 43, id="not ASCII"),
    ],
)
async def test_a_code_is_worth_nothing_without_its_verifier(world: World, verifier: str | None) -> None:
    ask = Ask(world)
    code = (await ask.allow(world.browser()))["code"]
    right = ask.code_verifier
    sent = verifier and verifier.format(
        challenge=code_challenge_s256(right), verifier=right, short=right[:-1], swapped=right.swapcase()
    )
    assert refusal(await ask.redeem(code, code_verifier=sent)) == INVALID_GRANT
    assert (await redeemed(ask, code))["access_token"]


@pytest.mark.spec(
    "RFC 9700", "4.5.3.1", "an injected code does not match the verifier of the session it is injected into"
)
async def test_a_code_injected_into_another_sign_in_of_the_same_client_is_refused(world: World) -> None:
    """The victim's code in the attacker's own session with the application: that session has another verifier."""
    victim, attacker = Ask(world), Ask(world)
    code = (await victim.allow(world.browser()))["code"]
    assert refusal(await attacker.redeem(code)) == INVALID_GRANT


async def test_every_code_has_its_own_challenge(world: World) -> None:
    browser, verifier = world.browser(), new_code_verifier()
    first, second = Ask(world), Ask(world, code_challenge=code_challenge_s256(verifier))
    codes = (await first.allow(browser))["code"], (await second.allow(browser))["code"]
    assert refusal(await first.redeem(codes[1])) == INVALID_GRANT
    assert refusal(await first.redeem(codes[0], code_verifier=verifier)) == INVALID_GRANT
    assert (await second.redeem(codes[1], code_verifier=verifier)).status_code == 200


@pytest.mark.parametrize("repeated", ["code_challenge", "code_challenge_method", "code_verifier"])
async def test_sending_it_twice_chooses_nothing(world: World, repeated: str) -> None:
    ask, browser = Ask(world), world.browser()
    if repeated == "code_verifier":
        code = (await ask.allow(browser))["code"]
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK}
        twice: Any = form | {"code_verifier": [ask.code_verifier, "x" * 43]}
        assert refusal(await world.post("/oauth2/token", **twice)) == (400, "invalid_request")
    else:
        await browser.get(f"{ask.url}&{repeated}=plain")
        assert browser.sent_to["error"] == "invalid_request"
