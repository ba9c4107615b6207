"""What attackers share: an application of their own, and a specimen of everything the server hands out."""

import base64
import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

from msgspec import Struct, field

from tests.browser import Browser
from tests.world import Ask, World, refusal

EVIL = "evil-app"
EVIL_CALLBACK = "https://evil.example/callback"
SIGNED_API = "https://signed.example"

INVALID_GRANT = (400, "invalid_grant")


async def add_evil_app(world: World, **fields: Any) -> None:
    """The attacker registered an application like everybody else; it has its own secret (the same text)."""
    await world.add_client(EVIL, **({"client_name": "Evil", "redirect_uris": (EVIL_CALLBACK,)} | fields))


async def add_signed_api(world: World) -> None:
    """A resource server that gets signed access tokens, and ``photo-print`` may ask for its permission."""
    await world.add_resource_server(SIGNED_API, client_ids=("photos",), access_token_format="at+jwt")
    await world.add_scope("read_signed", resource=SIGNED_API)
    await world.add_client(scope="get_user_info list_album read_signed")


class Loot(Struct):
    """One of everything, as the person and the application hold it. All of it is in force."""

    browser: Browser
    ask: Ask
    code: str
    """Not redeemed."""
    refresh_token: str
    access_token: str
    signed_token: str
    pending: str
    """The sealed authorization request in the address of the consent page."""
    csrf_token: str
    more: dict[str, str] = field(default_factory=dict)
    """What ``extension_scene.collect_more`` adds, by kind."""

    @property
    def jti(self) -> str:
        """What a signed token shows to everybody who reads it."""
        return str(claims_of(self.signed_token)["jti"])

    def cookie(self, name: str) -> str:
        """The value of the person's cookie."""
        value: str = self.browser.http.cookies[f"lingpai_{name}"]
        return value

    def everything(self) -> dict[str, str]:
        """Kind -> specimen."""
        return {
            "code": self.code,
            "refresh_token": self.refresh_token,
            "access_token": self.access_token,
            "signed_token": self.signed_token,
            "jti": self.jti,
            "pending_request": self.pending,
            "csrf_token": self.csrf_token,
            "session_cookie": self.cookie("session"),
            "browser_cookie": self.cookie("browser"),
            **self.more,
        }


async def collect(world: World) -> Loot:
    """A person allows everything; the application redeems all but the last code."""
    await add_signed_api(world)
    browser = world.browser()
    everything, signed, fresh = Ask(world, scope=None), Ask(world, scope="read_signed"), Ask(world)
    await everything.allow(browser)
    tokens = await redeemed(fresh, (await fresh.allow(browser))["code"])
    signed_token = (await redeemed(signed, (await signed.allow(browser))["code"]))["access_token"]
    code = (await fresh.allow(browser))["code"]
    await Ask(world, prompt="consent").to_consent(browser)
    pending = parse_qs(urlsplit(str(browser.page.url)).query)["request"][0]
    csrf_token = dict(browser.form("consent-form").fields)["csrf_token"]
    return Loot(
        browser, fresh, code, tokens["refresh_token"], tokens["access_token"], signed_token, pending, csrf_token
    )


async def redeemed(ask: Ask, code: str, **changes: Any) -> dict[str, Any]:
    """The token response for a code."""
    response = await ask.redeem(code, **changes)
    assert response.status_code == 200, response.text
    tokens: dict[str, Any] = response.json()
    return tokens


def claims_of(signed_token: str) -> dict[str, Any]:
    """What anybody reads in a signed token."""
    payload = signed_token.split(".")[1]
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return claims


async def is_dead(world: World, tokens: dict[str, Any]) -> bool:
    """Whether no token of a response works any more, wherever it is shown."""
    refreshed = await world.refresh(tokens["refresh_token"])
    userinfo = await world.http.get("/oauth2/userinfo", headers=bearer(tokens["access_token"]))
    return (
        refreshed.status_code == 400
        and refusal(refreshed) == INVALID_GRANT
        and not await world.is_active(tokens["access_token"])
        and userinfo.status_code == 401
    )


def bearer(token: str) -> dict[str, str]:
    """The header that shows a token."""
    return {"authorization": f"Bearer {token}"}
