"""Signing in with a passkey, and everything a passkey must not be good for."""

import html
import re

import pytest

from lingpai.server.accounts.passkeys import CHALLENGE_LIFETIME_S, PasskeyRing
from lingpai.server.storage.external_identities import LinkedIdentity
from lingpai.server.storage.passkeys import Passkeys
from tests.authenticator import Authenticator
from tests.browser import Browser
from tests.people import account_named, add_totp
from tests.world import Ask, World, at_once


def options_on(browser: Browser, name: str) -> str:
    """What the page tells the script."""
    found = re.search(f'data-passkey-{name}="([^"]*)"', browser.page.text)
    assert found is not None
    return html.unescape(found[1])


async def add_passkey(world: World, key: Authenticator, username: str = "zhangsan") -> Browser:
    await world.sign_in(browser := world.browser(), username)
    await browser.get("/account/security")
    await browser.submit(browser.form("passkey-form"), ("credential", key.create(options_on(browser, "create"))))
    return browser


async def sign_in(world: World, key: Authenticator, browser: Browser | None = None) -> Browser:
    browser = browser or world.browser()
    if not browser.shows("passkey-form"):
        await browser.get("/sign-in")
    await browser.submit(browser.form("passkey-form"), ("credential", key.get(options_on(browser, "get"))))
    return browser


def is_refused(browser: Browser) -> bool:
    return browser.page.headers["location"].endswith("problem=passkey")


@pytest.mark.spec("Web Authentication Level 2", "7.2", "an assertion signs its owner in")
async def test_a_passkey_signs_in_as_two_factors(world: World) -> None:
    key = Authenticator()
    browser = await add_passkey(world, key)
    assert browser.page.headers["location"].endswith("done=passkey_added")
    await add_totp(world, await account_named(world))
    browser = await sign_in(world, key)
    assert browser.page.headers["location"] == "/account/grants", "and no code is asked for besides"
    signed_in = await world.server.browser_sessions.find(browser.http.cookies["lingpai_session"], world.clock.now)
    assert signed_in is not None
    assert signed_in.session.amr == ("hwk", "user", "mfa")


async def test_a_passkey_goes_on_with_the_request_of_an_application(world: World) -> None:
    key = Authenticator()
    await add_passkey(world, key)
    browser, ask = world.browser(), Ask(world)
    await browser.get(ask.url)
    await browser.follow()
    await sign_in(world, key, browser)
    await browser.follow()
    assert browser.shows("consent-form")


async def test_several_passkeys_are_named_and_taken_away(world: World) -> None:
    phone, laptop = Authenticator(), Authenticator()
    await add_passkey(world, phone)
    world.clock.advance(1)
    browser = await add_passkey(world, laptop)
    await browser.get("/account/security")
    rename = next(form for form in browser.forms() if ("action", "rename_passkey") in form.buttons)
    await browser.submit(rename, ("name", "我的手机 <b>"), ("action", "rename_passkey"))
    await browser.get("/account/security")
    assert "我的手机 &lt;b&gt;" in browser.page.text
    await browser.submit(browser.form("remove-passkey-1"), ("action", "remove_passkey"))
    assert is_refused(await sign_in(world, phone))
    assert not is_refused(await sign_in(world, laptop))


async def test_the_last_way_into_an_account_stays(world: World) -> None:
    key = Authenticator()
    browser = await add_passkey(world, key)
    account = await account_named(world)
    await world.server.store.accounts.set_password_hash(account.id, None, world.clock.now)
    await browser.get("/account/security")
    await browser.submit(browser.form("remove-passkey-1"), ("action", "remove_passkey"))
    assert browser.page.status_code == 409
    assert "nothing else opens this account" in browser.page.text
    assert not is_refused(await sign_in(world, key))


@pytest.mark.parametrize("provider", ["company", "gone"], ids=["of the settings", "no longer in the settings"])
async def test_an_identity_at_a_provider_of_the_settings_is_another_way(world: World, provider: str) -> None:
    await add_passkey(world, Authenticator())
    account = await account_named(world)
    await world.server.store.accounts.set_password_hash(account.id, None, world.clock.now)
    identity = LinkedIdentity(provider=provider, subject="1", account_id=account.id)
    assert await world.server.store.external_identities.record(identity)
    ring = PasskeyRing(
        Passkeys(world.driver),
        world.server.store.accounts,
        world.server.store.external_identities,
        world.server.store.spent,
        world.server.audit,
        key=b"k" * 32,
        issuer=world.config.issuer,
        name="",
        providers=("company",),
    )
    (known,) = await ring.list(account.id)
    assert await ring.remove(account.id, known.name_in_forms, ip="", now=world.clock.now) is (provider == "company")


