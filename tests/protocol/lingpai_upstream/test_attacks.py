"""What an attacker tries with the way through a provider: other browsers, other providers, other addresses.

Spec: RFC 6749 §10.12; RFC 9700 §4.4, §4.7, §4.11. Stops: CVE-2026-27124.
"""

from urllib.parse import parse_qs, urlsplit

import pytest

from lingpai.server.rate_limit import network_of
from lingpai.server.storage.sweep import sweep_all
from tests.browser import Browser
from tests.openid import CORE
from tests.upstream import PROVIDER, SECOND, Lobby, button, path

_HERE = network_of("127.0.0.1")
LOST = "We cannot tell what this sign-in belongs to"


def _is_signed_in(browser: Browser) -> bool:
    jar = browser.http.cookies.jar
    return any("localhost" in cookie.domain and cookie.name == "lingpai_session" for cookie in jar)


async def _nothing_came_of_it(lobby: Lobby) -> None:
    assert lobby.world.rows()["external_identity"] == 0
    assert not {"sign_in", "account_created", "identity_linked"} & set(await lobby.events())


@pytest.mark.spec("RFC 6749", "10.12", "an answer counts only in the browser that asked")
@pytest.mark.spec("RFC 9700", "4.7", "login CSRF upstream")
async def test_an_answer_opened_in_the_victims_browser_signs_nobody_in(lobby: Lobby) -> None:
    attacker, victim = lobby.browser(), lobby.browser()
    await attacker.get("/sign-in")
    answer = await lobby.callback(attacker)
    await victim.get("/sign-in")
    await victim.get(answer)
    await lobby.follow(victim)
    assert LOST in victim.page.text
    assert not _is_signed_in(victim)
    await _nothing_came_of_it(lobby)


async def test_an_answer_opened_in_the_victims_browser_links_nothing_to_the_victims_account(lobby: Lobby) -> None:
    attacker, victim = lobby.browser(), lobby.browser()
    await victim.get("/sign-in")
    await lobby.world.sign_in(victim)
    await attacker.get("/sign-in")
    await victim.get(await lobby.callback(attacker))
    await lobby.follow(victim)
    await attacker.get("http://localhost:4000/sign-in")
    await lobby.sign_in_there(attacker)
    assert path(attacker) == "/sign-in/new"
    link = str(attacker.page.url).replace("/sign-in/new", "/account/link-identity")
    await victim.get(link)
    assert victim.page.status_code == 400
    await victim.get("http://localhost:4000/account/sign-in-methods")
    token = dict(victim.forms()[0].fields)["csrf_token"]
    assert (await victim.http.post(link, data={"csrf_token": token})).status_code == 400
    assert lobby.world.rows()["external_identity"] == 0


async def test_the_victim_who_was_signed_out_meanwhile_does_not_get_the_attackers_identity(lobby: Lobby) -> None:
    """Somebody begins to link, and another account is signed in when the answer comes: nothing is linked."""
    browser = lobby.browser()
    await browser.get("/sign-in")
    await lobby.world.sign_in(browser)
    await lobby.world.add_account("lisi")
    await browser.get("http://localhost:4000/account/sign-in-methods")
    wanted = next(form for form in browser.forms() if ("provider", PROVIDER) in form.fields)
    await browser.submit(wanted, ("action", "link"))
    to_company = browser.page.headers["location"]
    await browser.get("http://localhost:4000/sign-out")
    await browser.submit(browser.form("sign-out-form"))
    await browser.get("http://localhost:4000/sign-in")
    await lobby.world.sign_in(browser, "lisi")
    await browser.get(to_company)
    await lobby.follow(browser)
    await lobby.company.sign_in(browser, "chen")
    await lobby.follow(browser)
    assert "You are signed in as somebody else now" in browser.page.text
    assert lobby.world.rows()["external_identity"] == 0


@pytest.mark.spec("RFC 9700", "4.5", "an answer counts once")
async def test_an_answer_counts_once(lobby: Lobby) -> None:
    browser = lobby.browser()
    await browser.get("/sign-in")
    answer = await lobby.callback(browser)
    await browser.get(answer)
    assert path_of(browser.page.headers["location"]) == "/sign-in/new"
    await browser.get(answer)
    await lobby.follow(browser)
    assert LOST in browser.page.text


@pytest.mark.spec("RFC 9700", "4.4", "each provider has a callback of its own, and its answers count only there")
async def test_an_answer_of_one_provider_is_none_of_another(lobby: Lobby) -> None:
    browser = lobby.browser()
    await browser.get("/sign-in")
    answer = await lobby.callback(browser)
    await browser.get(answer.replace(f"/callback/{PROVIDER}", f"/callback/{SECOND}"))
    await lobby.follow(browser)
    assert LOST in browser.page.text
    await _nothing_came_of_it(lobby)


@pytest.mark.spec("RFC 9207", "2.4", "an answer that names another issuer is refused")
@pytest.mark.parametrize("iss", ["https://evil.example", None], ids=["another", "none, though it promises one"])
async def test_an_answer_of_another_issuer_is_refused(lobby: Lobby, iss: str | None) -> None:
    browser = lobby.browser()
    await browser.get("/sign-in")
    answer = await lobby.callback(browser)
    sent = {name: values[0] for name, values in parse_qs(urlsplit(answer).query).items()}
    del sent["iss"]
    sent |= {"iss": iss} if iss else {}
    await browser.get(f"{answer.partition('?')[0]}?" + "&".join(f"{name}={value}" for name, value in sent.items()))
    await lobby.follow(browser)
    assert "The answer we got from there is not valid" in browser.page.text
    await _nothing_came_of_it(lobby)


