"""Every flow is run, good and bad, with secrets we know; then we look for them where an attacker looks later: in the
logs, the audit rows, the pages, the addresses we choose, and a stolen copy of the database.

Spec: RFC 6819 §5.1.4.1, §5.1.6; RFC 6749 §10.3; RFC 9700 §4.2, §4.3. Stops: DOT#1735 (secrets in logs), DOT#1799
(a token in clear), GHSA-prh4-vhfh-24mj (a secret in the audit log), CVE-2026-34969 (a token in a URL).
"""

import base64
import io
import logging
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import httpx2
import pytest

from lingpai.server.log import LogFormat, configure_logging
from lingpai.server.storage.driver import Statement
from tests import databases
from tests.attack.scene import Loot, bearer, collect
from tests.browser import Browser
from tests.world import CALLBACK, PASSWORD, SECRET, Ask, World

STATE = "state-5up3r-s3cr3t-of-the-client"
NONCE = "nonce-5up3r-s3cr3t-of-the-client"
WRONG_PASSWORD = "Wr0ng-but-nearly-the-right-p4ssword"
WRONG_SECRET = "wr0ng-cl13nt-s3cr3t-but-nearly-right"


class Witness:
    """Keeps every answer and every log line."""

    def __init__(self) -> None:
        self.log = io.StringIO()
        self.answers: list[httpx2.Response] = []

    async def keep(self, answer: httpx2.Response) -> None:
        await answer.aread()
        self.answers.append(answer)

    def watch(self, http: httpx2.AsyncClient) -> None:
        http.event_hooks["response"].append(self.keep)


@pytest.fixture(params=["json", "console"])
def witness(request: pytest.FixtureRequest) -> Iterator[Witness]:
    """With the real log configuration, at the level that says most."""
    seen, root = Witness(), logging.getLogger()
    handlers, level = root.handlers[:], root.level
    log_format: LogFormat = request.param
    configure_logging(log_format, "debug", seen.log)
    yield seen
    root.handlers, root.level = handlers, level


async def _live_a_day(world: World, witness: Witness) -> dict[str, str]:
    """Good flows, mistakes and attacks. Returns what must be found nowhere."""
    loot = await collect(world)
    witness.watch(world.http)
    witness.watch(loot.browser.http)
    ask = Ask(world, state=STATE, nonce=NONCE)
    code = (await ask.allow(loot.browser))["code"]
    tokens = (await ask.redeem(code)).json()
    await _make_mistakes(world, loot, ask, code)
    await _refresh_and_revoke(world, tokens)
    browser = world.browser()
    witness.watch(browser.http)
    await _sign_in_badly_and_well(world, browser)
    await _break_the_server(world, loot)
    return loot.everything() | {
        "state": STATE,
        "nonce": NONCE,
        "password": PASSWORD,
        "wrong password": WRONG_PASSWORD,
        "client secret": SECRET,
        "wrong client secret": WRONG_SECRET,
        "used code": code,
        "verifier": ask.code_verifier,
        "used access token": tokens["access_token"],
        "used refresh token": tokens["refresh_token"],
        "basic credentials": base64.b64encode(f"photo-print:{SECRET}".encode()).decode(),
        "another session": browser.http.cookies["lingpai_session"],
    }


async def _make_mistakes(world: World, loot: Loot, ask: Ask, code: str) -> None:
    await ask.redeem(code, code_verifier=loot.ask.code_verifier)
    await ask.redeem(code, redirect_uri=f"{CALLBACK}?state={STATE}")
    await ask.redeem(code + "0")
    await ask.redeem(code, client_secret=SECRET)
    await world.post("/oauth2/token", secret=WRONG_SECRET, grant_type="authorization_code", code=code)
    await world.http.post(f"/oauth2/token?code={code}&client_secret={SECRET}", data={"grant_type": "x"})
    await world.http.get(f"/oauth2/userinfo?access_token={loot.access_token}")
    await world.http.get("/oauth2/userinfo", headers=bearer(loot.access_token[:-1]))
    await world.http.get("/oauth2/userinfo", headers={"authorization": f"Basic {loot.access_token}"})
    await world.http.get(f"/nowhere/{code}?code={code}&state={STATE}")
    await loot.browser.get(Ask(world, "nobody", state=STATE, nonce=NONCE).url)
    await loot.browser.get(Ask(world, redirect_uri="https://evil.example/", state=STATE, nonce=NONCE).url)
    await loot.browser.get(Ask(world, state=STATE, nonce=NONCE, scope="unknown").url)
    await world.browser().get(f"/consent?request={loot.pending}")
    await loot.browser.http.post("/account/grants", data={"csrf_token": loot.csrf_token + "x", "action": "end"})


async def _refresh_and_revoke(world: World, tokens: dict[str, Any]) -> None:
    refreshed = (await world.refresh(tokens["refresh_token"])).json()
    await world.refresh(refreshed["refresh_token"])
    await world.refresh(tokens["refresh_token"])  # a replay
    await world.introspect(tokens["access_token"])
    await world.post("/oauth2/revoke", token=refreshed["access_token"])


