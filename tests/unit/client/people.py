"""Who sits around a client in these tests: a clock, a browser, and code that blocks."""

import asyncio
import ssl
from collections.abc import Callable
from typing import Any

import httpx2

from lingpai.client import AsyncClient, PendingSignIn, TokenSet
from tests.unit.client.foreign import NOW

# Everything here is plain http on loopback; reading the machine's certificates for every client takes 0.2 s.
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
REDIRECT_URI = "https://app.example/cb"


class FakeClock:
    now = NOW

    def __call__(self) -> int:
        return self.now


class Blocking:
    """``AsyncClient`` with the face of ``Client``, so that one test serves both."""

    def __init__(self, client: AsyncClient, runner: asyncio.Runner) -> None:
        self._client = client
        self._runner = runner

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self._client, name)
        return lambda *args, **kwargs: self._runner.run(method(*args, **kwargs))


def visit(pending: PendingSignIn) -> str:
    """The browser: goes to the server, and comes back to the callback."""
    with httpx2.Client(verify=NO_TLS) as browser:
        return browser.get(pending.url).headers["Location"]


def sign_in(client: Any, scope: str = "openid list_album", **options: Any) -> TokenSet:
    pending = client.begin_sign_in(redirect_uri=REDIRECT_URI, scope=scope, **options)
    stored = PendingSignIn.from_json(pending.to_json())
    tokens = client.finish_sign_in(stored, visit(pending))
    assert isinstance(tokens, TokenSet)
    return tokens
