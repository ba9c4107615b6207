"""``PlatformClient``: sign people in with a platform, from code that blocks.

Owns: the names applications use. Leaves: what is asked to ``operations``, sending it to ``sending``. ``aio`` is the
same with ``await``; change both.
"""

from collections.abc import Callable
from types import TracebackType
from typing import Self

import httpx2

from lingpai.client.flow import PendingSignIn
from lingpai.client.platforms.identity import PlatformIdentity, PlatformTokens
from lingpai.client.platforms.operations import PlatformOperations
from lingpai.client.platforms.platform import Platform
from lingpai.client.platforms.sign_in import Asked
from lingpai.client.sending import Sender
from lingpai.client.transport import TIMEOUT_S, system_clock


class PlatformClient:
    """An application of one platform; make the ``platform`` with ``get_platform``. Safe to share.

    ``http`` is an httpx2 client to use; one of our own is made, and closed, otherwise. Every method raises
    ``ClientError`` for what a platform or a browser did wrong, ``ValueError`` for wrong use.
    """

    def __init__(
        self,
        platform: Platform,
        *,
        http: httpx2.Client | None = None,
        timeout_s: float = TIMEOUT_S,
        clock: Callable[[], int] = system_clock,
    ) -> None:
        self.platform = platform
        self._operations = PlatformOperations(platform, clock)
        self._sender = Sender(http, timeout_s)

    def begin(self, redirect_uri: str, scope: str | None = None, **extra: str) -> PendingSignIn:
        """Begin: keep the result in the browser's session, send the browser to its ``url``.

        ``scope``: names between blanks or commas, ``None`` for what signing in needs; ``extra``: further parameters of
        the platform's own (``display="mobile"``).
        """
        asked = Asked(redirect_uri=redirect_uri, scope=scope, extra=extra)
        return self._sender.run(self._operations.begin(asked))

    def finish(self, pending: PendingSignIn, callback: str) -> PlatformIdentity:
        """Finish with the callback's whole URL, its query, or the form that was posted to it.

        Take ``pending`` out of the session first. Raises ``AuthorizationDenied`` if the person said no;
        ``CallbackError``, ``TokenError``, ``UserinfoError``, ``IdTokenError``.
        """
        return self._sender.run(self._operations.finish(pending, callback))

    def refresh(self, tokens: PlatformTokens) -> PlatformTokens:
        """New tokens for the same person. Keep the result: the old refresh token may be spent. ``TokenError``."""
        return self._sender.run(self._operations.refresh(tokens))

    def userinfo(self, tokens: PlatformTokens) -> PlatformIdentity:
        """Who the tokens' person is by now, checked to be the one who signed in. ``UserinfoError``."""
        return self._sender.run(self._operations.userinfo(tokens))

    def close(self) -> None:
        """Close the connections, unless ``http`` was given."""
        self._sender.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()
