"""The ``claims`` parameter: claims by name, at UserInfo or in the ID Token, never without the person's consent."""

import json
from typing import Any

import pytest

from tests.openid import APP, CORE, add_app, add_person, claims_at_userinfo, open_request, sign_in
from tests.world import Ask, World


def asking(**sections: Any) -> str:
    return json.dumps(sections)


@pytest.mark.spec(CORE, "5.5", "claims asked for by name are returned where they were asked for")
async def test_a_claim_comes_where_it_was_asked_for(world: World) -> None:
    await add_person(world)
    await add_app(world)
    claims = asking(userinfo={"nickname": None, "email": {"essential": True}}, id_token={"picture": None})
    signed_in = await sign_in(world, claims=claims, username="wang")
    assert (await claims_at_userinfo(world, signed_in.access_token)).keys() == {"sub", "nickname", "email"}
    assert signed_in.claims["picture"].startswith("http")
    assert not {"nickname", "email"} & signed_in.claims.keys()


@pytest.mark.spec(CORE, "5.5.1", "an essential claim that is not available is no error")
async def test_an_essential_claim_nobody_has_is_left_out(world: World) -> None:
    await add_app(world)
    claims = asking(userinfo={"name": {"essential": True}, "email": {"essential": True}, "website": None})
    signed_in = await sign_in(world, claims=claims)
    assert (await claims_at_userinfo(world, signed_in.access_token)).keys() == {"sub", "name"}


@pytest.mark.spec(CORE, "5.5", "claims asked for by name need consent as those of a scope do")
async def test_the_consent_page_asks_for_what_covers_the_claims(world: World) -> None:
    await add_person(world)
    await add_app(world)
    ask = Ask(world, APP, scope="openid", claims=asking(userinfo={"email": None}))
    browser = world.browser()
    await ask.to_consent(browser, "wang")
    assert "email" in browser.form("consent-form").boxes["scope"]
    assert "e-mail address" in browser.page.text


async def test_what_is_unticked_is_not_told(world: World) -> None:
    await add_person(world)
    await add_app(world)
    claims = asking(userinfo={"email": {"essential": True}}, id_token={"email": None})
    ask = Ask(world, APP, scope="openid", claims=claims)
    answer = await ask.allow(world.browser(), tick=["openid"], username="wang")
    tokens = (await ask.redeem(answer["code"], client=APP)).json()
    assert tokens["scope"] == "openid"
    assert (await claims_at_userinfo(world, tokens["access_token"])).keys() == {"sub"}


async def test_taking_the_permission_back_narrows_userinfo_at_once(world: World) -> None:
    await add_person(world)
    await add_app(world)
    signed_in = await sign_in(world, claims=asking(userinfo={"email": None, "name": None}), username="wang")
    browser = signed_in.browser
    assert (await claims_at_userinfo(world, signed_in.access_token)).keys() == {"sub", "email", "name"}
    await browser.get("/account/grants")
    form = next(form for form in browser.forms() if ("scope", "email") in form.fields)
    await browser.submit(form, ("action", "take_back"))
    assert (await claims_at_userinfo(world, signed_in.access_token)).keys() == {"sub", "name"}


async def test_what_the_application_may_not_ask_for_is_left_out_in_silence(world: World) -> None:
    await add_person(world)
    await add_app(world, scope="openid profile")
    claims = asking(userinfo={"email": {"essential": True}, "name": None}, id_token={"phone_number": None})
    signed_in = await sign_in(world, claims=claims, username="wang")
    assert (await claims_at_userinfo(world, signed_in.access_token)).keys() == {"sub", "name"}
    assert "phone_number" not in signed_in.claims


async def test_a_refreshed_token_still_tells_what_was_asked_for_by_name(world: World) -> None:
    await add_person(world)
    await add_app(world)
    claims = asking(userinfo={"email": None})
    tokens = (await sign_in(world, scope="openid offline_access", claims=claims, username="wang")).tokens
    again = (await world.refresh(tokens["refresh_token"], client=APP)).json()
    assert "email" in await claims_at_userinfo(world, again["access_token"])


