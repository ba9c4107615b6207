"""Who may use the admin API, and that a request sent twice is done once. In front of FastAPI, and without it.

A token of a person acts with the person's role, a token of a client by its scope: reading as a reader, writing as an
administrator. The first request loads FastAPI in another thread: whoever never uses the API never pays for it.

Spec: RFC 6750 §3; RFC 9457 §3
"""

import asyncio
from collections.abc import Callable

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message

from lingpai.crypto.digest import digest, equal
from lingpai.crypto.seal import seal_material, unseal_material
from lingpai.oauth.challenge import write_challenge
from lingpai.oauth.errors import InvalidRequest, OAuthError
from lingpai.server.accounts.roles import Roles
from lingpai.server.administration.desk import Actor
from lingpai.server.clock import Clock
from lingpai.server.endpoints.admin_api.problems import problem
from lingpai.server.endpoints.dpop import DpopCheck
from lingpai.server.http import BODY_LIMIT_BYTES, ReadyResponse, client_address, remember_client
from lingpai.server.storage.idempotency import IdempotencyKeys
from lingpai.server.tokens.admin_scopes import ADMIN_READ, ADMIN_WRITE, admin_resource
from lingpai.server.tokens.catalog import Catalog
from lingpai.server.tokens.lookup import TokenLookup

PREFIX = "/admin/api/v1"
ACTOR_KEY = "lingpai.actor"
_KEY_LIMIT_CHARS = 255
_SEAL_NAME = "admin-api-answer"


