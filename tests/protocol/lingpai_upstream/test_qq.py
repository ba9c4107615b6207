"""Signing in with QQ: our own client and pages at one end, our own QQ Connect at the other."""

import re

from tests.upstream import QQ, Lobby, path


async def test_somebody_with_a_qq_account_gets_one_here_and_comes_back_to_it(lobby: Lobby) -> None:
    browser = lobby.browser()
    await lobby.sign_in_there(browser, provider=QQ)
    assert path(browser) == "/sign-in/new"
    await lobby.create_account(browser)
    account = await lobby.world.server.store.accounts.get_by_username("chen")
    assert account is not None
    (identity,) = await lobby.world.server.store.external_identities.list(account.id)
    assert identity.provider == QQ
    assert re.fullmatch(r"[0-9A-F]{32}", identity.subject)
    again = lobby.browser()
    await lobby.sign_in_there(again, provider=QQ)
    assert path(again) == "/account/grants"


async def test_whom_the_company_knows_by_openid_connect_is_somebody_else_by_qq(lobby: Lobby) -> None:
    await lobby.join(lobby.browser())
    browser = lobby.browser()
    await lobby.sign_in_there(browser, provider=QQ)
    assert path(browser) == "/sign-in/new"


async def test_an_application_that_wants_a_new_sign_in_cannot_have_it_from_qq(lobby: Lobby) -> None:
    browser = lobby.browser()
    await lobby.open_request(browser, prompt="login")
    await lobby.press(browser, QQ)
    assert path(browser) == "/sign-in"
    assert "not asked to prove again who you are" in browser.page.text
