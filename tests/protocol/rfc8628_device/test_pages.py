"""What the person sees on the other screen: /device, the question, the outcome. No script is needed for any of it."""

import re
from collections.abc import Callable
from html import unescape

import pytest

from tests.browser import Browser
from tests.device import TV, Device, add_tv, allow_device, answer, to_question, waiting_tv
from tests.world import Ask, World

ISSUER = "http://localhost:4000"


def words(browser: Browser) -> str:
    """What the page says."""
    main = browser.page.text.partition("<main")[2].partition("</main>")[0]
    return unescape(re.sub(r"<[^>]*>", " ", main))


def value_of(browser: Browser, form: str, name: str) -> str:
    return dict(browser.form(form).fields)[name]


@pytest.mark.spec("RFC 8628", "3.3", "the person enters the user code at the verification URI, then is asked")
async def test_a_person_connects_a_device(world: World) -> None:
    device, browser = await waiting_tv(world), world.browser()
    await browser.get(device.began["verification_uri"])
    await browser.follow()
    assert browser.shows("sign-in-form")
    assert "to connect your device" in words(browser)
    await world.sign_in(browser)
    await browser.follow()
    await browser.submit(browser.form("device-form"), ("user_code", device.began["user_code"]))
    await browser.follow()
    assert "Living Room TV" in words(browser)
    await answer(browser)
    assert "Your device is connected" in words(browser)
    assert (await device.poll()).status_code == 200


@pytest.mark.spec("RFC 8628", "3.3.1", "verification_uri_complete fills the code in, and the person still confirms it")
async def test_a_link_with_a_code_fills_it_in_and_no_more(world: World) -> None:
    device, browser = await waiting_tv(world), world.browser()
    await browser.get(device.began["verification_uri_complete"])
    await browser.follow()
    await world.sign_in(browser)
    await browser.follow()
    assert value_of(browser, "device-form", "user_code") == device.began["user_code"]
    assert "Does your device show exactly this code?" in words(browser)
    await browser.submit(browser.form("device-form"))
    await browser.follow()
    assert browser.shows("consent-form")


async def test_who_is_signed_in_already_is_not_asked_again(world: World) -> None:
    device, browser = await waiting_tv(world), world.browser()
    await world.sign_in(browser)
    await browser.get(device.began["verification_uri_complete"])
    await browser.follow()
    assert value_of(browser, "device-form", "user_code") == device.began["user_code"]
    assert device.began["user_code"] not in str(browser.page.url), "the code leaves the address bar"


@pytest.mark.parametrize(
    "typed",
    [
        str.lower,
        lambda code: code.replace("-", ""),
        lambda code: f"  {code[:4]} {code[5:]} ",
        lambda code: code.replace("-", "–"),
        lambda code: "".join(chr(ord(letter) + 0xFEE0) for letter in code),
    ],
    ids=["small letters", "no hyphen", "spaces", "a dash", "full width"],
)
@pytest.mark.spec("RFC 8628", "6.1", "letter case and punctuation of the user code do not matter")
async def test_a_code_may_be_typed_in_many_ways(world: World, typed: Callable[[str], str]) -> None:
    device, browser = await waiting_tv(world), world.browser()
    await to_question(world, browser, typed(device.began["user_code"]))
    assert browser.shows("consent-form")


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        pytest.param("", "This is not a whole code", id="nothing"),
        pytest.param("BCDF-GHJ", "This is not a whole code", id="too short"),
        pytest.param("AEIO-UAEI", "This is not a whole code", id="vowels"),
        pytest.param("<script>alert(1)</script>", "This is not a whole code", id="markup"),
        pytest.param("B" * 5000, "This is not a whole code", id="far too long"),
        pytest.param("BCDF-GHJK", "No device is waiting with this code", id="unknown"),
    ],
)
async def test_what_is_no_waiting_code_is_refused_with_a_hint(world: World, typed: str, says: str) -> None:
    browser = world.browser()
    await waiting_tv(world)
    await to_question(world, browser, typed)
    assert browser.page.status_code == 422
    assert says in words(browser)
    assert "<script>alert" not in browser.page.text
    assert browser.shows("device-form")