class _Refused(Exception):
    def __init__(self, status: int, error: str, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.error = error
        self.detail = detail


class AdminApi:
    """Every method below ``/admin/api/v1``."""

    def __init__(  # noqa: PLR0913 - each is one thing that is checked
        self,
        load: Callable[[], ASGIApp],
        lookup: TokenLookup,
        catalog: Catalog,
        dpop: DpopCheck,
        roles: Roles,
        kept: IdempotencyKeys,
        clock: Clock,
        *,
        key: bytes,
        issuer: str,
    ) -> None:
        self._load = load
        self._lookup = lookup
        self._catalog = catalog
        self._dpop = dpop
        self._roles = roles
        self._kept = kept
        self._clock = clock
        self._key = key
        self._issuer = issuer
        self._app: ASGIApp | None = None
        self._loading = asyncio.Lock()

    async def handle(self, request: Request) -> Response:
        """The answer of the API, or a problem."""
        if admin_resource(self._issuer) not in self._catalog.resource_servers:
            return problem(404, "the admin API is switched off: `lingpai admin enable-api` switches it on")
        try:
            # All of it first: a token or role that is taken away while the body comes must not count at its end.
            body = await _read(request)
        except InvalidRequest as error:
            return problem(error.status, error.description)
        if _holds_nul(request, body):
            return problem(400, "a NUL character is part of no text here")
        now = self._clock()
        if request.scope["path"] == f"{PREFIX}/openapi.json":
            return await self._forward(request, body)
        try:
            request.scope[ACTOR_KEY] = await self._actor(request, now)
        except _Refused as refused:
            return self._challenge(request, refused, now)
        key = request.headers.get("idempotency-key")
        if key is None or request.method not in ("POST", "PUT", "DELETE"):
            return await self._forward(request, body)
        return await self._once(request, body, key, now)

    async def _actor(self, request: Request, now: int) -> Actor:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() not in ("bearer", "dpop") or not token:
            raise _Refused(401, "", "send an access token for this API in the Authorization header")
        live = await self._lookup.get_live(token.strip(), now)
        if live is None or admin_resource(self._issuer) not in live.token.audience:
            raise _Refused(401, "invalid_token", "the access token is expired, revoked or not for this API")
        await self._check_key(request, scheme.lower(), token.strip(), live.token.jkt, now)
        remember_client(request, live.client)
        may_write = ADMIN_WRITE in live.scope
        if not may_write and (ADMIN_READ not in live.scope or request.method not in ("GET", "HEAD")):
            wanted = ADMIN_READ if request.method in ("GET", "HEAD") else ADMIN_WRITE
            raise _Refused(403, "insufficient_scope", f"the access token does not have {wanted}")
        ip = client_address(request)
        if live.account is None:
            return Actor(live.client.client_id, "administrator" if may_write else "reader", ip)
        role = await self._roles.role_of(live.account.id)
        if role is None:
            raise _Refused(403, "insufficient_scope", "the person has no role here")
        return Actor(live.account.id.hex(), role if may_write else "reader", ip)

    async def _check_key(self, request: Request, scheme: str, token: str, bound_to: str, now: int) -> None:
        """A token bound to a key works with a proof of that key and in no other way. Spec: RFC 9449 §7.1"""
        if scheme == "bearer" and not bound_to:
            return
        try:
            path: str = request.scope["path"]
            jkt = await self._dpop.jkt(request, path, now, access_token=token) if scheme == "dpop" else ""
        except OAuthError as error:
            raise _Refused(401, error.code, error.description) from None
        if not bound_to or not jkt or not equal(jkt, bound_to):
            raise _Refused(401, "invalid_token", "the access token is not bound to the key of a DPoP proof sent along")

    def _challenge(self, request: Request, refused: _Refused, now: int) -> Response:
        said = {"error": refused.error, "error_description": refused.detail} if refused.error else {}
        response = problem(refused.status, refused.detail)
        response.headers["www-authenticate"] = write_challenge("Bearer", realm=self._issuer, **said)
        self._dpop.offer_nonce(request, response, now)
        return response

    async def _once(self, request: Request, body: bytes, key: str, now: int) -> Response:
        """Do what the key stands for, or give the answer there was."""
        if not 0 < len(key) <= _KEY_LIMIT_CHARS or not key.isascii() or not key.isprintable():
            return problem(400, f"Idempotency-Key must be 1 to {_KEY_LIMIT_CHARS} visible ASCII characters")
        principal, name = request.scope[ACTOR_KEY].name, digest(key)
        what = f"{request.method} {request.scope['path']}?{request.scope['query_string'].decode('latin-1')}\n"
        asked = digest(what + body.hex())
        if not await self._kept.begin(principal, name, asked, now):
            return await self._again(principal, name, asked, now)
        try:
            response = await self._forward(request, body)
        except BaseException:
            await self._kept.forget(principal, name)
            raise
        if response.status_code >= 500:
            await self._kept.forget(principal, name)
        else:
            content = response.headers.get("content-type", "").encode() + b"\n" + bytes(response.body)
            sealed = seal_material(self._key, _SEAL_NAME, content)
            await self._kept.finish(principal, name, response.status_code, sealed)
        return response

    async def _again(self, principal: str, name: bytes, asked: bytes, now: int) -> Response:
        kept = await self._kept.get(principal, name, now)
        if kept is None:
            return problem(429, "there are too many Idempotency-Keys of yours: wait for the oldest to expire")
        if kept.request != asked:
            return problem(422, "this Idempotency-Key came with another request")
        if kept.status is None or kept.sealed is None:
            return problem(409, "the first request with this Idempotency-Key is still on its way")
        content_type, _, body = unseal_material(self._key, _SEAL_NAME, kept.sealed).partition(b"\n")
        return ReadyResponse(body, kept.status, [(b"content-type", content_type), (b"cache-control", b"no-store")])

    async def _forward(self, request: Request, body: bytes) -> Response:
        if self._app is None:
            async with self._loading:
                if self._app is None:
                    self._app = await asyncio.to_thread(self._load)
        return await _call(self._app, request, body)


def _holds_nul(request: Request, body: bytes) -> bool:
    """Whether any text of the request would: PostgreSQL takes none in a text, not even to compare with."""
    return "\0" in request.scope["path"] or b"%00" in request.scope["query_string"] or b"\\u0000" in body


async def _read(request: Request) -> bytes:
    """The whole body, never more of it in memory than the limit. Raises ``InvalidRequest``."""
    body = bytearray()
    try:
        async for part in request.stream():
            body += part
            if len(body) > BODY_LIMIT_BYTES * 4:
                raise InvalidRequest("the body is too long")
    except ClientDisconnect:
        raise InvalidRequest("the body ended early") from None
    return bytes(body)


async def _call(app: ASGIApp, request: Request, body: bytes) -> Response:
    """The answer of an ASGI application, whole: answers here are pages of lists, never long."""
    status, headers, answer = 500, [], bytearray()

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        nonlocal status, headers
        if message["type"] == "http.response.start":
            status = message["status"]
            headers = [(name, value) for name, value in message["headers"] if name != b"content-length"]
        else:
            answer.extend(message.get("body", b""))

    await app({**request.scope, "root_path": ""}, receive, send)
    return ReadyResponse(bytes(answer), status, headers)
