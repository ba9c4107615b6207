"""The attacker, who owns an application, redeems a code or refresh token that another application was given.

Spec: RFC 6819 §4.4.1.7; RFC 9700 §4.5. Stops: CVE-2026-55672, CVE-2026-28513, CVE-2026-32245, CVE-2026-6334,
CVE-2026-53512.
"""

import pytest

from tests.attack.scene import EVIL, INVALID_GRANT, add_evil_app, collect, is_dead, redeemed
from tests.world import CALLBACK, SECRET, Ask, World, grant_tokens, refusal

pytestmark = pytest.mark.spec("RFC 6749", "4.1.3", "a code is redeemed by the client it was issued to and no other")


@pytest.mark.parametrize("redirect_uris", [("https://evil.example/callback",), (CALLBACK,)], ids=["own", "the same"])
async def test_a_stolen_code_buys_another_client_nothing(world: World, redirect_uris: tuple[str, ...]) -> None:
    await add_evil_app(world, redirect_uris=redirect_uris)
    ask = Ask(world)
    code = (await ask.allow(world.browser()))["code"]
    assert refusal(await ask.redeem(code, client=EVIL)) == INVALID_GRANT
    tokens = await redeemed(ask, code)
    assert tokens["access_token"], "and its owner can still use it"


async def test_a_public_client_cannot_redeem_what_a_confidential_one_was_given(world: World) -> None:
    await add_evil_app(world, secret=None)
    ask = Ask(world)
    code = (await ask.allow(world.browser()))["code"]
    assert refusal(await ask.redeem(code, client=None, client_id=EVIL)) == INVALID_GRANT


@pytest.mark.parametrize(
    ("credentials", "answer"),
    [
        pytest.param({"client": None}, (401, "invalid_client"), id="no client at all"),
        pytest.param({"client": None, "client_id": "photo-print"}, (401, "invalid_client"), id="only the name"),
        pytest.param({"client": EVIL, "client_id": "photo-print"}, (400, "invalid_request"), id="two names"),
        pytest.param(
            {"client": None, "client_id": "photo-print", "client_secret": "guess"},
            (401, "invalid_client"),
            id="a guess",
        ),
        pytest.param({"client": EVIL, "client_secret": SECRET}, (400, "invalid_request"), id="two methods at once"),
    ],
)
async def test_who_cannot_prove_to_be_the_client_gets_nothing(
    world: World, credentials: dict[str, str | None], answer: tuple[int, str]
) -> None:
    await add_evil_app(world)
    ask = Ask(world)
    code = (await ask.allow(world.browser()))["code"]
    assert refusal(await ask.redeem(code, **credentials)) == answer
    assert (await redeemed(ask, code))["access_token"]


async def test_a_stolen_refresh_token_buys_another_client_nothing_and_kills_nothing(world: World) -> None:
    await add_evil_app(world)
    await add_evil_app(world, secret=None, client_name="public")
    tokens = await grant_tokens(world)
    assert refusal(await world.refresh(tokens["refresh_token"], client=None, client_id=EVIL)) == INVALID_GRANT
    await add_evil_app(world)
    assert refusal(await world.refresh(tokens["refresh_token"], client=EVIL)) == INVALID_GRANT
    assert await world.is_active(tokens["access_token"])
    assert (await world.refresh(tokens["refresh_token"])).status_code == 200


@pytest.mark.parametrize("credentials", [{"client": None}, {"client": None, "client_id": "photo-print"}])
async def test_a_refresh_token_of_a_confidential_client_needs_its_credentials(
    world: World, credentials: dict[str, str | None]
) -> None:
    tokens = await grant_tokens(world)
    assert refusal(await world.refresh(tokens["refresh_token"], **credentials)) == (401, "invalid_client")


async def test_a_stranger_replaying_a_used_code_cannot_take_the_owners_tokens_down(world: World) -> None:
    await add_evil_app(world)
    ask = Ask(world)
    code = (await ask.allow(world.browser()))["code"]
    tokens = await redeemed(ask, code)
    assert refusal(await ask.redeem(code, client=EVIL)) == INVALID_GRANT
    assert refusal(await ask.redeem(code, code_verifier="x" * 43)) == INVALID_GRANT
    assert await world.is_active(tokens["access_token"])
    assert not await is_dead(world, tokens)


async def test_a_stolen_session_of_the_application_is_not_the_code(world: World) -> None:
    """The attacker has everything a browser shows on the way, but not the code: none of it is one."""
    loot = await collect(world)
    shown = loot.everything()
    for kind in ("pending_request", "csrf_token", "session_cookie", "browser_cookie", "jti"):
        assert refusal(await loot.ask.redeem(shown[kind])) == INVALID_GRANT, kind
