"""The rows of the database as frozen values. Owns meaning and units; how a row is read and written is the
repositories' (``clients.py``, ``accounts.py``, ``grants.py``, ``token_families.py`` …).

Instants are epoch seconds and end in ``_at``; ``None`` means "never" or "not yet". Ids are 16 random bytes. A scope is
the space-separated text of RFC 6749 §3.3.
"""

from typing import Literal

from msgspec import Struct

GrantLifetime = Literal["once", "1d", "30d", "90d", "forever"]
"""How long a person lets a grant last. ``once``: one hour, without refresh, asked again next time."""

GRANT_LIFETIMES: tuple[GrantLifetime, ...] = ("once", "1d", "30d", "90d", "forever")

AccessTokenFormat = Literal["opaque", "at+jwt"]


class ClientSecret(Struct, frozen=True):
    """A live client secret; only its keyed digest is stored."""

    digest: bytes
    created_at: int
    expires_at: int | None = None
    sealed: bytes = b""
    """The secret itself under the master key, only for ``client_secret_jwt``, which cannot be checked by a digest."""


class Client(Struct, frozen=True, kw_only=True):
    """A registered application. Field names are those of RFC 7591 where it has one. Spec: RFC 7591 §2"""

    client_id: str
    client_name: str
    client_secrets: tuple[ClientSecret, ...] = ()
    application_type: Literal["web", "native"] = "web"
    redirect_uris: tuple[str, ...] = ()
    grant_types: tuple[str, ...] = ("authorization_code", "refresh_token")
    response_types: tuple[str, ...] = ("code",)
    token_endpoint_auth_method: str = "client_secret_basic"
    token_endpoint_auth_signing_alg: str = ""
    """For ``client_secret_jwt`` and ``private_key_jwt``: the only algorithm accepted; empty: any we know."""
    jwks: dict[str, object] | None = None
    jwks_uri: str = ""
    scope: str = ""
    """Everything the application may ask for; also what it gets asked for when a request names no scope."""
    required_scope: str = ""
    """The part of ``scope`` the person cannot untick: without it the application does not work."""
    client_uri: str = ""
    logo_uri: str = ""
    policy_uri: str = ""
    tos_uri: str = ""
    contacts: tuple[str, ...] = ()
    grant_lifetimes: tuple[GrantLifetime, ...] = GRANT_LIFETIMES
    """The choices of "how long" this application's people are offered, in the order shown."""
    default_grant_lifetime: GrantLifetime = "30d"
    access_token_lifetime_s: int | None = None
    """Overrides the server's setting when shorter or longer lives are right for this application."""
    refresh_token_lifetime_s: int | None = None
    dpop_bound_access_tokens: bool = False
    """Every token request must carry a DPoP proof. Spec: RFC 9449 §5.2"""
    require_pushed_authorization_requests: bool = False
    """Authorization requests come through PAR or not at all. Spec: RFC 9126 §6"""
    resources: tuple[str, ...] = ()
    """The resource servers it may name in ``resource``; empty: any that its scopes belong to."""
    may_act: tuple[str, ...] = ()
    """The clients that may exchange this one's tokens and act with them for its people. Spec: RFC 8693 §4.4"""
    require_pkce: bool = True
    """``False``: a confidential client an operator exempted by name; it must send a ``nonce`` instead."""
    require_nonce: bool = True
    """``False``: not even that, for code flow clients under test by the OpenID Foundation's basic plan."""
    require_consent: bool = True
    """``False``: a first-party application; people are not asked, what it asks for is theirs to see and end."""
    subject_type: Literal["public", "pairwise"] = "public"
    sector_identifier_uri: str = ""
    id_token_signed_response_alg: str = "RS256"
    """RS256 where nobody names one (OpenID Connect Dynamic Client Registration 1.0 §2)."""
    id_token_encrypted_response_alg: str = ""
    id_token_encrypted_response_enc: str = ""
    userinfo_signed_response_alg: str = ""
    userinfo_encrypted_response_alg: str = ""
    userinfo_encrypted_response_enc: str = ""
    request_object_signing_alg: str = ""
    request_uris: tuple[str, ...] = ()
    default_max_age: int | None = None
    require_auth_time: bool = False
    default_acr_values: tuple[str, ...] = ()
    initiate_login_uri: str = ""
    post_logout_redirect_uris: tuple[str, ...] = ()
    backchannel_logout_uri: str = ""
    backchannel_logout_session_required: bool = False
    frontchannel_logout_uri: str = ""
    frontchannel_logout_session_required: bool = False
    registration_token_digest: bytes = b""
    """Digest of the registration access token; empty: not registered dynamically. Spec: RFC 7592 §3"""
    expires_at: int | None = None
    """Registered by a stranger: from then on it goes as soon as nobody allows it anything."""
    legacy: bool = False
    """May use the implicit and password grants, which RFC 9700 advises against."""
    dialects: tuple[str, ...] = ("standard",)
    trial: bool = False
    """Made in the developer portal and not approved yet: only its team and its test people can use it."""
    developer: str = ""
    """Whose application it is: those of one developer see the same QQ Connect ``unionid`` of a person."""
    created_at: int = 0
    updated_at: int = 0
    disabled_at: int | None = None


class Account(Struct, frozen=True, kw_only=True):
    """A person. ``username`` is stored in canonical form (see ``accounts.account.canonical_username``)."""

    id: bytes
    username: str
    password_hash: str | None = None
    """argon2id in PHC string form; ``None``: cannot sign in with a password."""
    name: str = ""
    picture: str = ""
    email: str = ""
    email_verified: bool = False
    locale: str = ""
    claims: dict[str, object] = {}
    """Further claims as UserInfo gives them (``nickname``, ``gender``, ``birthdate`` …)."""
    created_at: int = 0
    updated_at: int = 0
    disabled_at: int | None = None


