"""Line breaks that would end a header, and headers that say who we are.

Spec: RFC 6819 §4.4.1.13; RFC 9110 §5.5, §7.2. Stops: CVE-2025-64101, GHSA-93m4-mfpg-c3xf (links from X-Forwarded-Host),
GHSA-5wcc-hf24-rf5h, CVE-2026-53523 (Host in a redirect), CVE-2026-40575.
"""

from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.wire import FORM, send
from tests.world import CALLBACK, ISSUER, Ask, World, grant_tokens

BREAKS = [
    "\r\nX-Evil: 1",
    "\nX-Evil: 1",
    "\r\n\r\n<script>",
    "%0d%0aX-Evil:%201",
    "\u560a\u560dX-Evil: 1",
    "\u2028X-Evil: 1",
]
SPOOFS = (
    ("host", "evil.example"),
    ("x-forwarded-host", "evil.example"),
    ("x-forwarded-proto", "https"),
    ("x-forwarded-for", "evil.example"),
    ("x-forwarded-port", "666"),
    ("x-forwarded-prefix", "/evil.example"),
    ("x-forwarded-uri", "//evil.example"),
    ("x-original-url", "/evil.example"),
    ("x-rewrite-url", "/evil.example"),
    ("forwarded", "host=evil.example;proto=https"),
)


@pytest.mark.parametrize("text", BREAKS)
@pytest.mark.parametrize("name", ["state", "scope", "response_type", "redirect_uri", "login_hint", "ui_locales"])
async def test_no_parameter_of_a_request_becomes_a_header(world: World, name: str, text: str) -> None:
    changes: dict[str, Any] = {"prompt": "none", name: f"x{text}"}
    page = await world.browser().get(Ask(world, **changes).url)
    assert "x-evil" not in page.headers
    assert not any(char in value for value in page.headers.values() for char in "\r\n")


@pytest.mark.parametrize("text", BREAKS)
async def test_no_parameter_of_a_form_becomes_a_header(world: World, text: str) -> None:
    answers = [
        await world.post("/oauth2/token", grant_type=f"x{text}"),
        await world.post("/oauth2/token", grant_type="authorization_code", code=text, redirect_uri=text),
        await world.http.post("/oauth2/token", data={"client_id": text, "grant_type": "x"}),
        await world.http.post("/language", data={"locale": text, "page": text}),
        await world.http.post("/sign-in", data={"username": text, "csrf_token": text}),
    ]
    for answer in answers:
        assert "x-evil" not in answer.headers
        assert not any(char in value for value in answer.headers.values() for char in "\r\n")


@pytest.mark.parametrize("token", ['x", realm="evil', 'x\\", error="none', "x\x7f", "x,y", "\xe9"])
async def test_no_token_writes_into_the_challenge(world: World, token: str) -> None:
    header = ("authorization", f"Bearer {token}".encode("latin-1"))
    answer = await send(world.server.app, "GET", "/oauth2/userinfo", headers=[header])
    assert answer.status_code in (400, 401)
    assert "evil" not in answer.headers["www-authenticate"]


async def _everything(world: World) -> list[Any]:
    """An answer of each kind, with every header spoofed."""
    app, host = world.server.app, list(SPOOFS)
    request = urlsplit(Ask(world).url).query.encode()
    return [
        await send(app, "GET", "/", headers=host),
        await send(app, "GET", "/sign-in", headers=host),
        await send(app, "GET", "/oauth2/authorize", query=request, headers=host),
        await send(app, "GET", "/oauth2/authorize", query=request + b"&prompt=none", headers=host),
        await send(app, "GET", "/oauth2/authorize", query=b"client_id=nobody", headers=host),
        await send(app, "GET", "/account/grants", headers=host),
        await send(app, "GET", "/account", headers=host),
        await send(app, "GET", "/nowhere", headers=host),
        await send(app, "POST", "/language", body=b"locale=en&page=landing", headers=[*host, FORM]),
        await send(app, "POST", "/oauth2/token", body=b"grant_type=x", headers=[*host, FORM]),
        await send(app, "GET", "/oauth2/userinfo", headers=host),
        await send(app, "GET", "/oauth2/jwks", headers=host),
        await send(app, "GET", "/.well-known/oauth-authorization-server", headers=host),
        await send(app, "GET", "/health/ready", headers=host),
    ]


@pytest.mark.spec("RFC 8414", "3.3", "the issuer is what is configured, whatever a request says")
async def test_no_header_of_a_request_says_who_we_are(world: World) -> None:
    for answer in await _everything(world):
        assert "evil" not in answer.text
        assert not any("evil" in value for value in answer.headers.values()), answer.headers
        location = answer.headers.get("location", "")
        assert ":666" not in location
        assert "%3A666" not in location


async def test_links_and_issuer_come_from_the_settings(world: World) -> None:
    answer = await send(world.server.app, "GET", "/.well-known/oauth-authorization-server", headers=SPOOFS)
    metadata = answer.json()
    assert metadata["issuer"] == ISSUER
    assert all(value.startswith(ISSUER) for name, value in metadata.items() if name.endswith(("_endpoint", "_uri")))


async def test_a_spoofed_host_does_not_change_where_the_code_goes(world: World) -> None:
    browser = world.browser()
    await grant_tokens(world, browser)
    page = await browser.http.get(Ask(world).url, headers=dict(SPOOFS[1:]))
    assert page.headers["location"].startswith(CALLBACK + "?code=")
    assert "iss=http%3A%2F%2Flocalhost%3A4000" in page.headers["location"]


async def test_a_method_hidden_in_a_header_or_field_is_not_obeyed(world: World) -> None:
    for name in ("x-http-method-override", "x-method-override", "x-http-method"):
        answer = await send(world.server.app, "GET", "/oauth2/token", headers=[(name, "POST")])
        assert answer.status_code == 405
    assert (await send(world.server.app, "GET", "/oauth2/revoke", query=b"_method=POST")).status_code == 405
