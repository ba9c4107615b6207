"""Sign people in with any OAuth 2.x or OpenID Connect server, and ours.

``Client`` blocks, ``AsyncClient`` awaits; both are thin shells over pure functions.
"""

from lingpai.client.aio import AsyncClient
from lingpai.client.errors import (
    AuthorizationDenied,
    CallbackError,
    ClientError,
    DiscoveryError,
    EndpointError,
    IdTokenError,
    ServerUnreachable,
    TokenError,
    UnsupportedByProvider,
    UserinfoError,
)
from lingpai.client.flow import PendingSignIn
from lingpai.client.providers import Provider
from lingpai.client.responses import TokenSet
from lingpai.client.sync import Client

__all__ = [
    "AsyncClient",
    "AuthorizationDenied",
    "CallbackError",
    "Client",
    "ClientError",
    "DiscoveryError",
    "EndpointError",
    "IdTokenError",
    "PendingSignIn",
    "Provider",
    "ServerUnreachable",
    "TokenError",
    "TokenSet",
    "UnsupportedByProvider",
    "UserinfoError",
]
