"""The legacy implicit grant: a token in the fragment, for clients an operator marked, and for nobody else."""

from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.world import CALLBACK, ISSUER, Ask, World, refusal

NO_PKCE: dict[str, None] = {"code_challenge": None, "code_challenge_method": None}


@pytest.fixture
async def legacy(world: World) -> World:
    """A world with an old client that reads its token from the address bar."""
    await world.add_client(
        "old", secret=None, grant_types=("implicit",), response_types=("token",), legacy=True, redirect_uris=(CALLBACK,)
    )
    return world


def ask_of(world: World, **params: str | None) -> Ask:
    return Ask(world, "old", **{"response_type": "token", **NO_PKCE, **params})


@pytest.mark.spec("RFC 6749", "4.2.2", "the token arrives in the fragment, with its type, lifetime, scope and state")
async def test_the_token_arrives_in_the_fragment(legacy: World) -> None:
    browser = legacy.browser()
    answer = await ask_of(legacy).allow(browser)
    location = urlsplit(browser.page.headers["location"])
    assert (location.query, f"{location.scheme}://{location.netloc}{location.path}") == ("", CALLBACK)
    assert answer.pop("access_token")
    assert answer == {
        "token_type": "Bearer",
        "expires_in": "3600",
        "scope": "get_user_info list_album",
        "state": "state-of-the-client",
        "iss": ISSUER,
    }
    assert browser.page.headers["cache-control"] == "no-store"
    assert browser.page.headers["referrer-policy"] == "no-referrer"


@pytest.mark.spec("RFC 6749", "4.2.2", "there is no refresh token")
async def test_the_token_works_and_cannot_be_refreshed(legacy: World) -> None:
    answer = await ask_of(legacy).allow(legacy.browser())
    assert "refresh_token" not in answer
    opened = await legacy.http.get("/oauth2/userinfo", headers={"authorization": f"Bearer {answer['access_token']}"})
    assert opened.json()["nickname"] == "zhangsan"


async def test_it_ends_with_the_persons_permission(legacy: World) -> None:
    browser = legacy.browser()
    answer = await ask_of(legacy).allow(browser)
    headers = {"authorization": f"Bearer {answer['access_token']}"}
    account = await legacy.server.store.accounts.get_by_username("zhangsan")
    assert account
    await legacy.server.store.grants.end(account.id, "old", legacy.clock.now)
    assert (await legacy.http.get("/oauth2/userinfo", headers=headers)).status_code == 401


async def test_a_token_does_not_outlive_the_permission(legacy: World) -> None:
    await legacy.add_client(
        "old",
        secret=None,
        grant_types=("implicit",),
        response_types=("token",),
        legacy=True,
        access_token_lifetime_s=86_400,
    )
    answer = await ask_of(legacy).allow(legacy.browser(), lifetime="once")
    assert answer["expires_in"] == "3600"


REFUSED: dict[str, dict[str, Any]] = {
    "not marked legacy": {"legacy": False},
    "not registered for the response type": {"response_types": ("code",)},
    "not registered for the grant type": {"grant_types": ("authorization_code",)},
}


@pytest.mark.spec("RFC 9700", "2.1.2", "no client uses the implicit grant unless an operator said so")
@pytest.mark.parametrize("fields", REFUSED.values(), ids=REFUSED.keys())
async def test_a_client_that_is_not_meant_to_gets_no_token(world: World, fields: dict[str, Any]) -> None:
    registered: dict[str, Any] = {"grant_types": ("implicit",), "response_types": ("token",), "legacy": True}
    await world.add_client("old", secret=None, **(registered | fields))
    browser = world.browser()
    await browser.get(ask_of(world).url)
    assert "#error=unauthorized_client" in browser.page.headers["location"]
    assert browser.sent_to["state"] == "state-of-the-client"
    assert browser.sent_to["iss"] == ISSUER


@pytest.mark.spec("OAuth 2.0 Multiple Response Type Encoding Practices", "2.1", "tokens are never sent in a query")
async def test_a_token_is_never_sent_in_a_query(legacy: World) -> None:
    browser = legacy.browser()
    await browser.get(ask_of(legacy, response_mode="query").url)
    assert browser.sent_to["error"] == "invalid_request"
    assert "#" in browser.page.headers["location"]


@pytest.mark.spec("OAuth 2.0 Form Post Response Mode", "2", "a token may be posted")
async def test_a_token_may_be_posted(legacy: World) -> None:
    browser = legacy.browser()
    ask = ask_of(legacy, response_mode="form_post")
    await ask.to_consent(browser)
    form = browser.form("consent-form")
    await browser.submit(form, ("scope", "list_album"), ("lifetime", "30d"), ("decision", "allow"))
    while browser.page.is_redirect:
        await browser.get(browser.page.headers["location"])
    posted = dict(browser.forms()[0].fields)
    assert posted["access_token"]
    assert posted["state"] == "state-of-the-client"


@pytest.mark.spec("RFC 6749", "4.2.2.1", "a refusal comes in the fragment")
async def test_a_refusal_comes_in_the_fragment(legacy: World) -> None:
    browser = legacy.browser()
    await ask_of(legacy).to_consent(browser)
    await browser.submit(browser.form("consent-form"), ("decision", "refuse"))
    await browser.follow()
    assert "#error=access_denied" in browser.page.headers["location"]


async def test_implicit_is_no_grant_type_of_the_token_endpoint(legacy: World) -> None:
    response = await legacy.http.post("/oauth2/token", data={"grant_type": "implicit", "client_id": "old"})
    assert refusal(response) == (400, "unsupported_grant_type")


async def test_every_token_is_another(legacy: World) -> None:
    browser = legacy.browser()
    tokens = {(await ask_of(legacy).allow(browser))["access_token"] for _ in range(3)}
    assert len(tokens) == 3


@pytest.mark.spec("RFC 8414", "2", "what RFC 9700 advises against is named only where a client may use it")
async def test_the_metadata_names_legacy_things_only_for_a_legacy_client(world: World) -> None:
    path = "/.well-known/oauth-authorization-server"
    before = await world.http.get(path)
    document = before.json()
    assert "token" not in document["response_types_supported"]
    assert "password" not in document["grant_types_supported"]
    await world.add_client("old", grant_types=("password",), legacy=True)
    await world.server.catalog.reload()
    after = await world.http.get(path)
    document = after.json()
    assert "token" in document["response_types_supported"]
    assert "password" in document["grant_types_supported"]
    assert after.headers["etag"] != before.headers["etag"]
