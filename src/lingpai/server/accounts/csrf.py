"""Tokens in forms that prove a page of ours was in this browser.

Owns making and checking them. Leaves to the pages which forms carry one (all that change something) and what the token
is bound to: the browser's cookie and the session's, so that a token made before a sign-in, or for somebody else, is
worth nothing.

Spec: RFC 6749 §10.12
"""

import secrets

from lingpai.crypto import b64
from lingpai.crypto.digest import equal, keyed_digest

_MAC_BYTES = 32


class CsrfRefused(Exception):
    """The form did not come from a page of ours in this browser and session."""


class Csrf:
    """Makes and checks tokens under a key of 32 bytes. Nothing is stored."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def token(self, binding: str) -> str:
        """A token for one page. ``binding``: the values of the browser and session cookie, never empty.

        It differs on every page: a token that stayed the same in a compressed page could be guessed byte by byte from
        the page's length (BREACH).
        """
        if not binding:
            raise ValueError("a token bound to nothing would be good in every browser")
        mask = secrets.token_bytes(_MAC_BYTES)
        return b64.encode(mask + _xor(mask, self._mac(binding)))

    def check(self, binding: str, token: str | None) -> None:
        """Raises ``CsrfRefused`` unless ``token`` was made for ``binding``."""
        # A browser without cookies has no binding: a token somebody else fetched without cookies would fit it.
        if not binding or not token:
            raise CsrfRefused("no token, or no cookie it could be bound to")
        try:
            masked = b64.decode(token)
        except ValueError as error:
            raise CsrfRefused("not a token") from error
        if len(masked) != 2 * _MAC_BYTES:
            raise CsrfRefused("not a token")
        if not equal(_xor(masked[:_MAC_BYTES], masked[_MAC_BYTES:]), self._mac(binding)):
            raise CsrfRefused("the token was made for another browser or session")

    def _mac(self, binding: str) -> bytes:
        return keyed_digest(self._key, "csrf", binding)


def _xor(left: bytes, right: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(left, right, strict=True))
