"""Permissions and resource servers in memory, and the one rule that needs both: which audience a scope is for."""

from msgspec import Struct

from lingpai.oauth.errors import InvalidTarget
from lingpai.oauth.scope import Scope, scope_of
from lingpai.server.storage.catalog import CatalogRows
from lingpai.server.storage.records import ResourceServer, ScopeDefinition
from lingpai.server.tokens.qq_scopes import QQ_SCOPES
from lingpai.server.tokens.standard_scopes import STANDARD_SCOPES

_REMEMBERED_AUDIENCES = 1000


class Audience(Struct, frozen=True):
    """Where a token will be accepted, in what form, for what."""

    audience: tuple[str, ...]
    scope: Scope
    signing_alg: str
    """With what an ``at+jwt`` is signed; empty: the token is opaque."""
    lifetime_s: int | None
    """The shortest life a resource server of it asks for."""


class Catalog:
    """What the permissions and resource servers are. Valid after ``reload``."""

    def __init__(self, rows: CatalogRows, issuer: str) -> None:
        self._rows = rows
        self._issuer = issuer
        self.scopes: dict[str, ScopeDefinition] = {}
        self.scopes_supported: tuple[str, ...] = ()
        """What the metadata names: not what is only there for a dialect."""
        self.resource_servers: dict[str, ResourceServer] = {}
        self.has_legacy = False
        """Whether a client is marked ``legacy``: only then the metadata names what RFC 9700 advises against."""
        self._audiences: dict[tuple[Scope, tuple[str, ...]], Audience] = {}

    async def reload(self) -> None:
        """Look at the tables again."""
        own = {scope.name: scope for scope in await self._rows.scopes()}
        self.scopes = STANDARD_SCOPES | QQ_SCOPES | own
        self.scopes_supported = (*STANDARD_SCOPES, *(name for name in own if name not in STANDARD_SCOPES))
        self.resource_servers = {server.resource: server for server in await self._rows.resource_servers()}
        self.has_legacy = await self._rows.has_legacy_client()
        self._audiences = {}

    def check_resources(self, resource: tuple[str, ...]) -> None:
        """Raise ``InvalidTarget`` for a resource server we do not know. Spec: RFC 8707 §2"""
        for identifier in resource:
            if identifier != self._issuer and identifier not in self.resource_servers:
                raise InvalidTarget("resource is not a resource server registered here")

    def opens_claims(self, scope_name: str) -> bool:
        """Whether the permission is about a person's own data at UserInfo."""
        definition = self.scopes.get(scope_name)
        return definition is not None and bool(definition.claims)

    def scopes_opening(self, claim: str) -> Scope:
        """The permissions any of which lets a client see the claim. Spec: OpenID Connect Core 1.0 §5.4"""
        return scope_of(name for name, definition in self.scopes.items() if claim in definition.claims)

    def audience_of(self, scope: Scope, resource: tuple[str, ...]) -> Audience:
        """The audience of a token for ``scope``.

        With ``resource`` the token is for exactly these, and carries only their permissions: a resource server must
        not be able to use what it received at another one. Without, for whatever the permissions belong to.

        Spec: RFC 8707 §2.2; RFC 9068 §3
        """
        asked = (scope, resource)
        audience = self._audiences.get(asked)
        if audience is None:
            audience = self._find_audience(scope, resource)
            if len(self._audiences) < _REMEMBERED_AUDIENCES:
                self._audiences[asked] = audience
        return audience

    def _find_audience(self, scope: Scope, resource: tuple[str, ...]) -> Audience:
        home = {name: self._home(name) for name in scope}
        if resource:
            scope = scope_of(name for name in scope if home[name] in resource)
            audience = tuple(dict.fromkeys(resource))
        else:
            audience = tuple(dict.fromkeys(home.values())) or (self._issuer,)
        servers = [self.resource_servers[aud] for aud in audience if aud in self.resource_servers]
        lifetimes = [server.access_token_lifetime_s for server in servers if server.access_token_lifetime_s]
        # A signed token is read by everybody it is for, so every one of them must have asked for that form.
        signed = bool(servers) and all(server.access_token_format == "at+jwt" for server in servers)
        alg = servers[0].access_token_signing_alg if signed else ""
        return Audience(audience, scope, alg, min(lifetimes, default=None))

    def _home(self, scope_name: str) -> str:
        definition = self.scopes.get(scope_name)
        return self._issuer if definition is None or definition.resource is None else definition.resource
