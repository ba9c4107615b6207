"""How a guard says no: status, ``WWW-Authenticate`` and a JSON body.

Owns: RFC 6750 §3. Leaves: sending it to ``asgi`` and ``dependency``.
"""

import msgspec
from msgspec import Struct

from lingpai.guard.errors import TokenCheckUnavailable, TokenMissing
from lingpai.oauth.challenge import write_challenge
from lingpai.oauth.errors import InvalidRequest, OAuthError
from lingpai.oauth.scope import Scope


class Refusal(Struct, frozen=True):
    """An answer ready to be sent, in whatever framework. ``body`` is the JSON object to write."""

    status: int
    headers: dict[str, str]
    body: dict[str, str]

    def body_bytes(self) -> bytes:
        """The body as JSON."""
        return msgspec.json.encode(self.body)


def write_refusal(error: OAuthError, *, realm: str, scope: Scope) -> Refusal:
    """Write the answer to a request that was not let in. ``scope``: what the resource demands.

    Spec: RFC 6750 §3; RFC 9110 §10.2.3
    """
    body = {"error": error.code, "error_description": error.description}
    headers = {"Cache-Control": "no-store"}
    if isinstance(error, TokenCheckUnavailable):
        return Refusal(error.status, {**headers, "Retry-After": str(error.retry_after_s)}, body)
    challenge = {"realm": realm}
    if isinstance(error, TokenMissing):
        # Who sent no credentials did nothing wrong yet: no error code (RFC 6750 §3.1), only what is needed.
        del body["error"]
    else:
        challenge |= body
    if scope and not isinstance(error, InvalidRequest):
        challenge["scope"] = body["scope"] = str(scope)
    return Refusal(error.status, {**headers, "WWW-Authenticate": write_challenge("Bearer", **challenge)}, body)
