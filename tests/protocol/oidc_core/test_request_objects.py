"""Requests signed by the application: in the request, or at an address it registered."""

from typing import Any

import pytest

from tests.assertions import Keyholder
from tests.browser import Browser
from tests.foreign_web import Answer, ForeignWeb, hang, send
from tests.openid import APP, CORE, add_app, open_request, verified
from tests.world import CALLBACK, ISSUER, Ask, World

JAR = "RFC 9101"
KEY = Keyholder("ES256", "app")
OUTSIDE = {"response_type": "code", "client_id": APP, "scope": "openid"}


def request_of(ask: Ask, key: Keyholder = KEY, header: dict[str, Any] | None = None, **changes: Any) -> str:
    claims: dict[str, Any] = {**ask.params, "iss": APP, "aud": ISSUER, **changes}
    return key.sign({name: value for name, value in claims.items() if value is not None}, **(header or {}))


async def add_signing_app(world: World, **fields: Any) -> Ask:
    await add_app(world, **({"jwks": KEY.jwks} | fields))
    return Ask(world, APP, scope="openid", nonce="inside", state="inside")


async def send_object(world: World, browser: Browser, **params: str) -> Browser:
    """Only the object and what must be outside."""
    ask = Ask(world)
    ask.params = {**OUTSIDE, **params}
    await browser.get(ask.url)
    await browser.follow()
    return browser


async def through(world: World, ask: Ask, **params: str) -> dict[str, Any]:
    """To the ID Token."""
    browser = await send_object(world, world.browser(), **params)
    await world.sign_in(browser)
    await browser.follow()
    form = browser.form("consent-form")
    await browser.submit(form, *(("scope", name) for name in form.boxes.get("scope", [])), ("decision", "allow"))
    await browser.follow()
    assert browser.sent_to["state"] == "inside"
    tokens = (await ask.redeem(browser.sent_to["code"], client=APP)).json()
    return await verified(world, tokens["id_token"])


@pytest.mark.spec(CORE, "6.1", "a request object by value")
@pytest.mark.spec(JAR, "6.3", "what counts is in the object, the redirect URI too")
async def test_a_signed_request_is_understood(world: World) -> None:
    ask = await add_signing_app(world)
    assert (await through(world, ask, request=request_of(ask)))["nonce"] == "inside"


@pytest.mark.spec(JAR, "6.3", "parameters outside the object are not used")
async def test_what_stands_outside_does_not_count(world: World) -> None:
    ask = await add_signing_app(world)
    outside = {"nonce": "outside", "state": "outside", "prompt": "none", "redirect_uri": CALLBACK}
    assert (await through(world, ask, request=request_of(ask), **outside))["nonce"] == "inside"


@pytest.mark.spec(CORE, "6.2", "a request object by reference, at a registered address")
@pytest.mark.parametrize("fragment", ["", "#0123456789"])
async def test_a_request_is_fetched_from_a_registered_address(world: World, fragment: str) -> None:
    async with ForeignWeb.open() as web:
        address = web.url("/request.jwt") + fragment
        ask = await add_signing_app(world, request_uris=(address,))
        web.answer = send(request_of(ask).encode(), content_type="application/oauth-authz-req+jwt")
        assert (await through(world, ask, request_uri=address))["nonce"] == "inside"
        assert web.asked[0].startswith("GET /request.jwt HTTP/1.1")


async def test_an_address_that_is_not_registered_is_not_asked(world: World) -> None:
    async with ForeignWeb.open() as web:
        await add_signing_app(world, request_uris=(web.url("/request.jwt"),))
        for address in (web.url("/other.jwt"), web.url("/request.jwt?x"), "http://169.254.169.254/", "file:///etc"):
            browser = await send_object(world, world.browser(), request_uri=address, redirect_uri=CALLBACK)
            assert browser.sent_to["error"] == "invalid_request_uri"
        assert web.asked == []


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(send(b"", status="500 No"), id="an error"),
        pytest.param(send(b"", status="302 Found", location="http://127.0.0.1/"), id="a redirect"),
        pytest.param(send(b"x" * 100_000), id="too much"),
        pytest.param(send(b"\xff\xfe"), id="no text"),
    ],
)
async def test_an_address_that_answers_nonsense_is_an_error_for_the_client(world: World, answer: Answer) -> None:
    async with ForeignWeb.open() as web:
        web.answer = answer
        await add_signing_app(world, request_uris=(web.url(),))
        browser = await send_object(world, world.browser(), request_uri=web.url(), redirect_uri=CALLBACK)
        assert browser.sent_to["error"] == "invalid_request_uri"


