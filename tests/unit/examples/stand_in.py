"""A stand-in for the authorization server, a remote peer of the examples: says yes, says no, or is away, as told.

The whole story with the real server is told in ``tests/e2e``.
"""

from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx2
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from examples.photo_print.app import create_app as create_photo_print
from examples.photo_print.settings import Settings as PhotoPrintSettings
from examples.photos.app import create_app as create_photos
from examples.photos.settings import Settings as PhotosSettings

ISSUER = "http://localhost:4000"
SHOP = "http://localhost:3000"
PHOTOS = "http://localhost:5000"
OPENID = "0E302B779D8D4C72D21E3172C015682B"


class Clock:
    """A clock that goes when it is told to."""

    def __init__(self) -> None:
        self.now = 1_700_000_000

    def __call__(self) -> int:
        return self.now


class StandIn:
    """The authorization server. What it grants and answers stands in its attributes."""

    def __init__(self) -> None:
        self.scope = "get_user_info list_album"
        self.username = "zhangsan"
        self.claims: dict[str, object] = {"nickname": "zhangsan", "picture": f"{PHOTOS}/avatars/zhangsan.png"}
        self.is_ended = False
        self.refresh_refusal = ""
        self.is_away = False
        self.refreshed = 0
        self.revoked: list[str] = []
        self.app = Starlette(
            routes=[
                Route("/.well-known/oauth-authorization-server", self._metadata),
                Route("/token", self._token, methods=["POST"]),
                Route("/userinfo", self._userinfo),
                Route("/introspect", self._introspect, methods=["POST"]),
                Route("/revoke", self._revoke, methods=["POST"]),
            ]
        )

    async def _metadata(self, _request: Request) -> Response:
        endpoints = {f"{name}_endpoint": f"{ISSUER}/{name}" for name in ("token", "userinfo")}
        return JSONResponse(
            endpoints
            | {
                "issuer": ISSUER,
                "authorization_endpoint": f"{ISSUER}/authorize",
                "introspection_endpoint": f"{ISSUER}/introspect",
                "revocation_endpoint": f"{ISSUER}/revoke",
                "response_types_supported": ["code"],
                "authorization_response_iss_parameter_supported": True,
            }
        )

    async def _token(self, request: Request) -> Response:
        form = parse_qs((await request.body()).decode())
        if form["grant_type"] == ["refresh_token"]:
            if self.refresh_refusal:
                return JSONResponse({"error": self.refresh_refusal}, 400)
            self.refreshed += 1
        elif form["code"] != ["good-code"]:
            return JSONResponse({"error": "invalid_grant"}, 400)
        return JSONResponse(
            {
                "access_token": f"access-{self.refreshed}",
                "refresh_token": f"refresh-{self.refreshed}",
                "token_type": "Bearer",
                "expires_in": 3600,
                "scope": self.scope,
            }
        )

    async def _userinfo(self, _request: Request) -> Response:
        return JSONResponse({"sub": "7a68", **self.claims})

    async def _introspect(self, _request: Request) -> Response:
        if self.is_ended:
            return JSONResponse({"active": False})
        return JSONResponse(
            {
                "active": True,
                "iss": ISSUER,
                "aud": PHOTOS,
                "openid": OPENID,
                "sub": "7a68",
                "username": self.username,
                "client_id": "photo-print",
                "scope": self.scope,
                "exp": 4_000_000_000,
            }
        )

    async def _revoke(self, request: Request) -> Response:
        self.revoked += parse_qs((await request.body()).decode())["token"]
        return Response()


class _Switchable(httpx2.AsyncBaseTransport):
    """The way to the stand-in, which can be cut."""

    def __init__(self, stand_in: StandIn) -> None:
        self._stand_in = stand_in
        self._way = httpx2.ASGITransport(stand_in.app)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        if self._stand_in.is_away:
            raise httpx2.ConnectError("the stand-in is away")
        return await self._way.handle_async_request(request)


class Town:
    """All three programs in one process: ``browser`` is at the application, ``api`` at the photo service."""

    def __init__(self, folder: Path) -> None:
        self.server = StandIn()
        self.clock = Clock()
        self.photos_clock = Clock()
        to_server = {ISSUER: _Switchable(self.server)}
        self.photos = create_photos(
            PhotosSettings(client_secret="s", shelf=folder / "photos.db"),
            http=httpx2.AsyncClient(mounts=to_server),
            clock=self.photos_clock,
        )
        to_both = {**to_server, PHOTOS: httpx2.ASGITransport(self.photos)}
        shop = create_photo_print(
            PhotoPrintSettings(client_secret="s"), http=httpx2.AsyncClient(mounts=to_both), clock=self.clock
        )
        self._shop = httpx2.ASGITransport(shop, raise_app_exceptions=False)
        self.browser = self.new_browser()
        self.api = httpx2.AsyncClient(transport=httpx2.ASGITransport(self.photos), base_url=PHOTOS)

    def new_browser(self) -> httpx2.AsyncClient:
        """Another browser at the application, with its own cookies."""
        return httpx2.AsyncClient(transport=self._shop, base_url=SHOP)

    async def begin(self, path: str = "/user/login") -> dict[str, str]:
        """Go to sign-in; what was asked of the authorization server."""
        answer = await self.browser.get(path)
        assert answer.status_code == 303
        query = parse_qs(urlsplit(answer.headers["location"]).query)
        return {name: values[0] for name, values in query.items()}

    async def come_back(self, state: str, **answer: str) -> httpx2.Response:
        """The browser arrives at the callback with this answer."""
        params = {"state": state, "iss": ISSUER} | answer
        return await self.browser.get("/user/callback", params=params)

    async def sign_in(self) -> httpx2.Response:
        """A whole sign-in that works."""
        return await self.come_back((await self.begin())["state"], code="good-code")
