"""A code of an authenticator app besides the password, recovery codes, and what no way in may skip."""

import json

import pyotp
import pytest

from lingpai.server.accounts.acr import ONE_FACTOR, TWO_FACTORS
from tests.browser import Browser
from tests.openid import verified
from tests.people import account_named, add_totp, give_address, link_in_mail, mails
from tests.world import PASSWORD, Ask, World, at_once


async def first_step(world: World) -> Browser:
    """A browser on the page that asks for the code."""
    await world.sign_in(browser := world.browser())
    await browser.follow()
    assert browser.shows("second-factor-form")
    return browser


async def enter(browser: Browser, code: str) -> int:
    await browser.submit(browser.form("second-factor-form"), ("code", code))
    return browser.page.status_code


async def is_signed_in(browser: Browser) -> bool:
    await browser.get("/account/security")
    return browser.page.status_code == 200


async def set_up(world: World) -> tuple[pyotp.TOTP, list[str], Browser]:
    await world.sign_in(browser := world.browser())
    await browser.get("/account/security/app")
    secret = browser.page.text.split('id="totp-secret">')[1].split("<")[0]
    app = pyotp.TOTP(secret.replace(" ", ""))
    await browser.submit(browser.form("totp-form"), ("code", app.at(world.clock.now)))
    codes = [part.split("<")[0] for part in browser.page.text.split("<li><code>")[1:]]
    world.clock.advance(60)
    return app, codes, browser


@pytest.mark.spec("RFC 6238", "4", "codes of the app are accepted")
async def test_setting_up_an_app_and_signing_in_with_it(world: World) -> None:
    app, codes, _ = await set_up(world)
    assert len(set(codes)) == 10
    browser = await first_step(world)
    assert not await is_signed_in(browser)
    browser = await first_step(world)
    assert await enter(browser, app.at(world.clock.now)) == 303
    assert await is_signed_in(browser)


async def test_a_wrong_code_switches_nothing_on(world: World) -> None:
    await world.sign_in(browser := world.browser())
    await browser.get("/account/security/app")
    await browser.submit(browser.form("totp-form"), ("code", "000000"))
    assert browser.page.status_code == 422
    assert not await world.server.people.second_factors.is_set_up((await account_named(world)).id)


@pytest.mark.spec("RFC 6238", "5.2", "a code is accepted once")
async def test_a_code_works_once_even_within_its_step(world: World) -> None:
    app, _ = await add_totp(world, await account_named(world))
    code = app.at(world.clock.now)
    one, two = await first_step(world), await first_step(world)
    assert sorted(await at_once(enter(one, code), enter(two, code))) == [303, 422]


@pytest.mark.parametrize("offset", [-2, -1, 0, 1, 2])
async def test_a_clock_may_be_off_by_one_step(world: World, offset: int) -> None:
    app, _ = await add_totp(world, await account_named(world))
    browser = await first_step(world)
    assert await enter(browser, app.at(world.clock.now + 30 * offset)) == (303 if abs(offset) <= 1 else 422)


async def test_a_recovery_code_works_once(world: World) -> None:
    account = await give_address(world, await account_named(world))
    _, codes = await add_totp(world, account)
    browser = await first_step(world)
    assert await enter(browser, codes[0].upper().replace("-", " ")) == 303
    assert any("recovery code was used" in mail.text for mail in await mails(world))
    assert await enter(await first_step(world), codes[0]) == 422
    assert await world.server.people.second_factors.codes_left(account.id) == 9


async def test_the_codes_of_somebody_else_open_nothing(world: World) -> None:
    other = await world.add_account("lisi")
    app, codes = await add_totp(world, other)
    await add_totp(world, await account_named(world))
    browser = await first_step(world)
    assert await enter(browser, app.at(world.clock.now)) == 422
    assert await enter(browser, codes[0]) == 422


@pytest.mark.spec("RFC 4226", "7.3", "guessing is throttled")
async def test_guessing_is_stopped(world: World) -> None:
    app, _ = await add_totp(world, await account_named(world))
    browser = await first_step(world)
    tries = [await enter(browser, f"{number:06}") for number in range(7)]
    assert tries == [422] * 5 + [429] * 2
    assert await enter(browser, app.at(world.clock.now)) == 429
    assert browser.page.headers["retry-after"]
    assert await enter(await first_step(world), app.at(world.clock.now)) == 429, "a new sign-in is no new chance"


async def test_guesses_that_arrive_together_do_not_pass_together(world: World) -> None:
    await add_totp(world, await account_named(world))
    browser = await first_step(world)
    form = browser.form("second-factor-form")
    answers = await at_once(
        *(browser.http.post(form.action, data={**dict(form.fields), "code": f"{n:06}"}) for n in range(20))
    )
    assert sum(answer.status_code == 422 for answer in answers) <= 5


async def test_without_the_first_step_there_is_no_second(world: World) -> None:
    app, _ = await add_totp(world, await account_named(world))
    victim = await first_step(world)
    form = victim.form("second-factor-form")
    stranger = world.browser()
    await stranger.get("/sign-in/second-factor")
    assert stranger.page.headers["location"] == "/sign-in"
    page = await stranger.http.post(form.action, data={**dict(form.fields), "code": app.at(world.clock.now)})
    assert page.headers.get("location") == "/sign-in"
    assert not await is_signed_in(stranger)