@pytest.mark.spec(CORE, "3.1.3.7", "the nonce binds the ID Token to the browser's sign-in")
async def test_a_code_of_the_attackers_in_the_victims_answer_is_refused(lobby: Lobby) -> None:
    """Code injection: the victim's own state, the attacker's code."""
    attacker, victim = lobby.browser(), lobby.browser()
    await attacker.get("/sign-in")
    stolen = parse_qs(urlsplit(await lobby.callback(attacker)).query)["code"][0]
    await victim.get("/sign-in")
    answer = await lobby.callback(victim)
    own = parse_qs(urlsplit(answer).query)["code"][0]
    await victim.get(answer.replace(own, stolen))
    await lobby.follow(victim)
    assert "The answer we got from there is not valid" in victim.page.text
    await _nothing_came_of_it(lobby)


async def test_an_answer_that_comes_too_late_is_lost(lobby: Lobby) -> None:
    browser = lobby.browser()
    await browser.get("/sign-in")
    answer = await lobby.callback(browser)
    lobby.advance(1801)
    await browser.get(answer)
    await lobby.follow(browser)
    assert LOST in browser.page.text


@pytest.mark.parametrize("token", ["", "A" * 86], ids=["none", "garbage"])
async def test_nobody_is_sent_away_by_a_form_of_somebody_else(lobby: Lobby, token: str) -> None:
    browser = lobby.browser()
    await browser.get("/sign-in")
    await browser.submit(button(browser), ("csrf_token", token))
    assert browser.page.headers["location"] == "/sign-in?problem=stale"
    assert lobby.world.rows()["upstream_trip"] == 0
    assert (await browser.http.get(f"/sign-in/with/{PROVIDER}")).status_code == 405


@pytest.mark.parametrize("more", ["next", "redirect_uri", "return_to", "url", "request"])
async def test_no_parameter_leads_elsewhere(lobby: Lobby, more: str) -> None:
    browser = lobby.browser()
    evil = "https://evil.example/"
    await browser.get(f"/sign-in/callback/{PROVIDER}?state=x&code=y&{more}={evil}")
    assert browser.page.headers["location"] == "/sign-in?problem=upstream_lost"
    await browser.get("http://localhost:4000/sign-in")
    answer = await lobby.callback(browser)
    await browser.get(f"{answer}&{more}={evil}")
    assert urlsplit(browser.page.headers["location"]).netloc == ""


@pytest.mark.parametrize("problem", ["<script>", "you_have_won", "last_one", "upstream_denied%00"])
async def test_an_address_shows_no_sentence_but_ours(lobby: Lobby, problem: str) -> None:
    browser = lobby.browser()
    await browser.get(f"/sign-in?problem={problem}")
    assert 'id="problem"' not in browser.page.text


async def test_a_flood_of_departures_leaves_a_bounded_number_of_rows(lobby: Lobby) -> None:
    browser = lobby.browser()
    await browser.get("/sign-in")
    form = button(browser)
    assert await lobby.world.server.throttle("upstream-address", 1).retry_after_s(_HERE, now=lobby.world.clock()) == 0
    answers = [await browser.http.post(form.action, data=dict(form.fields)) for _ in range(130)]
    assert answers[-1].headers["location"] == "/sign-in?problem=upstream_throttled"
    assert await lobby.world.server.throttle("upstream-address", 1).retry_after_s(_HERE, now=lobby.world.clock()) > 0
    assert lobby.world.rows()["upstream_trip"] <= lobby.world.config.sign_in_attempts_per_address
    lobby.advance(1801)
    await lobby.world.server.freshen()
    await sweep_all(lobby.world.server.store.driver, lobby.world.clock())
    assert lobby.world.rows()["upstream_trip"] == 0


async def test_whoever_comes_back_is_not_counted(lobby: Lobby) -> None:
    """An office behind one address signs in every morning."""
    await lobby.join(lobby.browser())
    browser = lobby.browser()
    for _ in range(3):
        await browser.get("http://localhost:4000/sign-in")
        await lobby.sign_in_there(browser)
        await browser.get("http://localhost:4000/sign-out")
        await browser.submit(browser.form("sign-out-form"))
    for name in ("upstream-address", "upstream-names"):
        strict = lobby.world.server.throttle(name, 1)
        assert await strict.retry_after_s(_HERE, now=lobby.world.clock()) == 0


async def test_the_page_that_made_an_account_does_not_open_it_again(lobby: Lobby) -> None:
    """On a computer many use: somebody made an account and signed out, and the next one presses "back"."""
    browser = lobby.browser()
    await lobby.sign_in_there(browser)
    address = str(browser.page.url)
    await lobby.create_account(browser)
    await browser.get("http://localhost:4000/sign-out")
    await browser.submit(browser.form("sign-out-form"))
    assert not _is_signed_in(browser)
    lobby.advance(60)
    await browser.get(address)
    await browser.submit(browser.form("create-account-form"), ("username", "chen"))
    assert browser.page.status_code == 400
    assert not _is_signed_in(browser)


async def test_what_is_remembered_is_not_readable_in_the_database(lobby: Lobby) -> None:
    browser = lobby.browser()
    await browser.get("/sign-in")
    await browser.submit(button(browser))
    state = parse_qs(urlsplit(browser.page.headers["location"]).query)["state"][0]
    rows = await lobby.world.server.store.driver.fetch_all("SELECT state, browser, sealed FROM upstream_trip")
    assert len(rows) == 1
    assert state not in str(rows)
    assert rows[0][2].startswith("lpt_")


def path_of(address: str) -> str:
    """Without the query."""
    return urlsplit(address).path
