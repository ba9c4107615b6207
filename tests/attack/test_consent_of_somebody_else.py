"""A consent that was meant for one account, one request or one browser counts for another.

Spec: RFC 6749 §10.2; RFC 6819 §4.4.1.10, §5.1.6; RFC 9700 §4.7. Stops: CVE-2026-27124 (confused deputy: consent
skipped), CVE-2026-45337 (any session may answer), CVE-2026-33757, CVE-2026-96446.
"""

from urllib.parse import parse_qs, urlsplit

import pytest

from tests.attack.scene import EVIL, EVIL_CALLBACK, add_evil_app
from tests.browser import Browser
from tests.world import CALLBACK, Ask, World, grant_tokens

ALLOW = (("scope", "get_user_info"), ("scope", "list_album"), ("decision", "allow"))


def _request_in(address: str) -> str:
    return parse_qs(urlsplit(address).query)["request"][0]


async def test_a_page_drawn_for_one_account_is_not_answered_for_another(world: World) -> None:
    """The person switches accounts in another tab between reading the page and pressing the button."""
    await world.add_account("lisi")
    browser = world.browser()
    await Ask(world).to_consent(browser)
    form = browser.form("consent-form")
    other_tab = Browser(browser.http)
    await other_tab.get("/sign-out")
    await other_tab.submit(other_tab.form("sign-out-form"))
    await world.sign_in(other_tab, "lisi")
    page = await browser.submit(form, *ALLOW)
    assert page.status_code == 403
    assert "lisi" in page.text, "the page is drawn again for who is signed in now"
    assert world.rows()["account_grant"] == 0


async def test_after_signing_out_the_page_of_before_allows_nothing(world: World) -> None:
    browser = world.browser()
    await Ask(world).to_consent(browser)
    form = browser.form("consent-form")
    other_tab = Browser(browser.http)
    await other_tab.get("/sign-out")
    await other_tab.submit(other_tab.form("sign-out-form"))
    page = await browser.submit(form, *ALLOW)
    assert page.headers["location"].startswith("/sign-in")
    assert world.rows()["account_grant"] == 0


async def test_an_answer_counts_only_for_the_request_it_answered(world: World) -> None:
    """The address that carries the yes to one request is used to push another application's request through."""
    await add_evil_app(world, scope="get_user_info list_album")
    browser = world.browser()
    await Ask(world).to_consent(browser)
    await browser.submit(browser.form("consent-form"), *ALLOW)
    answered = browser.page.headers["location"]
    await browser.get(Ask(world, EVIL, redirect_uri=EVIL_CALLBACK).url)
    await browser.follow()
    assert browser.shows("consent-form"), "the other application has to ask for itself"
    for query in (f"&request={_request_in(str(browser.page.url))}", f"&client_id={EVIL}&redirect_uri={EVIL_CALLBACK}"):
        page = await browser.get(answered + query)
        assert "evil.example" not in page.headers.get("location", "")


async def test_an_answer_is_not_an_answer_to_a_later_request_of_the_same_application(world: World) -> None:
    """ "This time only" means this time."""
    browser = world.browser()
    first = Ask(world)
    await first.allow(browser, lifetime="once")
    await browser.get(Ask(world).url)
    await browser.follow()
    assert browser.shows("consent-form")


async def test_what_was_allowed_once_does_not_become_permanent_by_something_else(world: World) -> None:
    browser = world.browser()
    await Ask(world, scope="get_user_info").allow(browser, lifetime="once")
    await Ask(world, scope="list_album").allow(browser, lifetime="forever")
    await browser.get(Ask(world, scope="get_user_info").url)
    await browser.follow()
    assert browser.shows("consent-form")


async def test_an_answer_kept_in_the_history_gives_nothing_that_was_taken_back(world: World) -> None:
    browser = world.browser()
    ask = Ask(world)
    await ask.to_consent(browser)
    await browser.submit(browser.form("consent-form"), *ALLOW)
    answered = browser.page.headers["location"]
    await browser.get("/account/grants")
    end = next(form for form in browser.forms() if ("action", "end") in form.buttons)
    await browser.submit(end, ("action", "end"))
    await browser.get(answered)
    await browser.follow()
    assert browser.shows("consent-form")


