"""What goes in and out of the admin API. Instants are epoch seconds, ids are hexadecimal; no secret but a new one."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from lingpai.server.accounts.roles import Role
from lingpai.server.administration.keys import KeyView
from lingpai.server.storage.announcements import Announcement
from lingpai.server.storage.audit import NumberedEvent
from lingpai.server.storage.records import Account, Client, Grant, ResourceServer, ScopeDefinition
from lingpai.server.storage.terms import TermsVersion

_Instant = Annotated[int, Field(ge=0, le=253_402_300_799)]


class Model(BaseModel):
    """Nothing goes in that is not described."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)


class AccountOut(Model):
    """A person's account."""

    id: str
    username: str
    name: str
    email: str
    email_verified: bool
    has_password: bool
    created_at: int
    disabled_at: int | None

    @classmethod
    def of(cls, a: Account) -> "AccountOut":
        """As it goes out."""
        return cls(
            id=a.id.hex(),
            username=a.username,
            name=a.name,
            email=a.email,
            email_verified=a.email_verified,
            has_password=a.password_hash is not None,
            created_at=a.created_at,
            disabled_at=a.disabled_at,
        )


class GrantOut(Model):
    """What an account allowed an application."""

    client_id: str
    permissions: dict[str, int]
    created_at: int
    expires_at: int | None
    ended_at: int | None

    @classmethod
    def of(cls, g: Grant) -> "GrantOut":
        """As it goes out."""
        return cls(
            client_id=g.client_id,
            permissions=g.permissions,
            created_at=g.created_at,
            expires_at=g.expires_at,
            ended_at=g.ended_at,
        )


class ClientOut(Model):
    """A registered application, by the names of RFC 7591, without its secrets."""

    client_id: str
    client_name: str
    application_type: str
    redirect_uris: list[str]
    grant_types: list[str]
    response_types: list[str]
    token_endpoint_auth_method: str
    scope: str
    client_uri: str
    contacts: list[str]
    dialects: list[str]
    legacy: bool
    created_at: int
    updated_at: int
    disabled_at: int | None

    @classmethod
    def of(cls, c: Client) -> "ClientOut":
        """As it goes out."""
        return cls(
            client_id=c.client_id,
            client_name=c.client_name,
            application_type=c.application_type,
            redirect_uris=list(c.redirect_uris),
            grant_types=list(c.grant_types),
            response_types=list(c.response_types),
            token_endpoint_auth_method=c.token_endpoint_auth_method,
            scope=c.scope,
            client_uri=c.client_uri,
            contacts=list(c.contacts),
            dialects=list(c.dialects),
            legacy=c.legacy,
            created_at=c.created_at,
            updated_at=c.updated_at,
            disabled_at=c.disabled_at,
        )


class ScopeBody(Model):
    """A permission, but its name."""

    descriptions: dict[str, str]
    resource: str | None = None
    claims: list[str] = []
    sensitive: bool = False


class ScopeOut(ScopeBody):
    """A permission."""

    name: str

    @classmethod
    def of(cls, s: ScopeDefinition) -> "ScopeOut":
        """As it goes out."""
        return cls(
            name=s.name, descriptions=s.descriptions, resource=s.resource, claims=list(s.claims), sensitive=s.sensitive
        )


class ResourceServerBody(Model):
    """An API that accepts our access tokens."""

    resource: str
    name: str = ""
    access_token_format: Literal["opaque", "at+jwt"] = "opaque"
    access_token_signing_alg: str = "ES256"
    access_token_lifetime_s: int | None = None
    client_ids: list[str] = []

    @classmethod
    def of(cls, r: ResourceServer) -> "ResourceServerBody":
        """As it goes out."""
        return cls(
            resource=r.resource,
            name=r.name,
            access_token_format=r.access_token_format,
            access_token_signing_alg=r.access_token_signing_alg,
            access_token_lifetime_s=r.access_token_lifetime_s,
            client_ids=list(r.client_ids),
        )


class KeyOut(Model):
    """A signing or sealing key, without its secret part."""

    kid: str
    use: str
    alg: str
    created_at: int
    active_from: int
    expires_at: int | None
    state: str

    @classmethod
    def of(cls, k: KeyView) -> "KeyOut":
        """As it goes out."""
        return cls(**{name: getattr(k, name) for name in k.__struct_fields__})


class EventOut(Model):
    """A row of the audit log."""

    id: int
    at: int
    event: str
    account_id: str | None
    client_id: str | None
    ip: str
    detail: dict[str, object]

    @classmethod
    def of(cls, n: NumberedEvent) -> "EventOut":
        """As it goes out."""
        e = n.event
        account = e.account_id.hex() if e.account_id else None
        return cls(id=n.id, at=e.at, event=e.event, account_id=account, client_id=e.client_id, ip=e.ip, detail=e.detail)


class AnnouncementBody(Model):
    """A text in every language of the pages, shown between two instants."""

    audience: Literal["people", "developers"] = "people"
    texts: dict[str, str]
    begins_at: _Instant
    ends_at: _Instant


class AnnouncementOut(AnnouncementBody):
    """An announcement."""

    id: str

    @classmethod
    def of(cls, a: Announcement) -> "AnnouncementOut":
        """As it goes out."""
        return cls(id=a.id.hex(), audience=a.audience, texts=a.texts, begins_at=a.begins_at, ends_at=a.ends_at)


class TermsBody(Model):
    """Terms of service in every language of the pages."""

    texts: dict[str, str]
    active_from: _Instant | None = None
    """``null``: from now on."""


class TermsOut(Model):
    """A version of the terms of service."""

    version: int
    texts: dict[str, str]
    active_from: int

    @classmethod
    def of(cls, t: TermsVersion) -> "TermsOut":
        """As it goes out."""
        return cls(version=t.version, texts=t.texts, active_from=t.active_from)


class RoleBody(Model):
    """A role, or ``null`` for none."""

    role: Role | None


class RotateBody(Model):
    """Which keys to rotate."""

    use: Literal["sig", "seal"]
    at_once: bool = False


class SecretOut(Model):
    """A new secret, shown this once."""

    client_id: str
    client_secret: str


class Done(Model):
    """It was done."""

    done: Literal[True] = True


class ResetOut(Done):
    """The password was taken away."""

    mail_sent: bool
