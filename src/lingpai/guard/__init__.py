"""The resource server's side: let a request in only with a good access token of the right issuer, for us.

``Verifier`` checks signed tokens (RFC 9068) here. ``Introspector`` asks the authorization server (RFC 7662), so that a
revocation counts within seconds. ``Guard`` takes either and guards routes, ``GuardMiddleware`` a whole application.
Tokens bound to a key are taken with a DPoP proof (RFC 9449) and in no other way.
"""

from lingpai.guard.access_token import AccessToken, TokenCheck
from lingpai.guard.asgi import Guard, GuardMiddleware
from lingpai.guard.cached_document import Caching
from lingpai.guard.dpop import Dpop, ProofMemory, ReplayStore
from lingpai.guard.errors import TokenCheckUnavailable, TokenMissing
from lingpai.guard.introspection import Introspector
from lingpai.guard.jwks import Jwks
from lingpai.guard.verifier import Verifier

__all__ = [
    "AccessToken",
    "Caching",
    "Dpop",
    "Guard",
    "GuardMiddleware",
    "Introspector",
    "Jwks",
    "ProofMemory",
    "ReplayStore",
    "TokenCheck",
    "TokenCheckUnavailable",
    "TokenMissing",
    "Verifier",
]
