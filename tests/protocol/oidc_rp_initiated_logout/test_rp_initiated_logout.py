"""An application sends the browser to be signed out."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest

from tests.browser import Browser
from tests.openid import APP, LOGGED_OUT, SignedIn, add_app, add_person, open_request, sign_in, userinfo
from tests.world import World

LOGOUT = "OpenID Connect RP-Initiated Logout 1.0"
PATH = "/oauth2/end_session"


async def end(browser: Browser, **params: str | None) -> Browser:
    sent = {name: value for name, value in params.items() if value is not None}
    await browser.get(f"{PATH}?{httpx2.QueryParams(sent)}" if sent else PATH)
    await browser.follow()
    return browser


async def is_signed_in(world: World, browser: Browser) -> bool:
    await open_request(world, browser, prompt="none")
    return "code" in browser.sent_to


async def ready(world: World, **fields: Any) -> SignedIn:
    await add_app(world, **fields)
    return await sign_in(world)


def hinted(signed_in: SignedIn, **params: str | None) -> dict[str, str | None]:
    return {
        "id_token_hint": signed_in.tokens["id_token"],
        "post_logout_redirect_uri": LOGGED_OUT,
        "state": "bye",
    } | params


@pytest.mark.spec(LOGOUT, "2", "signed out and sent back, state included")
@pytest.mark.spec(LOGOUT, "3", "back to a registered post_logout_redirect_uri")
async def test_an_application_that_shows_its_id_token_signs_out_at_once(world: World) -> None:
    signed_in = await ready(world)
    browser = await end(signed_in.browser, **hinted(signed_in))
    location = browser.page.headers["location"]
    assert location.partition("?")[0] == LOGGED_OUT
    assert parse_qs(urlsplit(location).query) == {"state": ["bye"]}
    assert not await is_signed_in(world, browser)


@pytest.mark.spec(LOGOUT, "2", "an expired ID Token is a hint all the same")
async def test_an_expired_hint_is_good(world: World) -> None:
    signed_in = await ready(world)
    world.clock.advance(world.config.id_token_lifetime_s + 1)
    browser = await end(signed_in.browser, **hinted(signed_in))
    assert browser.page.headers["location"] == f"{LOGGED_OUT}?state=bye"


@pytest.mark.spec(LOGOUT, "2", "GET and POST")
async def test_it_may_be_posted(world: World) -> None:
    signed_in = await ready(world)
    browser = signed_in.browser
    browser.page = await browser.http.post(PATH, data=hinted(signed_in))
    assert browser.page.status_code == 303, "on with a GET, which brings the cookies"
    await browser.follow()
    assert browser.page.headers["location"] == f"{LOGGED_OUT}?state=bye"
    assert not await is_signed_in(world, browser)


@pytest.mark.spec(LOGOUT, "3", "without post_logout_redirect_uri the person stays")
async def test_without_a_place_to_go_the_person_stays_with_us(world: World) -> None:
    signed_in = await ready(world)
    browser = await end(signed_in.browser, **hinted(signed_in, post_logout_redirect_uri=None))
    assert browser.page.status_code == 200
    assert not await is_signed_in(world, browser)


@pytest.mark.spec(LOGOUT, "2", "state is left out where none was sent")
async def test_without_state_none_is_sent_back(world: World) -> None:
    signed_in = await ready(world)
    browser = await end(signed_in.browser, **hinted(signed_in, state=None))
    assert browser.page.headers["location"] == LOGGED_OUT


@pytest.mark.spec(LOGOUT, "6", "without a valid hint the person is asked")
@pytest.mark.parametrize(
    "params",
    [{}, {"state": "bye"}, {"client_id": APP, "post_logout_redirect_uri": LOGGED_OUT}],
    ids=["no parameters", "only state", "no hint"],
)
async def test_without_a_hint_the_person_is_asked_and_may_stay(world: World, params: dict[str, str]) -> None:
    signed_in = await ready(world)
    browser = await end(signed_in.browser, **params)
    form = browser.form("end-session-form")
    await browser.submit(form, ("decision", "stay"))
    assert await is_signed_in(world, browser)
    await end(browser, **params)
    await browser.submit(browser.form("end-session-form"), ("decision", "sign_out"))
    if "client_id" in params:
        assert browser.page.headers["location"] == LOGGED_OUT
    else:
        assert browser.page.status_code == 200
    assert not await is_signed_in(world, browser)


async def test_a_hint_of_another_session_asks_too(world: World) -> None:
    signed_in = await ready(world)
    other = await sign_in(world)
    browser = await end(other.browser, **hinted(signed_in))
    assert browser.shows("end-session-form")
    assert await is_signed_in(world, browser)


async def test_the_answer_must_come_from_our_page(world: World) -> None:
    signed_in = await ready(world)
    browser = await end(signed_in.browser)
    form = browser.form("end-session-form")
    await browser.submit(form, ("decision", "sign_out"), without=("csrf_token",))
    assert browser.page.status_code == 403
    assert await is_signed_in(world, browser)


@pytest.mark.spec(LOGOUT, "3", "a redirect URI that is not registered is not gone to")
@pytest.mark.parametrize(
    "uri",
    [
        "https://evil.example/",
        LOGGED_OUT + "?foo=bar",
        LOGGED_OUT + "/",
        LOGGED_OUT.upper(),
        LOGGED_OUT + "#x",
        "//localhost:3000/logged-out",
    ],
)
async def test_an_address_that_is_not_registered_is_an_error_page(world: World, uri: str) -> None:
    signed_in = await ready(world)
    browser = await end(signed_in.browser, **hinted(signed_in, post_logout_redirect_uri=uri))
    assert browser.page.status_code == 400
    assert "location" not in browser.page.headers
    assert await is_signed_in(world, browser), "a mistake signs nobody out"


@pytest.mark.spec(LOGOUT, "4", "a hint that is not valid is an error, not a redirect")
async def test_a_hint_that_is_not_ours_is_an_error_page(world: World) -> None:
    signed_in = await ready(world)
    head, claims, signature = signed_in.tokens["id_token"].split(".")
    changed = f"{head}.{claims}.{'A' if signature[0] != 'A' else 'B'}{signature[1:]}"
    for hint in (changed, f"{head}.{claims}.", "bad", signed_in.access_token):
        browser = await end(signed_in.browser, **hinted(signed_in, id_token_hint=hint))
        assert browser.page.status_code == 400
        assert "location" not in browser.page.headers
    assert await is_signed_in(world, signed_in.browser)


@pytest.mark.spec(LOGOUT, "2", "client_id must agree with the hint")
async def test_a_hint_of_another_application_is_an_error_page(world: World) -> None:
    signed_in = await ready(world)
    await add_app(world, "second")
    browser = await end(signed_in.browser, **hinted(signed_in, client_id="second"))
    assert browser.page.status_code == 400
    assert (await end(signed_in.browser, client_id="nobody")).page.status_code == 400
    browser = await end(signed_in.browser, **hinted(signed_in, client_id=APP))
    assert browser.page.headers["location"] == f"{LOGGED_OUT}?state=bye"


async def test_an_address_without_saying_who_asks_is_an_error_page(world: World) -> None:
    signed_in = await ready(world)
    browser = await end(signed_in.browser, post_logout_redirect_uri=LOGGED_OUT)
    assert browser.page.status_code == 400


async def test_who_is_not_signed_in_is_sent_back_all_the_same(world: World) -> None:
    signed_in = await ready(world)
    await end(signed_in.browser, **hinted(signed_in))
    browser = await end(signed_in.browser, **hinted(signed_in))
    assert browser.page.headers["location"] == f"{LOGGED_OUT}?state=bye"


@pytest.mark.spec(LOGOUT, "2", "ui_locales")
async def test_the_page_speaks_the_language_asked_for(world: World) -> None:
    signed_in = await ready(world)
    browser = await end(signed_in.browser, ui_locales="zh-CN")
    assert 'lang="zh-CN"' in browser.page.text


async def test_grants_and_other_peoples_sessions_stay_as_they_were(world: World) -> None:
    signed_in = await ready(world)
    await add_person(world)
    other = await sign_in(world, username="wang")
    elsewhere = await sign_in(world)
    await end(signed_in.browser, **hinted(signed_in))
    assert await is_signed_in(world, other.browser)
    assert await is_signed_in(world, elsewhere.browser)
    assert (await userinfo(world, signed_in.access_token)).status_code == 200, "the grant is still in force"


@pytest.mark.parametrize("logout", ["lpo_00", "x", "lpo_" + "0" * 200])
async def test_a_request_on_its_way_that_is_not_ours_is_an_error_page(world: World, logout: str) -> None:
    signed_in = await ready(world)
    assert (await end(signed_in.browser, logout=logout)).page.status_code == 400


async def test_a_page_left_open_too_long_says_so(world: World) -> None:
    signed_in = await ready(world)
    browser = await end(signed_in.browser)
    world.clock.advance(601)
    await browser.submit(browser.form("end-session-form"), ("decision", "sign_out"))
    assert browser.page.status_code == 400
    assert await is_signed_in(world, browser)


@pytest.mark.spec(LOGOUT, "2.1", "metadata names end_session_endpoint")
async def test_the_metadata_names_it(world: World) -> None:
    metadata = (await world.http.get("/.well-known/openid-configuration")).json()
    assert metadata["end_session_endpoint"] == f"{world.config.issuer}{PATH}"