async def _sign_in_badly_and_well(world: World, browser: Browser) -> None:
    await world.sign_in(browser, "zhangsan", WRONG_PASSWORD)
    await world.sign_in(browser, PASSWORD, WRONG_PASSWORD)  # typed into the wrong field
    await Ask(world, state=STATE, nonce=NONCE, prompt="consent").allow(browser)
    await browser.get("/account/grants")
    await browser.get("/sign-out")


async def _break_the_server(world: World, loot: Loot) -> None:
    """A row that cannot be read: the one error nobody foresaw, with every secret of the request at hand."""
    driver = world.server.store.driver
    await driver.transact([Statement("UPDATE client SET document = '{' WHERE client_id = 'photo-print'")])
    assert (await loot.ask.redeem(loot.code)).status_code == 500
    assert (await world.refresh(loot.refresh_token)).status_code == 500
    await loot.browser.get(Ask(world, state=STATE, nonce=NONCE).url)
    assert loot.browser.page.status_code == 500


def _spellings(secret: str) -> list[str]:
    encoded = base64.b64encode(secret.encode()).decode().rstrip("=")
    return list({secret, quote(secret, safe=""), quote(secret), encoded, repr(secret)[1:-1]})


def _found_in(text: str, secrets: dict[str, str], *, but: tuple[str, ...] = ()) -> list[str]:
    return [name for name, secret in secrets.items() if name not in but for s in _spellings(secret) if s in text]


async def test_no_secret_is_in_the_logs_the_audit_rows_or_the_database(world: World, witness: Witness) -> None:
    secrets = await _live_a_day(world, witness)
    log = witness.log.getvalue()
    assert "unexpected error" in log, "the worst case is in there"
    assert "/oauth2/token" in log
    assert _found_in(log, secrets) == []
    rows = await world.server.store.driver.fetch_all("SELECT * FROM audit_event")
    assert len(rows) > 5
    assert _found_in(repr(rows), secrets) == []
    _look_into_the_stolen_files(world, secrets)


def _look_into_the_stolen_files(world: World, secrets: dict[str, str]) -> None:
    """The database as it lies there, with its log and index; raw bytes, so deleted rows count too."""
    folder = world.folder
    stolen = databases.stored_bytes(world.config.database)
    assert b"zhangsan" in stolen, "this is where the rows are"
    master = next(path for path in folder.iterdir() if path.suffix == ".key").read_bytes().strip()
    assert master not in stolen
    assert base64.urlsafe_b64decode(master + b"=") not in stolen
    for name, secret in secrets.items():
        for spelling in _spellings(secret):
            assert spelling.encode() not in stolen, name
        sealed = secret.partition("_")[2]
        if secret.startswith("lp"):
            assert bytes.fromhex(sealed[:-8]) not in stolen, name


async def test_no_secret_is_on_a_page_that_explains_what_went_wrong(world: World, witness: Witness) -> None:
    secrets = await _live_a_day(world, witness)
    refused = [answer for answer in witness.answers if answer.status_code >= 400]
    assert len(refused) > 12
    for answer in refused:
        # A form that is shown again has its own token, the sealed request it goes on with, and what was typed as name.
        shown = ("csrf_token", "pending_request", *(["password"] if answer.url.path == "/sign-in" else []))
        assert _found_in(answer.text, secrets, but=shown) == [], answer.url
        assert _found_in(repr(answer.headers.raw), secrets, but=("another session", "browser_cookie")) == []


async def test_no_address_we_choose_holds_a_secret(world: World, witness: Witness) -> None:
    secrets = await _live_a_day(world, witness)
    addresses = [answer.headers["location"] for answer in witness.answers if answer.is_redirect]
    ours = [address for address in addresses if not address.startswith(CALLBACK)]
    assert len(ours) > 3
    for address in ours:
        assert _found_in(address, secrets) == []
    for address in set(addresses) - set(ours):
        # The answer to the application carries its state and its code, and nothing of the person's or of ours.
        assert _found_in(address, secrets, but=("state", "code", "used code")) == []


@pytest.mark.spec("RFC 6749", "5.1", "an answer with a token is not kept by anybody")
async def test_no_answer_with_a_secret_is_kept_on_the_way(world: World, witness: Witness) -> None:
    await _live_a_day(world, witness)
    for answer in witness.answers:
        cacheable = answer.url.path.startswith(("/static/", "/.well-known/", "/oauth2/jwks"))
        assert cacheable or "no-store" in answer.headers["cache-control"], answer.url


@pytest.mark.parametrize("kind", ["code", "refresh_token", "access_token", "pending_request", "jti"])
async def test_what_we_hand_out_shows_nothing_of_what_is_in_it(world: World, kind: str) -> None:
    loot = await collect(world)
    account = await world.server.store.accounts.get_by_username("zhangsan")
    assert account
    shown = bytes.fromhex(loot.everything()[kind].partition("_")[2])
    for inside in (account.id, b"photo-print", b"list_album", b"zhangsan", CALLBACK.encode(), b"state-of-the"):
        assert inside not in shown


async def test_two_of_the_same_never_look_alike(world: World) -> None:
    loot = await collect(world)
    answers = [(await world.refresh(loot.refresh_token)).json() for _ in range(3)]
    tokens = [answer["refresh_token"] for answer in answers]
    assert len(set(tokens)) == 3
    common = {left for left, right in zip(tokens[0][16:48], tokens[1][16:48], strict=True) if left == right}
    assert len(common) < 16
