"""The application over HTTP: signs people in with ``lingpai.client`` and shows them their albums.

    GET  /                       the start page, or the albums of whoever is signed in
    GET  /user/login             begin a sign-in; ``?ask=list_album`` asks again for just that permission
    GET  /user/callback          the browser comes back from the authorization server
    POST /user/logout            forget the person, and give the tokens back
    GET  /language/{language}    choose a language

Owns: these paths, cookies, and what follows from every way a sign-in or a request can end. Tokens never leave this
process. Leaves: the protocol to ``lingpai.client``, what is remembered to ``sessions``, words and looks to ``pages``.
"""

import secrets
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

import httpx2
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from examples.photo_print.pages import FOLDER, LANGUAGE_COOKIE, Pages
from examples.photo_print.photo_service import AccessEnded, PermissionMissing, PhotoService, PhotoServiceAway
from examples.photo_print.sessions import Begun, Shelf, Visit
from examples.photo_print.settings import Settings
from examples.photo_print.texts import TEXTS
from lingpai.client import (
    AsyncClient,
    AuthorizationDenied,
    CallbackError,
    ClientError,
    ServerUnreachable,
    TokenError,
    TokenSet,
)

SCOPE = "get_user_info list_album"
VISIT_COOKIE = "photo_print"
BROWSER_COOKIE = "photo_print_browser"
VISIT_LIFETIME_S = 8 * 3600
SIGN_IN_LIFETIME_S = 1800
REFRESH_BEFORE_S = 60


def epoch_seconds() -> int:
    """The machine's clock."""
    return int(time.time())  # noqa: TID251 -- an application of its own: it does not have the server's clock


def create_app(
    settings: Settings, *, http: httpx2.AsyncClient | None = None, clock: Callable[[], int] = epoch_seconds
) -> Starlette:
    """The ASGI application; ``http`` is what it reaches the other two programs through."""
    http = http or httpx2.AsyncClient()
    shop = PhotoPrint(settings, http, clock)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        async with http:
            yield

    routes = [
        Route("/", shop.home),
        Route("/user/login", shop.login),
        Route("/user/callback", shop.callback),
        Route("/user/logout", shop.logout, methods=["POST"]),
        Route("/language/{language}", shop.language),
        Mount("/static", StaticFiles(directory=FOLDER / "static")),
    ]
    errors = {404: shop.not_found, 405: shop.not_found, 500: shop.broken}
    return Starlette(routes=routes, exception_handlers=errors, lifespan=lifespan)


