"""What the authorization request may leave out, and what it must match."""

import pytest

from tests.world import CALLBACK, Ask, World

OTHER = "http://localhost:3000/other"


@pytest.mark.spec("RFC 6749", "3.1", "GET and POST are both supported")
async def test_the_request_may_be_posted(world: World) -> None:
    browser = world.browser()
    ask = Ask(world)
    browser.page = await browser.http.post("/oauth2/authorize", data=ask.params)
    await browser.follow()
    await world.sign_in(browser)
    await browser.follow()
    await browser.submit(browser.form("consent-form"), ("scope", "list_album"), ("decision", "allow"))
    await browser.follow()
    assert (await ask.redeem(browser.sent_to["code"])).status_code == 200


@pytest.mark.spec("RFC 6749", "3.1", "unrecognised parameters are ignored")
async def test_unknown_parameters_are_ignored(world: World) -> None:
    ask = Ask(world, colour="blue", wx_scope="snsapi_login")
    assert "code" in await ask.allow(world.browser())


@pytest.mark.spec("RFC 6749", "3.1.2.3", "redirect_uri may be left out when exactly one is registered")
@pytest.mark.parametrize("sent", [None, ""], ids=["absent", "empty counts as absent"])
async def test_the_only_registered_redirect_uri_need_not_be_sent(world: World, sent: str | None) -> None:
    ask = Ask(world, redirect_uri=sent)
    browser = world.browser()
    answer = await ask.allow(browser)
    assert browser.page.headers["location"].startswith(f"{CALLBACK}?")
    assert (await ask.redeem(answer["code"], redirect_uri=None)).status_code == 200


@pytest.mark.spec("RFC 6749", "3.1.2.3", "redirect_uri is required when several are registered")
async def test_one_of_several_redirect_uris_must_be_named(world: World) -> None:
    await world.add_client("two-homes", redirect_uris=(CALLBACK, OTHER))
    page = await world.browser().get(Ask(world, "two-homes", redirect_uri=None).url)
    assert (page.status_code, "location" in page.headers) == (400, False)
    assert "code" in await Ask(world, "two-homes", redirect_uri=OTHER).allow(world.browser())


@pytest.mark.spec("RFC 6749", "3.1.2", "the query of the redirect URI is kept")
async def test_the_query_of_the_redirect_uri_is_kept(world: World) -> None:
    await world.add_client("shop", redirect_uris=(f"{CALLBACK}?shop=7",))
    browser = world.browser()
    answer = await Ask(world, "shop", redirect_uri=f"{CALLBACK}?shop=7").allow(browser)
    assert browser.page.headers["location"].startswith(f"{CALLBACK}?shop=7&code=")
    assert answer["shop"] == "7"


@pytest.mark.spec("RFC 6749", "3.3", "without scope the default is what the client is registered for")
@pytest.mark.parametrize("scope", [None, ""], ids=["absent", "empty counts as absent"])
async def test_without_scope_everything_registered_is_asked_for(world: World, scope: str | None) -> None:
    ask = Ask(world, scope=scope)
    browser = world.browser()
    await ask.to_consent(browser)
    assert browser.form("consent-form").boxes["scope"] == ["get_user_info", "list_album"]


@pytest.mark.spec("RFC 6749", "3.3", "the answer names the scope when it differs from what was asked")
async def test_the_answer_says_what_was_really_granted(world: World) -> None:
    ask = Ask(world)
    answer = await ask.allow(world.browser(), tick=["list_album"])
    assert (await ask.redeem(answer["code"])).json()["scope"] == "list_album"


@pytest.mark.spec("RFC 6749", "4.1.2", "state comes back exactly as it was sent")
@pytest.mark.parametrize(
    "state",
    ["a b+c%20&=#?/", "状态-ünïcode", '"><script>alert(1)</script>', "x" * 4096, " "],
    ids=["characters of URLs", "unicode", "markup", "as long as allowed", "a space"],
)
async def test_state_comes_back_unchanged(world: World, state: str) -> None:
    assert (await Ask(world, state=state).allow(world.browser()))["state"] == state


@pytest.mark.spec("RFC 6749", "4.1.2", "no state in, no state out")
async def test_no_state_is_made_up(world: World) -> None:
    assert set(await Ask(world, state=None).allow(world.browser())) == {"code", "iss"}


@pytest.mark.spec("RFC 6749", "10.5", "codes are not guessable and carry no readable content")
async def test_codes_differ_and_show_nothing(world: World) -> None:
    browser = world.browser()
    codes = {(await Ask(world).allow(browser))["code"] for _ in range(20)}
    assert len(codes) == 20
    assert all(len(code) > 100 and "photo" not in code for code in codes)


@pytest.mark.spec("RFC 9700", "4.12", "the browser is sent on with 303, so that no form is sent again")
async def test_the_answer_is_a_303_that_nobody_keeps(world: World) -> None:
    browser = world.browser()
    await Ask(world).allow(browser)
    assert browser.page.status_code == 303
    assert browser.page.headers["cache-control"] == "no-store"
    assert browser.page.headers["referrer-policy"] == "no-referrer"
