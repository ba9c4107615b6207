"""OpenID Connect for tests: an application that speaks it, and reading what it gets with somebody else's library."""

import hashlib
import json
import warnings
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

import httpx2
from joserfc import jws
from joserfc.errors import SecurityWarning
from joserfc.jwk import KeySet
from msgspec import Struct

from lingpai.server.storage.records import Account, Client
from tests.browser import Browser
from tests.world import Ask, World

CORE = "OpenID Connect Core 1.0"
APP = "openid-app"
SCOPE = "openid profile email address phone offline_access"
LOGGED_OUT = "http://localhost:3000/logged-out"
PERSON: dict[str, Any] = {
    "name": "Zhang San",
    "picture": "http://localhost:3000/zhang.png",
    "email": "zhangsan@example.com",
    "email_verified": True,
    "locale": "zh_CN",
    "updated_at": 1_700_000_000,
    "claims": {
        "nickname": "San",
        "given_name": "San",
        "family_name": "Zhang",
        "phone_number": "+86 10 5555 5555",
        "phone_number_verified": False,
        "address": {"country": "CN", "locality": "Beijing"},
    },
}
PROFILE = {"name", "given_name", "family_name", "nickname", "preferred_username", "picture", "locale", "updated_at"}

Claims = dict[str, Any]


class SignedIn(Struct):
    """A sign-in that worked. ``answer``: the parameters of the callback; ``tokens``: the token response, if any."""

    ask: Ask
    browser: Browser
    answer: dict[str, str]
    tokens: Claims
    claims: Claims
    """Of the ID Token, verified: of the token response, or of the callback where that has none."""

    @property
    def access_token(self) -> str:
        """From wherever it came."""
        return str(self.tokens.get("access_token") or self.answer["access_token"])


async def add_app(world: World, client_id: str = APP, **fields: Any) -> Client:
    """An application that may ask for every standard scope; may use every response type with ``legacy=True``."""
    values: dict[str, Any] = {
        "client_name": "OpenID App",
        "scope": SCOPE,
        "post_logout_redirect_uris": (LOGGED_OUT,),
        "id_token_signed_response_alg": "ES256",
    }
    if fields.get("legacy"):
        types = ("code", "id_token", "id_token token", "code id_token", "code token", "code id_token token")
        values |= {"response_types": types, "grant_types": ("authorization_code", "refresh_token", "implicit")}
    return await world.add_client(client_id, **(values | fields))


async def add_person(world: World, username: str = "wang", **fields: Any) -> Account:
    """Somebody with every claim."""
    return await world.add_account(username, **(PERSON | fields))


async def sign_in(
    world: World, browser: Browser | None = None, client_id: str = APP, *, username: str = "zhangsan", **params: Any
) -> SignedIn:
    """All the way to tokens, allowing everything."""
    browser = browser or world.browser()
    ask = Ask(world, client_id, **({"scope": "openid", "nonce": "n-0S6"} | params))
    answer = await ask.allow(browser, username=username)
    assert "error" not in answer, answer
    tokens: Claims = {}
    if "code" in answer:
        response = await ask.redeem(answer["code"], client=client_id)
        assert response.status_code == 200, response.text
        tokens = response.json()
    id_token = tokens.get("id_token") or answer.get("id_token")
    readable = id_token is not None and id_token.count(".") == 2
    return SignedIn(ask, browser, answer, tokens, await verified(world, str(id_token)) if readable else {})


async def verified(world: World, token: str) -> Claims:
    """The claims of a token signed with a key of the server's JWKS, checked by joserfc."""
    keys = KeySet.import_key_set((await world.http.get("/oauth2/jwks")).json())
    with warnings.catch_warnings():
        # We still say EdDSA for what RFC 9864 names Ed25519, as most do; joserfc warns about it.
        warnings.simplefilter("ignore", SecurityWarning)
        signed = jws.deserialize_compact(token, keys, algorithms=["ES256", "RS256", "PS256", "EdDSA"])
    claims: Claims = json.loads(signed.payload)
    return claims


def header_of(token: str) -> Claims:
    """The protected header, unverified."""
    head = token.partition(".")[0]
    header: Claims = json.loads(urlsafe_b64decode(head + "=" * (-len(head) % 4)))
    return header


def half_hash(value: str, name: str = "sha256") -> str:
    """``at_hash`` and ``c_hash``, from the specification's words."""
    digest = hashlib.new(name, value.encode()).digest()
    return urlsafe_b64encode(digest[: len(digest) // 2]).rstrip(b"=").decode()


async def userinfo(world: World, access_token: str) -> httpx2.Response:
    """With the token in the header."""
    headers = {"authorization": f"Bearer {access_token}"}
    return await world.http.get("/oauth2/userinfo", headers=headers)


async def claims_at_userinfo(world: World, access_token: str) -> Claims:
    """What UserInfo says."""
    response = await userinfo(world, access_token)
    assert response.status_code == 200, response.text
    claims: Claims = response.json()
    return claims


async def open_request(world: World, browser: Browser, client_id: str = APP, **params: Any) -> Browser:
    """Send the browser to the authorization endpoint and follow to whatever page or answer comes."""
    await browser.get(Ask(world, client_id, **({"scope": "openid", "nonce": "n-0S6"} | params)).url)
    await browser.follow()
    return browser
