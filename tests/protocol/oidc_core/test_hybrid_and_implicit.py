"""Answers with tokens in them: every response type, every way of delivery, and what ties the parts together."""

from typing import Any

import pytest

from tests.browser import Browser
from tests.openid import (
    APP,
    CORE,
    PROFILE,
    SCOPE,
    add_app,
    add_person,
    claims_at_userinfo,
    half_hash,
    open_request,
    sign_in,
    verified,
)
from tests.world import CALLBACK, Ask, World

WITH_TOKEN = ("id_token token", "code token", "code id_token token")
WITH_ID_TOKEN = ("id_token", "id_token token", "code id_token", "code id_token token")
HYBRID = ("code id_token", "code token", "code id_token token")
EVERY = tuple(dict.fromkeys((*WITH_ID_TOKEN, *HYBRID)))
PARTS = {"code": "code", "id_token": "id_token", "token": "access_token"}
EVERY_PART = set(PARTS.values())


@pytest.mark.spec(CORE, "3.2.2.5", "the answer is in the fragment")
@pytest.mark.spec(CORE, "3.3.2.5", "each word of response_type brings its parameter and no other")
@pytest.mark.parametrize("response_type", EVERY)
async def test_the_answer_has_what_was_asked_for_in_the_fragment(world: World, response_type: str) -> None:
    await add_app(world, legacy=True)
    signed_in = await sign_in(world, response_type=response_type)
    location = signed_in.browser.page.headers["location"]
    assert location.startswith(f"{CALLBACK}#")
    assert {PARTS[word] for word in response_type.split()} == EVERY_PART & signed_in.answer.keys()
    assert signed_in.answer["state"] == "state-of-the-client"
    if "token" in response_type.split():
        assert signed_in.answer["token_type"] == "Bearer"
        assert int(signed_in.answer["expires_in"]) > 0
    assert "refresh_token" not in signed_in.answer


@pytest.mark.spec(CORE, "3.3.2.11", "c_hash and at_hash tie what came together")
@pytest.mark.parametrize("response_type", WITH_ID_TOKEN)
async def test_the_id_token_is_tied_to_what_comes_with_it(world: World, response_type: str) -> None:
    await add_app(world, legacy=True)
    answer = (await sign_in(world, response_type=response_type)).answer
    claims = await verified(world, answer["id_token"])
    assert claims.get("c_hash") == (half_hash(answer["code"]) if "code" in answer else None)
    assert claims.get("at_hash") == (half_hash(answer["access_token"]) if "access_token" in answer else None)
    assert (claims["nonce"], claims["aud"]) == ("n-0S6", APP)


@pytest.mark.spec(CORE, "3.3.3.6", "iss and sub of both ID Tokens are the same")
@pytest.mark.parametrize("response_type", HYBRID)
async def test_the_code_of_a_hybrid_answer_buys_the_same_person(world: World, response_type: str) -> None:
    await add_app(world, legacy=True)
    signed_in = await sign_in(world, response_type=response_type)
    if "id_token" in signed_in.answer:
        in_front = await verified(world, signed_in.answer["id_token"])
        assert {name: in_front[name] for name in ("iss", "sub", "nonce")} == {
            name: signed_in.claims[name] for name in ("iss", "sub", "nonce")
        }
    if "access_token" in signed_in.answer:
        claims = await claims_at_userinfo(world, signed_in.answer["access_token"])
        assert claims["sub"] == signed_in.claims["sub"]
        assert signed_in.answer["access_token"] != signed_in.tokens["access_token"]


@pytest.mark.spec(CORE, "5.4", "with no access token the claims of the scopes are in the ID Token")
async def test_an_id_token_alone_carries_the_claims(world: World) -> None:
    await add_person(world)
    await add_app(world, legacy=True)
    alone = await sign_in(world, response_type="id_token", scope=SCOPE, username="wang")
    assert alone.claims.keys() >= PROFILE | {"email", "email_verified", "phone_number", "address"}
    with_token = await sign_in(world, response_type="id_token token", scope=SCOPE, username="wang")
    assert not with_token.claims.keys() & PROFILE, "those are at UserInfo"


@pytest.mark.spec("OAuth 2.0 Form Post Response Mode", "2", "the answer is posted to the redirect URI")
@pytest.mark.parametrize("response_type", ["code", *EVERY])
async def test_every_answer_can_be_posted(world: World, response_type: str) -> None:
    await add_app(world, legacy=True)
    signed_in = await sign_in(world)
    browser = await open_request(
        world, signed_in.browser, response_type=response_type, response_mode="form_post", prompt="none"
    )
    form = browser.form("response-form")
    assert (form.method, form.action) == ("post", CALLBACK)
    assert {PARTS[word] for word in response_type.split()} == EVERY_PART & dict(form.fields).keys()
    assert dict(form.fields)["state"] == "state-of-the-client"


