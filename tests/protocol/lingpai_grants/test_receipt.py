"""A receipt for what was allowed: what it says, who verifies it, and what it can never pass for."""

import pytest

from lingpai.crypto.compact import InvalidJws
from lingpai.crypto.jwk import parse_jwks
from lingpai.crypto.jws import verify
from lingpai.server.authorization.receipt import verify_receipt
from tests.protocol.lingpai_grants.pages import opened, receipt
from tests.world import World, grant_tokens


@pytest.mark.spec("RFC 7515", "5.2", "a receipt verifies with the published keys")
async def test_the_receipt_says_what_was_allowed_and_verifies_with_our_published_keys(world: World) -> None:
    browser = await opened(world)
    document = await receipt(browser)
    assert browser.page.headers["content-disposition"] == 'attachment; filename="receipt-photo-print.json"'
    published = parse_jwks((await world.http.get("/oauth2/jwks")).json())
    claims = verify_receipt(document["signed"], published)
    assert claims == document["receipt"]
    assert verify_receipt(document["signed"], parse_jwks(document["jwks"])) == claims
    account = await world.server.store.accounts.get_by_username("zhangsan")
    assert account
    assert (claims["iss"], claims["sub"], claims["client_id"]) == (world.config.issuer, account.id.hex(), "photo-print")
    assert claims["permissions"] == [
        {
            "scope": name,
            "description": {"en": f"English words for {name}", "zh_CN": f"{name} 的中文说明"},
            "allowed_at": "2027-01-15T08:00:00Z",
        }
        for name in ("get_user_info", "list_album")
    ]
    assert (claims["lifetime"], claims["until"], claims["ended_at"]) == ("30d", "2027-02-14T08:00:00Z", None)


@pytest.mark.spec("RFC 8725", "3.11", "a receipt is no other kind of token")
async def test_a_receipt_is_no_token_of_any_other_kind(world: World) -> None:
    browser = await opened(world)
    document = await receipt(browser)
    assert not {"aud", "exp"} & document["receipt"].keys(), "an ID Token has both"
    published = parse_jwks((await world.http.get("/oauth2/jwks")).json())
    for typ in ("at+jwt", "jwt", "logout+jwt"):
        with pytest.raises(InvalidJws):
            verify(document["signed"], published, typ=(typ,), algs=("ES256",))
    assert not await world.is_active(document["signed"])


async def test_another_token_of_ours_is_no_receipt(world: World) -> None:
    await world.add_client(scope="openid get_user_info")
    tokens = await grant_tokens(world, scope="openid")
    published = parse_jwks((await world.http.get("/oauth2/jwks")).json())
    with pytest.raises(InvalidJws):
        verify_receipt(tokens["id_token"], published)
