"""Redirect URIs of native applications: loopback with any port, private-use schemes, and the same strictness else."""

import pytest

from lingpai.oauth.redirect_uri import InvalidRedirectUri, check_registrable
from tests.world import Ask, World

APP = "com.example.app:/callback"


async def is_sent_to(world: World, client_id: str, redirect_uri: str) -> bool:
    """Whether the answer would go there; otherwise a page is shown."""
    browser = world.browser()
    page = await browser.get(Ask(world, client_id, redirect_uri=redirect_uri, prompt="none").url)
    if page.is_redirect:
        assert page.headers["location"].startswith(f"{redirect_uri}{'&' if '?' in redirect_uri else '?'}error=login")
        return True
    assert page.status_code == 400
    return False


@pytest.mark.spec("RFC 8252", "7.3", "any port of a loopback redirect URI is allowed")
@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "localhost"])
@pytest.mark.parametrize("registered_port", ["", ":8000"], ids=["registered without port", "registered with port"])
async def test_a_native_app_chooses_its_port(world: World, host: str, registered_port: str) -> None:
    uri = f"http://{host}{registered_port}/callback"
    await world.add_client("native", secret=None, application_type="native", redirect_uris=(uri,))
    for port in ("", ":1", ":51004", ":65535"):
        assert await is_sent_to(world, "native", f"http://{host}{port}/callback")


@pytest.mark.parametrize(
    "requested",
    [
        "http://127.0.0.1:8000/other",
        "http://127.0.0.1:8000/callback/",
        "http://127.0.0.1:8000/callback?a=b",
        "http://127.0.0.1:8000/callback#a",
        "http://127.0.0.1:8000/Callback",
        "http://127.0.0.1:8000/x/../callback",
        "https://127.0.0.1:8000/callback",
        "http://127.0.0.2:8000/callback",
        "http://localhost:8000/callback",
        "http://[::1]:8000/callback",
        "http://127.0.0.1:80@evil.example/callback",
        "http://user@127.0.0.1:8000/callback",
        "http://127.0.0.1:0/callback",
        "http://127.0.0.1:65536/callback",
        "http://127.0.0.1:/callback",
        "http://127.0.0.1:80:80/callback",
        "http://127.0.0.1.evil.example:8000/callback",
        "http://127.1:8000/callback",
        "http://2130706433:8000/callback",
        "http://127.0.0.1:８０/callback",
    ],
)
async def test_only_the_port_may_differ(world: World, requested: str) -> None:
    await world.add_client(
        "native", secret=None, application_type="native", redirect_uris=("http://127.0.0.1/callback",)
    )
    assert not await is_sent_to(world, "native", requested)


@pytest.mark.spec("RFC 9700", "2.1", "redirect URIs are compared as strings; the port rule is for native apps alone")
async def test_a_web_application_cannot_change_the_port(world: World) -> None:
    await world.add_client("web", redirect_uris=("http://localhost:3000/callback",))
    assert await is_sent_to(world, "web", "http://localhost:3000/callback")
    assert not await is_sent_to(world, "web", "http://localhost:3001/callback")


async def test_the_port_of_a_native_app_on_the_internet_cannot_change(world: World) -> None:
    await world.add_client(
        "native", secret=None, application_type="native", redirect_uris=("https://app.example/callback",)
    )
    assert await is_sent_to(world, "native", "https://app.example/callback")
    assert not await is_sent_to(world, "native", "https://app.example:8443/callback")


@pytest.mark.spec("RFC 8252", "7.1", "private-use schemes work")
async def test_the_answer_goes_to_a_private_use_scheme(world: World) -> None:
    await world.add_client("native", secret=None, application_type="native", redirect_uris=(APP,))
    browser = world.browser()
    ask = Ask(world, "native", redirect_uri=APP)
    answer = await ask.allow(browser)
    assert browser.page.headers["location"].startswith(f"{APP}?code=")
    response = await ask.redeem(answer["code"], client=None, client_id="native")
    assert response.status_code == 200
    assert not await is_sent_to(world, "native", "com.example.app2:/callback")
    assert not await is_sent_to(world, "native", "com.example.app:/callback/")


@pytest.mark.spec("RFC 8252", "8.4", "the port that was used must come back at the token endpoint")
async def test_the_code_is_bound_to_the_port_that_was_used(world: World) -> None:
    await world.add_client("native", secret=None, application_type="native", redirect_uris=("http://127.0.0.1/cb",))
    ask = Ask(world, "native", redirect_uri="http://127.0.0.1:5001/cb")
    code = (await ask.allow(world.browser()))["code"]
    for wrong in ("http://127.0.0.1:5002/cb", "http://127.0.0.1/cb"):
        answer = await ask.redeem(code, client=None, client_id="native", redirect_uri=wrong)
        assert answer.json()["error"] == "invalid_grant"
    assert (await ask.redeem(code, client=None, client_id="native")).status_code == 200


@pytest.mark.spec("RFC 8252", "8.4", "native apps register their redirect URIs, and nothing dangerous among them")
@pytest.mark.parametrize(
    "uri", ["javascript:alert(1)", "JavaScript:alert(1)", "data:text/html,x", "myapp:/cb", "http://app.example/cb"]
)
def test_a_dangerous_redirect_uri_cannot_be_registered(uri: str) -> None:
    with pytest.raises(InvalidRedirectUri):
        check_registrable(uri, "native")


async def test_a_public_client_gets_a_refresh_token_that_is_used_once(world: World) -> None:
    await world.add_client("native", secret=None, application_type="native", redirect_uris=(APP,))
    ask = Ask(world, "native", redirect_uri=APP)
    code = (await ask.allow(world.browser()))["code"]
    first = (await ask.redeem(code, client=None, client_id="native")).json()
    second = await world.refresh(first["refresh_token"], client=None, client_id="native")
    assert second.status_code == 200
    world.clock.advance(world.config.refresh_retry_window_s)
    replay = await world.refresh(first["refresh_token"], client=None, client_id="native")
    assert replay.json()["error"] == "invalid_grant"
