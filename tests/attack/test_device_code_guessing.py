"""Somebody signed in tries user codes until one is waiting.

Spec: RFC 8628 §5.1. Stops: CVE-2026-88770 (the device flow ignores the lock), DOT#1734 (predictable user codes).
"""

import pytest

from lingpai.server.authorization.user_code import ALPHABET
from tests.browser import Browser
from tests.device import Device, at_the_form, waiting_tv
from tests.world import World, at_once

WINDOW_S = 900


def wrong_codes(right: str, count: int) -> list[str]:
    """Codes that look like codes."""
    letters = [letter for letter in ALPHABET if letter != right[0]]
    return [f"{letters[number % 19]}{right[1:8]}{ALPHABET[number // 19]}" for number in range(count)]


async def enter(browser: Browser, user_code: str) -> int:
    """Enter a code; the status of what comes back at once."""
    response = await browser.submit(browser.form("device-form"), ("user_code", user_code))
    return response.status_code


@pytest.mark.spec("RFC 8628", "5.1", "guessing user codes is limited")
async def test_after_five_wrong_codes_even_the_right_one_is_refused(world: World) -> None:
    device, browser = await waiting_tv(world), await at_the_form(world)
    right = device.began["user_code"]
    assert [await enter(browser, code) for code in wrong_codes(right, 6)] == [422] * 5 + [429]
    assert int(browser.page.headers["retry-after"]) > 0
    assert await enter(browser, right) == 429
    assert "Too many tries" in browser.page.text


async def test_the_lock_follows_the_account_into_another_browser(world: World) -> None:
    device, browser = await waiting_tv(world), await at_the_form(world)
    for code in wrong_codes(device.began["user_code"], 5):
        await enter(browser, code)
    again = await at_the_form(world)
    assert await enter(again, device.began["user_code"]) == 429


async def test_the_lock_ends(world: World) -> None:
    device, browser = await waiting_tv(world), await at_the_form(world)
    for code in wrong_codes(device.began["user_code"], 6):
        await enter(browser, code)
    world.clock.advance(2 * WINDOW_S)
    fresh = Device(world)
    await fresh.begin()
    assert await enter(browser, fresh.began["user_code"]) == 303


async def test_right_codes_between_the_guesses_buy_no_more_guesses(world: World) -> None:
    device, browser = await waiting_tv(world), await at_the_form(world)
    answers = []
    for code in wrong_codes(device.began["user_code"], 6):
        own = Device(world)
        await own.begin()
        await browser.get(f"{world.config.issuer}/device")
        await enter(browser, own.began["user_code"])
        await browser.get(f"{world.config.issuer}/device")
        answers.append(await enter(browser, code))
    assert answers == [422] * 5 + [429]


async def test_guesses_that_arrive_together_are_counted_one_by_one(world: World) -> None:
    device, browser = await waiting_tv(world), await at_the_form(world)
    form = browser.form("device-form")
    token = dict(form.fields)["csrf_token"]
    answers = await at_once(
        *(
            browser.http.post("/device", data={"csrf_token": token, "user_code": code})
            for code in wrong_codes(device.began["user_code"], 30)
        )
    )
    statuses = [response.status_code for response in answers]
    assert statuses.count(422) <= 5
    assert set(statuses) <= {422, 429}


async def test_many_accounts_at_one_address_share_a_limit(world: World) -> None:
    device = await waiting_tv(world)
    guesses = wrong_codes(device.began["user_code"], 60)
    statuses = []
    for number in range(11):
        await world.add_account(f"guesser-{number}")
        browser = await at_the_form(world, f"guesser-{number}")
        statuses += [await enter(browser, guesses.pop()) for _ in range(5)]
    assert statuses.count(422) == 50
    assert statuses[50:] == [429] * 5


async def test_a_link_guesses_nothing(world: World) -> None:
    """Only a form of ours looks a code up: a page full of links cannot try codes in its visitors' name."""
    device, browser = await waiting_tv(world), await at_the_form(world)
    for code in [*wrong_codes(device.began["user_code"], 20), device.began["user_code"]]:
        await browser.get(f"{world.config.issuer}/device?user_code={code}")
        await browser.follow()
        assert browser.page.status_code == 200
        assert not browser.shows("consent-form")
    assert await enter(browser, device.began["user_code"]) == 303, "and locks nobody out"


async def test_nobody_looks_a_code_up_without_signing_in(world: World) -> None:
    device = await waiting_tv(world)
    response = await world.http.post("/device", data={"user_code": device.began["user_code"]})
    assert response.status_code == 303
    assert response.headers["location"].startswith("/sign-in?")


async def test_an_operator_sees_the_guesses(world: World) -> None:
    device, browser = await waiting_tv(world), await at_the_form(world)
    guess = wrong_codes(device.began["user_code"], 1)[0]
    await enter(browser, guess)
    event = (await world.server.store.audit.list(None, 1))[0]
    assert event.event == "user_code_refused"
    assert guess not in str(event.detail)