class PhotoPrint:
    """The handlers, and what they share."""

    def __init__(self, settings: Settings, http: httpx2.AsyncClient, clock: Callable[[], int]) -> None:
        self._settings = settings
        self._clock = clock
        self._client = AsyncClient(settings.issuer, settings.client_id, settings.client_secret, http=http, clock=clock)
        self._photos = PhotoService(settings.photos, http)
        self._pages = Pages(pictures_from=settings.photos)
        self._begun: Shelf[Begun] = Shelf(limit=10_000, lifetime_s=SIGN_IN_LIFETIME_S, clock=clock)
        self._visits: Shelf[Visit] = Shelf(limit=10_000, lifetime_s=VISIT_LIFETIME_S, clock=clock)

    async def home(self, request: Request) -> Response:
        """The start page; for somebody signed in, the albums or what keeps us from them."""
        visit = self._visit(request)
        if visit is None:
            return self._pages.render(request, "welcome.html")
        try:
            albums = await self._albums(visit, self._pages.language(request))
        except AccessEnded:
            visit.tokens = None
            return self._pages.message(request, "ended", button="sign_in", href="/user/login")
        except PhotoServiceAway:
            return self._pages.message(request, "photos_away", button="reload", status=503)
        except ClientError:
            return self._pages.message(request, "away", button="reload", status=503)
        notice = TEXTS[self._pages.language(request)]["refused_more"] if "refused" in request.query_params else ""
        manage = f"{self._settings.issuer}/account/grants"
        return self._pages.render(request, "home.html", visit=visit, albums=albums, notice=notice, manage_url=manage)

    async def login(self, request: Request) -> Response:
        """Send the browser to the authorization server."""
        # The server asks only for what is not allowed yet; `consent` makes it ask even for what was once unticked.
        asks_again = request.query_params.get("ask") == "list_album"
        try:
            pending = await self._client.begin_sign_in(
                redirect_uri=self._settings.redirect_uri, scope=SCOPE, prompt="consent" if asks_again else ""
            )
        except ClientError:
            return self._pages.message(request, "away", button="reload", href=str(request.url.path), status=503)
        browser = request.cookies.get(BROWSER_COOKIE) or secrets.token_urlsafe(32)
        self._begun.put(Begun(browser, pending), key=pending.state)
        response = RedirectResponse(pending.url, 303)
        self._set_cookie(response, BROWSER_COOKIE, browser, SIGN_IN_LIFETIME_S, path="/user")
        return response

    async def callback(self, request: Request) -> Response:
        """Turn the authorization server's answer into a visit."""
        begun = self._begun.take(request.query_params.get("state", ""))
        if begun is None or not _equal(begun.browser, request.cookies.get(BROWSER_COOKIE, "")):
            return self._pages.message(request, "lost", button="sign_in", href="/user/login", status=400)
        try:
            tokens = await self._client.finish_sign_in(begun.pending, request.url.query)
            who = await self._client.userinfo(tokens)
        except AuthorizationDenied:
            return self._refused(request)
        except ServerUnreachable:
            return self._pages.message(request, "away", button="reload", href="/user/login", status=503)
        except ClientError as error:
            code = error.code if isinstance(error, CallbackError | TokenError) else type(error).__name__
            return self._pages.message(request, "failed", button="reload", href="/user/login", status=400, code=code)
        await self._forget(request)
        # A new id: whoever knew the old one, or planted it, is not signed in with it (session fixation).
        name = str(who.get("nickname") or who.get("name") or who.get("sub"))
        key = self._visits.put(Visit(name, str(who.get("picture") or ""), tokens))
        response = RedirectResponse("/", 303)
        self._set_cookie(response, VISIT_COOKIE, key, VISIT_LIFETIME_S)
        return response

    async def logout(self, request: Request) -> Response:
        """Forget the visit. Only our own page may ask for it: a foreign one has another ``Origin``."""
        if request.headers.get("origin") == self._settings.address:
            await self._forget(request)
        return RedirectResponse("/", 303)

    async def language(self, request: Request) -> Response:
        """Remember a language, if it is one of ours."""
        response = RedirectResponse("/", 303)
        if request.path_params["language"] in TEXTS:
            self._set_cookie(response, LANGUAGE_COOKIE, request.path_params["language"], 365 * 86_400)
        return response

    async def not_found(self, request: Request, _error: Exception) -> Response:
        """No such page."""
        return self._pages.message(request, "not_found", status=404)

    async def broken(self, request: Request, _error: Exception) -> Response:
        """Something we did not think of; the log has the traceback."""
        return self._pages.message(request, "broken", status=500)

    def _refused(self, request: Request) -> Response:
        visit = self._visit(request)
        if visit is not None and visit.tokens is not None:
            return RedirectResponse("/?refused", 303)
        return self._pages.message(request, "refused", button="try_again", href="/user/login")

    async def _albums(self, visit: Visit, language: str) -> list[dict[str, object]] | None:
        """What the template shows; ``None`` where the person did not allow it. Raises what the page explains."""
        tokens = await self._fresh_tokens(visit)
        if "list_album" not in tokens.scope.split():
            return None
        try:
            albums = await self._photos.albums(tokens.access_token)
        except PermissionMissing:
            return None
        return [
            {
                "id": album.id,
                "title": album.title.get(language, album.id),
                "photos": [photo.in_language(language) for photo in photos],
            }
            for album, photos in albums
        ]

    async def _fresh_tokens(self, visit: Visit) -> TokenSet:
        """The visit's tokens, refreshed shortly before they expire; raises ``AccessEnded``, ``ClientError``."""
        async with visit.lock:
            if visit.tokens is None:
                raise AccessEnded
            if visit.tokens.refresh_token and visit.tokens.expires_within(REFRESH_BEFORE_S, self._clock()):
                try:
                    visit.tokens = await self._client.refresh(visit.tokens)
                except TokenError as error:
                    if error.code == "invalid_grant":
                        raise AccessEnded from error
                    raise
            return visit.tokens

    async def _forget(self, request: Request) -> None:
        """End the visit and give its tokens back: what nobody holds, nobody can steal."""
        visit = self._visits.take(request.cookies.get(VISIT_COOKIE, ""))
        if visit is not None and visit.tokens is not None:
            with suppress(ClientError):  # the tokens expire by themselves; the person must not wait for that
                await self._client.revoke(visit.tokens.refresh_token or visit.tokens.access_token)

    def _visit(self, request: Request) -> Visit | None:
        return self._visits.get(request.cookies.get(VISIT_COOKIE, ""))

    def _set_cookie(self, response: Response, name: str, value: str, max_age_s: int, path: str = "/") -> None:
        secure = self._settings.address.startswith("https://")
        response.set_cookie(name, value, max_age_s, path=path, secure=secure, httponly=True, samesite="lax")


def _equal(one: str, other: str) -> bool:
    """In constant time; as bytes, since a cookie may hold more than ASCII."""
    return secrets.compare_digest(one.encode(), other.encode())
