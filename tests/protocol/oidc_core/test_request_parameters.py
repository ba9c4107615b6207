"""The parameters that OpenID Connect adds to an authorization request."""

from typing import Any

import pytest

from tests.openid import APP, CORE, add_app, add_person, open_request, sign_in, verified
from tests.world import Ask, World


@pytest.mark.spec(CORE, "3.1.2.1", "display asks for a kind of page, which is never an error")
@pytest.mark.parametrize("display", ["page", "popup", "touch", "wap"])
async def test_every_display_shows_a_page_and_ends_well(world: World, display: str) -> None:
    await add_app(world)
    browser = await open_request(world, world.browser(), display=display)
    assert browser.shows("sign-in-form")
    assert "id_token" in (await sign_in(world, display=display)).tokens


async def test_a_display_nobody_knows_is_refused(world: World) -> None:
    await add_app(world)
    assert (await open_request(world, world.browser(), display="hologram")).sent_to["error"] == "invalid_request"


@pytest.mark.spec(CORE, "3.1.2.1", "ui_locales: preferred, never an error")
@pytest.mark.parametrize(("ui_locales", "lang"), [("zh-CN", "zh-CN"), ("se", "en"), ("se zh en", "zh-CN")])
async def test_ui_locales_chooses_among_what_there_is(world: World, ui_locales: str, lang: str) -> None:
    await add_app(world)
    browser = await open_request(world, world.browser(), ui_locales=ui_locales)
    assert f'lang="{lang}"' in browser.page.text
    assert "id_token" in (await sign_in(world, ui_locales=ui_locales)).tokens


@pytest.mark.spec(CORE, "5.2", "claims_locales that cannot be met is no error")
@pytest.mark.spec(CORE, "3.1.2.1", "parameters that are not understood are ignored")
@pytest.mark.parametrize(
    "params",
    [
        {"claims_locales": "se"},
        {"extra": "foobar"},
        {"registration": "{}"},
        {"acr_values": "1 2"},
        {"acr_values": "urn:lingpai:acr:1"},
        {"id_token_encryption": "yes", "foo[]": "bar"},
    ],
    ids=" ".join,
)
async def test_what_is_not_understood_is_ignored(world: World, params: dict[str, Any]) -> None:
    await add_app(world)
    signed_in = await sign_in(world, **params)
    assert signed_in.claims["acr"] == "urn:lingpai:acr:1"


@pytest.mark.spec(CORE, "3.1.2.1", "GET and POST are the same")
async def test_a_request_may_be_posted(world: World) -> None:
    await add_app(world)
    browser = world.browser()
    ask = Ask(world, APP, scope="openid", nonce="posted")
    browser.page = await browser.http.post("/oauth2/authorize", data=ask.params)
    assert browser.page.status_code == 303, "on with a GET, which brings the cookies"
    await browser.follow()
    await world.sign_in(browser)
    await browser.follow()
    await browser.submit(browser.form("consent-form"), ("decision", "allow"))
    await browser.follow()
    tokens = (await ask.redeem(browser.sent_to["code"], client=APP)).json()
    assert (await verified(world, tokens["id_token"]))["nonce"] == "posted"


@pytest.mark.spec(CORE, "3.1.2.1", "without a nonce the code flow works, and there is none in the ID Token")
async def test_the_code_flow_needs_no_nonce(world: World) -> None:
    await add_app(world)
    assert "nonce" not in (await sign_in(world, nonce=None)).claims


@pytest.mark.spec(CORE, "2", "nonce comes back as it was sent")
@pytest.mark.parametrize("nonce", ["n", "令牌", "a b+c%20d&e=f", "\\\"'<script>", "x" * 1024], ids=range(5))
async def test_a_nonce_comes_back_unchanged(world: World, nonce: str) -> None:
    await add_app(world)
    assert (await sign_in(world, nonce=nonce)).claims["nonce"] == nonce


@pytest.mark.spec("OpenID Connect Dynamic Client Registration 1.0", "2", "default_max_age unless the request says more")
async def test_the_client_may_have_a_max_age_of_its_own(world: World) -> None:
    await add_app(world, default_max_age=60)
    browser = (await sign_in(world)).browser
    world.clock.advance(61)
    assert (await open_request(world, browser)).shows("sign-in-form")
    assert "code" in (await open_request(world, browser, max_age="10000")).sent_to


@pytest.mark.spec("OpenID Connect Dynamic Client Registration 1.0", "2", "default_acr_values")
async def test_the_client_may_have_acr_values_of_its_own(world: World) -> None:
    await add_app(world, default_acr_values=("urn:example:gold", "urn:lingpai:acr:1"))
    assert (await sign_in(world)).claims["acr"] == "urn:lingpai:acr:1"


@pytest.mark.spec(CORE, "3.1.2.1", "max_age 1: signing in again gives a later auth_time")
async def test_a_short_max_age_gives_a_later_auth_time(world: World) -> None:
    await add_app(world)
    first = await sign_in(world)
    world.clock.advance(2)
    browser = await open_request(world, first.browser, max_age="1")
    assert browser.shows("sign-in-form")
    second = await sign_in(world, first.browser, max_age="1")
    assert second.claims["auth_time"] > first.claims["auth_time"]


@pytest.mark.spec(CORE, "3.1.2.1", "max_age 10000: no new sign-in, the same auth_time")
async def test_a_long_max_age_changes_nothing(world: World) -> None:
    await add_app(world)
    first = await sign_in(world)
    world.clock.advance(2)
    second = await sign_in(world, first.browser, max_age="10000")
    assert second.claims["auth_time"] == first.claims["auth_time"]
    assert second.claims["sub"] == first.claims["sub"]


