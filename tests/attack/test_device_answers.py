"""A device's question is answered by somebody it was not put to, or more than once; its code is redeemed twice.

Spec: RFC 8628 §5; RFC 9700 §4.5.3. Stops: CVE-2026-45337 and DOT#1819 (any session answers any code).
"""

import asyncio

import pytest

from tests.device import TV, Device, allow_device, answer, at_the_form, to_question, waiting_tv
from tests.log_lines import written_log
from tests.world import World, at_once, refusal

DEAD = (400, "invalid_grant")


async def test_the_address_of_the_question_is_worth_nothing_in_another_browser(world: World) -> None:
    await world.add_account("lisi")
    device, victim = await waiting_tv(world), world.browser()
    await to_question(world, victim, device.began["user_code"])
    thief = await at_the_form(world, "lisi")
    await thief.get(str(victim.page.url))
    await thief.follow()
    assert thief.shows("device-form")
    assert dict(thief.form("device-form").fields)["user_code"] == ""


async def test_another_account_in_the_same_browser_enters_the_code_itself(world: World) -> None:
    await world.add_account("lisi")
    device, browser = await waiting_tv(world), world.browser()
    await to_question(world, browser, device.began["user_code"])
    question = str(browser.page.url)
    form = browser.form("consent-form")
    await world.server.browser_sessions.end(browser.http.cookies["lingpai_session"])
    browser.http.cookies.delete("lingpai_session")
    await browser.get("/sign-in")
    await world.sign_in(browser, "lisi")
    await browser.submit(form, ("scope", "list_album"), ("decision", "allow"))
    assert browser.page.headers["location"].startswith("/device?")
    await browser.get(question)
    await browser.follow()
    assert browser.shows("device-form")
    assert refusal(await device.poll()) == (400, "authorization_pending")


@pytest.mark.parametrize("form_id", ["device-form", "consent-form"])
@pytest.mark.parametrize("token", ["", "AAAA", "of another session"])
async def test_a_form_of_another_site_or_session_does_nothing(world: World, form_id: str, token: str) -> None:
    device, browser = await waiting_tv(world), world.browser()
    await to_question(world, browser, device.began["user_code"])
    if form_id == "device-form":
        await browser.get("/device")
    form = browser.form(form_id)
    if token == "of another session":
        other = await at_the_form(world)
        token = dict(other.form("device-form").fields)["csrf_token"]
    changes = [("csrf_token", token), ("scope", "list_album"), ("decision", "allow")]
    if form_id == "device-form":
        changes.append(("user_code", device.began["user_code"]))
    await browser.submit(form, *changes)
    assert browser.page.status_code == 403
    assert refusal(await device.poll()) == (400, "authorization_pending")


async def test_a_form_cannot_name_another_device_than_the_one_shown(world: World) -> None:
    shown, browser = await waiting_tv(world), world.browser()
    other = Device(world)
    await other.begin()
    await to_question(world, browser, shown.began["user_code"])
    form = browser.form("consent-form")
    changes = [("user_code", other.began["user_code"]), ("device_code", other.began["device_code"])]
    await browser.submit(form, *changes, ("scope", "list_album"), ("decision", "allow"))
    await browser.follow()
    assert refusal(await other.poll()) == (400, "authorization_pending")
    assert (await shown.poll()).status_code == 200


@pytest.mark.parametrize("first", ["allow", "refuse"])
@pytest.mark.parametrize("second", ["allow", "refuse"])
async def test_an_answer_stands(world: World, first: str, second: str) -> None:
    device, browser = await waiting_tv(world), world.browser()
    await to_question(world, browser, device.began["user_code"])
    form = browser.form("consent-form")
    for decision in (first, second):
        await browser.submit(form, ("scope", "list_album"), ("decision", decision))
        await browser.follow()
    outcome = {"allow": "allowed", "refuse": "refused"}[first]
    assert f'data-outcome="{outcome}"' in browser.page.text
    assert (await device.poll()).status_code == (200 if first == "allow" else 400)


async def test_of_two_people_with_the_same_code_one_answers(world: World) -> None:
    await world.add_account("lisi")
    device, zhangsan, lisi = await waiting_tv(world), world.browser(), world.browser()
    await to_question(world, zhangsan, device.began["user_code"], "zhangsan")
    await to_question(world, lisi, device.began["user_code"], "lisi")
    await answer(zhangsan)
    await answer(lisi)
    assert lisi.page.status_code == 410
    assert "zhangsan" not in lisi.page.text
    tokens = (await device.poll()).json()
    claims = await world.introspect(tokens["access_token"], client="photos")
    assert claims["username"] == "zhangsan"
    assert world.rows()["account_grant"] == 1, "an answer that came too late allows nothing"


async def test_answers_that_arrive_together_count_once(world: World) -> None:
    device, browser = await waiting_tv(world), world.browser()
    await to_question(world, browser, device.began["user_code"])
    form = browser.form("consent-form")
    token = dict(form.fields)["csrf_token"]
    data = {"csrf_token": token, "scope": "list_album", "lifetime": "30d"}
    await at_once(
        *(browser.http.post(form.action, data=data | {"decision": decision}) for decision in ["allow", "refuse"] * 5)
    )
    events = [event.event for event in await world.server.store.audit.list(None, 100)]
    assert events.count("consent_given") + events.count("consent_refused") == 1
    assert (await device.poll()).status_code == (200 if "consent_given" in events else 400)


@pytest.mark.spec("RFC 9700", "4.5.3", "a device code that comes twice ends what it bought")
async def test_a_device_code_that_comes_twice_ends_what_it_bought(world: World) -> None:
    device = await waiting_tv(world)
    await allow_device(world, device)
    tokens = (await device.poll()).json()
    assert refusal(await device.poll()) == DEAD
    assert not (await world.introspect(tokens["access_token"], client="photos"))["active"]
    assert refusal(await world.refresh(tokens["refresh_token"], client=None, client_id=TV)) == DEAD
    event = (await world.server.store.audit.list(None, 1))[0]
    assert (event.event, event.client_id) == ("code_replayed", TV)


async def test_of_polls_that_arrive_together_one_gets_tokens(world: World) -> None:
    device = await waiting_tv(world)
    await allow_device(world, device)
    responses = await at_once(*(device.poll() for _ in range(10)))
    assert sorted(response.status_code for response in responses) == [200] + [400] * 9
    assert world.rows()["token_family"] == 1


async def test_of_early_polls_that_arrive_together_one_is_in_time(world: World) -> None:
    device = await waiting_tv(world)
    answers = [refusal(response)[1] for response in await at_once(*(device.poll() for _ in range(10)))]
    assert answers.count("authorization_pending") == 1
    assert answers.count("slow_down") == 9


async def test_neither_code_reaches_the_log(world: World) -> None:
    with written_log() as written:
        device = await waiting_tv(world)
        await device.poll()
        browser = world.browser()
        await browser.get(device.began["verification_uri_complete"])
        await browser.follow()
        await allow_device(world, device, browser)
        await device.poll()
        await device.poll()
        await asyncio.sleep(0)  # lines are written at the end of a turn of the loop
    logged = written.getvalue()
    assert "/oauth2/device_authorization" in logged
    assert device.began["device_code"] not in logged
    assert device.began["user_code"] not in logged
    assert device.began["user_code"].replace("-", "") not in logged