async def test_expired_decided_and_unknown_codes_look_the_same(world: World) -> None:
    expired, browser = await waiting_tv(world), world.browser()
    world.clock.advance(600)
    decided = Device(world)
    await decided.begin()
    await allow_device(world, decided, browser)
    pages = []
    for code in (expired.began["user_code"], decided.began["user_code"], "BCDF-GHJK"):
        await to_question(world, browser, code)
        pages.append(words(browser))
    assert pages[0] == pages[1] == pages[2]


async def test_a_disabled_application_is_not_shown(world: World) -> None:
    device, browser = await waiting_tv(world), world.browser()
    await add_tv(world, disabled_at=world.clock.now)
    await to_question(world, browser, device.began["user_code"])
    assert browser.page.status_code == 422


async def test_selecting_all_works_without_a_script(world: World) -> None:
    device, browser = await waiting_tv(world), world.browser()
    await to_question(world, browser, device.began["user_code"])
    assert "scope" not in dict(browser.form("consent-form").fields)
    await browser.submit(browser.form("consent-form"), ("select", "all"))
    assert [value for name, value in browser.form("consent-form").fields if name == "scope"] == [
        "get_user_info",
        "list_album",
    ]
    assert device.began["user_code"] in words(browser)


async def test_nothing_ticked_is_asked_again(world: World) -> None:
    device, browser = await waiting_tv(world), world.browser()
    await to_question(world, browser, device.began["user_code"])
    await answer(browser, tick=[])
    assert browser.page.status_code == 422
    assert "Nothing is selected" in words(browser)


async def test_the_language_can_be_changed_on_the_way(world: World) -> None:
    device, browser = await waiting_tv(world), world.browser()
    await browser.get(device.began["verification_uri_complete"])
    await browser.follow()
    await browser.submit(browser.form("language-form"), ("locale", "zh_CN"))
    await browser.follow()
    assert "以连接你的设备" in words(browser)
    await world.sign_in(browser)
    await browser.follow()
    assert value_of(browser, "device-form", "user_code") == device.began["user_code"]
    await browser.submit(browser.form("device-form"))
    await browser.follow()
    await browser.submit(browser.form("language-form"), ("locale", "en"))
    await browser.follow()
    assert "would like access to your account" in words(browser)
    assert device.began["user_code"] in words(browser)


async def test_not_you_leads_back_to_the_code(world: World) -> None:
    await world.add_account("lisi")
    device, browser = await waiting_tv(world), world.browser()
    await to_question(world, browser, device.began["user_code"])
    await browser.submit(browser.form("not-you-form"))
    await browser.follow()
    await world.sign_in(browser, "lisi")
    await browser.follow()
    assert value_of(browser, "device-form", "user_code") == device.began["user_code"]


async def test_what_was_allowed_before_is_shown_and_not_asked_again(world: World) -> None:
    device, browser = await waiting_tv(world), world.browser()
    await allow_device(world, device, browser)
    second = Device(world)
    await second.begin()
    await to_question(world, browser, second.began["user_code"])
    assert "You already allowed 2 permissions" in words(browser)
    assert browser.form("consent-form").boxes.get("scope") is None
    await answer(browser)
    assert "Your device is connected" in words(browser)
    assert (await second.poll()).json()["scope"] == "get_user_info list_album"


async def test_what_was_declined_before_is_asked_again(world: World) -> None:
    device, browser = await waiting_tv(world), world.browser()
    await allow_device(world, device, browser, tick=["list_album"])
    second = Device(world)
    await second.begin()
    await to_question(world, browser, second.began["user_code"])
    assert browser.form("consent-form").boxes["scope"] == ["get_user_info"]


