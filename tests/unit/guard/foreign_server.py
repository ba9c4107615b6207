"""An authorization server of somebody else, small and, where a test wants it, hostile."""

import asyncio
import base64
from collections.abc import Callable
from urllib.parse import parse_qs, unquote_plus

import httpx2
import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from lingpai.crypto.jwk import generate_private_key, public_jwk
from lingpai.crypto.jws import Signer

ISSUER = "https://as.example"
AUDIENCE = "https://photos.example"
NOW = 1_800_000_000

Answer = Callable[[str], Response]


class ForeignServer:
    """Metadata, JWKS and introspection of ``ISSUER``; attributes are its behaviour, ``asked`` what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.credentials: list[tuple[str, str]] = []
        self.metadata: dict[str, object] = {
            "issuer": ISSUER,
            "jwks_uri": f"{ISSUER}/jwks",
            "introspection_endpoint": f"{ISSUER}/introspect",
        }
        self.keys: list[dict[str, str]] = []
        self.jwks: Callable[[], Response] = lambda: JSONResponse({"keys": self.keys})
        self.introspection: dict[str, dict[str, object]] = {}
        self.introspect: Answer = lambda token: JSONResponse(self.introspection.get(token, {"active": False}))
        self.hangs = False
        self.app = Starlette(
            routes=[
                Route("/.well-known/oauth-authorization-server", self._metadata),
                Route("/jwks", self._jwks),
                Route("/introspect", self._introspect, methods=["POST"]),
            ]
        )

    def http(self, timeout_s: float = 5) -> httpx2.AsyncClient:
        """A client that reaches this server; it would follow redirects if it were let."""
        transport = httpx2.ASGITransport(self.app)
        return httpx2.AsyncClient(transport=transport, timeout=timeout_s, follow_redirects=True)

    def new_signer(self, kid: str, alg: str = "ES256") -> Signer:
        """Publish a new key and return what signs with it."""
        private_der = generate_private_key(alg)
        self.keys.append(public_jwk(private_der, kid=kid, alg=alg))
        return Signer(alg, kid, private_der)

    def count(self, path: str) -> int:
        """How often this path was asked."""
        return self.asked.count(path)

    async def _metadata(self, request: Request) -> Response:
        await self._record(request)
        return JSONResponse(self.metadata)

    async def _jwks(self, request: Request) -> Response:
        await self._record(request)
        return self.jwks()

    async def _introspect(self, request: Request) -> Response:
        await self._record(request)
        pair = base64.b64decode(request.headers["authorization"].removeprefix("Basic ")).decode()
        client_id, _, client_secret = pair.partition(":")
        self.credentials.append((unquote_plus(client_id), unquote_plus(client_secret)))
        form = parse_qs((await request.body()).decode())
        return self.introspect(form["token"][0])

    async def _record(self, request: Request) -> None:
        self.asked.append(request.url.path)
        if self.hangs:
            await asyncio.Event().wait()


def claims_of(**changes: object) -> dict[str, object]:
    """The claims of a good ``at+jwt``; a change to ``None`` leaves a claim out."""
    claims: dict[str, object] = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": "zhangsan",
        "client_id": "photo-print",
        "jti": "token-1",
        "iat": NOW - 10,
        "exp": NOW + 600,
        "scope": "list_album get_user_info",
    }
    return {name: claim for name, claim in {**claims, **changes}.items() if claim is not None}


def token_of(signer: Signer, **changes: object) -> str:
    """A signed access token with these claims changed."""
    return signer.sign("at+jwt", msgspec.json.encode(claims_of(**changes)))
