"""Pushed requests: the ``request_uri`` is the checked request itself, sealed. Good for one answer, for 90 seconds.

Nothing is stored when one is pushed, so a flood of them stores nothing; its id is spent when an answer is given for it,
silent answers included (CVE-2026-96446).

Spec: RFC 9126 §2; RFC 9126 §7.3
"""

import msgspec

from lingpai.crypto.seal import Unsealable
from lingpai.oauth.errors import InvalidRequestUri
from lingpai.server.authorization.request import AuthorizationRequest
from lingpai.server.storage.spent import Spent
from lingpai.server.tokens.keyring import Keyring
from lingpai.server.tokens.sealed import PUSHED_REQUEST, open_value, seal_value

LIFETIME_S = 90
URN = "urn:ietf:params:oauth:request_uri:"


class PushedRequests:
    """Gives out and opens them."""

    def __init__(self, keyring: Keyring, spent: Spent, *, interaction_lifetime_s: int) -> None:
        self._keyring = keyring
        self._spent = spent
        self._interaction_lifetime_s = interaction_lifetime_s

    def push(self, request: AuthorizationRequest) -> str:
        """The ``request_uri`` for a checked request. Spec: RFC 9126 §2.2"""
        return URN + seal_value(self._keyring.current.sealer, PUSHED_REQUEST, request)

    async def open(self, request_uri: str, client_id: str, *, browser: bytes, now: int) -> AuthorizationRequest:
        """The request behind it, now this browser's. Raises ``InvalidRequestUri``. Spec: RFC 9126 §4"""
        try:
            text = request_uri.removeprefix(URN)
            request = open_value(self._keyring.current.sealer, PUSHED_REQUEST, text, AuthorizationRequest)
        except Unsealable:
            raise InvalidRequestUri("request_uri is not one of ours") from None
        if request.client_id != client_id:
            raise InvalidRequestUri("request_uri was pushed by another client")
        if request.asked_at + LIFETIME_S <= now:
            raise InvalidRequestUri("request_uri has expired")
        if await self._spent.is_spent("authorization_request", request.request_id):
            raise InvalidRequestUri("request_uri was used before")
        return msgspec.structs.replace(request, browser=browser, asked_at=now)

    async def spend(self, request: AuthorizationRequest, now: int) -> bool:
        """Use it up. ``False``: another answer was given for it; of concurrent calls exactly one gets ``True``."""
        expires_at = now + self._interaction_lifetime_s + LIFETIME_S
        return await self._spent.record("authorization_request", request.request_id, expires_at)