async def test_the_step_ends_by_itself(world: World) -> None:
    app, _ = await add_totp(world, await account_named(world))
    browser = await first_step(world)
    form = browser.form("second-factor-form")
    world.clock.advance(600)
    await browser.submit(form, ("code", app.at(world.clock.now)))
    assert browser.page.headers["location"] == "/sign-in"


async def test_a_reset_of_the_password_skips_nothing(world: World) -> None:
    account = await give_address(world, await account_named(world))
    await add_totp(world, account)
    browser = world.browser()
    await browser.get("/reset-password")
    await browser.submit(browser.form("reset-form"), ("email", account.email))
    await browser.get(await link_in_mail(world))
    await browser.submit(browser.form("reset-confirm-form"), ("password", "seven clouds under the bicycle"))
    await world.sign_in(browser, "zhangsan", "seven clouds under the bicycle")
    await browser.follow()
    assert browser.shows("second-factor-form")


async def test_the_password_grant_is_no_way_around(world: World) -> None:
    await world.add_client("old", legacy=True, grant_types=("password", "refresh_token"), redirect_uris=())
    params = {"grant_type": "password", "username": "zhangsan", "password": PASSWORD, "client": "old"}
    assert (await world.post("/oauth2/token", **params)).status_code == 200
    await add_totp(world, await account_named(world))
    response = await world.post("/oauth2/token", **params)
    assert (response.status_code, response.json()["error"]) == (400, "invalid_grant")


async def test_an_application_learns_how_somebody_signed_in(world: World) -> None:
    await world.add_scope("openid")
    await world.add_client(scope="openid", id_token_signed_response_alg="ES256")
    app, _ = await add_totp(world, await account_named(world))
    browser, ask = world.browser(), Ask(world, scope="openid")
    await browser.get(ask.url)
    await browser.follow()
    await world.sign_in(browser)
    await browser.follow()
    assert await enter(browser, app.at(world.clock.now)) == 303
    await browser.follow()
    await browser.submit(browser.form("consent-form"), ("scope", "openid"), ("decision", "allow"))
    await browser.follow()
    claims = await verified(world, (await ask.redeem(browser.sent_to["code"])).json()["id_token"])
    assert claims["acr"] == TWO_FACTORS
    assert claims["amr"] == ["pwd", "otp", "mfa"]


@pytest.mark.spec("RFC 9470", "5", "a stronger sign-in is asked for")
async def test_an_application_can_ask_for_the_stronger_sign_in(world: World) -> None:
    await world.sign_in(browser := world.browser())
    ask = Ask(world, acr_values=ONE_FACTOR)
    await browser.get(ask.url)
    await browser.follow()
    assert browser.shows("consent-form")
    app, _ = await add_totp(world, await account_named(world))
    await browser.get(Ask(world, acr_values=TWO_FACTORS).url)
    await browser.follow()
    assert browser.shows("sign-in-form")
    await world.sign_in(browser)
    await browser.follow()
    await enter(browser, app.at(world.clock.now))
    await browser.follow()
    assert browser.shows("consent-form")
    await browser.get(Ask(world, acr_values=ONE_FACTOR).url)
    await browser.follow()
    assert browser.shows("consent-form"), "the stronger one is strong enough"


@pytest.mark.spec("OpenID Connect Core 1.0", "5.5.1.1", "an essential acr that cannot be reached is an error")
async def test_what_cannot_be_reached_is_an_error(world: World) -> None:
    await world.add_scope("openid")
    await world.add_client(scope="openid list_album")
    claims = json.dumps({"id_token": {"acr": {"essential": True, "values": [TWO_FACTORS]}}})
    browser = world.browser()
    await browser.get(Ask(world, scope="openid", claims=claims).url)
    await browser.follow()
    await world.sign_in(browser)
    await browser.follow()
    assert browser.sent_to["error"] == "unmet_authentication_requirements"


async def test_proving_oneself_again_asks_for_the_code_too(world: World) -> None:
    app, _codes, browser = await set_up(world)
    world.clock.advance(700)
    await browser.get("/account/confirm")
    await browser.submit(browser.form("confirm-form"), ("password", PASSWORD), ("code", "123456"))
    assert browser.page.status_code == 422
    await browser.submit(browser.form("confirm-form"), ("password", PASSWORD), ("code", app.at(world.clock.now)))
    assert browser.page.headers["location"] == "/account/security"


async def test_switching_it_off_and_on_again(world: World) -> None:
    _, codes, browser = await set_up(world)
    await browser.get("/account/security")
    await browser.submit(browser.form("codes-form"))
    assert codes[0] not in browser.page.text
    await browser.get("/account/security")
    await browser.submit(browser.form("remove-totp-form"), ("action", "remove_totp"))
    account = await account_named(world)
    assert not await world.server.people.second_factors.is_set_up(account.id)
    assert await world.server.people.second_factors.codes_left(account.id) == 0
    await add_totp(world, account)


async def test_nothing_of_it_is_in_the_database_in_clear(world: World) -> None:
    app, codes = await add_totp(world, await account_named(world))
    everything = b"".join(path.read_bytes() for path in world.folder.glob("lingpai.db*"))
    assert app.secret.encode() not in everything
    assert not any(code.replace("-", "").encode() in everything for code in codes)
