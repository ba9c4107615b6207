"""An identity opens an account once its owner has said so, proven just now; and no longer once they take it back."""

import pytest

from tests.browser import Browser, Form
from tests.people import ADDRESS, give_address, mails
from tests.upstream import PROVIDER, SECOND, Lobby, at, path

METHODS = "/account/sign-in-methods"


def _action(browser: Browser, action: str, provider: str = PROVIDER) -> Form:
    """The form with this button for this provider."""
    wanted = [
        form for form in browser.forms() if ("action", action) in form.buttons and ("provider", provider) in form.fields
    ]
    assert wanted, f"no {action} for {provider}: {browser.page.status_code} {browser.page.text[:3000]}"
    return wanted[0]


async def _press(lobby: Lobby, browser: Browser, action: str, provider: str = PROVIDER) -> None:
    await browser.submit(_action(browser, action, provider), ("action", action))
    await lobby.follow(browser)
    if browser.shows("select-account-form"):
        await browser.submit(browser.form("select-account-form"), await _chen(lobby))
        await lobby.follow(browser)
    if at(browser) == lobby.company.config.issuer and browser.shows("sign-in-form"):
        await lobby.company.sign_in(browser, "chen")
        await lobby.follow(browser)


async def _chen(lobby: Lobby) -> tuple[str, str]:
    """The button of the company's account chooser."""
    chen = await lobby.company.server.store.accounts.get_by_username("chen")
    assert chen is not None
    return "account", chen.id.hex()


async def _zhangsan_links(lobby: Lobby, browser: Browser, provider: str = PROVIDER) -> None:
    await browser.get("/sign-in")
    await lobby.world.sign_in(browser)
    await browser.get(f"http://localhost:4000{METHODS}")
    await _press(lobby, browser, "link", provider)


async def test_linked_on_the_account_page_it_opens_the_account(lobby: Lobby) -> None:
    browser = lobby.browser()
    await _zhangsan_links(lobby, browser)
    assert "You can sign in with it from now on" in browser.page.text
    again = lobby.browser()
    await lobby.sign_in_there(again)
    assert path(again) == "/account/grants"
    assert "zhangsan" in again.page.text
    assert "identity_linked" in await lobby.events()


async def test_somebody_with_an_account_signs_in_once_and_confirms(lobby: Lobby) -> None:
    browser = lobby.browser()
    ask = await lobby.open_request(browser)
    await lobby.sign_in_there(browser)
    await browser.get(str(browser.page.url).replace("/sign-in/new", "/sign-in"))
    await lobby.world.sign_in(browser)
    await lobby.follow(browser)
    assert path(browser) == "/account/link-identity"
    assert "zhangsan" in browser.page.text
    assert "Chen Lu" in browser.page.text
    await browser.submit(browser.form("link-form"))
    await lobby.follow(browser)
    assert path(browser) == "/consent"
    await browser.submit(browser.form("consent-form"), ("scope", "list_album"), ("decision", "allow"))
    await browser.follow()
    assert (await ask.redeem(browser.sent_to["code"])).status_code == 200
    zhangsan = await lobby.world.server.store.accounts.get_by_username("zhangsan")
    assert zhangsan is not None
    linked = await lobby.world.server.store.external_identities.list(zhangsan.id)
    assert [(identity.provider, identity.label) for identity in linked] == [(PROVIDER, "Chen Lu")]


async def test_signing_in_alone_links_nothing(lobby: Lobby) -> None:
    browser = lobby.browser()
    await lobby.sign_in_there(browser)
    await browser.get(str(browser.page.url).replace("/sign-in/new", "/sign-in"))
    await lobby.world.sign_in(browser)
    await lobby.follow(browser)
    assert path(browser) == "/account/link-identity"
    assert lobby.world.rows()["external_identity"] == 0


