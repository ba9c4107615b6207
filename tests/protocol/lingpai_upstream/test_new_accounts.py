"""The page for who is new here: an account where the operator allows it, and nobody's account is taken over."""

import pytest

from tests.openid import CORE
from tests.upstream import SECOND, Lobby, path


async def test_a_free_username_is_proposed(lobby: Lobby) -> None:
    await lobby.world.add_account("chen")
    browser = lobby.browser()
    await lobby.sign_in_there(browser)
    assert dict(browser.form("create-account-form").fields)["username"] == "chen2"


@pytest.mark.parametrize(
    ("username", "sentence"),
    [
        pytest.param("zhangsan", "This username is taken", id="taken"),
        pytest.param("ＺhangSan ", "This username is taken", id="taken, spelt otherwise"),
        pytest.param("", "This username cannot be used", id="empty"),
        pytest.param("a\u202eb", "This username cannot be used", id="invisible"),
        pytest.param("boss@example.com", "This username cannot be used", id="an address somebody else may have"),
        pytest.param("boss＠example.com", "This username cannot be used", id="an address, spelt otherwise"),
        pytest.param("a" * 129, "This username cannot be used", id="too long"),
    ],
)
async def test_a_username_that_cannot_be_had_is_refused_with_a_sentence(
    lobby: Lobby, username: str, sentence: str
) -> None:
    browser = lobby.browser()
    await lobby.sign_in_there(browser)
    before = lobby.world.rows()["account"]
    await lobby.create_account(browser, username)
    assert browser.page.status_code == 422
    assert sentence in browser.page.text
    assert lobby.world.rows()["account"] == before
    await lobby.create_account(browser, "somebody")
    assert path(browser) == "/account/grants"


async def test_the_button_pressed_twice_makes_one_account(lobby: Lobby) -> None:
    browser = lobby.browser()
    await lobby.sign_in_there(browser)
    form = browser.form("create-account-form")
    jar = browser.http.cookies.jar
    name = next(cookie.value for cookie in jar if cookie.name == "lingpai_browser" and "localhost" in cookie.domain)
    await lobby.create_account(browser)
    second = lobby.browser()  # the same one: its second request was sent before the first was answered
    second.http.cookies.set("lingpai_browser", str(name), domain="localhost.local")
    data = {"csrf_token": dict(form.fields)["csrf_token"], "username": "chen"}
    answer = await second.http.post(form.action, data=data)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/account/grants"
    assert [row for row in await lobby.events() if row == "account_created"] == ["account_created"]


async def test_where_policy_says_no_there_is_no_form_and_no_account(lobby: Lobby) -> None:
    browser = lobby.browser()
    await lobby.sign_in_there(browser, provider=SECOND)
    assert path(browser) == "/sign-in/new"
    assert not browser.shows("create-account-form")
    allowed = lobby.browser()
    await lobby.sign_in_there(allowed)
    token = dict(allowed.form("create-account-form").fields)["csrf_token"]
    before = lobby.world.rows()["account"]
    address = str(browser.page.url)
    assert (await browser.http.post(address, data={"csrf_token": token, "username": "x"})).status_code == 403
    await browser.get(f"http://localhost:4000/sign-in?{address.partition('?')[2]}")
    own = dict(browser.form("sign-in-form").fields)["csrf_token"]
    assert (await browser.http.post(address, data={"csrf_token": own, "username": "x"})).status_code == 400
    assert lobby.world.rows()["account"] == before


@pytest.mark.spec(CORE, "5.7", "an e-mail address identifies nobody")
async def test_an_address_that_is_an_accounts_address_opens_nothing_and_tells_nothing(lobby: Lobby) -> None:
    victim = await lobby.world.add_account("victim", email="chen@example.com", email_verified=True)
    browser = lobby.browser()
    await lobby.sign_in_there(browser)
    with_victim = browser.page.text
    assert path(browser) == "/sign-in/new"
    assert "victim" not in with_victim
    await lobby.create_account(browser)
    assert path(browser) == "/account/grants"
    assert (await lobby.world.server.store.external_identities.list(victim.id)) == []


@pytest.mark.spec(CORE, "5.7", "an e-mail address that is not verified is not taken over")
async def test_an_address_that_is_not_verified_is_not_taken_over(lobby: Lobby) -> None:
    chen = await lobby.company.server.store.accounts.get_by_username("chen")
    assert chen is not None
    await lobby.company.add_account("chen", id=chen.id, name="Chen", email="zhangsan@example.com", email_verified=False)
    account = await lobby.join(lobby.browser())
    assert (account.email, account.email_verified) == ("", False)


async def test_a_page_of_one_browser_is_no_use_to_another(lobby: Lobby) -> None:
    browser, other = lobby.browser(), lobby.browser()
    await lobby.sign_in_there(browser)
    await other.get("/sign-in")
    await other.get(str(browser.page.url))
    assert other.page.status_code == 400
    assert "another browser" in other.page.text


async def test_a_page_that_was_open_too_long_has_to_be_begun_again(lobby: Lobby) -> None:
    browser = lobby.browser()
    await lobby.sign_in_there(browser)
    lobby.advance(901)
    await lobby.create_account(browser)
    assert browser.page.status_code == 400
    assert await lobby.world.server.store.accounts.get_by_username("chen") is None