@pytest.mark.spec(CORE, "3.2.2.1", "nonce is required where an ID Token comes through the browser")
@pytest.mark.spec(CORE, "3.3.2.11", "nonce is required in the hybrid flow")
@pytest.mark.parametrize("response_type", WITH_ID_TOKEN)
async def test_without_nonce_there_is_no_id_token_in_front(world: World, response_type: str) -> None:
    await add_app(world, legacy=True)
    browser = await open_request(world, world.browser(), response_type=response_type, nonce=None)
    assert browser.sent_to["error"] == "invalid_request"
    assert "nonce" in browser.sent_to["error_description"]
    assert browser.page.headers["location"].startswith(f"{CALLBACK}#")


@pytest.mark.spec("OAuth 2.0 Multiple Response Type Encoding Practices", "2.1", "tokens never go into a query")
@pytest.mark.parametrize("response_type", EVERY)
async def test_no_token_goes_into_a_query(world: World, response_type: str) -> None:
    await add_app(world, legacy=True)
    browser = await open_request(world, world.browser(), response_type=response_type, response_mode="query")
    assert browser.sent_to["error"] == "invalid_request"
    assert browser.page.headers["location"].startswith(f"{CALLBACK}#")


@pytest.mark.parametrize("response_type", WITH_TOKEN)
async def test_a_token_in_front_needs_the_legacy_mark(world: World, response_type: str) -> None:
    app = await add_app(world, legacy=True)
    fields: dict[str, Any] = {"response_types": app.response_types, "grant_types": app.grant_types}
    await add_app(world, **fields)
    browser = await open_request(world, world.browser(), response_type=response_type)
    assert browser.sent_to["error"] == "unauthorized_client"


@pytest.mark.parametrize("response_type", ["id_token", "code id_token"])
async def test_an_id_token_in_front_does_not(world: World, response_type: str) -> None:
    grants = ("authorization_code", "implicit")
    await add_app(world, response_types=(response_type,), grant_types=grants)
    assert "id_token" in (await sign_in(world, response_type=response_type)).answer


@pytest.mark.parametrize("response_type", EVERY)
async def test_whoever_did_not_register_for_it_does_not_get_it(world: World, response_type: str) -> None:
    await add_app(world)
    browser = await open_request(world, world.browser(), response_type=response_type)
    assert browser.sent_to["error"] == "unauthorized_client"


@pytest.mark.spec("OAuth 2.0 Multiple Response Type Encoding Practices", "4", "the order of the words means nothing")
async def test_the_words_have_no_order(world: World) -> None:
    await add_app(world, legacy=True)
    answer = (await sign_in(world, response_type="token id_token code")).answer
    assert answer.keys() >= EVERY_PART


@pytest.mark.spec(CORE, "3.2.2.1", "openid is needed for an ID Token")
async def test_an_id_token_needs_the_scope(world: World) -> None:
    await add_app(world, legacy=True)
    browser = await open_request(world, world.browser(), response_type="id_token", scope="profile")
    assert browser.sent_to["error"] == "invalid_scope"


@pytest.mark.spec(CORE, "3.3.2.6", "errors come where the answer would have come")
@pytest.mark.parametrize("response_type", EVERY)
async def test_an_error_comes_in_the_fragment_too(world: World, response_type: str) -> None:
    await add_app(world, legacy=True)
    browser = await open_request(world, world.browser(), response_type=response_type, prompt="none")
    assert browser.page.headers["location"].startswith(f"{CALLBACK}#error=login_required")
    assert browser.sent_to["state"] == "state-of-the-client"


@pytest.mark.spec("RFC 6749", "4.1.2.1", "a request without response_type is an error")
async def test_a_request_without_response_type_is_an_error(world: World) -> None:
    await add_app(world)
    browser = await open_request(world, world.browser(), response_type=None)
    assert browser.sent_to["error"] == "invalid_request"


async def refusing(browser: Browser, ask: Ask) -> dict[str, str]:
    await ask.to_consent(browser)
    await browser.submit(browser.form("consent-form"), ("decision", "refuse"))
    await browser.follow()
    return browser.sent_to


@pytest.mark.parametrize("response_type", ["code", *EVERY])
async def test_a_no_is_a_no_in_every_flow(world: World, response_type: str) -> None:
    await add_app(world, legacy=True)
    ask = Ask(world, APP, response_type=response_type, scope="openid", nonce="n")
    answer = await refusing(world.browser(), ask)
    assert answer["error"] == "access_denied"
    assert not answer.keys() & EVERY_PART
