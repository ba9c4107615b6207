"""The pages: what a person's browser opens and sends."""

from collections.abc import Awaitable, Callable
from typing import Literal

from tests.browser import Browser, Form
from tests.device import at_the_form, to_question, waiting_tv
from tests.openid import APP, LOGGED_OUT, sign_in
from tests.protocol.bad_input.endpoint import STRANGER, Endpoint, Good, Param
from tests.world import PASSWORD, Ask, World


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


async def _select_account(world: World) -> Good:
    browser = await _at_the_chooser(world)
    form = browser.form("select-account-form")
    body = _fields(form, account=next(value for name, value in form.buttons if name == "account"))
    return Good("POST", "/select-account", _sealed(browser), body, _cookie(browser))


async def _chooser(world: World) -> Good:
    browser = await _at_the_chooser(world)
    return Good("GET", "/select-account", query=_sealed(browser), cookie=_cookie(browser))


async def _at_the_chooser(world: World) -> Browser:
    browser = world.browser()
    await world.sign_in(browser)
    await browser.get(Ask(world, STRANGER, prompt="select_account").url)
    await browser.follow()
    return browser


async def _device(world: World) -> Good:
    device, browser = await waiting_tv(world), await at_the_form(world)
    body = _fields(browser.form("device-form"), user_code=device.began["user_code"])
    return Good("POST", "/device", body=body, cookie=_cookie(browser))


async def _device_question(world: World) -> Good:
    device, browser = await waiting_tv(world), world.browser()
    await to_question(world, browser, device.began["user_code"])
    body = _fields(browser.form("consent-form"), scope="list_album", lifetime="30d", decision="allow")
    return Good("POST", "/device/confirm", _sealed(browser), body, _cookie(browser))


async def _device_qr(_world: World) -> Good:
    return Good("GET", "/device/qr.svg", query={"user_code": "BCDF-GHJK"})


def _end_session(method: Literal["GET", "POST"]) -> Callable[[World], Awaitable[Good]]:
    async def make(world: World) -> Good:
        signed_in = await sign_in(world)
        params = {
            "id_token_hint": signed_in.tokens["id_token"],
            "client_id": APP,
            "post_logout_redirect_uri": LOGGED_OUT,
            "state": "bye",
            "ui_locales": "en",
            "logout_hint": "zhangsan",
            "unknown": "x",
        }
        if method == "GET":
            return Good("GET", "/oauth2/end_session", params, cookie=_cookie(signed_in.browser))
        return Good("POST", "/oauth2/end_session", body=params)

    return make


async def _end_session_answer(world: World) -> Good:
    browser = world.browser()
    await world.sign_in(browser)
    await browser.get("/oauth2/end_session")
    body = _fields(browser.form("end-session-form"), decision="sign_out")
    return Good("POST", "/oauth2/end_session", body=body, cookie=_cookie(browser))


async def _language(_world: World) -> Good:
    return Good("POST", "/language", body={"locale": "zh_CN", "page": "sign_in", "request": "lpq_0", "unknown": "x"})


_LOGOUT = ("id_token_hint", "client_id", "post_logout_redirect_uri", "state", "ui_locales", "logout_hint", "unknown")

PAGE_ENDPOINTS = (
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
    Endpoint("chooser page", "page", _chooser, (Param("request", "400 page", "query"),)),
    Endpoint(
        "chooser",
        "page",
        _select_account,
        (
            Param("csrf_token", "403 page"),
            Param("account", "400 page"),
            Param("unknown"),
            Param("request", "400 page", "query"),
        ),
    ),
    Endpoint(
        "device", "page", _device, (Param("csrf_token", "403 page"), Param("user_code", "422 page"), Param("unknown"))
    ),
    Endpoint(
        "device question",
        "page",
        _device_question,
        (
            Param("csrf_token", "403 page"),
            Param("scope", "422 page", may_repeat=True),
            Param("lifetime"),
            Param("decision", "400 page"),
            Param("unknown"),
        ),
    ),
    Endpoint("device picture", "page", _device_qr, (Param("user_code", "400 page", "query"),)),
    Endpoint("end session, GET", "page", _end_session("GET"), tuple(Param(name, where="query") for name in _LOGOUT)),
    Endpoint("end session, POST", "page", _end_session("POST"), tuple(Param(name) for name in _LOGOUT)),
    Endpoint("end session, answer", "page", _end_session_answer, (Param("csrf_token", "403 page"), Param("unknown"))),
    Endpoint("language", "page", _language, (Param("locale", "400 page"), Param("page"), Param("request"))),
)
