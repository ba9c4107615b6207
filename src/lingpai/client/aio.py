"""``AsyncClient``: sign people in from code that awaits (Starlette, FastAPI).

Owns: the names and defaults applications use. Safe to share between tasks.
Leaves: what is asked to ``operations``, sending it to ``sending_aio``. ``sync`` is the same without ``await``.
"""

from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Self

import httpx2

from lingpai.client.conversation import Credentials
from lingpai.client.device import PendingDevice
from lingpai.client.flow import ExchangeRequest, PendingSignIn, SignInRequest
from lingpai.client.keys import ClientKey, DpopKey
from lingpai.client.logout_token import LogoutNotice
from lingpai.client.operations import Operations
from lingpai.client.providers import AuthMethod, Provider
from lingpai.client.responses import TokenSet
from lingpai.client.sending_aio import AsyncSender
from lingpai.client.step_up import StepUp
from lingpai.client.token_auth import TokenAuth
from lingpai.client.transport import TIMEOUT_S, system_clock


class AsyncClient:
    """An OAuth client of one authorization server.

    ``provider`` is an issuer (its metadata is fetched when first needed) or a ``Provider``. A client without
    ``client_secret`` and ``private_key`` is public. With ``dpop_key`` all tokens are bound to that key, and tokens that
    are not are refused. ``http`` is an httpx2 client to use; one of our own is made, and closed, otherwise.
    Every method raises ``ClientError`` for what a server or a browser did wrong, ``ValueError`` for wrong use.
    """

    def __init__(  # noqa: PLR0913 - settings, by name and with defaults
        self,
        provider: Provider | str,
        client_id: str,
        client_secret: str | None = None,
        *,
        private_key: ClientKey | None = None,
        auth_method: AuthMethod | None = None,
        dpop_key: DpopKey | None = None,
        http: httpx2.AsyncClient | None = None,
        timeout_s: float = TIMEOUT_S,
        clock: Callable[[], int] = system_clock,
    ) -> None:
        credentials = Credentials(
            client_id=client_id,
            client_secret=client_secret,
            private_key=private_key,
            auth_method=auth_method,
            dpop_key=dpop_key,
        )
        self._operations = Operations(provider, credentials, clock)
        self._clock = clock
        self._sender = AsyncSender(http, timeout_s)

    async def provider(self) -> Provider:
        """Where the server's endpoints are."""
        return await self._sender.run(self._operations.provider())

    async def begin_sign_in(
        self,
        *,
        redirect_uri: str,
        scope: str = "",
        resource: Sequence[str] = (),
        prompt: str = "",
        max_age: int | None = None,
        step_up: StepUp | None = None,
        extra: Mapping[str, str] | None = None,
        push: bool = False,
    ) -> PendingSignIn:
        """Begin: keep the result in the browser's session, send the browser to its ``url``. See ``SignInRequest``."""
        request = SignInRequest(
            redirect_uri=redirect_uri,
            scope=scope,
            resource=tuple(resource),
            prompt=prompt,
            max_age=max_age,
            step_up=step_up,
            extra=extra or {},
            push=push,
        )
        return await self._sender.run(self._operations.begin_sign_in(request))

    async def finish_sign_in(self, pending: PendingSignIn, callback: str) -> TokenSet:
        """Finish with the callback's whole URL or its query; take ``pending`` out of the session first.

        Raises ``AuthorizationDenied`` if the person said no; ``CallbackError``, ``TokenError``, ``IdTokenError``.
        """
        return await self._sender.run(self._operations.finish_sign_in(pending, callback))

    async def begin_device_sign_in(self, *, scope: str = "", resource: Sequence[str] = ()) -> PendingDevice:
        """Begin on a device without a browser: show its person the result's URI and code. Raises ``TokenError``."""
        return await self._sender.run(self._operations.begin_device_sign_in(scope, resource))

    async def finish_device_sign_in(self, pending: PendingDevice) -> TokenSet:
        """Ask, as often as the server allows, until the person has answered; this takes minutes.

        Raises ``TokenError`` with the code ``access_denied`` or ``expired_token`` if the person said no, or nothing.
        """
        return await self._sender.run(self._operations.finish_device_sign_in(pending))

    async def refresh(self, tokens: TokenSet | str, *, scope: str = "") -> TokenSet:
        """New tokens for a ``TokenSet`` or a bare refresh token. Keep the result: the old refresh token may be spent.

        Given a ``TokenSet``, what the server leaves unsaid stays as it was, and a new ID Token must be about the same
        person. Raises ``TokenError``; its code ``invalid_grant`` means: sign in again.
        """
        return await self._sender.run(self._operations.refresh(tokens, scope))

    async def client_credentials(self, *, scope: str = "", resource: Sequence[str] = ()) -> TokenSet:
        """A token for this client itself. Raises ``TokenError``."""
        return await self._sender.run(self._operations.client_credentials(scope, resource))

    async def exchange_token(
        self,
        subject_token: str,
        *,
        actor_token: str = "",
        scope: str = "",
        resource: Sequence[str] = (),
        audience: Sequence[str] = (),
    ) -> TokenSet:
        """An access token for ``resource`` or ``audience`` in exchange for one somebody gave us. ``TokenError``."""
        request = ExchangeRequest(
            subject_token=subject_token,
            actor_token=actor_token,
            scope=scope,
            resource=tuple(resource),
            audience=tuple(audience),
        )
        return await self._sender.run(self._operations.exchange_token(request))

    def auth_for(self, tokens: TokenSet) -> TokenAuth:
        """What puts the access token, and the proof that goes with it, on requests to a resource; see ``TokenAuth``."""
        return TokenAuth(tokens, self._operations.prover, self._clock)

    async def userinfo(self, tokens: TokenSet | str) -> dict[str, object]:
        """Claims about the person; given a ``TokenSet``, checked to be the one who signed in. ``UserinfoError``."""
        return await self._sender.run(self._operations.userinfo(tokens))

    async def revoke(self, token: str, *, token_type_hint: str = "") -> None:
        """End an access or refresh token; one that is already over is no error. Raises ``TokenError``."""
        await self._sender.run(self._operations.revoke(token, token_type_hint))

    async def verify_logout_token(self, logout_token: str) -> LogoutNotice:
        """Who is signed out where, by the ``logout_token`` somebody posted to our back-channel logout address.

        End the sessions it names, then answer 200. Raises ``LogoutTokenError``: answer 400. See ``LogoutNotice``.
        """
        return await self._sender.run(self._operations.verify_logout_token(logout_token))

    async def aclose(self) -> None:
        """Close the connections, unless ``http`` was given."""
        await self._sender.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()