@pytest.mark.spec(CORE, "3.1.2.1", "prompt=login: signing in again gives a later auth_time")
async def test_prompt_login_gives_a_later_auth_time(world: World) -> None:
    await add_app(world)
    first = await sign_in(world)
    world.clock.advance(1)
    second = await sign_in(world, first.browser, prompt="login")
    assert second.claims["auth_time"] == first.claims["auth_time"] + 1
    assert second.claims["sub"] == first.claims["sub"]


@pytest.mark.spec(CORE, "3.1.2.1", "prompt=none with somebody signed in: the same person, the same auth_time")
async def test_prompt_none_is_silent_and_about_the_same_sign_in(world: World) -> None:
    await add_app(world)
    first = await sign_in(world)
    world.clock.advance(5)
    ask = Ask(world, APP, scope="openid", prompt="none")
    page = await first.browser.get(ask.url)
    assert page.status_code == 303, "no page in between"
    tokens = (await ask.redeem(first.browser.sent_to["code"], client=APP)).json()
    claims = await verified(world, tokens["id_token"])
    assert (claims["sub"], claims["auth_time"]) == (first.claims["sub"], first.claims["auth_time"])


@pytest.mark.spec(CORE, "3.1.2.6", "prompt=none with nobody signed in: login_required, state included")
async def test_prompt_none_with_nobody_there(world: World) -> None:
    await add_app(world)
    browser = await open_request(world, world.browser(), prompt="none")
    assert (browser.sent_to["error"], browser.sent_to["state"]) == ("login_required", "state-of-the-client")


async def test_an_unknown_prompt_is_refused_and_create_is_one(world: World) -> None:
    await add_app(world)
    metadata = (await world.http.get("/.well-known/openid-configuration")).json()
    assert "create" not in metadata["prompt_values_supported"], "nobody can register themselves here"
    assert (await open_request(world, world.browser(), prompt="create")).sent_to["error"] == "invalid_request"


@pytest.mark.spec(CORE, "3.1.2.1", "id_token_hint says who is meant")
async def test_a_hint_for_who_is_signed_in_is_silent(world: World) -> None:
    await add_app(world)
    signed_in = await sign_in(world)
    world.clock.advance(world.config.id_token_lifetime_s + 1)
    hint = signed_in.tokens["id_token"]
    browser = await open_request(world, signed_in.browser, prompt="none", id_token_hint=hint)
    assert "code" in browser.sent_to, "though the hint has expired"


@pytest.mark.spec(CORE, "3.1.2.2", "a hint for somebody else is login_required, not somebody else's token")
async def test_a_hint_for_somebody_else_gets_no_token(world: World) -> None:
    await add_app(world)
    await add_person(world)
    hint = (await sign_in(world, username="wang")).tokens["id_token"]
    other = await sign_in(world)
    browser = await open_request(world, other.browser, prompt="none", id_token_hint=hint)
    assert browser.sent_to["error"] == "login_required"
    browser = await open_request(world, other.browser, id_token_hint=hint)
    assert browser.shows("select-account-form") or "select-account" in str(browser.page.url)


async def test_whoever_signs_in_must_be_who_was_meant(world: World) -> None:
    await add_app(world)
    await add_person(world)
    hint = (await sign_in(world, username="wang")).tokens["id_token"]
    browser = await open_request(world, world.browser(), id_token_hint=hint)
    await world.sign_in(browser, "zhangsan")
    await browser.follow()
    assert browser.sent_to["error"] == "login_required"


@pytest.mark.parametrize("hint", ["x.y.z", "nonsense", "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0."])
async def test_a_hint_that_is_not_ours_is_refused(world: World, hint: str) -> None:
    await add_app(world)
    assert (await open_request(world, world.browser(), id_token_hint=hint)).sent_to["error"] == "invalid_request"


async def test_an_access_token_or_logout_token_is_no_hint(world: World) -> None:
    await add_app(world)
    signed_in = await sign_in(world)
    browser = await open_request(world, signed_in.browser, id_token_hint=signed_in.access_token)
    assert browser.sent_to["error"] == "invalid_request"


@pytest.mark.spec(CORE, "3.1.2.1", "login_hint fills in the name")
async def test_a_login_hint_is_filled_in(world: World) -> None:
    await add_app(world)
    browser = await open_request(world, world.browser(), login_hint="wang")
    assert dict(browser.form("sign-in-form").fields)["username"] == "wang"
    assert "code" in (await sign_in(world, login_hint="nobody@example.com")).answer


async def test_who_is_asked_for_the_password_again_need_not_type_the_name(world: World) -> None:
    await add_app(world)
    browser = (await sign_in(world)).browser
    await open_request(world, browser, prompt="login")
    assert dict(browser.form("sign-in-form").fields)["username"] == "zhangsan"
    await open_request(world, browser, prompt="login", login_hint="wang")
    assert dict(browser.form("sign-in-form").fields)["username"] == "wang"
    await open_request(world, browser, prompt="select_account")
    await browser.submit(browser.form("select-account-form"), ("another", "yes"))
    await browser.follow()
    assert dict(browser.form("sign-in-form").fields)["username"] == "", "somebody else is about to sign in"


async def test_the_hint_is_not_believed(world: World) -> None:
    await add_app(world)
    await add_person(world)
    assert (await sign_in(world, login_hint="wang")).claims["sub"] != (await sign_in(world, username="wang")).claims[
        "sub"
    ]
