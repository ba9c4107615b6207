"""Requests on their way through our pages: sealed, in the URL, bound to the browser that asked. Nothing is stored, so a
flood of authorization requests stores nothing.
"""

from typing import Literal

import msgspec

from lingpai.crypto.digest import digest, equal
from lingpai.crypto.seal import Unsealable
from lingpai.server.authorization.request import AuthorizationRequest
from lingpai.server.tokens.keyring import Keyring
from lingpai.server.tokens.sealed import AUTHORIZATION_REQUEST, open_value, seal_value


class PendingRequestLost(Exception):
    """The request cannot go on: it took too long, is another browser's, or is not ours."""

    def __init__(self, reason: Literal["expired", "other_browser", "garbled"]) -> None:
        super().__init__(reason)
        self.reason = reason


class PendingRequests:
    """Seals and opens them."""

    def __init__(self, keyring: Keyring, *, lifetime_s: int) -> None:
        self._keyring = keyring
        self._lifetime_s = lifetime_s

    def seal(self, request: AuthorizationRequest) -> str:
        """As text for a URL."""
        return seal_value(self._keyring.current.sealer, AUTHORIZATION_REQUEST, request)

    def unseal(self, text: str, browser: str, now: int, *, bind: bool = False) -> AuthorizationRequest:
        """The request, if ``browser`` (the cookie's value) is the one that asked. Raises ``PendingRequestLost``.

        Bound to the browser, or a link could make somebody answer another person's request (CVE-2026-27124).
        ``bind``: a request that has no browser yet, and so no answers either, becomes this one's.
        """
        try:
            request = open_value(self._keyring.current.sealer, AUTHORIZATION_REQUEST, text, AuthorizationRequest)
        except Unsealable:
            raise PendingRequestLost("garbled") from None
        if bind and not request.browser:
            request = msgspec.structs.replace(request, browser=digest(browser))
        if not equal(request.browser, digest(browser)):
            raise PendingRequestLost("other_browser")
        if request.asked_at + self._lifetime_s <= now:
            raise PendingRequestLost("expired")
        return request
