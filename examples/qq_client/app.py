"""The website: a button, the callback, who signed in, and a refresh.

    GET  /                the button, or whoever is signed in and everything QQ says about them
    GET  /user/login      begin: off to QQ
    GET  /user/callback   back from QQ: code, tokens, openid, user info
    POST /user/refresh    new tokens, and the user info again
    POST /user/logout     forget the person

Owns: these paths, the cookie, and what follows from every way a sign-in can end. Tokens never leave this process.
Leaves: QQ to ``lingpai.client.platforms``.
"""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx2
import jinja2
from msgspec import Struct
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from examples.photo_print.sessions import Shelf
from examples.qq_client.settings import Settings
from lingpai.client import AuthorizationDenied, CallbackError, ClientError, ServerUnreachable
from lingpai.client.platforms import AsyncPlatformClient, PendingSignIn, PlatformIdentity, get_platform

FOLDER = Path(__file__).parent
COOKIE = "qq_client"
LIFETIME_S = 8 * 3600
_LIMIT = 10_000
_NOT_BEGUN = "这次登录不是从这里开始的，请再试一次。 This sign-in did not begin here. Try again."
_NOT_OURS = "返回的结果不属于这次登录。 What came back does not belong to this sign-in."
_HEADERS = {
    # QQ's avatars come from several hosts.
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src https: http:; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class Visit(Struct):
    """One browser: away at QQ, signed in, or neither."""

    pending: PendingSignIn | None = None
    person: PlatformIdentity | None = None


def epoch_seconds() -> int:
    """The machine's clock."""
    return int(time.time())  # noqa: TID251 -- an application of its own: it does not have the server's clock


def create_app(
    settings: Settings, *, http: httpx2.AsyncClient | None = None, clock: Callable[[], int] = epoch_seconds
) -> Starlette:
    """The ASGI application; ``http`` is what it reaches QQ through."""
    http = http or httpx2.AsyncClient()
    site = Site(settings, http, clock)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        async with http:
            yield

    routes = [
        Route("/", site.home),
        Route("/user/login", site.login),
        Route("/user/callback", site.callback),
        Route("/user/refresh", site.refresh, methods=["POST"]),
        Route("/user/logout", site.logout, methods=["POST"]),
        Mount("/static", StaticFiles(directory=FOLDER / "static")),
    ]
    return Starlette(routes=routes, lifespan=lifespan)


class Site:
    """The handlers, and what they share."""

    def __init__(self, settings: Settings, http: httpx2.AsyncClient, clock: Callable[[], int]) -> None:
        self._settings = settings
        platform = get_platform(
            "qq",
            client_id=settings.appid,
            client_secret=settings.appkey,
            base_url=settings.server or None,
            unionid=settings.unionid,
        )
        self._qq = AsyncPlatformClient(platform, http=http, clock=clock)
        self._visits: Shelf[Visit] = Shelf(limit=_LIMIT, lifetime_s=LIFETIME_S, clock=clock)
        loader = jinja2.FileSystemLoader(FOLDER)
        self._page = jinja2.Environment(loader=loader, autoescape=True, undefined=jinja2.StrictUndefined).get_template(
            "page.html"
        )

    async def home(self, request: Request) -> Response:
        """The start page."""
        visit = self._visit(request)
        return self._show(visit.person if visit else None)

    async def login(self, _request: Request) -> Response:
        """Send the browser to QQ, and remember under a fresh cookie which answer it may bring back."""
        pending = await self._qq.begin(self._settings.callback)
        response = RedirectResponse(pending.url, 303)
        self._remember(response, Visit(pending=pending))
        return response

    async def callback(self, request: Request) -> Response:
        """Take what the browser brings back, once."""
        visit = self._visits.take(request.cookies.get(COOKIE, ""))
        if visit is None or visit.pending is None:
            return self._show(None, _NOT_BEGUN, 400)
        try:
            person = await self._qq.finish(visit.pending, request.url.query)
        except AuthorizationDenied:
            return self._show(None, "你取消了登录。 You said no, and that is fine.")
        except CallbackError:
            return self._show(None, _NOT_OURS, 400)
        except ClientError as error:
            return self._failed(None, error)
        response = RedirectResponse("/", 303)
        # A new id for who is signed in: the old one may have been somebody's who only watched.
        self._remember(response, Visit(person=person))
        return response

    async def refresh(self, request: Request) -> Response:
        """New tokens; then ask again who it is."""
        visit = self._visit(request)
        if visit is None or visit.person is None:
            return RedirectResponse("/", 303)
        try:
            tokens = await self._qq.refresh(visit.person.tokens)
            visit.person = await self._qq.userinfo(tokens)
        except ClientError as error:
            return self._failed(visit.person, error)
        return RedirectResponse("/", 303)

    async def logout(self, request: Request) -> Response:
        """Forget the person."""
        self._visits.take(request.cookies.get(COOKIE, ""))
        response = RedirectResponse("/", 303)
        response.delete_cookie(COOKIE)
        return response

    def _visit(self, request: Request) -> Visit | None:
        return self._visits.get(request.cookies.get(COOKIE, ""))

    def _remember(self, response: Response, visit: Visit) -> None:
        secure = self._settings.address.startswith("https://")
        response.set_cookie(COOKIE, self._visits.put(visit), LIFETIME_S, httponly=True, samesite="lax", secure=secure)

    def _failed(self, person: PlatformIdentity | None, error: ClientError) -> Response:
        # The library's messages hold no secrets; QQ's number is what a developer looks up.
        return self._show(
            person, f"QQ 登录没有成功。 It did not work: {error}", 503 if isinstance(error, ServerUnreachable) else 502
        )

    def _show(self, person: PlatformIdentity | None, notice: str = "", status: int = 200) -> Response:
        claims = sorted(person.claims.items()) if person else []
        shown = {"person": person, "claims": claims, "expires_at": _expiry(person), "notice": notice}
        return HTMLResponse(self._page.render(shown), status, _HEADERS)


def _expiry(person: PlatformIdentity | None) -> str:
    expires_at = person.tokens.expires_at if person else None
    return "?" if expires_at is None else f"{datetime.fromtimestamp(expires_at, UTC):%Y-%m-%d %H:%M} UTC"
