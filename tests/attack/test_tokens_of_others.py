"""Introspection and revocation of tokens by a client they are not for.

Spec: RFC 7662 §4; RFC 7009 §2.1, §5. Stops: CVE-2026-58425 (introspection answers for other clients' tokens), DOT#727
(cross-client revocation), CVE-2020-15223 (revocation errors swallowed).
"""

import pytest

from tests.attack.scene import EVIL, add_evil_app, collect, redeemed
from tests.world import Ask, World, refusal

INACTIVE = {"active": False}
TOKENS = ["access_token", "signed_token", "refresh_token", "code", "pending_request"]


@pytest.mark.spec("RFC 7662", "2.2", "a caller the token is not for learns no more than that it is not active")
@pytest.mark.parametrize("kind", TOKENS)
async def test_a_stranger_learns_nothing_by_introspection(world: World, kind: str) -> None:
    loot = await collect(world)
    await add_evil_app(world)
    assert await world.introspect(loot.everything()[kind], client=EVIL) == INACTIVE
    garbage = await world.post("/oauth2/introspect", token="garbage", client=EVIL)
    foreign = await world.post("/oauth2/introspect", token=loot.everything()[kind], client=EVIL)
    assert garbage.content == foreign.content


async def test_an_api_learns_nothing_about_tokens_for_another_api(world: World) -> None:
    loot = await collect(world)
    await world.add_resource_server("https://other.example", client_ids=("other-api",))
    await world.add_client("other-api", grant_types=(), response_types=(), redirect_uris=(), scope="")
    assert await world.introspect(loot.access_token, client="other-api") == INACTIVE
    assert await world.introspect(loot.signed_token, client="other-api") == INACTIVE
    assert (await world.introspect(loot.access_token, client="photos"))["active"], "the one it is for does"


@pytest.mark.spec("RFC 7662", "2.1", "who introspects must authenticate")
@pytest.mark.parametrize("credentials", ["none", "public client", "wrong secret", "the token itself"])
async def test_nobody_introspects_without_credentials(world: World, credentials: str) -> None:
    loot = await collect(world)
    await add_evil_app(world, secret=None)
    token = loot.access_token
    match credentials:
        case "none":
            answer = await world.post("/oauth2/introspect", client=None, token=token)
        case "public client":
            answer = await world.post("/oauth2/introspect", client=None, client_id=EVIL, token=token)
        case "wrong secret":
            answer = await world.post("/oauth2/introspect", secret="wrong", token=token)
        case _:
            header = {"authorization": f"Bearer {token}"}
            answer = await world.http.post("/oauth2/introspect", data={"token": token}, headers=header)
    assert answer.status_code in (400, 401)
    assert "active" not in answer.json()


@pytest.mark.spec("RFC 7009", "2.1", "a token is revoked only by the client it was issued to")
@pytest.mark.parametrize("kind", TOKENS)
async def test_a_stranger_revokes_nothing_and_learns_nothing(world: World, kind: str) -> None:
    loot = await collect(world)
    await add_evil_app(world)
    for hinted in ({}, *({"token_type_hint": hint} for hint in ("access_token", "refresh_token", "nonsense"))):
        answer = await world.post("/oauth2/revoke", client=EVIL, token=loot.everything()[kind], **hinted)
        garbage = await world.post("/oauth2/revoke", client=EVIL, token="garbage", **hinted)
        assert (answer.status_code, answer.content) == (garbage.status_code, garbage.content) == (200, b"")
    assert await world.is_active(loot.access_token)
    assert await world.is_active(loot.signed_token)
    assert (await world.refresh(loot.refresh_token)).status_code == 200
    assert (await redeemed(loot.ask, loot.code))["access_token"]


@pytest.mark.parametrize("client", [None, "nobody"])
async def test_nobody_revokes_without_credentials(world: World, client: str | None) -> None:
    loot = await collect(world)
    answer = await world.post("/oauth2/revoke", client=client, token=loot.refresh_token)
    assert refusal(answer) == (401, "invalid_client")
    assert await world.is_active(loot.access_token)


async def test_another_persons_token_says_nothing_about_this_one(world: World) -> None:
    """Two people, one application: a token is about its own person, and ending it ends nobody else's."""
    await world.add_account("lisi")
    mine, theirs = Ask(world), Ask(world)
    my_browser, their_browser = world.browser(), world.browser()
    my_tokens = await redeemed(mine, (await mine.allow(my_browser))["code"])
    their_tokens = await redeemed(theirs, (await theirs.allow(their_browser, username="lisi"))["code"])
    assert (await world.introspect(my_tokens["access_token"]))["username"] == "zhangsan"
    assert (await world.introspect(their_tokens["access_token"]))["username"] == "lisi"
    await world.post("/oauth2/revoke", token=their_tokens["refresh_token"])
    assert await world.is_active(my_tokens["access_token"])


async def test_nobody_ends_the_grant_of_another_person(world: World) -> None:
    loot = await collect(world)
    await world.add_account("mallory")
    mallory = world.browser()
    await world.sign_in(mallory, "mallory")
    await mallory.get("/sign-out")
    token = dict(mallory.form("sign-out-form").fields)["csrf_token"]
    for form in ({"action": "end"}, {"action": "take_back", "scope": "list_album"}):
        whole = form | {"csrf_token": token, "client_id": "photo-print", "account": "zhangsan", "sub": "zhangsan"}
        await mallory.http.post("/account/grants", data=whole)
    assert await world.is_active(loot.access_token)
