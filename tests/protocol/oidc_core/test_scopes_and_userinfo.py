"""The standard scopes, what each opens, and the ways to ask UserInfo."""

import pytest

from tests.openid import APP, CORE, PERSON, PROFILE, SCOPE, add_app, add_person, claims_at_userinfo, sign_in
from tests.world import Ask, World

EMAIL = {"email", "email_verified"}
PHONE = {"phone_number", "phone_number_verified"}


@pytest.mark.spec(CORE, "5.4", "each scope opens its claims and no other")
@pytest.mark.parametrize(
    ("scope", "opened"),
    [
        ("openid", set()),
        ("openid profile", PROFILE),
        ("openid email", EMAIL),
        ("openid address", {"address"}),
        ("openid phone", PHONE),
        (SCOPE, PROFILE | EMAIL | {"address"} | PHONE),
    ],
)
async def test_a_scope_opens_its_claims(world: World, scope: str, opened: set[str]) -> None:
    await add_person(world)
    await add_app(world)
    signed_in = await sign_in(world, scope=scope, username="wang")
    claims = await claims_at_userinfo(world, signed_in.access_token)
    assert claims.keys() == {"sub"} | opened
    assert not signed_in.claims.keys() & opened, "with an access token, claims are at UserInfo only"


@pytest.mark.spec(CORE, "5.1", "types of the standard claims")
async def test_claims_have_their_types(world: World) -> None:
    await add_person(world)
    await add_app(world)
    claims = await claims_at_userinfo(world, (await sign_in(world, scope=SCOPE, username="wang")).access_token)
    assert claims["email_verified"] is True
    assert claims["phone_number_verified"] is False
    assert claims["updated_at"] == PERSON["updated_at"]
    assert claims["locale"] == "zh-CN"
    assert claims["address"] == {"country": "CN", "locality": "Beijing"}
    assert claims["preferred_username"] == "wang"


@pytest.mark.spec(CORE, "5.3.2", "claims nobody knows are left out, not null")
async def test_what_is_not_known_is_left_out(world: World) -> None:
    await add_app(world)
    claims = await claims_at_userinfo(world, (await sign_in(world, scope=SCOPE)).access_token)
    assert claims.keys() == {"sub", "name", "nickname", "preferred_username"}
    assert None not in claims.values()


@pytest.mark.spec(CORE, "5.3.1", "GET and POST, the token in the header or in the form")
async def test_userinfo_is_asked_in_three_ways(world: World) -> None:
    await add_app(world)
    token = (await sign_in(world, scope="openid profile")).access_token
    header = {"authorization": f"Bearer {token}"}
    answers = [
        await world.http.get("/oauth2/userinfo", headers=header),
        await world.http.post("/oauth2/userinfo", headers=header),
        await world.http.post("/oauth2/userinfo", data={"access_token": token}),
    ]
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert {answer.content for answer in answers} == {answers[0].content}
    assert answers[0].headers["content-type"] == "application/json"


@pytest.mark.spec(CORE, "5.4", "a scope the person did not allow opens nothing")
async def test_what_was_not_ticked_is_not_told(world: World) -> None:
    await add_person(world)
    await add_app(world)
    browser = world.browser()
    ask = Ask(world, APP, scope="openid email profile")
    answer = await ask.allow(browser, tick=["openid", "email"], username="wang")
    tokens = (await ask.redeem(answer["code"], client=APP)).json()
    assert set(tokens["scope"].split()) == {"openid", "email"}
    assert (await claims_at_userinfo(world, tokens["access_token"])).keys() == {"sub"} | EMAIL


async def test_a_scope_of_openid_alone_cannot_be_unticked(world: World) -> None:
    await add_app(world)
    browser = world.browser()
    ask = Ask(world, APP, scope="openid email")
    answer = await ask.allow(browser, tick=[])
    tokens = (await ask.redeem(answer["code"], client=APP)).json()
    assert tokens["scope"] == "openid", "signing in tells who signs in"
