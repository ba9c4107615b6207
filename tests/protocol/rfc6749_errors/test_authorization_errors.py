"""The authorization endpoint's refusals: to the client once client and redirect URI are proven, to a page before."""

from typing import Any

import httpx2
import pytest

from tests.world import CALLBACK, ISSUER, Ask, World

CHANGED_CALLBACKS = {
    "another host": "http://localhost:3000.evil.example/user/callback",
    "another port": "http://localhost:3001/user/callback",
    "https instead of http": "https://localhost:3000/user/callback",
    "a loopback address": "http://127.0.0.1:3000/user/callback",
    "upper case": "http://LOCALHOST:3000/user/callback",
    "a slash more": f"{CALLBACK}/",
    "a query more": f"{CALLBACK}?a=b",
    "an empty query": f"{CALLBACK}?",
    "a fragment": f"{CALLBACK}#x",
    "an empty fragment": f"{CALLBACK}#",
    "a user name": "http://localhost:3000@evil.example/user/callback",
    "a parent folder": f"{CALLBACK}/../callback",
    "an encoded letter": "http://localhost:3000/user/callbac%6B",
    "a prefix": "http://localhost:3000/user/",
    "a space": f" {CALLBACK}",
    "a backslash": "http://localhost:3000\\@evil.example/user/callback",
    "a script": "javascript:alert(1)",
    "data": "data:text/html,x",
    "a path only": "/user/callback",
    "no scheme": "//localhost:3000/user/callback",
    "not ASCII": "http://localhost:3000/user/callback\u2025",
    "markup": '"><script>alert(1)</script>',
}


def is_page(response: httpx2.Response) -> bool:
    return response.headers["content-type"].startswith("text/html") and "location" not in response.headers


@pytest.mark.spec(
    "RFC 6749", "3.1.2.4", "an invalid redirection endpoint is explained to the person, not redirected to"
)
@pytest.mark.spec("RFC 9700", "4.11", "the server is no open redirector")
@pytest.mark.spec("RFC 6749", "4.1.2.1", "an unproven client or redirect URI never leads to a redirect")
@pytest.mark.spec("RFC 9700", "4.11.2", "no redirect to an URI that is not proven")
@pytest.mark.parametrize("redirect_uri", CHANGED_CALLBACKS.values(), ids=CHANGED_CALLBACKS.keys())
async def test_a_redirect_uri_that_is_not_exactly_registered_gets_a_page(world: World, redirect_uri: str) -> None:
    response = await world.browser().get(Ask(world, redirect_uri=redirect_uri).url)
    assert response.status_code == 400
    assert is_page(response)
    assert "<script>alert" not in response.text


@pytest.mark.parametrize(
    "client_id", [None, "", "nobody", "PHOTO-PRINT", "photo-print ", "photo-print%00", "密", "x" * 50_000]
)
async def test_an_unknown_client_gets_a_page(world: World, client_id: str | None) -> None:
    ask = Ask(world)
    ask.params["client_id"] = client_id or ""
    if client_id is None:
        del ask.params["client_id"]
    response = await world.browser().get(ask.url)
    assert (response.status_code, is_page(response)) == (400, True)


async def test_a_disabled_client_gets_a_page(world: World) -> None:
    await world.add_client(disabled_at=world.clock.now)
    response = await world.browser().get(Ask(world).url)
    assert (response.status_code, is_page(response)) == (400, True)


async def test_a_client_without_redirect_uris_gets_a_page(world: World) -> None:
    response = await world.browser().get(Ask(world, "photos", redirect_uri=CALLBACK).url)
    assert (response.status_code, is_page(response)) == (400, True)
    response = await world.browser().get(Ask(world, "photos", redirect_uri=None).url)
    assert (response.status_code, is_page(response)) == (400, True)