async def test_an_address_where_nobody_is_is_one_too(world: World) -> None:
    async with ForeignWeb.open() as web:
        web.answer = hang
        address = web.url()
    await add_signing_app(world, request_uris=(address,))
    browser = await send_object(world, world.browser(), request_uri=address, redirect_uri=CALLBACK)
    assert browser.sent_to["error"] == "invalid_request_uri"


def spoilt() -> dict[str, dict[str, Any]]:
    return {
        "another key": {"key": Keyholder("ES256", "app")},
        "an unknown kid": {"key": Keyholder("ES256", "other")},
        "for another server": {"aud": "https://other.example"},
        "from somebody else": {"iss": "photo-print"},
        "another client inside": {"client_id": "photo-print"},
        "expired": {"exp": 1},
        "not yet valid": {"nbf": 9_999_999_999},
        "a request in a request": {"request": "x"},
        "an address in a request": {"request_uri": "https://app.example/r"},
        "another type": {"header": {"typ": "at+jwt"}},
        "a key of its own": {"header": {"jwk": KEY.jwk}},
    }


@pytest.mark.spec(JAR, "6.2", "an object that is not valid is invalid_request_object")
@pytest.mark.parametrize("what", spoilt())
async def test_an_object_that_is_not_right_is_refused(world: World, what: str) -> None:
    ask = await add_signing_app(world)
    text = request_of(ask, **spoilt()[what])
    browser = await send_object(world, world.browser(), request=text, redirect_uri=CALLBACK)
    assert browser.sent_to["error"] == "invalid_request_object"


@pytest.mark.spec(CORE, "6.1", "unsigned objects are refused, and the metadata does not name none")
@pytest.mark.parametrize("text", ["eyJhbGciOiJub25lIn0.e30.", "nonsense", "a.b.c", "e30.e30"])
async def test_an_unsigned_object_is_refused(world: World, text: str) -> None:
    await add_signing_app(world)
    browser = await send_object(world, world.browser(), request=text, redirect_uri=CALLBACK)
    assert browser.sent_to["error"] in ("invalid_request_object", "request_not_supported")
    metadata = (await world.http.get("/.well-known/openid-configuration")).json()
    assert "none" not in metadata["request_object_signing_alg_values_supported"]


async def test_only_the_algorithm_registered_is_believed(world: World) -> None:
    ask = await add_signing_app(world, request_object_signing_alg="RS256")
    browser = await send_object(world, world.browser(), request=request_of(ask), redirect_uri=CALLBACK)
    assert browser.sent_to["error"] == "invalid_request_object"


@pytest.mark.spec("RFC 9700", "4.11", "a redirect URI that is not registered leads nowhere, signed or not")
async def test_a_signed_redirect_uri_must_be_registered_all_the_same(world: World) -> None:
    ask = await add_signing_app(world)
    browser = await send_object(
        world, world.browser(), request=request_of(ask, redirect_uri="https://evil.example/"), redirect_uri=CALLBACK
    )
    assert browser.page.status_code == 400
    assert "location" not in browser.page.headers


@pytest.mark.spec(JAR, "5", "request and request_uri exclude each other")
async def test_both_at_once_are_refused(world: World) -> None:
    ask = await add_signing_app(world, request_uris=("https://app.example/r",))
    browser = await open_request(world, world.browser(), request=request_of(ask), request_uri="https://app.example/r")
    assert browser.sent_to["error"] in ("invalid_request", "invalid_request_uri")


async def test_claims_and_numbers_inside_are_json(world: World) -> None:
    await add_signing_app(world)
    ask = Ask(world, APP, scope="openid profile", nonce="inside", state="inside")
    text = request_of(ask, max_age=600, claims={"id_token": {"name": {"essential": True}}})
    assert (await through(world, ask, request=text))["name"] == "zhangsan"
