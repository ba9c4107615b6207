"""A stranger sends a person the code of a device of his own, by message or by link, and waits for them to allow it.

Spec: RFC 8628 §5.4. Stops: CVE-2026-109346 (the page does not say who asks for what), CVE-2026-33757 (a link is
enough).
"""

import re
from html import unescape

import pytest

from tests.browser import Browser
from tests.device import Device, add_tv, allow_device, at_the_form, to_question, waiting_tv
from tests.world import World, refusal


def words(browser: Browser) -> str:
    main = browser.page.text.partition("<main")[2].partition("</main>")[0]
    return unescape(re.sub(r"<[^>]*>", " ", main))


@pytest.mark.spec(
    "RFC 8628", "5.4", "the person is told that they authorize a device and confirms it is in their hands"
)
async def test_the_page_says_who_asks_for_what_and_warns(world: World) -> None:
    await add_tv(
        world,
        client_uri="https://tv.example/",
        logo_uri="https://tv.example/icon.png",
        scope="get_user_info list_album upload_pic",
    )
    device, browser = Device(world), world.browser()
    await device.begin(scope="list_album upload_pic")
    await to_question(world, browser, device.began["user_code"])
    said = words(browser)
    assert "Living Room TV" in said
    assert "tv.example" in said
    assert "https://tv.example/icon.png" in browser.page.text
    assert device.began["user_code"] in said
    assert "Only continue if you started this on your own device" in said
    assert "English words for list_album" in said
    assert "English words for upload_pic" in said
    assert "get_user_info" not in said, "only what it asks for"
    assert browser.form("consent-form").boxes["scope"] == ["list_album", "upload_pic"]
    assert "scope" not in dict(browser.form("consent-form").fields), "nothing is ticked for the person"


async def test_a_link_alone_never_connects_anything(world: World) -> None:
    device = await waiting_tv(world)
    browser = await at_the_form(world)
    await browser.get(device.began["verification_uri_complete"])
    await browser.follow()
    assert browser.shows("device-form")
    await browser.submit(browser.form("device-form"))
    await browser.follow()
    assert browser.shows("consent-form")
    assert refusal(await device.poll()) == (400, "authorization_pending")


async def test_the_question_is_asked_even_if_everything_was_allowed_before(world: World) -> None:
    first = await waiting_tv(world)
    browser = await allow_device(world, first, lifetime="forever")
    attackers = Device(world)
    await attackers.begin()
    await to_question(world, browser, attackers.began["user_code"])
    assert browser.shows("consent-form")
    assert "Only continue if you started this on your own device" in words(browser)
    assert refusal(await attackers.poll()) == (400, "authorization_pending")


@pytest.mark.parametrize("name", ["<script>steal()</script>", "Bank\u202e\u2066evil", '" onload="steal()'])
async def test_what_an_application_calls_itself_is_only_text(world: World, name: str) -> None:
    await add_tv(world, client_name=name, logo_uri="javascript:steal()", client_uri='https://x.example/"onload=')
    device, browser = Device(world), world.browser()
    await device.begin()
    await to_question(world, browser, device.began["user_code"])
    assert "<script>steal" not in browser.page.text
    assert ' onload="' not in browser.page.text
    assert "javascript:" not in browser.page.text
    assert browser.page.text.count("<bdi>") >= 1


async def test_nothing_of_a_link_but_a_whole_code_reaches_the_page(world: World) -> None:
    browser = await at_the_form(world)
    await browser.get(f"{world.config.issuer}/device?user_code=%22%3E%3Cb%3EYour+bank+asks")
    await browser.follow()
    assert "bank" not in browser.page.text
    assert dict(browser.form("device-form").fields)["user_code"] == ""
