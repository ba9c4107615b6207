"""``Authorization``: what every grant type proves, and the only thing the issuer accepts."""

from msgspec import Struct

from lingpai.oauth.scope import Scope
from lingpai.server.storage.records import Client
from lingpai.server.tokens.id_token import SignInFacts
from lingpai.server.tokens.sealed import RefreshToken


class Authorization(Struct, frozen=True, kw_only=True):
    """A proven right to tokens. The credential that proved it is already spent."""

    client: Client
    account_id: bytes | None = None
    """``None``: the client acts for itself (RFC 6749 §4.4)."""
    family_id: bytes | None = None
    scope: Scope
    """Already cut down to what the grant holds at this moment."""
    resource: tuple[str, ...] = ()
    not_after: int | None = None
    """When the grant ends: no token outlives it."""
    refresh_token: RefreshToken | None = None
    """The refresh token to hand out with it."""
    jkt: str = ""
    """Thumbprint of the key the tokens are bound to. Spec: RFC 9449 §5"""
    act: dict[str, object] | None = None
    """Who acts for the subject. Spec: RFC 8693 §4.1"""
    subject: str = ""
    """``sub`` where it is neither the account's id nor ``client_id``."""
    userinfo_claims: tuple[str, ...] = ()
    """Claims asked for at UserInfo besides those the scopes open. Spec: OpenID Connect Core 1.0 §5.5"""
    id_token: SignInFacts | None = None
    """What the ID Token says, where one is due. Spec: OpenID Connect Core 1.0 §3.1.3.3"""
    issued_token_type: str = ""
    """What the response calls the token, where it must say. Spec: RFC 8693 §2.2.1"""
    auth_time: int = 0
    """When the person signed in; 0: no person. Spec: RFC 9068 §2.2.1"""
    acr: str = ""
    """How strong that sign-in was. Spec: RFC 9470 §4"""