@pytest.mark.spec(CORE, "5.5", "members that are not understood are ignored")
@pytest.mark.parametrize(
    "claims",
    [
        {},
        {"userinfo": None},
        {"id_token": {}},
        {"somewhere": {"name": None}},
        {"userinfo": {"x": {"deep": [[[[{"er": [[[]]]}]]]]}}},
        {"userinfo": {"urn:never:heard": {"essential": True, "purpose": "fun"}}},
        {"id_token": {"iss": {"value": "https://evil.example"}, "exp": {"value": 1}, "aud": None, "nonce": None}},
    ],
    ids=[
        "empty",
        "null",
        "no claims",
        "another section",
        "an unknown member",
        "an unknown claim",
        "claims of the protocol",
    ],
)
async def test_what_is_not_understood_is_ignored(world: World, claims: dict[str, Any]) -> None:
    await add_app(world)
    signed_in = await sign_in(world, claims=json.dumps(claims))
    assert (signed_in.claims["aud"], signed_in.claims["nonce"]) == (APP, "n-0S6")
    assert (await claims_at_userinfo(world, signed_in.access_token)).keys() == {"sub"}


@pytest.mark.parametrize(
    "claims",
    [
        pytest.param("{", id="no JSON"),
        pytest.param("[]", id="a list"),
        pytest.param('"userinfo"', id="a text"),
        pytest.param('{"userinfo": "name"}', id="a section that is a text"),
        pytest.param('{"userinfo": {"name": true}}', id="a claim that is neither null nor an object"),
        pytest.param('{"userinfo": {"name": {"values": "x"}}}', id="values that are no list"),
        pytest.param('{"userinfo": {"name": {"essential": "yes"}}}', id="essential that is no boolean"),
        pytest.param("[" * 4000, id="deep"),
        pytest.param(json.dumps({"userinfo": {f"claim{number}": None for number in range(101)}}), id="many"),
        pytest.param(json.dumps({"userinfo": {"a" * 9000: None}}), id="long"),
    ],
)
async def test_a_malformed_parameter_is_refused_to_the_client(world: World, claims: str) -> None:
    await add_app(world)
    browser = await open_request(world, world.browser(), claims=claims)
    assert browser.sent_to["error"] == "invalid_request"
    assert "claims" in browser.sent_to["error_description"]


async def test_a_megabyte_is_refused_however_it_comes(world: World) -> None:
    await add_app(world)
    params = {**Ask(world, APP, scope="openid").params, "claims": "[" * 1_000_000}
    refused = await world.http.post("/oauth2/authorize", data=params)
    assert refused.status_code in (400, 413)


async def test_without_openid_it_means_nothing(world: World) -> None:
    await add_app(world)
    signed_in = await sign_in(world, scope="profile", claims="{")
    assert "id_token" not in signed_in.tokens


@pytest.mark.spec(CORE, "5.5.1", "sub with a value: only that person")
async def test_sub_by_value_means_that_person_and_nobody_else(world: World) -> None:
    await add_app(world)
    signed_in = await sign_in(world)
    wanted = asking(id_token={"sub": {"value": signed_in.claims["sub"]}})
    browser = await open_request(world, signed_in.browser, claims=wanted, prompt="none")
    assert "code" in browser.sent_to
    other = asking(id_token={"sub": {"value": "somebody-else"}})
    browser = await open_request(world, signed_in.browser, claims=other, prompt="none")
    assert browser.sent_to["error"] == "login_required"


@pytest.mark.spec(CORE, "5.5.1.1", "an essential acr that cannot be met is a failed sign-in")
async def test_an_essential_acr_is_met_or_refused(world: World) -> None:
    await add_app(world)
    gold = {"essential": True, "values": ["urn:example:gold"]}
    browser = await open_request(world, world.browser(), claims=asking(id_token={"acr": gold}))
    assert browser.sent_to["error"] == "unmet_authentication_requirements"
    either = {"essential": True, "values": ["urn:example:gold", "urn:lingpai:acr:1"]}
    signed_in = await sign_in(world, claims=asking(id_token={"acr": either}))
    assert signed_in.claims["acr"] == "urn:lingpai:acr:1"


@pytest.mark.spec(CORE, "5.5.1.1", "a voluntary acr that cannot be met is no error")
@pytest.mark.parametrize("member", [None, {"values": ["urn:example:gold"]}, {"essential": True}])
async def test_a_voluntary_acr_is_a_wish(world: World, member: Any) -> None:
    await add_app(world)
    signed_in = await sign_in(world, claims=asking(id_token={"acr": member}))
    assert signed_in.claims["acr"] == "urn:lingpai:acr:1"
