"""Permissions and resource servers as stored. ``tokens.catalog`` keeps what the hot path needs of them in memory."""

import msgspec

from lingpai.server.storage.driver import Driver, Statement
from lingpai.server.storage.records import ResourceServer, ScopeDefinition

_scope_decoder = msgspec.json.Decoder(ScopeDefinition)
_resource_decoder = msgspec.json.Decoder(ResourceServer)

_PUT = """INSERT INTO {table} ({key}, document) VALUES ($1, $2)
ON CONFLICT ({key}) DO UPDATE SET document = excluded.document"""
_PUT_SCOPE = _PUT.format(table="scope_definition", key="name")
_PUT_RESOURCE = _PUT.format(table="resource_server", key="resource")
_LIST_SCOPES = "SELECT document FROM scope_definition ORDER BY name"
_LIST_RESOURCES = "SELECT document FROM resource_server ORDER BY resource"
_HAS_LEGACY = "SELECT 1 FROM client WHERE legacy = 1 AND disabled_at IS NULL LIMIT 1"
_DELETE_SCOPE = "DELETE FROM scope_definition WHERE name = $1"
_DELETE_RESOURCE = "DELETE FROM resource_server WHERE resource = $1"


class CatalogRows:
    """Scope definitions by name, resource servers by identifier."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver

    async def scopes(self) -> list[ScopeDefinition]:
        """Every permission, by name."""
        rows = await self._driver.fetch_all(_LIST_SCOPES)
        return [_scope_decoder.decode(row[0]) for row in rows]

    async def resource_servers(self) -> list[ResourceServer]:
        """Every resource server, by identifier."""
        rows = await self._driver.fetch_all(_LIST_RESOURCES)
        return [_resource_decoder.decode(row[0]) for row in rows]

    async def has_legacy_client(self) -> bool:
        """Whether any client in use is marked ``legacy``."""
        return await self._driver.fetch_one(_HAS_LEGACY) is not None

    async def put_scope(self, scope: ScopeDefinition) -> None:
        """Insert or replace."""
        await self._driver.transact([Statement(_PUT_SCOPE, (scope.name, msgspec.json.encode(scope).decode()))])

    async def put_resource_server(self, server: ResourceServer) -> None:
        """Insert or replace."""
        await self._driver.transact([Statement(_PUT_RESOURCE, (server.resource, msgspec.json.encode(server).decode()))])

    async def delete_scope(self, name: str) -> None:
        """Take the permission out of the catalog; grants that hold it keep it, without words."""
        await self._driver.transact([Statement(_DELETE_SCOPE, (name,))])

    async def delete_resource_server(self, resource: str) -> None:
        """Take the resource server out of the catalog: no new tokens for it."""
        await self._driver.transact([Statement(_DELETE_RESOURCE, (resource,))])
