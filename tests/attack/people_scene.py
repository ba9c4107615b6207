"""A specimen of everything that leads people into accounts, and each place that takes one."""

from urllib.parse import parse_qs, urlsplit

from lingpai.crypto.digest import digest
from lingpai.server.storage.terms import Terms
from lingpai.server.upstream.provider import ExternalIdentity
from lingpai.server.upstream.visits import UpstreamVisit, UpstreamVisits
from tests.attack.scene import Loot, collect
from tests.attack.sinks import Sink, taken
from tests.people import account_named, add_totp, give_address, link_in_mail, token_in
from tests.qq import APPID, App, add_qq_client
from tests.world import PASSWORD, SECRET, World

NEWCOMER, OWNER, NEXT = "newcomer@example.com", "owner@example.com", "next@example.com"
CHEN = ExternalIdentity(provider="company", subject="248289761001", username="chen")


async def collect_of_people(world: World) -> Loot:
    """``collect``, and one of each that pages of accounts and the dialect of QQ hand out. All of it is in force."""
    loot = await collect(world)
    account = await give_address(world, await account_named(world), OWNER)
    people, now, words = world.server.people, world.clock.now, world.server.people.translators["en"]
    await people.joining.send(NEWCOMER, words, request="", now=now)
    await people.credentials.send_resets(OWNER, words, now)
    await people.credentials.ask_email(account, NEXT, words, ip="", now=now)
    visit = UpstreamVisit(digest(loot.cookie("browser")), now, CHEN.provider, CHEN)
    loot.more = {
        "register_link": token_in(await link_in_mail(world, NEWCOMER)),
        "reset_link": token_in(await link_in_mail(world, OWNER)),
        "email_link": token_in(await link_in_mail(world, NEXT)),
        "upstream_visit": UpstreamVisits(world.server.keyring).seal(visit),
        **await _of_the_dialect(world),
        **await _steps(world),
    }
    return loot


async def _of_the_dialect(world: World) -> dict[str, str]:
    await add_qq_client(world)
    app = App(world)
    tokens = await app.tokens()
    openid = (await app.identity(tokens["access_token"])).openid
    return {
        "qq_code": await app.code(),
        "qq_access_token": tokens["access_token"],
        "qq_refresh_token": tokens["refresh_token"],
        "openid": openid,
    }


async def _steps(world: World) -> dict[str, str]:
    """Two browsers half way: one has a code to enter, the other terms to accept."""
    coded = await world.add_account("wangwu")
    _, codes = await add_totp(world, coded)
    # Counted as it is: the clock of the codes does not matter to what is in force.
    step = world.browser()
    await world.sign_in(step, "wangwu", PASSWORD)
    await world.add_account("zhaoliu")
    await Terms(world.server.store.driver).publish({"en": "Terms"}, world.clock.now, world.clock.now)
    terms = world.browser()
    await world.sign_in(terms, "zhaoliu", PASSWORD)
    return {
        "step": step.http.cookies["lingpai_step"],
        "terms_step": terms.http.cookies["lingpai_terms"],
        "recovery_code": codes[0],
    }


async def as_register_link(world: World, _loot: Loot, value: str) -> bool:
    """On the page the mail leads to."""
    return taken(await world.http.get("/register/confirm", params={"token": value}), 200)


async def as_reset_link(world: World, _loot: Loot, value: str) -> bool:
    """On the page the mail leads to."""
    return taken(await world.http.get("/reset-password/confirm", params={"token": value}), 200)


async def as_email_link(world: World, _loot: Loot, value: str) -> bool:
    """On the page the mail leads to."""
    return taken(await world.http.get("/verify-email", params={"token": value}), 200)


async def as_step(world: World, _loot: Loot, value: str) -> bool:
    """As the cookie of who has to enter a code."""
    return taken(await world.http.get("/sign-in/second-factor", headers={"cookie": f"lingpai_step={value}"}), 200)


async def as_terms_step(world: World, _loot: Loot, value: str) -> bool:
    """As the cookie of who has terms to accept."""
    return taken(await world.http.get("/sign-in/terms", headers={"cookie": f"lingpai_terms={value}"}), 200)


async def as_upstream_visit(_world: World, loot: Loot, value: str) -> bool:
    """In the address of the two pages about a new identity."""
    paths = ("/sign-in/new", "/account/link-identity")
    return all([taken(await loot.browser.http.get(path, params={"request": value}), 200) for path in paths])


async def as_upstream_answer(_world: World, loot: Loot, value: str) -> bool:
    """As the ``state`` of somebody back from a provider: nobody left, so nothing is one."""
    page = await loot.browser.http.get("/sign-in/callback/company", params={"state": value, "code": value})
    return taken(page, 303) and "upstream_lost" not in page.headers["location"]


async def as_qq_code(world: World, _loot: Loot, value: str) -> bool:
    """At the dialect's token endpoint."""
    return "access_token=" in (await App(world).token(code=value)).text


async def as_qq_refresh_token(world: World, _loot: Loot, value: str) -> bool:
    """At the dialect's token endpoint."""
    answer = await App(world).token(grant_type="refresh_token", refresh_token=value)
    return "access_token=" in answer.text


async def as_qq_access_token(world: World, _loot: Loot, value: str) -> bool:
    """Who is it?"""
    return APPID in (await App(world).me(value, fmt="json")).text


async def as_openid(world: World, loot: Loot, value: str) -> bool:
    """Beside a token that is good."""
    answer = await App(world).api("/user/get_user_info", loot.more["qq_access_token"], openid=value)
    return bool(answer.json()["ret"] == 0)


async def as_session_secret(world: World, _loot: Loot, value: str) -> bool:
    """As the cookie that signs a browser in."""
    return taken(await world.http.get("/account/grants", headers={"cookie": f"lingpai_session={value}"}), 200)


async def as_standard_refresh_token(world: World, _loot: Loot, value: str) -> bool:
    """At the standard token endpoint, by the application of the dialect, for whom the two are one."""
    params = {"grant_type": "refresh_token", "refresh_token": value, "client_id": APPID, "client_secret": SECRET}
    return taken(await world.post("/oauth2/token", client=None, **params), 200)


PEOPLE_SINKS: dict[str, tuple[Sink, frozenset[str]]] = {
    "a link to register": (as_register_link, frozenset({"register_link"})),
    "a link to a new password": (as_reset_link, frozenset({"reset_link"})),
    "a link to a new address": (as_email_link, frozenset({"email_link"})),
    "a second step": (as_step, frozenset({"step"})),
    "terms to accept": (as_terms_step, frozenset({"terms_step"})),
    "an identity to link": (as_upstream_visit, frozenset({"upstream_visit"})),
    "a code of the dialect": (as_qq_code, frozenset({"qq_code"})),
    "a refresh token of the dialect": (as_qq_refresh_token, frozenset({"qq_refresh_token"})),
    "a token of the dialect": (as_qq_access_token, frozenset({"qq_access_token"})),
    "an openid": (as_openid, frozenset({"openid"})),
    "a session of a person": (as_session_secret, frozenset({"session_cookie"})),
    "a refresh token at the other endpoint": (as_standard_refresh_token, frozenset({"qq_refresh_token"})),
}


def request_in(address: str) -> str:
    """The sealed text in an address."""
    return parse_qs(urlsplit(address).query)["request"][0]
