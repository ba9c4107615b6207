"""Whoever set up a second factor here is asked for it, whatever a provider says of theirs."""

from tests.people import add_totp
from tests.upstream import Lobby, path


async def test_the_second_factor_set_up_here_is_asked_for(lobby: Lobby) -> None:
    account = await lobby.join(lobby.browser())
    app, _ = await add_totp(lobby.world, account)
    lobby.company.clock.advance(60)
    browser = lobby.browser()
    ask = await lobby.open_request(browser)
    await lobby.sign_in_there(browser)
    assert path(browser) == "/sign-in/second-factor", browser.page.text[:500]
    assert not any(
        cookie.name == "lingpai_session" and "localhost" in cookie.domain for cookie in browser.http.cookies.jar
    )
    form = next(form for form in browser.forms() if any(name == "csrf_token" for name, _ in form.fields))
    await browser.submit(form, ("code", app.at(lobby.world.clock.now)))
    await lobby.follow(browser)
    assert path(browser) == "/consent"
    await browser.submit(browser.form("consent-form"), ("scope", "list_album"), ("decision", "allow"))
    await browser.follow()
    assert (await ask.redeem(browser.sent_to["code"])).status_code == 200


async def test_a_second_factor_there_is_none_here(lobby: Lobby) -> None:
    """``trust_amr`` is on for the company; its ``mfa`` opens nothing that has a factor of its own."""
    chen = await lobby.company.server.store.accounts.get_by_username("chen")
    assert chen is not None
    there, _ = await add_totp(lobby.company, chen)
    lobby.world.clock.advance(60)
    browser = lobby.browser()
    await lobby.sign_in_there(browser)
    form = next(form for form in browser.forms() if any(name == "csrf_token" for name, _ in form.fields))
    await browser.submit(form, ("code", there.at(lobby.company.clock.now)))
    await lobby.follow(browser)
    await lobby.create_account(browser, "chen")
    account = await lobby.world.server.store.accounts.get_by_username("chen")
    assert account is not None
    session = (await lobby.world.server.store.sessions.list(account.id, lobby.world.clock.now))[0]
    assert session.amr == ("fed", "pwd", "otp", "mfa")
    await add_totp(lobby.world, account)
    lobby.company.clock.advance(60)
    again = lobby.browser()
    for cookie in browser.http.cookies.jar:
        if "127.0.0.1" in cookie.domain:
            again.http.cookies.jar.set_cookie(cookie)
    await lobby.sign_in_there(again)
    assert path(again) == "/sign-in/second-factor", again.page.text[:500]
