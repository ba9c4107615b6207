"""Somebody signs in to us with a provider, on the way to an application or to their account."""

from urllib.parse import parse_qs, urlsplit

import pytest

from lingpai.server.storage.external_identities import LinkedIdentity
from tests.openid import CORE, add_app, verified
from tests.upstream import PROVIDER, Lobby, at, button, path
from tests.world import CALLBACK


async def test_from_an_application_through_the_provider_back_to_the_application(lobby: Lobby) -> None:
    browser = lobby.browser()
    ask = await lobby.open_request(browser)
    await lobby.sign_in_there(browser)
    assert path(browser) == "/sign-in/new"
    assert "Chen Lu" in browser.page.text
    await lobby.create_account(browser)
    assert path(browser) == "/consent"
    await browser.submit(browser.form("consent-form"), ("scope", "list_album"), ("decision", "allow"))
    await browser.follow()
    assert browser.page.headers["location"].startswith(CALLBACK)
    tokens = (await ask.redeem(browser.sent_to["code"])).json()
    assert await lobby.world.is_active(tokens["access_token"])


async def test_the_second_time_nobody_asks_anything(lobby: Lobby) -> None:
    account = await lobby.join(lobby.browser())
    browser = lobby.browser()
    await lobby.sign_in_there(browser)
    assert path(browser) == "/account/grants"
    assert "chen" in browser.page.text
    assert (await lobby.events(account))[:2] == ["sign_in", "account_created"]


async def test_an_account_from_there_has_what_the_provider_says_and_no_password(lobby: Lobby) -> None:
    account = await lobby.join(lobby.browser(), "chenlu")
    assert (account.username, account.name, account.password_hash) == ("chenlu", "Chen Lu", None)
    assert (account.email, account.email_verified) == ("chen@example.com", True)


async def test_the_button_is_there_in_the_readers_language(lobby: Lobby) -> None:
    browser = lobby.browser()
    browser.http.headers["accept-language"] = "zh-CN"
    await browser.get("/sign-in")
    assert "使用 示例公司 登录" in browser.page.text
    await browser.submit(button(browser))
    assert parse_qs(urlsplit(browser.page.headers["location"]).query)["ui_locales"] == ["zh-CN"]


async def test_a_page_may_send_its_form_to_the_provider(lobby: Lobby) -> None:
    browser = lobby.browser()
    await browser.get("/sign-in")
    policy = browser.page.headers["content-security-policy"]
    assert "form-action 'self' http: https:" in policy


@pytest.mark.spec("RFC 9700", "2.1.1", "upstream too, PKCE is used")
@pytest.mark.spec(CORE, "3.1.2.1", "the request has state and nonce")
async def test_the_request_upstream_has_pkce_state_and_nonce(lobby: Lobby) -> None:
    browser = lobby.browser()
    await browser.get("/sign-in")
    await browser.submit(button(browser))
    sent = parse_qs(urlsplit(browser.page.headers["location"]).query)
    assert sent["code_challenge_method"] == ["S256"]
    assert len(sent["state"][0]) >= 43
    assert len(sent["nonce"][0]) >= 43
    assert sent["redirect_uri"] == [f"http://localhost:4000/sign-in/callback/{PROVIDER}"]


@pytest.mark.spec(CORE, "2", "auth_time is when the person proved who they are, wherever that was")
async def test_the_id_token_says_when_and_how_the_person_signed_in_there(lobby: Lobby) -> None:
    await add_app(lobby.world)
    first = lobby.browser()
    await lobby.join(first)
    signed_in_at = lobby.company.clock()
    lobby.advance(300)
    await first.get("/sign-out")
    await first.submit(first.form("sign-out-form"))
    ask = await lobby.open_request(first, client_id="openid-app", scope="openid", nonce="n", max_age="1000")
    await lobby.press(first)
    await first.submit(first.form("consent-form"), ("decision", "allow"))
    await first.follow()
    tokens = (await ask.redeem(first.sent_to["code"], client="openid-app")).json()
    claims = await verified(lobby.world, tokens["id_token"])
    assert claims["auth_time"] == signed_in_at
    assert claims["amr"] == ["fed", "pwd"]


