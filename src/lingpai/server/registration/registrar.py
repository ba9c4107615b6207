"""The life of a registration: who may make one, and what happens to it.

Owns admission (initial access token, or one of so many strangers), the registration access token, and that a change is
written over exactly what it was made from. Leaves what may be registered to ``ceiling`` and ``rules``, HTTP to
``endpoints.register``.

Spec: RFC 7591 §3; RFC 7592 §2
"""

from collections.abc import Mapping

from msgspec import Struct
from msgspec.structs import asdict, replace

from lingpai.crypto.digest import digest, equal, new_id, new_secret
from lingpai.oauth.errors import InvalidClientMetadata, InvalidToken, TemporarilyUnavailable
from lingpai.oauth.metadata import ClientMetadata
from lingpai.oauth.names import AUTH_METHOD_NONE
from lingpai.oauth.scope import Scope, parse_scope
from lingpai.server.audit import CLIENT_CHANGED, CLIENT_CREATED, CLIENT_DELETED, Audit
from lingpai.server.outbound import Outbound
from lingpai.server.policy import LEGACY_RESPONSE_TYPES
from lingpai.server.rate_limit import Throttle, network_of
from lingpai.server.registration.ceiling import Ceiling
from lingpai.server.registration.metadata import read_metadata
from lingpai.server.registration.rules import check
from lingpai.server.registration.secrets import SecretMaker, is_secret_of
from lingpai.server.registration.sector import check_sector
from lingpai.server.storage.records import Client
from lingpai.server.storage.registrations import Registrations
from lingpai.server.tokens.catalog import Catalog

UNUSED_LIMIT_S = 30 * 86_400
_TRIES = 3
_REFUSED = "the registration access token is not one of this client"


class TooManyRegistrations(TemporarilyUnavailable):
    """As many as may be, from one address or at all. Spec: RFC 6585 §4"""

    status = 429

    def __init__(self, description: str, *, retry_after_s: int) -> None:
        super().__init__(description)
        self.retry_after_s = retry_after_s


class Admission(Struct, frozen=True):
    """Who may go on: the bearer of an initial access token, or, without one, a stranger."""

    token_digest: bytes | None

    def __repr__(self) -> str:
        return f"Admission({'stranger' if self.token_digest is None else 'token'})"


class Registered(Struct, frozen=True):
    """A registration as its owner may see it. ``client_secret``: only when it is new."""

    client: Client
    registration_access_token: str
    client_secret: str | None = None

    def __repr__(self) -> str:
        return f"Registered({self.client.client_id})"


