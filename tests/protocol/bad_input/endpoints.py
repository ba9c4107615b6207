"""Every endpoint with every parameter it reads, and a good request to each: what the tables of bad input spoil."""

from tests.protocol.bad_input.core_endpoints import CORE_ENDPOINTS
from tests.protocol.bad_input.endpoint import OTHER_CALLBACK, POSTER, STRANGER, Endpoint, Good, Param
from tests.protocol.bad_input.extension_endpoints import EXTENSION_ENDPOINTS, register_machines
from tests.protocol.bad_input.page_endpoints import PAGE_ENDPOINTS
from tests.world import CALLBACK, World

__all__ = ["ENDPOINTS", "Endpoint", "Good", "Param", "register"]

ENDPOINTS = (*CORE_ENDPOINTS, *EXTENSION_ENDPOINTS, *PAGE_ENDPOINTS)


async def register(world: World) -> None:
    """Clients that send their credentials as parameters and must name their redirect URI."""
    for name in (POSTER, STRANGER):
        await world.add_client(
            name, token_endpoint_auth_method="client_secret_post", redirect_uris=(CALLBACK, OTHER_CALLBACK)
        )
    await register_machines(world)
