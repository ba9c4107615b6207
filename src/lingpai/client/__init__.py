"""Sign people in with any OAuth 2.x or OpenID Connect server, and ours.

``Client`` blocks, ``AsyncClient`` awaits; both are thin shells over pure functions.
"""

from lingpai.client.aio import AsyncClient
from lingpai.client.device import PendingDevice
from lingpai.client.errors import (
    AuthorizationDenied,
    CallbackError,
    ClientError,
    DiscoveryError,
    EndpointError,
    IdTokenError,
    LogoutTokenError,
    ServerUnreachable,
    TokenError,
    UnsupportedByProvider,
    UserinfoError,
)
from lingpai.client.flow import PendingSignIn
from lingpai.client.keys import ClientKey, DpopKey
from lingpai.client.logout_token import LogoutNotice
from lingpai.client.providers import Provider
from lingpai.client.responses import TokenSet
from lingpai.client.step_up import StepUp
from lingpai.client.sync import Client
from lingpai.client.token_auth import TokenAuth

__all__ = [
    "AsyncClient",
    "AuthorizationDenied",
    "CallbackError",
    "Client",
    "ClientError",
    "ClientKey",
    "DiscoveryError",
    "DpopKey",
    "EndpointError",
    "IdTokenError",
    "LogoutNotice",
    "LogoutTokenError",
    "PendingDevice",
    "PendingSignIn",
    "Provider",
    "ServerUnreachable",
    "StepUp",
    "TokenAuth",
    "TokenError",
    "TokenSet",
    "UnsupportedByProvider",
    "UserinfoError",
]