@pytest.mark.parametrize("page", ["/oauth2/authorize/resume", "/sign-in", "/consent"])
async def test_a_request_under_way_in_one_browser_does_not_go_on_in_another(world: World, page: str) -> None:
    """The attacker starts a request and sends the victim the link: the victim would allow it for the attacker."""
    attacker, victim = world.browser(), world.browser()
    await Ask(world).to_consent(attacker)
    await grant_tokens(world, victim)
    sealed = _request_in(str(attacker.page.url))
    answer = await victim.get(f"{page}?request={sealed}")
    assert answer.status_code == 400
    assert "location" not in answer.headers


async def test_an_answered_request_is_worth_nothing_in_another_browser(world: World) -> None:
    attacker, victim = world.browser(), world.browser()
    await world.add_account("mallory")
    await Ask(world).to_consent(attacker, "mallory")
    await attacker.submit(attacker.form("consent-form"), *ALLOW)
    await world.sign_in(victim)
    page = await victim.get(attacker.page.headers["location"])
    assert page.status_code == 400, "or the victim would be signed in to the application as the attacker"


async def test_a_request_that_was_posted_binds_itself_to_the_first_browser_and_to_no_second(world: World) -> None:
    attacker, victim = world.browser(), world.browser()
    ask = Ask(world)
    posted = await attacker.http.post("/oauth2/authorize", data=ask.params)
    await attacker.get(posted.headers["location"])
    await attacker.follow()
    bound = _request_in(str(attacker.page.url))
    await victim.get("/sign-in")
    assert (await victim.get(f"/sign-in?request={bound}")).status_code == 400


async def test_a_silent_request_asks_nobody_and_gets_nothing_new(world: World) -> None:
    await world.add_client(scope="get_user_info list_album upload_pic")
    browser = world.browser()
    await grant_tokens(world, browser)
    await browser.get(Ask(world, prompt="none", scope="upload_pic").url)
    assert browser.page.headers["location"].startswith(CALLBACK)
    assert browser.sent_to["error"] == "consent_required"


async def test_the_page_names_the_application_that_asks_and_everything_it_asks_for(world: World) -> None:
    await add_evil_app(world, client_name="Photo Print", client_uri="https://evil.example/", scope="upload_pic")
    browser = world.browser()
    await Ask(world, EVIL, redirect_uri=EVIL_CALLBACK, scope=None).to_consent(browser)
    assert "evil.example" in browser.page.text, "two applications may have one name; the site tells them apart"
    assert browser.form("consent-form").boxes["scope"] == ["upload_pic"]


@pytest.mark.parametrize(
    "form",
    [
        pytest.param([("scope", "upload_pic"), ("decision", "allow")], id="a permission the page did not show"),
        pytest.param([("scope", "*"), ("decision", "allow")], id="a wildcard"),
        pytest.param([("scope", "list_album upload_pic"), ("decision", "allow")], id="two in one"),
        pytest.param([("scope", "list_album"), ("lifetime", "9999d"), ("decision", "allow")], id="another length"),
        pytest.param([("scope", "list_album"), ("lifetime", "forever"), ("decision", "allow")], id="not offered"),
        pytest.param([("scope", "list_album")], id="no decision"),
        pytest.param([("scope", "list_album"), ("decision", "ALLOW")], id="another decision"),
    ],
)
async def test_an_answer_the_page_did_not_offer_allows_nothing(world: World, form: list[tuple[str, str]]) -> None:
    await world.add_client(scope="get_user_info list_album", grant_lifetimes=("once", "1d"))
    browser = world.browser()
    await Ask(world).to_consent(browser)
    page = await browser.submit(browser.form("consent-form"), *form, without=("scope",))
    assert page.status_code in (400, 422)
    assert world.rows()["account_grant"] == 0
