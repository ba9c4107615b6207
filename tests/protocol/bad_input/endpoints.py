"""Every endpoint with every parameter it reads, and a good request to each: what the tables of bad input spoil."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Literal

from msgspec import Struct

from tests.browser import Browser, Form
from tests.world import CALLBACK, PASSWORD, PHOTOS, SECRET, Ask, World

POSTER = "poster"
STRANGER = "stranger"
"""A client nobody has allowed anything, so that people are asked."""
OTHER_CALLBACK = "http://localhost:3000/other"


class Good(Struct, frozen=True):
    """A request that would succeed."""

    method: str
    path: str
    query: Mapping[str, str] = {}
    body: Mapping[str, str] | None = None
    cookie: str = ""


class Param(Struct, frozen=True):
    """A parameter. ``absent``: the outcome without it; empty: it may be left out."""

    name: str
    absent: str = ""
    where: Literal["query", "body"] = "body"
    may_repeat: bool = False


class Endpoint(Struct, frozen=True):
    """``form``: how it refuses. ``json``; ``page``; ``client``: by redirect once client and URI are proven."""

    name: str
    form: Literal["json", "page", "client"]
    make: Callable[[World], Awaitable[Good]]
    params: tuple[Param, ...]


async def register(world: World) -> None:
    """Clients that send their credentials as parameters and must name their redirect URI."""
    for name in (POSTER, STRANGER):
        await world.add_client(
            name, token_endpoint_auth_method="client_secret_post", redirect_uris=(CALLBACK, OTHER_CALLBACK)
        )


_CREDENTIALS = {"client_id": POSTER, "client_secret": SECRET, "unknown": "x"}


async def _code(world: World) -> Good:
    ask = Ask(world, POSTER)
    code = (await ask.allow(world.browser()))["code"]
    sent = {"code": code, "redirect_uri": CALLBACK, "code_verifier": ask.code_verifier, "resource": PHOTOS}
    return Good("POST", "/oauth2/token", body={"grant_type": "authorization_code", **sent, **_CREDENTIALS})


async def _tokens(world: World) -> dict[str, str]:
    response = await world.http.post("/oauth2/token", data=(await _code(world)).body)
    tokens: dict[str, str] = response.json()
    return tokens


async def _refresh_token(world: World) -> Good:
    sent = {"refresh_token": (await _tokens(world))["refresh_token"], "scope": "list_album", "resource": PHOTOS}
    return Good("POST", "/oauth2/token", body={"grant_type": "refresh_token", **sent, **_CREDENTIALS})


def _about_a_token(path: str) -> Callable[[World], Awaitable[Good]]:
    async def make(world: World) -> Good:
        token = (await _tokens(world))["access_token"]
        return Good("POST", path, body={"token": token, "token_type_hint": "access_token", **_CREDENTIALS})

    return make


async def _userinfo(world: World) -> Good:
    ask = Ask(world)
    tokens = (await ask.redeem((await ask.allow(world.browser()))["code"])).json()
    return Good("POST", "/oauth2/userinfo", body={"access_token": tokens["access_token"], "unknown": "x"})


def _authorize(method: Literal["GET", "POST"]) -> Callable[[World], Awaitable[Good]]:
    async def make(world: World) -> Good:
        more = {"response_mode": "query", "resource": PHOTOS, "prompt": "login", "max_age": "60", "nonce": "n"}
        words = {"login_hint": "zhangsan", "ui_locales": "en", "unknown": "x"}
        params = {**Ask(world, POSTER).params, **more, **words}
        if method == "GET":
            return Good("GET", "/oauth2/authorize", query=params)
        return Good("POST", "/oauth2/authorize", body=params)

    return make


async def _push(world: World) -> Good:
    request = await _authorize("POST")(world)
    return Good("POST", "/oauth2/par", body={**(request.body or {}), "client_secret": SECRET})


def _cookie(browser: Browser) -> str:
    return "; ".join(f"{cookie.name}={cookie.value}" for cookie in browser.http.cookies.jar)


def _sealed(browser: Browser) -> dict[str, str]:
    return {"request": browser.page.url.params["request"], "unknown": "x"}


def _fields(form: Form, **answers: str) -> dict[str, str]:
    return {**dict(form.fields), **answers, "unknown": "x"}


def _page(path: str) -> Callable[[World], Awaitable[Good]]:
    """A page, or the way back from it, opened for a pending request."""

    async def make(world: World) -> Good:
        browser = world.browser()
        if path == "/sign-in":
            await browser.get(Ask(world, STRANGER).url)
            await browser.follow()
        else:
            await Ask(world, STRANGER).to_consent(browser)
        return Good("GET", path, query=_sealed(browser), cookie=_cookie(browser))

    return make


async def _sign_in(world: World) -> Good:
    browser = world.browser()
    await browser.get(Ask(world, STRANGER).url)
    await browser.follow()
    body = _fields(browser.form("sign-in-form"), username="zhangsan", password=PASSWORD)
    return Good("POST", "/sign-in", _sealed(browser), body, _cookie(browser))


async def _consent(world: World) -> Good:
    browser = world.browser()
    await Ask(world, STRANGER).to_consent(browser)
    body = _fields(browser.form("consent-form"), scope="list_album", lifetime="30d", decision="allow")
    return Good("POST", "/consent", _sealed(browser), body, _cookie(browser))


async def _sign_out(world: World) -> Good:
    browser = world.browser()
    await world.sign_in(browser)
    await browser.get("/sign-out")
    return Good("POST", "/sign-out", body=_fields(browser.form("sign-out-form")), cookie=_cookie(browser))


async def _grants(world: World) -> Good:
    browser = world.browser()
    await Ask(world, scope="list_album").allow(browser)
    await browser.get("/account/grants")
    form = next(form for form in browser.forms() if ("scope", "list_album") in form.fields)
    return Good("POST", "/account/grants", body=_fields(form, action="take_back"), cookie=_cookie(browser))


async def _language(_world: World) -> Good:
    return Good("POST", "/language", body={"locale": "zh_CN", "page": "sign_in", "request": "lpq_0", "unknown": "x"})


_CLIENT = (Param("client_id", "401 invalid_client"), Param("client_secret", "401 invalid_client"), Param("unknown"))
_PAGE_PARAMS = (Param("request", where="query"), Param("unknown", where="query"))


def _authorize_params(where: Literal["query", "body"]) -> tuple[Param, ...]:
    required = ("response_type", "code_challenge", "code_challenge_method")
    optional = ("scope", "state", "response_mode", "prompt", "max_age", "nonce", "login_hint", "ui_locales", "unknown")
    return (
        *(Param(name, "400 page", where) for name in ("client_id", "redirect_uri")),
        *(Param(name, "303 invalid_request", where) for name in required),
        *(Param(name, where=where) for name in optional),
        Param("resource", where=where, may_repeat=True),
    )


ENDPOINTS = (
    Endpoint(
        "token, code",
        "json",
        _code,
        (
            *(Param(name, "400 invalid_request") for name in ("grant_type", "code", "redirect_uri")),
            Param("code_verifier", "400 invalid_grant"),
            Param("resource", may_repeat=True),
            *_CLIENT,
        ),
    ),
    Endpoint(
        "token, refresh token",
        "json",
        _refresh_token,
        (
            *(Param(name, "400 invalid_request") for name in ("grant_type", "refresh_token")),
            Param("scope"),
            Param("resource", may_repeat=True),
            *_CLIENT,
        ),
    ),
    *(
        Endpoint(
            name,
            "json",
            _about_a_token(f"/oauth2/{name}"),
            (Param("token", "400 invalid_request"), Param("token_type_hint"), *_CLIENT),
        )
        for name in ("introspect", "revoke")
    ),
    Endpoint("userinfo", "json", _userinfo, (Param("access_token", "401"), Param("unknown"))),
    Endpoint(
        "par",
        "json",
        _push,
        (
            *(
                Param(name, "400 invalid_request")
                for name in ("redirect_uri", "response_type", "code_challenge", "code_challenge_method")
            ),
            *(Param(name) for name in ("scope", "state", "response_mode", "prompt", "max_age", "nonce")),
            Param("resource", may_repeat=True),
            *_CLIENT,
        ),
    ),
    Endpoint("authorize, GET", "client", _authorize("GET"), _authorize_params("query")),
    Endpoint("authorize, POST", "client", _authorize("POST"), _authorize_params("body")),
    Endpoint("resume", "page", _page("/oauth2/authorize/resume"), (Param("request", "400 page", "query"),)),
    Endpoint("sign-in page", "page", _page("/sign-in"), (Param("request", where="query"),)),
    Endpoint("consent page", "page", _page("/consent"), (Param("request", "400 page", "query"),)),
    Endpoint(
        "sign-in",
        "page",
        _sign_in,
        (
            Param("csrf_token", "403 page"),
            Param("username", "422 page"),
            Param("password", "422 page"),
            Param("unknown"),
            Param("request", where="query"),
        ),
    ),
    Endpoint(
        "consent",
        "page",
        _consent,
        (
            Param("csrf_token", "403 page"),
            Param("scope", "422 page", may_repeat=True),
            Param("lifetime"),
            Param("decision", "400 page"),
            Param("unknown"),
            Param("request", "400 page", "query"),
        ),
    ),
    Endpoint("sign-out", "page", _sign_out, (Param("csrf_token", "403 page"), Param("unknown"))),
    Endpoint(
        "account/grants",
        "page",
        _grants,
        (
            Param("csrf_token", "403 page"),
            *(Param(name, "400 page") for name in ("action", "client_id", "scope")),
            Param("unknown"),
        ),
    ),
    Endpoint("language", "page", _language, (Param("locale", "400 page"), Param("page"), Param("request"))),
)
