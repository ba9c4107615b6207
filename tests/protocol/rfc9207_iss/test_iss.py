"""Every answer of the authorization endpoint says who gave it, so that a client of several servers is not mixed up."""

from typing import Any

import pytest

from tests.world import ISSUER, Ask, World


@pytest.mark.spec("RFC 9207", "2", "iss is in every successful response")
@pytest.mark.parametrize("mode", ["query", "fragment", "form_post"])
async def test_a_code_comes_with_the_issuer(world: World, mode: str) -> None:
    browser = world.browser()
    ask = Ask(world, response_mode=mode)
    await ask.to_consent(browser)
    form = browser.form("consent-form")
    await browser.submit(form, ("scope", "list_album"), ("decision", "allow"))
    await browser.follow()
    answer = dict(browser.form("response-form").fields) if mode == "form_post" else browser.sent_to
    assert answer["code"]
    assert answer["iss"] == ISSUER


@pytest.mark.spec("RFC 9207", "2", "iss is in every error response")
@pytest.mark.parametrize("mode", ["query", "fragment", "form_post"])
@pytest.mark.parametrize(
    "params",
    [{"prompt": "none"}, {"scope": "unknown"}, {"response_type": "token"}, {"code_challenge": None}],
    ids=str,
)
async def test_an_error_comes_with_the_issuer(world: World, mode: str, params: dict[str, Any]) -> None:
    browser = world.browser()
    await browser.get(Ask(world, response_mode=mode, **params).url)
    answer = dict(browser.form("response-form").fields) if mode == "form_post" else browser.sent_to
    assert answer["error"]
    assert answer["iss"] == ISSUER


@pytest.mark.spec("RFC 9207", "2.4", "iss is exactly the issuer of the metadata")
@pytest.mark.spec("RFC 9207", "3", "the metadata says that iss is sent")
async def test_the_metadata_says_that_the_issuer_is_sent(world: World) -> None:
    document = (await world.http.get("/.well-known/oauth-authorization-server")).json()
    assert document["authorization_response_iss_parameter_supported"] is True
    assert (await Ask(world).allow(world.browser()))["iss"] == document["issuer"]


async def test_no_parameter_of_the_request_changes_the_issuer(world: World) -> None:
    browser = world.browser()
    response = await browser.get(Ask(world, prompt="none", iss="https://evil.example").url)
    assert browser.sent_to["iss"] == ISSUER
    assert "evil" not in response.headers["location"]


@pytest.mark.parametrize("header", ["host", "x-forwarded-host", "forwarded", "x-forwarded-proto"])
async def test_no_header_of_the_request_changes_the_issuer(world: World, header: str) -> None:
    response = await world.http.get(Ask(world, prompt="none").url, headers={header: "evil.example"})
    assert "evil" not in response.headers["location"]