class Registrar:
    """Registers applications. ``stranger_limit``: how many without an initial access token; 0: nobody without one."""

    def __init__(
        self,
        rows: Registrations,
        catalog: Catalog,
        outbound: Outbound,
        throttle: Throttle,
        secret_maker: SecretMaker,
        audit: Audit,
        *,
        ceiling: Ceiling,
        stranger_limit: int,
    ) -> None:
        self._rows = rows
        self._catalog = catalog
        self._outbound = outbound
        self._throttle = throttle
        self._secret_maker = secret_maker
        self._audit = audit
        self._ceiling = ceiling
        self._stranger_limit = stranger_limit

    async def admit(self, token: str | None, *, ip: str, now: int) -> Admission:
        """Whether this caller may register. Raises ``InvalidToken``, ``TooManyRegistrations``. Spec: RFC 7591 §3"""
        if token is not None:
            if not await self._rows.has_token(digest(token), now):
                raise InvalidToken("the initial access token is unknown, expired or used up")
            return Admission(digest(token))
        if not self._stranger_limit:
            raise InvalidToken("registering needs an initial access token")
        await self._count(f"address {network_of(ip)}", now)
        return Admission(None)

    async def register(self, document: Mapping[str, object], admission: Admission, *, ip: str, now: int) -> Registered:
        """A new client. Raises ``InvalidRedirectUri``, ``InvalidClientMetadata``. Spec: RFC 7591 §3.2"""
        metadata = await self._checked(document)
        client_id, token = new_id().hex(), new_secret()
        secrets, secret = self._secret_maker.secrets_for(metadata.token_endpoint_auth_method, client_id, now)
        blank = Client(
            client_id=client_id,
            client_name=client_id,
            client_secrets=secrets,
            registration_token_digest=digest(token),
            created_at=now,
            expires_at=now + UNUSED_LIMIT_S if admission.token_digest is None else None,
        )
        client = self._with(blank, metadata, now)
        await self._add(client, admission, now)
        how = "open" if admission.token_digest is None else "token"
        await self._audit.record(CLIENT_CREATED, now=now, client_id=client_id, ip=ip, registered=how)
        return Registered(client, token, secret)

    async def read(self, client_id: str, token: str | None) -> Registered:
        """The registration, for whoever has its token. Raises ``InvalidToken``. Spec: RFC 7592 §2.1"""
        client, _revision, proven = await self._prove(client_id, token)
        return Registered(client, proven)

    async def replace(
        self, client_id: str, token: str | None, document: Mapping[str, object], *, ip: str, now: int
    ) -> Registered:
        """Everything registered, replaced by ``document``. Raises as ``register`` and ``read``. Spec: RFC 7592 §2.2"""
        await self._prove(client_id, token)
        await self._count(f"client {client_id}", now)
        metadata = await self._checked(document)
        for _ in range(_TRIES):
            # Read again each time: what an operator changed meanwhile must hold, above all that it is disabled.
            client, revision, proven = await self._prove(client_id, token)
            self._check_is_of(client, document, now)
            method = metadata.token_endpoint_auth_method
            secrets, secret = self._secret_maker.secrets_for(method, client_id, now, client.client_secrets)
            changed = self._with(replace(client, client_secrets=secrets), metadata, now)
            if await self._rows.replace(changed, revision):
                await self._audit.record(CLIENT_CHANGED, now=now, client_id=client_id, ip=ip)
                return Registered(changed, proven, secret)
        raise TemporarilyUnavailable("somebody else changes this client at the same time; try again")

    async def delete(self, client_id: str, token: str | None, *, ip: str, now: int) -> None:
        """End the registration and everything that hangs on it. Raises as ``read``. Spec: RFC 7592 §2.3"""
        for _ in range(_TRIES):
            _client, revision, _proven = await self._prove(client_id, token)
            if await self._rows.delete(client_id, revision):
                await self._audit.record(CLIENT_DELETED, now=now, client_id=client_id, ip=ip)
                return
        raise TemporarilyUnavailable("somebody else changes this client at the same time; try again")

    async def _prove(self, client_id: str, token: str | None) -> tuple[Client, int, str]:
        """The client of this token. Unknown, another's and disabled are refused alike."""
        found = await self._rows.get(client_id)
        if token is None or found is None:
            raise InvalidToken(_REFUSED)
        client, revision = found
        # An empty digest is that of no token.
        if not client.registration_token_digest or not equal(client.registration_token_digest, digest(token)):
            raise InvalidToken(_REFUSED)
        if client.disabled_at is not None:
            raise InvalidToken(_REFUSED, detail=f"{client_id} is disabled")
        return client, revision, token

    async def _checked(self, document: Mapping[str, object]) -> ClientMetadata:
        known = tuple(name for name in self._ceiling.scope if name in self._catalog.scopes)
        ceiling = replace(self._ceiling, scope=Scope(known))
        metadata = check(read_metadata(document, ceiling), ceiling)
        await check_sector(self._outbound, metadata)
        return metadata

    def _with(self, client: Client, metadata: ClientMetadata, now: int) -> Client:
        """The client with what was registered; privileges only operators give are taken away.

        Without that, whoever has the token of a client an operator trusts could send its codes elsewhere.
        """
        fields = asdict(metadata) | {"client_name": metadata.client_name or client.client_id}
        authenticates = metadata.token_endpoint_auth_method != AUTH_METHOD_NONE
        return replace(
            client,
            **fields,
            required_scope="",
            resources=self._catalog.audience_of(parse_scope(metadata.scope), ()).audience,
            may_act=(),
            require_consent=True,
            require_pkce=not (self._ceiling.allow_legacy and authenticates),
            require_nonce=not (self._ceiling.allow_legacy and authenticates),
            legacy=not set(metadata.response_types).isdisjoint(LEGACY_RESPONSE_TYPES),
            updated_at=now,
        )

    def _check_is_of(self, client: Client, document: Mapping[str, object], now: int) -> None:
        """Spec: RFC 7592 §2.2"""
        if document.get("client_id") != client.client_id:
            raise InvalidClientMetadata("client_id must be there and be that of the registration")
        secret = document.get("client_secret")
        if secret is None:
            return
        if not isinstance(secret, str) or not is_secret_of(
            client, self._secret_maker.digest(client.client_id, secret), now
        ):
            raise InvalidClientMetadata("client_secret, if it is sent, must be the one that is registered")

    async def _add(self, client: Client, admission: Admission, now: int) -> None:
        if admission.token_digest is None:
            if not await self._rows.add_below(client, self._stranger_limit):
                reason = "as many applications are registered as may be; tell the operator"
                raise TooManyRegistrations(reason, retry_after_s=86_400)
        elif not await self._rows.add_with_token(client, admission.token_digest, now):
            raise InvalidToken("the initial access token is unknown, expired or used up")

    async def _count(self, key: str, now: int) -> None:
        # Twice: see ``Throttle``.
        wait_s = await self._throttle.retry_after_s(key, now=now) or await self._throttle.hit(key, now=now)
        if wait_s:
            raise TooManyRegistrations("too many registrations within an hour; try again later", retry_after_s=wait_s)
