"""The values we seal: what an authorization code, refresh token, access token and ``jti`` carry inside.

Owns their fields and their purposes; a value sealed for one purpose never opens as another. Nothing here decides
anything: what must be checked of an opened value is checked where it is used.

Spec: docs/decisions/0001
"""

from typing import TypeVar

import msgspec
from msgspec import Struct

from lingpai.crypto.seal import Purpose, Sealer, Unsealable

AUTHORIZATION_CODE = Purpose("authorization_code", "lpc")
REFRESH_TOKEN = Purpose("refresh_token", "lpr")
ACCESS_TOKEN = Purpose("access_token", "lpa")
ACCESS_TOKEN_ID = Purpose("access_token_id", "lpj")
PUSHED_REQUEST = Purpose("pushed_request", "lpp")
LOGOUT_REQUEST = Purpose("logout_request", "lpo")
AUTHORIZATION_REQUEST = Purpose("authorization_request", "lpq")
DEVICE_VISIT = Purpose("device_visit", "lpv")
UPSTREAM_VISIT = Purpose("upstream_visit", "lpu")
UPSTREAM_TRIP = Purpose("upstream_trip", "lpt")

_T = TypeVar("_T", bound=Struct)


class AuthorizationCode(Struct, frozen=True, array_like=True):
    """Everything a code is bound to. Spec: RFC 6749 §4.1.2; RFC 7636 §4.4"""

    family_id: bytes
    account_id: bytes
    grant_id: bytes
    client_id: str
    redirect_uri: str
    redirect_uri_was_sent: bool
    scope: str
    resource: tuple[str, ...]
    code_challenge: str
    nonce: str
    auth_time: int
    sid: bytes
    refresh: bool
    """Whether the person let the application stay (any lifetime but ``once``)."""
    expires_at: int
    sweep_clock_until: int
    """The same by the clock that is never put back: when the family is swept, the code stays expired."""
    jkt: str = ""
    """Thumbprint of the key only whose owner may redeem it. Spec: RFC 9449 §10"""
    acr: str = ""
    """How strong the sign-in at ``auth_time`` was. Spec: RFC 9470 §4"""
    amr: tuple[str, ...] = ()
    id_token_claims: tuple[str, ...] = ()
    """Claims asked for in the ID Token itself. Spec: OpenID Connect Core 1.0 §5.5"""
    userinfo_claims: tuple[str, ...] = ()
    """Claims asked for at UserInfo besides those the scopes open."""


class RefreshToken(Struct, frozen=True, array_like=True):
    """A family's generation. ``scope`` and ``resource`` are the most it can be refreshed for. Spec: RFC 6749 §6"""

    account_id: bytes
    family_id: bytes
    client_id: str
    generation: int
    scope: str
    resource: tuple[str, ...]
    jkt: str = ""
    """Thumbprint of the key it is bound to; only for clients without other credentials. Spec: RFC 9449 §5"""
    auth_time: int = 0
    """When the person last signed in for it: refreshing does not change that. Spec: RFC 9068 §2.2.1"""
    acr: str = ""
    sid: str = ""
    userinfo_claims: tuple[str, ...] = ()


class AccessTokenId(Struct, frozen=True, array_like=True):
    """What a ``jti`` means to us: where the token hangs, so that a signed token can be looked up and revoked."""

    token_id: bytes
    account_id: bytes | None = None
    family_id: bytes | None = None


class AccessToken(Struct, frozen=True, array_like=True):
    """The claims of an opaque access token. Spec: RFC 7662 §2.2"""

    token_id: bytes
    account_id: bytes | None
    family_id: bytes | None
    client_id: str
    scope: str
    audience: tuple[str, ...]
    issued_at: int
    expires_at: int
    jkt: str = ""
    """Thumbprint of the key whose owner may use it; empty: whoever bears it. Spec: RFC 9449 §6"""
    act: dict[str, object] | None = None
    """Who acts for the subject, and for whom that one acts. Spec: RFC 8693 §4.1"""
    subject: str = ""
    """``sub`` where it is neither the account's id nor ``client_id``: pairwise, or the client of an exchanged token."""
    auth_time: int = 0
    """When its person signed in; 0: no person, or nobody knows. Spec: RFC 9068 §2.2.1"""
    acr: str = ""
    """How strong that sign-in was; empty: nobody knows. Spec: RFC 9470 §4"""
    userinfo_claims: tuple[str, ...] = ()
    """Claims asked for at UserInfo besides those the scopes open. Spec: OpenID Connect Core 1.0 §5.5"""
    jti: str = ""
    """As a signed token carries it; never sealed."""


def seal_value(sealer: Sealer, purpose: Purpose, value: Struct) -> str:
    """The value as text that only we can open."""
    return sealer.seal(purpose, msgspec.msgpack.encode(value))


def open_value(sealer: Sealer, purpose: Purpose, text: str, kind: type[_T]) -> _T:
    """The value that was sealed for exactly this purpose. Raises ``Unsealable``."""
    try:
        return msgspec.msgpack.decode(sealer.unseal(purpose, text), type=kind)
    except msgspec.MsgspecError as error:  # sealed by a version that wrote other fields
        raise Unsealable from error
