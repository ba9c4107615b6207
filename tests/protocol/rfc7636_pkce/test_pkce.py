"""PKCE with S256 for every client: no downgrade, no way around."""

import hashlib

import pytest

from lingpai.crypto import b64
from lingpai.oauth.pkce import code_challenge_s256, new_code_verifier
from tests.world import Ask, World, refusal


@pytest.mark.spec("RFC 7636", "4.4", "the code is bound to the challenge")
@pytest.mark.spec("RFC 7636", "4.6", "the verifier is checked against the challenge")
async def test_the_example_of_the_rfc_works(world: World) -> None:
    verifier, challenge = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    ask = Ask(world, code_challenge=challenge)
    code = (await ask.allow(world.browser()))["code"]
    assert (await ask.redeem(code, code_verifier=verifier)).status_code == 200


@pytest.mark.spec("RFC 7636", "4.3", "without a method the challenge counts as plain, which is refused")
@pytest.mark.spec("RFC 7636", "4.4.1", "a request without a challenge is refused when PKCE is required")
@pytest.mark.spec("RFC 9700", "2.1.1", "PKCE is required of public and confidential clients alike")
@pytest.mark.parametrize("secret", [None, "a secret"], ids=["public", "confidential"])
@pytest.mark.parametrize(
    "changes",
    [
        {"code_challenge": None, "code_challenge_method": None},
        {"code_challenge": None},
        {"code_challenge": ""},
        {"code_challenge_method": None},
        {"code_challenge_method": ""},
        {"code_challenge_method": "plain"},
        {"code_challenge_method": "s256"},
        {"code_challenge_method": "S512"},
        {"code_challenge": "short"},
        {"code_challenge": "x" * 42},
        {"code_challenge": "x" * 44},
        {"code_challenge": "x" * 42 + "="},
        {"code_challenge": "x" * 42 + "+"},
        {"code_challenge": "é" * 43},
    ],
    ids=str,
)
async def test_a_request_without_s256_is_refused(
    world: World, changes: dict[str, str | None], secret: str | None
) -> None:
    await world.add_client("any", secret=secret)
    browser = world.browser()
    await browser.get(Ask(world, "any", **changes).url)
    assert browser.sent_to["error"] == "invalid_request"
    assert "code_challenge" in browser.sent_to["error_description"]


@pytest.mark.spec("RFC 7636", "4.6", "a verifier that does not match is invalid_grant")
@pytest.mark.parametrize("secret", [None, "a secret"], ids=["public", "confidential"])
@pytest.mark.parametrize(
    "verifier",
    [None, "", "short", "x" * 43, "x" * 128, "x" * 129, "x" * 42, "é" * 43, " " * 43],
    ids=lambda verifier: "missing" if verifier is None else f"{verifier[:5]!r} {len(verifier)}",
)
async def test_a_wrong_verifier_is_refused_and_spends_nothing(
    world: World, verifier: str | None, secret: str | None
) -> None:
    await world.add_client("any", secret=secret)
    ask = Ask(world, "any")
    code = (await ask.allow(world.browser()))["code"]
    answer = await world.post(
        "/oauth2/token",
        client="any" if secret else None,
        secret=secret or "",
        grant_type="authorization_code",
        code=code,
        redirect_uri=ask.params["redirect_uri"],
        **({} if secret else {"client_id": "any"}),
        **({} if verifier is None else {"code_verifier": verifier}),
    )
    assert refusal(answer) == (400, "invalid_grant")
    assert world.rows()["token_family"] == 0


async def test_the_challenge_itself_is_no_verifier(world: World) -> None:
    ask = Ask(world)
    code = (await ask.allow(world.browser()))["code"]
    answer = await ask.redeem(code, code_verifier=ask.params["code_challenge"])
    assert refusal(answer) == (400, "invalid_grant")


@pytest.mark.spec("RFC 7636", "4.1", "43 to 128 characters of the unreserved set are a verifier")
@pytest.mark.parametrize("verifier", ["-._~" * 10 + "abc", "Az09-._~" * 16], ids=["43 characters", "128 characters"])
async def test_every_legal_verifier_works(world: World, verifier: str) -> None:
    assert code_challenge_s256(verifier) == b64.encode(hashlib.sha256(verifier.encode()).digest())
    ask = Ask(world, code_challenge=code_challenge_s256(verifier))
    code = (await ask.allow(world.browser()))["code"]
    assert (await ask.redeem(code, code_verifier=verifier)).status_code == 200


@pytest.mark.spec("RFC 7636", "4.1", "a verifier outside 43 to 128 characters is refused even if its hash matches")
@pytest.mark.parametrize("verifier", ["a" * 42, "a" * 129, "a" * 42 + "+", "a" * 42 + "é"], ids=len)
async def test_an_illegal_verifier_is_refused_though_its_hash_matches(world: World, verifier: str) -> None:
    ask = Ask(world, code_challenge=b64.encode(hashlib.sha256(verifier.encode()).digest()))
    code = (await ask.allow(world.browser()))["code"]
    assert refusal(await ask.redeem(code, code_verifier=verifier)) == (400, "invalid_grant")


async def test_the_verifier_of_another_request_does_not_help(world: World) -> None:
    browser = world.browser()
    victim, attacker = Ask(world), Ask(world)
    code = (await victim.allow(browser))["code"]
    answer = await attacker.redeem(code)
    assert refusal(answer) == (400, "invalid_grant")
    assert (await victim.redeem(code)).status_code == 200


@pytest.mark.spec("RFC 9700", "4.8.2", "a verifier without a challenge is refused: somebody stripped the challenge")
async def test_a_verifier_is_refused_when_the_challenge_was_stripped(world: World) -> None:
    await world.add_client("exempt", require_pkce=False)
    ask = Ask(world, "exempt", code_challenge=None, code_challenge_method=None, nonce="n-0S6_WzA2Mj")
    code = (await ask.allow(world.browser()))["code"]
    assert refusal(await ask.redeem(code, client="exempt")) == (400, "invalid_grant")
    assert (await ask.redeem(code, client="exempt", code_verifier=None)).status_code == 200


def test_our_own_verifiers_are_legal_and_new_each_time() -> None:
    verifiers = {new_code_verifier() for _ in range(50)}
    assert len(verifiers) == 50
    assert all(43 <= len(verifier) <= 128 for verifier in verifiers)