class Session(Struct, frozen=True, kw_only=True):
    """A browser somebody signed in with. The cookie holds the secret; the row holds its digest."""

    digest: bytes
    account_id: bytes
    sid: bytes = b""
    """What applications call it. Stays when the same person signs in again there, though the secret changes."""
    auth_time: int
    amr: tuple[str, ...] = ("pwd",)
    user_agent: str = ""
    created_at: int = 0
    expires_at: int = 0


class Grant(Struct, frozen=True, kw_only=True):
    """What an account allowed a client. One per (account, client); ``id`` changes when an ended grant is given anew,
    so that tokens of the ended one stay dead."""

    account_id: bytes
    client_id: str
    id: bytes
    permissions: dict[str, int] = {}
    """Scope name -> since when (epoch seconds)."""
    declined: tuple[str, ...] = ()
    """Asked for and unticked: not asked again unless the application asks for just that."""
    lifetime: GrantLifetime = "30d"
    revision: int = 0
    """Counts changes; ``Grants.put`` sets it."""
    created_at: int = 0
    updated_at: int = 0
    expires_at: int | None = None
    ended_at: int | None = None


class TokenFamily(Struct, frozen=True, kw_only=True):
    """One sign-in of a client under a grant: everything refreshed from one authorization code."""

    account_id: bytes
    id: bytes
    client_id: str
    grant_id: bytes
    scope: str
    resource: tuple[str, ...] = ()
    generation: int = 0
    """Which refresh token is the living one; an older one is a replay."""
    auth_time: int = 0
    sid: bytes | None = None
    created_at: int = 0
    rotated_at: int = 0
    expires_at: int = 0
    revoked_at: int | None = None
    revoke_reason: str = ""


class Key(Struct, frozen=True, kw_only=True):
    """A signing or sealing key, its secret part sealed under the master key. Newest ``sequence`` that is already
    active is used; older ones still verify or unseal until ``expires_at``."""

    kid: str
    use: Literal["sig", "seal", "pair"]
    alg: str
    sequence: int
    sealed_material: bytes
    created_at: int
    active_from: int
    expires_at: int | None = None


class ScopeDefinition(Struct, frozen=True, kw_only=True):
    """A permission people can give. Descriptions are data, in every language of the pages."""

    name: str
    descriptions: dict[str, str] = {}
    """Locale (``en``, ``zh_CN``) -> what the person reads beside the checkbox."""
    resource: str | None = None
    """The resource server it is for; ``None``: the authorization server's own UserInfo."""
    claims: tuple[str, ...] = ()
    """UserInfo claims this scope opens."""
    sensitive: bool = False
    """An application of the developer portal may ask for it only once a reviewer approved just that."""


class ResourceServer(Struct, frozen=True, kw_only=True):
    """An API that accepts our access tokens. Spec: RFC 8707 §2"""

    resource: str
    """Its identifier: an absolute URI, the ``aud`` of its tokens."""
    name: str = ""
    access_token_format: AccessTokenFormat = "opaque"
    access_token_signing_alg: str = "ES256"
    """Of the server's ``signing_algs``; only means something for ``at+jwt``."""
    access_token_lifetime_s: int | None = None
    client_ids: tuple[str, ...] = ()
    """The clients as which this API may introspect its tokens."""


class TrustedIssuer(Struct, frozen=True, kw_only=True):
    """Somebody else whose assertions about our accounts we accept. Spec: RFC 7523 §3"""

    issuer: str
    """``iss`` of its assertions."""
    jwks: dict[str, object] | None = None
    jwks_uri: str = ""
    client_ids: tuple[str, ...] = ()
    """The clients that may present them."""
    scope: str = ""
    """The most an assertion of it can be exchanged for."""


class DeviceCode(Struct, frozen=True, kw_only=True):
    """A device that waits for its person to allow it on another screen. Spec: RFC 8628 §3.2"""

    digest: bytes
    user_code: str
    """As typed, without the hyphen: short-lived, so kept in clear to be found."""
    client_id: str
    scope: str
    """What was asked for; once allowed, what of it was."""
    resource: tuple[str, ...] = ()
    jkt: str = ""
    """Thumbprint of the key whose proof came with the request: only its owner may redeem. Spec: RFC 9449 §5"""
    network: str = ""
    """Where the device asked from, to count by; empty: a client that authenticates, which counts by itself."""
    created_at: int = 0
    expires_at: int = 0
    interval_s: int = 5
    """The least time between two polls. Grows when it is not kept."""
    polled_at: int = 0
    decision: Literal["pending", "allowed", "refused"] = "pending"
    account_id: bytes | None = None
    """Who decided."""
    grant_id: bytes | None = None
    auth_time: int = 0
    amr: tuple[str, ...] = ()
    """How whoever decided had signed in (RFC 8176)."""
    refresh: bool = False
    """Whether the person let the device stay (any lifetime but ``once``)."""


class RegistrationToken(Struct, frozen=True, kw_only=True):
    """An initial access token: whoever has it may register applications. Spec: RFC 7591 §1.2"""

    digest: bytes
    uses_left: int
    created_at: int
    expires_at: int


class AuditEvent(Struct, frozen=True, kw_only=True):
    """Something an operator may have to prove later. Never holds a secret."""

    at: int
    event: str
    account_id: bytes | None = None
    client_id: str | None = None
    ip: str = ""
    detail: dict[str, object] = {}
