"""An application's page learns that who is signed in has changed, without asking the server.

The arithmetic is done here a second time, as the script in the frame does it.
"""

import hashlib

import pytest

from tests.browser import Browser
from tests.world import Ask, World

SESSION = "OpenID Connect Session Management 1.0"
ORIGIN = "http://localhost:3000"
COOKIE = "lingpai_browser_state"


async def signed_in(world: World, browser: Browser | None = None, **params: str) -> tuple[Browser, dict[str, str]]:
    await world.add_client(scope="openid get_user_info")
    browser = browser or world.browser()
    return browser, await Ask(world, scope="openid", **params).allow(browser)


def is_unchanged(browser: Browser, session_state: str, *, client_id: str = "photo-print", origin: str = ORIGIN) -> bool:
    """What the frame answers."""
    given, salt = session_state.split(".")
    text = f"{client_id} {origin} {browser.http.cookies.get(COOKIE, '')} {salt}"
    return hashlib.sha256(text.encode()).hexdigest() == given


@pytest.mark.spec(SESSION, "2", "the answer has a session_state without spaces")
@pytest.mark.spec(SESSION, "3.2", "unchanged while the same person is signed in")
async def test_the_answer_says_which_session_it_is_from(world: World) -> None:
    browser, answer = await signed_in(world)
    assert " " not in answer["session_state"]
    assert is_unchanged(browser, answer["session_state"])
    assert not is_unchanged(browser, answer["session_state"], client_id="photos")
    assert not is_unchanged(browser, answer["session_state"], origin="http://localhost:3001")


async def test_it_stays_while_the_person_stays(world: World) -> None:
    browser, answer = await signed_in(world)
    again = await Ask(world, scope="openid", prompt="none").allow(browser)
    assert again["session_state"] != answer["session_state"], "another salt: two answers cannot be linked by it"
    assert is_unchanged(browser, answer["session_state"])


@pytest.mark.spec(SESSION, "3.2", "changed when the person signs out")
async def test_signing_out_changes_it(world: World) -> None:
    browser, answer = await signed_in(world)
    await browser.get("/sign-out")
    await browser.submit(browser.form("sign-out-form"))
    assert not is_unchanged(browser, answer["session_state"])


@pytest.mark.spec(SESSION, "3.2", "changed when somebody else signs in")
async def test_signing_in_again_changes_it(world: World) -> None:
    browser, answer = await signed_in(world)
    await world.add_account("lisi")
    await browser.get(Ask(world, scope="openid", prompt="login").url)
    await browser.follow()
    await world.sign_in(browser, "lisi")
    assert not is_unchanged(browser, answer["session_state"])


async def test_a_browser_that_lost_the_cookie_gets_it_again(world: World) -> None:
    browser, _ = await signed_in(world)
    browser.http.cookies.delete(COOKIE)
    answer = await Ask(world, scope="openid", prompt="none").allow(browser)
    assert is_unchanged(browser, answer["session_state"])


async def test_without_openid_there_is_none(world: World) -> None:
    assert "session_state" not in await Ask(world).allow(world.browser())


async def test_an_application_that_is_no_web_page_gets_none(world: World) -> None:
    callback = "com.example.print:/callback"
    await world.add_client("native", secret=None, application_type="native", scope="openid", redirect_uris=(callback,))
    answer = await Ask(world, "native", scope="openid", redirect_uri=callback).allow(world.browser())
    assert "code" in answer
    assert "session_state" not in answer


@pytest.mark.spec(SESSION, "3.3", "metadata names the frame")
async def test_the_frame_may_be_framed_and_has_one_script(world: World) -> None:
    metadata = (await world.http.get("/.well-known/openid-configuration")).json()
    page = await world.http.get(metadata["check_session_iframe"])
    assert page.status_code == 200
    policy = page.headers["content-security-policy"]
    assert "frame-ancestors *" in policy
    assert "default-src 'none'" in policy
    assert "x-frame-options" not in page.headers
    assert "set-cookie" not in page.headers
    script = page.text.partition('src="')[2].partition('"')[0]
    code = await world.http.get(script)
    assert code.headers["content-type"] == "text/javascript; charset=utf-8"
    assert "subtle.digest" in code.text


async def test_the_cookie_can_be_read_by_the_script_and_does_nothing_else(world: World) -> None:
    browser = world.browser()
    await browser.get("/sign-in")
    page = await browser.submit(
        browser.form("sign-in-form"), ("username", "zhangsan"), ("password", "correct horse battery staple")
    )
    cookies = {line.partition("=")[0]: line.lower() for line in page.headers.get_list("set-cookie")}
    assert "httponly" not in cookies[COOKIE]
    assert "samesite=lax" in cookies[COOKIE], "without https no browser takes None"
    assert "httponly" in cookies["lingpai_session"]
    assert str(browser.http.cookies.get(COOKIE)) not in str(browser.http.cookies.get("lingpai_session"))
