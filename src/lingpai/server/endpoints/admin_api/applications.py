"""Applications."""

from typing import Annotated

from fastapi import APIRouter, Query, Request

from lingpai.server.administration.applications import ApplicationActs
from lingpai.server.clock import Clock
from lingpai.server.endpoints.admin_api.models import ClientOut, Done, SecretOut
from lingpai.server.endpoints.admin_api.parts import After, ClientId, Limit, Page, actor_of
from lingpai.server.storage.directory import Directory


class ApplicationRoutes:
    """Below ``/clients``."""

    def __init__(self, acts: ApplicationActs, directory: Directory, clock: Clock) -> None:
        self._acts = acts
        self._directory = directory
        self._clock = clock

    def add_to(self, router: APIRouter) -> None:
        """Register every route."""
        router.add_api_route("/clients", self.list_clients, methods=["GET"])
        router.add_api_route("/clients/{client_id}", self.get_client, methods=["GET"])
        router.add_api_route("/clients/{client_id}", self.delete, methods=["DELETE"])
        router.add_api_route("/clients/{client_id}/disable", self.disable, methods=["POST"])
        router.add_api_route("/clients/{client_id}/enable", self.enable, methods=["POST"])
        router.add_api_route("/clients/{client_id}/mark-legacy", self.mark_legacy, methods=["POST"])
        router.add_api_route("/clients/{client_id}/unmark-legacy", self.unmark_legacy, methods=["POST"])
        router.add_api_route("/clients/{client_id}/rotate-secret", self.rotate_secret, methods=["POST"])

    async def list_clients(
        self, name: Annotated[str, Query(max_length=200)] = "", after: After = "", limit: Limit = 50
    ) -> Page[ClientOut]:
        """Applications whose name begins with a text."""
        client_id, _, last_name = after.partition(" ")
        found = await self._directory.clients_by_name(name.lower(), (last_name, client_id), limit + 1)
        following = None
        if len(found) > limit:
            last = found[limit - 1]
            following = f"{last.client_id} {last.client_name.lower()}"
        return Page(items=[ClientOut.of(client) for client in found[:limit]], next=following)

    async def get_client(self, client_id: ClientId) -> ClientOut:
        """One application."""
        return ClientOut.of(await self._acts.find(client_id))

    async def delete(self, request: Request, client_id: ClientId) -> Done:
        """It is gone with everything people allowed it. Refused while a resource server names it."""
        await self._acts.delete(actor_of(request), client_id, self._clock())
        return Done()

    async def disable(self, request: Request, client_id: ClientId) -> Done:
        """It gets no tokens; those it has stop working."""
        await self._acts.disable(actor_of(request), client_id, self._clock())
        return Done()

    async def enable(self, request: Request, client_id: ClientId) -> Done:
        """It works again."""
        await self._acts.enable(actor_of(request), client_id, self._clock())
        return Done()

    async def mark_legacy(self, request: Request, client_id: ClientId) -> Done:
        """It may be given grant types RFC 9700 advises against."""
        await self._acts.mark_legacy(actor_of(request), client_id, self._clock(), legacy=True)
        return Done()

    async def unmark_legacy(self, request: Request, client_id: ClientId) -> Done:
        """It loses those grant types."""
        await self._acts.mark_legacy(actor_of(request), client_id, self._clock(), legacy=False)
        return Done()

    async def rotate_secret(self, request: Request, client_id: ClientId) -> SecretOut:
        """A new secret, in this answer and never again."""
        secret = await self._acts.rotate_secret(actor_of(request), client_id, self._clock())
        return SecretOut(client_id=client_id, client_secret=secret)