@pytest.mark.spec("RFC 6749", "3.1.1", "response_type is required and must be understood")
@pytest.mark.spec("RFC 6749", "4.1.2.1", "every other failure goes to the client with its error code and state")
@pytest.mark.parametrize(
    ("params", "error"),
    [
        ({"response_type": None}, "invalid_request"),
        ({"response_type": ""}, "invalid_request"),
        ({"response_type": "password"}, "unsupported_response_type"),
        ({"response_type": "code code"}, "unsupported_response_type"),
        ({"response_type": "CODE"}, "unsupported_response_type"),
        ({"scope": "upload_pic"}, "invalid_scope"),
        ({"scope": "list_album no_such_scope"}, "invalid_scope"),
        ({"scope": 'list"album'}, "invalid_scope"),
        ({"scope": "列表"}, "invalid_scope"),
        ({"scope": " ".join(f"s{number}" for number in range(101))}, "invalid_scope"),
        ({"scope": " "}, "invalid_scope"),
        ({"response_mode": "web_message"}, "invalid_request"),
        ({"state": "x" * 4097}, "invalid_request"),
        ({"nonce": "x" * 1025}, "invalid_request"),
        ({"login_hint": "x" * 513}, "invalid_request"),
        ({"ui_locales": "x" * 513}, "invalid_request"),
        ({"resource": "https://nobody.example"}, "invalid_target"),
    ],
    ids=lambda value: str(value)[:40],
)
async def test_a_refusal_goes_to_the_client(world: World, params: dict[str, Any], error: str) -> None:
    ask, browser = Ask(world, **params), world.browser()
    response = await browser.get(ask.url)
    assert response.status_code == 303
    assert response.headers["location"].startswith(f"{CALLBACK}?error={error}&")
    assert browser.sent_to["state"] == ask.params["state"]
    assert browser.sent_to["iss"] == ISSUER
    assert "code" not in browser.sent_to


@pytest.mark.spec("RFC 6749", "4.1.2.1", "unauthorized_client: not registered for this response type")
@pytest.mark.parametrize("fields", [{"response_types": ()}, {"grant_types": ("refresh_token",)}])
async def test_a_client_asks_only_for_what_it_registered(world: World, fields: dict[str, Any]) -> None:
    await world.add_client("limited", **fields)
    browser = world.browser()
    await browser.get(Ask(world, "limited").url)
    assert browser.sent_to["error"] == "unauthorized_client"


@pytest.mark.spec("RFC 9700", "2.1.2", "no tokens in the authorization response")
@pytest.mark.parametrize("response_type", ["token", "code token", "token code", "id_token token", "id_token"])
async def test_an_ordinary_client_gets_no_tokens_from_the_authorization_endpoint(
    world: World, response_type: str
) -> None:
    browser = world.browser()
    response = await browser.get(Ask(world, response_type=response_type, nonce="n").url)
    # In the fragment, where a client of this response type looks for it.
    assert response.headers["location"].startswith(f"{CALLBACK}#error=un")
    assert browser.sent_to["error"] in ("unauthorized_client", "unsupported_response_type")
    assert "access_token" not in browser.sent_to


@pytest.mark.spec("RFC 6749", "4.1.2.1", "access_denied when the person refuses")
async def test_a_person_who_refuses_sends_access_denied(world: World) -> None:
    ask, browser = Ask(world), world.browser()
    await ask.to_consent(browser)
    await browser.submit(browser.form("consent-form"), ("decision", "refuse"))
    await browser.follow()
    assert browser.sent_to["error"] == "access_denied"
    assert browser.sent_to["state"] == "state-of-the-client"
    assert set(browser.sent_to) == {"error", "error_description", "state", "iss"}


@pytest.mark.spec("RFC 6749", "3.1", "parameters must not be sent more than once")
@pytest.mark.parametrize("name", ["response_type", "scope", "state", "code_challenge", "nonce", "unknown"])
async def test_a_repeated_parameter_is_refused(world: World, name: str) -> None:
    browser = world.browser()
    await browser.get(f"{Ask(world, unknown='x', nonce='x').url}&{name}=x")
    assert browser.sent_to["error"] == "invalid_request"
    assert ("state" in browser.sent_to) == (name != "state")


@pytest.mark.parametrize("name", ["client_id", "redirect_uri"])
@pytest.mark.parametrize("second", ["photo-print", CALLBACK, "", "http://evil.example"])
async def test_a_repeated_client_or_redirect_uri_gets_a_page(world: World, name: str, second: str) -> None:
    response = await world.browser().get(f"{Ask(world).url}&{name}={second}")
    assert (response.status_code, is_page(response)) == (400, True)


async def test_the_refusal_reaches_a_form_post_client_by_form(world: World) -> None:
    browser = world.browser()
    await browser.get(Ask(world, response_mode="form_post", scope="upload_pic").url)
    form = browser.form("response-form")
    assert form.action == CALLBACK
    assert ("error", "invalid_scope") in form.fields


async def test_the_refusal_reaches_a_fragment_client_by_fragment(world: World) -> None:
    browser = world.browser()
    response = await browser.get(Ask(world, response_mode="fragment", scope="upload_pic").url)
    assert response.headers["location"].startswith(f"{CALLBACK}#error=invalid_scope&")