@pytest.mark.parametrize("action", ["link", "unlink"])
async def test_changing_the_ways_to_sign_in_needs_a_sign_in_that_is_not_long_ago(lobby: Lobby, action: str) -> None:
    browser = lobby.browser()
    if action == "unlink":
        await _zhangsan_links(lobby, browser)
    else:
        await browser.get("/sign-in")
        await lobby.world.sign_in(browser)
    before = lobby.world.rows()["external_identity"]
    lobby.advance(601)
    await browser.get(f"http://localhost:4000{METHODS}")
    await browser.submit(_action(browser, action), ("action", action))
    await lobby.follow(browser)
    assert path(browser) == "/sign-in"
    assert "so that we know it is you" in browser.page.text
    assert lobby.world.rows()["external_identity"] == before
    await lobby.world.sign_in(browser)
    await lobby.follow(browser)
    if action == "unlink":
        assert path(browser) == METHODS
        await _press(lobby, browser, "unlink")
        assert "It does not open your account any more" in browser.page.text
        return
    assert path(browser) == "/account/link-identity"
    await browser.submit(browser.form("link-form"))
    await lobby.follow(browser)
    await lobby.company.sign_in(browser, "chen")
    await lobby.follow(browser)
    assert "You can sign in with it from now on" in browser.page.text


async def test_who_has_no_password_proves_it_again_with_the_provider(lobby: Lobby) -> None:
    browser = lobby.browser()
    await lobby.join(browser)
    lobby.advance(601)
    await browser.get(f"http://localhost:4000{METHODS}")
    await browser.submit(_action(browser, "link", SECOND), ("action", "link"))
    await lobby.follow(browser)
    assert path(browser) == "/sign-in"
    await lobby.press(browser)
    assert at(browser) == lobby.company.config.issuer
    await lobby.company.sign_in(browser, "chen")
    await lobby.follow(browser)
    assert path(browser) == "/account/link-identity"


async def test_the_last_way_to_sign_in_stays(lobby: Lobby) -> None:
    browser = lobby.browser()
    account = await lobby.join(browser)
    await browser.get(f"http://localhost:4000{METHODS}")
    await _press(lobby, browser, "unlink")
    assert browser.page.status_code == 409
    assert "This is your last way to sign in" in browser.page.text
    await browser.get(f"http://localhost:4000{METHODS}")
    await _press(lobby, browser, "link", SECOND)
    await _press(lobby, browser, "unlink")
    assert "It does not open your account any more" in browser.page.text
    left = await lobby.world.server.store.external_identities.list(account.id)
    assert [identity.provider for identity in left] == [SECOND]


async def test_with_a_password_every_identity_can_go(lobby: Lobby) -> None:
    browser = lobby.browser()
    await _zhangsan_links(lobby, browser)
    await _press(lobby, browser, "unlink")
    assert lobby.world.rows()["external_identity"] == 0
    again = lobby.browser()
    await lobby.sign_in_there(again)
    assert path(again) == "/sign-in/new"


async def test_an_identity_of_another_account_is_not_moved(lobby: Lobby) -> None:
    owner = await lobby.join(lobby.browser())
    browser = lobby.browser()
    await _zhangsan_links(lobby, browser)
    assert "It is linked to another account here" in browser.page.text
    assert len(await lobby.world.server.store.external_identities.list(owner.id)) == 1


async def test_the_owner_is_told_by_mail(lobby: Lobby) -> None:
    browser = lobby.browser()
    zhangsan = await lobby.world.server.store.accounts.get_by_username("zhangsan")
    assert zhangsan is not None
    await give_address(lobby.world, zhangsan)
    await _zhangsan_links(lobby, browser)
    assert "Another way to sign in was linked" in (await mails(lobby.world, ADDRESS))[0].text
    lobby.advance(1)
    await _press(lobby, browser, "unlink")
    assert "was unlinked" in (await mails(lobby.world, ADDRESS))[0].text


async def test_nobody_unlinks_what_is_not_theirs(lobby: Lobby) -> None:
    owner = await lobby.join(lobby.browser())
    (identity,) = await lobby.world.server.store.external_identities.list(owner.id)
    browser = lobby.browser()
    await browser.get("/sign-in")
    await lobby.world.sign_in(browser)
    await browser.get(f"http://localhost:4000{METHODS}")
    form = _action(browser, "link")
    await browser.submit(form, ("action", "unlink"), ("subject", identity.subject))
    assert len(await lobby.world.server.store.external_identities.list(owner.id)) == 1
