"""Permissions and resource servers."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request

from lingpai.server.administration.catalog import CatalogActs
from lingpai.server.clock import Clock
from lingpai.server.endpoints.admin_api.models import Done, ResourceServerBody, ScopeBody, ScopeOut
from lingpai.server.endpoints.admin_api.parts import Page, actor_of
from lingpai.server.storage.records import ResourceServer, ScopeDefinition

_Name = Annotated[str, Path(min_length=1, max_length=100)]


class CatalogRoutes:
    """``/scopes`` and ``/resource-servers``."""

    def __init__(self, acts: CatalogActs, clock: Clock) -> None:
        self._acts = acts
        self._clock = clock

    def add_to(self, router: APIRouter) -> None:
        """Register every route."""
        router.add_api_route("/scopes", self.list_scopes, methods=["GET"])
        router.add_api_route("/scopes/{name}", self.put_scope, methods=["PUT"])
        router.add_api_route("/scopes/{name}", self.delete_scope, methods=["DELETE"])
        router.add_api_route("/resource-servers", self.list_resource_servers, methods=["GET"])
        router.add_api_route("/resource-servers", self.put_resource_server, methods=["PUT"])
        router.add_api_route("/resource-servers", self.delete_resource_server, methods=["DELETE"])

    async def list_scopes(self) -> Page[ScopeOut]:
        """Every permission an operator defined."""
        return Page(items=[ScopeOut.of(scope) for scope in await self._acts.scopes()], next=None)

    async def put_scope(self, request: Request, name: _Name, body: ScopeBody) -> ScopeOut:
        """Write one, new or changed."""
        scope = ScopeDefinition(
            name=name,
            descriptions=body.descriptions,
            resource=body.resource,
            claims=tuple(body.claims),
            sensitive=body.sensitive,
        )
        await self._acts.put_scope(actor_of(request), scope, self._clock())
        return ScopeOut.of(scope)

    async def delete_scope(self, request: Request, name: _Name) -> Done:
        """Take one out of the catalog."""
        await self._acts.delete_scope(actor_of(request), name, self._clock())
        return Done()

    async def list_resource_servers(self) -> Page[ResourceServerBody]:
        """Every resource server."""
        return Page(items=[ResourceServerBody.of(server) for server in await self._acts.resource_servers()], next=None)

    async def put_resource_server(self, request: Request, body: ResourceServerBody) -> ResourceServerBody:
        """Write one, new or changed."""
        values = body.model_dump() | {"client_ids": tuple(body.client_ids)}
        await self._acts.put_resource_server(actor_of(request), ResourceServer(**values), self._clock())
        return body

    async def delete_resource_server(
        self, request: Request, resource: Annotated[str, Query(min_length=1, max_length=500)]
    ) -> Done:
        """Take one out of the catalog."""
        await self._acts.delete_resource_server(actor_of(request), resource, self._clock())
        return Done()
