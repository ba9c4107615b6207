"""Guarding an ASGI application: whole, as middleware, or per route, as a FastAPI dependency.

Owns: that a request goes on only with a good token that carries the permissions, and what the application finds then.
Leaves: reading the token to ``presented``, checking it to a ``TokenCheck`` and ``dpop``, what a resource demands to
``requirement``, the words of a refusal to ``refusal``.
"""

import logging
from collections.abc import Awaitable, Callable, Collection, Mapping, MutableMapping
from typing import TYPE_CHECKING, Any

from lingpai.client.transport import system_clock
from lingpai.guard.access_token import AccessToken, TokenCheck
from lingpai.guard.dpop import Dpop
from lingpai.guard.errors import TokenCheckUnavailable
from lingpai.guard.presented import PresentedToken, read_presented_token
from lingpai.guard.refusal import Challenger, Refusal
from lingpai.guard.requirement import Requirement, requirement_of
from lingpai.oauth.errors import OAuthError
from lingpai.oauth.scope import parse_scope, scope_of

if TYPE_CHECKING:
    from starlette.requests import HTTPConnection

Connection = MutableMapping[str, Any]
"""What ASGI calls the scope of a connection; renamed, because "scope" means permissions here."""
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
ASGIApp = Callable[[Connection, Receive, Send], Awaitable[None]]
Clock = Callable[[], int]
"""Returns epoch seconds."""


class Guard:
    """Lets requests in whose access token is good and carries the permissions asked for.

    ``check`` is a ``Verifier`` or an ``Introspector``. ``realm`` is shown in challenges (default: the audience).
    ``dpop``: how proofs are taken for tokens that are bound to a key (RFC 9449); the default serves one process.
    """

    def __init__(
        self, check: TokenCheck, *, realm: str | None = None, dpop: Dpop | None = None, clock: Clock = system_clock
    ) -> None:
        self._check = check
        self._dpop = Dpop() if dpop is None else dpop
        self._challenger = Challenger(check.audience if realm is None else realm, self._dpop.algs)
        self._clock = clock

    def require(
        self, *permissions: str, max_age_s: int | None = None, acr_values: Collection[str] = ()
    ) -> "Callable[[HTTPConnection], Awaitable[AccessToken]]":
        """A FastAPI dependency that demands all these permissions: ``Depends(guard.require("list_album"))``.

        It returns the ``AccessToken``. Without permissions any good token for this audience will do. ``max_age_s`` and
        ``acr_values`` demand that the person signed in within so many seconds, or in one of these ways; a client whose
        token does not have it is told to send the person to sign in again (RFC 9470). Needs starlette.
        """
        from lingpai.guard.dependency import dependency  # noqa: PLC0415 - the guard itself works without starlette

        requirement = requirement_of(scope_of(permissions), max_age_s, acr_values)
        return dependency(lambda connection: self.admit(connection, requirement))

    async def admit(self, connection: Mapping[str, Any], requirement: Requirement) -> AccessToken | Refusal:
        """The token of an ASGI connection scope if it may pass, otherwise the answer to give.

        Spec: RFC 6750 §3.1; RFC 9449 §7.1; RFC 9470 §3
        """
        now = self._clock()
        dpop = False
        try:
            presented = read_presented_token(connection)
            dpop = presented.scheme == "DPoP"
            access_token = await self._check_presented(connection, presented, now)
            # After the check and its caches: an answer remembered for one route must not open another.
            requirement.check(access_token, now)
        except OAuthError as error:
            if isinstance(error, TokenCheckUnavailable):
                logging.getLogger("lingpai.guard").warning("access tokens cannot be checked: %s", error.detail)
            return self._challenger.refuse(error, dpop=dpop, requirement=requirement, nonce=self._dpop.nonce(now))
        return access_token

    async def _check_presented(self, connection: Mapping[str, Any], presented: PresentedToken, now: int) -> AccessToken:
        if presented.scheme == "Bearer":
            return await self._check.check(presented.token, now)
        proven = self._dpop.prove(connection, presented.token, now)
        access_token = await self._check.check(presented.token, now, jkt=proven.jkt)
        await self._dpop.spend(proven, now)
        return access_token


class GuardMiddleware:
    """Guards a whole ASGI application, http and websocket. The application finds ``request.state.access_token``.

    ``scope``: the permissions every request needs, separated by spaces; none by default, then any good token will do.
    ``max_age_s``, ``acr_values``: see ``Guard.require``.
    ``exclude``: paths that need no token, compared exactly as they stand in the ASGI scope (``/health``).
    CORS middleware belongs outside this one, or preflight requests, which carry no token, are refused.
    """

    def __init__(
        self,
        app: ASGIApp,
        guard: Guard,
        *,
        scope: str = "",
        max_age_s: int | None = None,
        acr_values: Collection[str] = (),
        exclude: Collection[str] = (),
    ) -> None:
        if isinstance(exclude, str):
            # `"/" in "/health"` is true: one forgotten comma would open the root.
            raise TypeError("exclude is a list of paths, not one string")
        self._app = app
        self._guard = guard
        self._requirement = requirement_of(parse_scope(scope), max_age_s, acr_values)
        self._exclude = frozenset(exclude)

    async def __call__(self, scope: Connection, receive: Receive, send: Send) -> None:
        """Answer a request that may not pass; hand on all others."""
        if scope["type"] != "lifespan" and scope["path"] not in self._exclude:
            outcome = await self._guard.admit(scope, self._requirement)
            if isinstance(outcome, Refusal):
                await _send(outcome, scope, send)
                return
            scope.setdefault("state", {})["access_token"] = outcome
        await self._app(scope, receive, send)


async def _send(refusal: Refusal, connection: Connection, send: Send) -> None:
    """Send the refusal; a websocket that cannot carry it is closed before it opens, which is a 403 on the wire."""
    prefix = "http.response"
    if connection["type"] == "websocket":
        if "websocket.http.response" not in connection.get("extensions", {}):
            await send({"type": "websocket.close", "code": 1008, "reason": ""})
            return
        prefix = "websocket.http.response"
    body = refusal.body_bytes()
    headers = {**refusal.headers, "Content-Type": "application/json", "Content-Length": str(len(body))}
    raw = [(name.lower().encode("ascii"), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": f"{prefix}.start", "status": refusal.status, "headers": raw})
    await send({"type": f"{prefix}.body", "body": body})