async def test_a_disabled_account_is_not_opened(lobby: Lobby) -> None:
    account = await lobby.join(lobby.browser())
    await lobby.world.disable_account(account)
    browser = lobby.browser()
    await lobby.sign_in_there(browser)
    assert path(browser) == "/sign-in"
    assert "switched off" in browser.page.text
    assert "lingpai_session" not in {cookie.name for cookie in browser.http.cookies.jar if "localhost" in cookie.domain}
    assert (await lobby.events(account))[0] == "sign_in_refused"


async def test_an_identity_of_a_deleted_account_opens_nothing(lobby: Lobby) -> None:
    browser = lobby.browser()
    await lobby.sign_in_there(browser)
    chen = await lobby.company.server.store.accounts.get_by_username("chen")
    assert chen is not None
    now = lobby.world.clock.now
    orphan = LinkedIdentity(provider=PROVIDER, subject=chen.id.hex(), account_id=b"gone" * 4, linked_at=now)
    assert await lobby.world.server.store.external_identities.record(orphan)
    await lobby.sign_in_there(lobby.browser())
    await lobby.create_account(browser)
    assert browser.page.status_code == 422


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        pytest.param("error=access_denied", "You did not finish signing in there", id="refused"),
        pytest.param("error=server_error", "The answer we got from there is not valid", id="broken"),
        pytest.param("code=made-up", "The answer we got from there is not valid", id="a code of somebody's invention"),
        pytest.param("", "The answer we got from there is not valid", id="nothing"),
    ],
)
async def test_what_goes_wrong_there_leads_back_with_a_sentence(lobby: Lobby, answer: str, sentence: str) -> None:
    browser = lobby.browser()
    await lobby.open_request(browser)
    await browser.submit(button(browser))
    state = parse_qs(urlsplit(browser.page.headers["location"]).query)["state"][0]
    issuer = lobby.company.config.issuer
    await browser.get(f"http://localhost:4000/sign-in/callback/{PROVIDER}?{answer}&state={state}&iss={issuer}")
    await browser.follow()
    assert browser.shows("sign-in-form")
    assert sentence in browser.page.text
    await lobby.sign_in_there(browser)
    assert path(browser) == "/sign-in/new"


@pytest.mark.spec(CORE, "3.1.2.1", "prompt=login: the person proves anew who they are")
@pytest.mark.parametrize("demand", [{"prompt": "login"}, {"max_age": "0"}], ids=["prompt=login", "max_age=0"])
async def test_whoever_must_sign_in_again_must_do_so_there(lobby: Lobby, demand: dict[str, str]) -> None:
    browser = lobby.browser()
    await lobby.join(browser)
    lobby.advance(600)
    await lobby.open_request(browser, **demand)
    await lobby.press(browser)
    assert at(browser) == lobby.company.config.issuer
    assert browser.shows("sign-in-form")
    await lobby.company.sign_in(browser, "chen")
    await lobby.follow(browser)
    assert path(browser) == "/consent"


@pytest.mark.spec(CORE, "3.1.2.1", "a sign-in that was not made anew does not answer prompt=login")
@pytest.mark.parametrize("demand", [{"prompt": "login"}, {"max_age": "120"}], ids=["prompt=login", "max_age"])
async def test_a_provider_that_does_not_ask_again_is_not_believed(lobby: Lobby, demand: dict[str, str]) -> None:
    browser = lobby.browser()
    await lobby.join(browser)
    lobby.advance(1000)
    await lobby.open_request(browser, **demand)
    await browser.submit(button(browser))
    asked = browser.page.headers["location"]
    for word in ("&prompt=login", "&max_age=1800", "&max_age=120"):
        asked = asked.replace(word, "")
    await browser.get(asked)
    await lobby.follow(browser)
    assert path(browser) == "/sign-in"
    assert "not asked to prove again who you are" in browser.page.text


async def test_an_answer_that_is_posted_arrives_too(lobby: Lobby) -> None:
    browser = lobby.browser()
    await browser.get("/sign-in")
    answer = await lobby.callback(browser)
    address, _, query = answer.partition("?")
    pairs = {name: values[0] for name, values in parse_qs(query).items()}
    stranger = lobby.browser()  # a form from another site comes without our cookies
    posted = await stranger.http.post(address, data=pairs)
    assert posted.status_code == 303
    await browser.get(f"http://localhost:4000{posted.headers['location']}")
    await lobby.follow(browser)
    assert path(browser) == "/sign-in/new"