@pytest.mark.spec("Web Authentication Level 2", "13.4.3", "a challenge is good once")
async def test_an_answer_counts_once(world: World) -> None:
    key = Authenticator()
    await add_passkey(world, key)
    browser = world.browser()
    await browser.get("/sign-in")
    form, answer = browser.form("passkey-form"), key.get(options_on(browser, "get"))
    data = {**dict(form.fields), "credential": answer}
    answers = await at_once(*(browser.http.post(form.action, data=data) for _ in range(4)))
    assert sum(page.headers["location"] == "/account/grants" for page in answers) == 1


async def test_an_answer_made_in_another_browser_is_nothing_here(world: World) -> None:
    key = Authenticator()
    await add_passkey(world, key)
    victim, attacker = world.browser(), world.browser()
    await victim.get("/sign-in")
    await attacker.get("/sign-in")
    stolen = key.get(options_on(victim, "get"))
    await attacker.submit(attacker.form("passkey-form"), ("credential", stolen))
    assert is_refused(attacker)


async def test_an_answer_to_an_old_page_is_too_late(world: World) -> None:
    key = Authenticator()
    await add_passkey(world, key)
    await (browser := world.browser()).get("/sign-in")
    world.clock.advance(CHALLENGE_LIFETIME_S + 1)
    assert is_refused(await sign_in(world, key, browser))


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"origin": "http://evil.example"}, id="a false page"),
        pytest.param({"origin": "http://localhost:4001"}, id="another port"),
        pytest.param({"rp_id": "evil.example"}, id="made for another site"),
        pytest.param({"verifies": False}, id="without making sure of its owner"),
        pytest.param({"count": -1}, id="a counter that does not go on"),
        pytest.param({"credential_id": b"somebody else"}, id="unknown"),
    ],
)
async def test_what_the_authenticator_says_is_checked(world: World, change: dict[str, object]) -> None:
    key = Authenticator()
    await add_passkey(world, key)
    for _ in range(2):
        assert not is_refused(await sign_in(world, key))
    for name, value in change.items():
        setattr(key, name, value if name != "count" else 0)
    assert is_refused(await sign_in(world, key))


@pytest.mark.parametrize("change", [{"origin": "http://evil.example"}, {"rp_id": "evil.example"}, {"verifies": False}])
async def test_what_is_added_is_checked_too(world: World, change: dict[str, object]) -> None:
    key = Authenticator()
    for name, value in change.items():
        setattr(key, name, value)
    browser = await add_passkey(world, key)
    assert browser.page.headers["location"].endswith("done=passkey_refused")


async def test_a_passkey_of_somebody_else_is_not_added_again(world: World) -> None:
    await world.add_account("lisi")
    key = Authenticator()
    await add_passkey(world, key)
    browser = await add_passkey(world, key, "lisi")
    assert browser.page.headers["location"].endswith("done=passkey_refused")


async def test_a_challenge_for_adding_is_none_for_signing_in(world: World) -> None:
    key = Authenticator()
    browser = await add_passkey(world, key)
    await browser.get("/account/security")
    options = options_on(browser, "create")
    await browser.get("/sign-out")
    await browser.submit(browser.form("sign-out-form"))
    await browser.get("/sign-in")
    await browser.submit(browser.form("passkey-form"), ("credential", key.get(options)))
    assert is_refused(browser)


async def test_a_disabled_account_stays_shut(world: World) -> None:
    key = Authenticator()
    await add_passkey(world, key)
    await world.disable_account(await account_named(world))
    assert is_refused(await sign_in(world, key))


@pytest.mark.parametrize(
    "credential",
    ["", "{}", "[]", "null", "x", '{"id": 1}', '{"id": "AA", "response": {"clientDataJSON": "e30"}}', "9" * 20_000],
)
async def test_nonsense_is_refused(world: World, credential: str) -> None:
    await (browser := world.browser()).get("/sign-in")
    await browser.submit(browser.form("passkey-form"), ("credential", credential))
    assert browser.page.status_code in (303, 400)
    assert "lingpai_session" not in browser.http.cookies


async def test_adding_one_takes_proof_of_the_person(world: World) -> None:
    await world.sign_in(browser := world.browser())
    await browser.get("/account/security")
    form, options = browser.form("passkey-form"), options_on(browser, "create")
    world.clock.advance(700)
    await browser.submit(form, ("credential", Authenticator().create(options)))
    assert browser.page.headers["location"] == "/account/confirm?to=security"


async def test_a_passkey_proves_the_person_again(world: World) -> None:
    await world.add_account("lisi")
    mine, hers = Authenticator(), Authenticator()
    await add_passkey(world, hers, "lisi")
    browser = await add_passkey(world, mine)
    world.clock.advance(700)
    for key, leads_to in ((hers, None), (mine, "/account/security")):
        await browser.get("/account/confirm?to=security")
        answer = key.get(options_on(browser, "get"))
        await browser.submit(browser.form("passkey-form"), ("credential", answer))
        assert browser.page.headers.get("location") == leads_to
    await browser.follow()
    assert browser.shows("password-form")


async def test_showing_the_page_stores_nothing(world: World) -> None:
    before = world.rows()
    for _ in range(20):
        await world.browser().get("/sign-in")
    assert world.rows() == before
