"""The same tricks with addresses, where a request is pushed, signed, or asks to be sent somewhere after a sign-out.

Spec: RFC 9126 §2.4; RFC 9101 §10.8; RFC 9700 §4.11. Stops: CVE-2026-41479 (a redirect before the address is checked),
CVE-2023-6927 (a fix that forgets a sibling), CVE-2024-22258 (PKCE left out on the way in).
"""

from typing import Any

import pytest

from tests.assertions import Keyholder
from tests.attack.test_redirect_uri_tricks import QUERY, TRICKS, WEB, leads_nowhere
from tests.openid import APP, add_app, open_request, sign_in
from tests.world import ISSUER, Ask, World, refusal

KEY = Keyholder("ES256", "app")


@pytest.mark.spec("RFC 9126", "2.4", "a redirect URI that was pushed is compared like any other")
@pytest.mark.parametrize("name", TRICKS)
async def test_no_pushed_request_leads_elsewhere(world: World, name: str) -> None:
    await world.add_client(redirect_uris=(WEB, QUERY))
    response = await world.post("/oauth2/par", **Ask(world, redirect_uri=TRICKS[name]).params)
    assert response.status_code == 400
    assert "request_uri" not in response.json()


@pytest.mark.spec("RFC 9101", "10.8", "a signature does not make another redirect URI a registered one")
@pytest.mark.parametrize("name", TRICKS)
async def test_no_signed_request_leads_elsewhere(world: World, name: str) -> None:
    await add_app(world, jwks=KEY.jwks, redirect_uris=(WEB, QUERY))
    ask = Ask(world, APP, scope="openid", redirect_uri=TRICKS[name])
    signed = KEY.sign({**ask.params, "iss": APP, "aud": ISSUER})
    outside: dict[str, Any] = {"response_type": "code", "client_id": APP, "scope": "openid", "request": signed}
    ask.params = outside
    page = await world.browser().get(ask.url)
    assert leads_nowhere(page)


@pytest.mark.spec("OpenID Connect RP-Initiated Logout 1.0", "3", "only to a registered address, compared exactly")
@pytest.mark.parametrize("name", TRICKS)
async def test_no_sign_out_leads_elsewhere(world: World, name: str) -> None:
    await add_app(world, post_logout_redirect_uris=(WEB, QUERY))
    signed_in = await sign_in(world)
    browser = signed_in.browser
    params = {"id_token_hint": signed_in.tokens["id_token"], "client_id": APP, "post_logout_redirect_uri": TRICKS[name]}
    for page in (
        await browser.http.get("/oauth2/end_session", params=params),
        await browser.http.post("/oauth2/end_session", data=params),
    ):
        assert leads_nowhere(page)
    assert "code" in (await open_request(world, browser, prompt="none")).sent_to, "and nobody was signed out"


@pytest.mark.spec("RFC 7636", "7.2", "PKCE cannot be left out of a pushed or signed request and added outside")
async def test_a_challenge_outside_is_no_challenge_inside(world: World) -> None:
    await add_app(world, jwks=KEY.jwks)
    ask = Ask(world, APP, scope="openid")
    challenge = {name: ask.params.pop(name) for name in ("code_challenge", "code_challenge_method")}
    assert refusal(await world.post("/oauth2/par", client=APP, **ask.params)) == (400, "invalid_request")
    signed = KEY.sign({**ask.params, "iss": APP, "aud": ISSUER})
    outside = {"response_type": "code", "client_id": APP, "scope": "openid", "request": signed, **challenge}
    ask.params = outside
    browser = world.browser()
    await browser.get(ask.url)
    await browser.follow()
    assert browser.sent_to["error"] == "invalid_request"
    assert "code" not in browser.sent_to