async def test_the_outcome_can_be_looked_at_again(world: World) -> None:
    device = await waiting_tv(world)
    browser = await allow_device(world, device)
    await browser.get(str(browser.page.url))
    assert "Your device is connected" in words(browser)
    assert "Living Room TV" in words(browser)


async def test_a_code_that_expires_while_the_question_is_open_is_gone(world: World) -> None:
    device, browser = await waiting_tv(world), world.browser()
    await to_question(world, browser, device.began["user_code"])
    world.clock.advance(600)
    await answer(browser)
    assert browser.page.status_code == 410
    assert "This code is no longer valid" in words(browser)
    assert world.rows()["account_grant"] == 0


async def test_a_permission_taken_back_while_the_question_is_open_is_asked_again(world: World) -> None:
    device, browser = await waiting_tv(world), world.browser()
    await allow_device(world, device, browser)
    second = Device(world)
    await second.begin()
    await to_question(world, browser, second.began["user_code"])
    account = await world.server.store.accounts.get_by_username("zhangsan")
    assert account
    await world.server.store.grants.end(account.id, TV, world.clock.now)
    await answer(browser)
    assert browser.page.status_code == 422
    assert browser.form("consent-form").boxes["scope"] == ["get_user_info", "list_album"]


async def test_a_session_that_ended_meanwhile_signs_in_and_enters_the_code_again(world: World) -> None:
    device, browser = await waiting_tv(world), world.browser()
    await to_question(world, browser, device.began["user_code"])
    form = browser.form("consent-form")
    world.clock.advance(1)
    account = await world.server.store.accounts.get_by_username("zhangsan")
    assert account
    await world.server.store.sessions.end_all(account.id)
    await browser.submit(form, ("scope", "list_album"), ("decision", "allow"))
    await browser.follow()
    assert browser.shows("sign-in-form")
    await world.sign_in(browser)
    await browser.follow()
    assert value_of(browser, "device-form", "user_code") == device.began["user_code"]


@pytest.mark.parametrize("path", ["/device/confirm", "/device/confirm?request=lpv_00", "/device?request=lpv_00"])
async def test_an_address_that_is_not_whole_starts_again(world: World, path: str) -> None:
    browser = world.browser()
    await world.sign_in(browser)
    await browser.get(ISSUER + path)
    await browser.follow()
    assert browser.shows("device-form")


@pytest.mark.parametrize("decision", ["", "maybe", "ALLOW"])
async def test_only_allow_allows(world: World, decision: str) -> None:
    device, browser = await waiting_tv(world), world.browser()
    await to_question(world, browser, device.began["user_code"])
    await browser.submit(browser.form("consent-form"), ("scope", "list_album"), ("decision", decision))
    assert browser.page.status_code == 400
    assert world.rows()["account_grant"] == 0


async def test_the_pages_have_the_headers_of_all_pages(world: World) -> None:
    device, browser = await waiting_tv(world), world.browser()
    await to_question(world, browser, device.began["user_code"])
    headers = browser.page.headers
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["cache-control"] == "no-store"
    assert headers["referrer-policy"] == "no-referrer"


async def test_the_audit_says_that_it_was_a_device(world: World) -> None:
    await allow_device(world, await waiting_tv(world))
    events = await world.server.store.audit.list(None, 1)
    assert (events[0].event, events[0].client_id) == ("consent_given", TV)
    assert events[0].detail["through"] == "device"


async def test_a_device_visit_is_no_authorization_request(world: World) -> None:
    device, browser = await waiting_tv(world), world.browser()
    await to_question(world, browser, device.began["user_code"])
    sealed = str(browser.page.url).rpartition("=")[2]
    for path in ("/consent", "/oauth2/authorize/resume"):
        await browser.get(f"{ISSUER}{path}?request={sealed}")
        assert browser.page.status_code == 400
    await Ask(world, prompt="consent").to_consent(browser)
    pending = str(browser.page.url).rpartition("=")[2]
    await browser.get(f"{ISSUER}/device/confirm?request={pending}")
    await browser.follow()
    assert browser.shows("device-form")
