"""Applications as the operator sees them: found, switched off and on, marked as legacy, given a new secret, deleted."""

from msgspec.structs import replace

from lingpai.server.accounts.roles import may
from lingpai.server.administration.desk import Actor, ActRefused, Desk
from lingpai.server.audit import CLIENT_CHANGED, CLIENT_DELETED, CLIENT_DISABLED, CLIENT_SECRET_ROTATED
from lingpai.server.registration.secrets import SecretMaker
from lingpai.server.storage.catalog import CatalogRows
from lingpai.server.storage.clients import Clients
from lingpai.server.storage.deleted_clients import count_people, delete_grants, deletion
from lingpai.server.storage.driver import Driver
from lingpai.server.storage.records import Client


class ApplicationActs:
    """Acts on one application. Each raises ``ActRefused``."""

    def __init__(
        self, desk: Desk, driver: Driver, clients: Clients, catalog: CatalogRows, secret_maker: SecretMaker
    ) -> None:
        self._desk = desk
        self._driver = driver
        self._catalog = catalog
        self._clients = clients
        self._secret_maker = secret_maker

    async def find(self, client_id: str) -> Client:
        """The application. Raises ``ActRefused``."""
        client = await self._clients.get(client_id)
        if client is None:
            raise ActRefused("not_found")
        return client

    async def disable(self, actor: Actor, client_id: str, now: int) -> None:
        """Nobody is sent to it, it gets no tokens, those it has stop working."""
        client = await self.find(client_id)
        await self._put(actor, replace(client, disabled_at=client.disabled_at or now), CLIENT_DISABLED, now)

    async def enable(self, actor: Actor, client_id: str, now: int) -> None:
        """What people allowed it is as it was."""
        client = await self.find(client_id)
        await self._put(actor, replace(client, disabled_at=None), CLIENT_CHANGED, now, fields=("disabled",))

    async def mark_legacy(self, actor: Actor, client_id: str, now: int, *, legacy: bool) -> None:
        """Whether it may use what RFC 9700 advises against. Taking the mark away takes those grant types away."""
        client = await self.find(client_id)
        changed = replace(client, legacy=legacy)
        if not legacy:
            safe = tuple(name for name in client.grant_types if name not in ("implicit", "password"))
            types = tuple(name for name in client.response_types if "token" not in name.split())
            changed = replace(changed, grant_types=safe, response_types=types)
        await self._put(actor, changed, CLIENT_CHANGED, now, fields=("legacy",))

    async def rotate_secret(self, actor: Actor, client_id: str, now: int) -> str:
        """A new secret, returned this once; the old ones stop working."""
        client = await self.find(client_id)
        secrets, secret = self._secret_maker.secrets_for(client.token_endpoint_auth_method, client_id, now)
        if secret is None:
            raise ActRefused("conflict", {"token_endpoint_auth_method": "has_no_secret"})
        await self._put(actor, replace(client, client_secrets=secrets), CLIENT_SECRET_ROTATED, now)
        return secret

    async def count_people(self, client_id: str, now: int) -> int:
        """How many people allow it something, up to a limit."""
        return await count_people(self._driver, client_id, now)

    async def delete(self, actor: Actor, client_id: str, now: int) -> None:
        """It is gone with everything people allowed it, the portal's pages about it too.

        It is switched off first, which stays so if this process dies while what people allowed it is deleted.
        """
        client = await self.find(client_id)
        if any(client_id in server.client_ids for server in await self._catalog.resource_servers()):
            raise ActRefused("conflict", {"client_id": "checks_tokens"})
        if client.disabled_at is None:
            await self.disable(actor, client_id, now)
        elif not may(actor.role, "change_application"):
            raise ActRefused("forbidden")
        await delete_grants(self._driver, client_id)

        async def work(driver: Driver) -> None:
            await driver.transact(deletion(client_id))

        await self._desk.write(actor, "change_application", CLIENT_DELETED, work, now=now, client_id=client_id)

    async def _put(self, actor: Actor, client: Client, event: str, now: int, *, fields: tuple[str, ...] = ()) -> None:
        async def work(driver: Driver) -> None:
            await Clients(driver).put(replace(client, updated_at=now))

        await self._desk.write(
            actor, "change_application", event, work, now=now, client_id=client.client_id, fields=fields
        )
