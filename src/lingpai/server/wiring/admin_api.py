"""The admin API: a light door, and what is loaded behind it at the first request."""

from starlette.types import ASGIApp

from lingpai.server.app import Route
from lingpai.server.endpoints.admin_api.door import PREFIX, AdminApi
from lingpai.server.storage.idempotency import IdempotencyKeys
from lingpai.server.wiring.parts import Parts

_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


def admin_api_routes(parts: Parts) -> dict[str, Route]:
    """Path -> route."""

    def load() -> ASGIApp:
        return load_api(parts)

    door = AdminApi(
        load,
        parts.lookup,
        parts.catalog,
        parts.dpop,
        parts.administration.roles,
        IdempotencyKeys(parts.store.driver),
        parts.clock,
        key=parts.idempotency_key,
        issuer=parts.config.issuer,
    )
    return {PREFIX + "{rest}": Route(dict.fromkeys(_METHODS, door.handle), machine=True)}


def load_api(parts: Parts) -> ASGIApp:
    """Import FastAPI and build the application."""
    from lingpai.server.endpoints.admin_api.api import make_api  # noqa: PLC0415 - half a second, for who uses it
    from lingpai.server.endpoints.admin_api.applications import ApplicationRoutes  # noqa: PLC0415 - the same
    from lingpai.server.endpoints.admin_api.catalog import CatalogRoutes  # noqa: PLC0415 - the same
    from lingpai.server.endpoints.admin_api.operation import Operation, OperationRoutes  # noqa: PLC0415 - the same
    from lingpai.server.endpoints.admin_api.people import PeopleRoutes  # noqa: PLC0415 - the same
    from lingpai.server.endpoints.admin_api.reviews import ReviewRoutes  # noqa: PLC0415 - the same

    acts, clock = parts.administration, parts.clock
    operation = Operation(acts.keys, acts.notices, acts.overviews, parts.store.audit, parts.config)
    return make_api(
        (
            PeopleRoutes(acts.accounts, acts.directory, acts.roles, clock),
            ApplicationRoutes(acts.applications, acts.directory, clock),
            CatalogRoutes(acts.catalog, clock),
            OperationRoutes(operation, clock),
            ReviewRoutes(parts.portal.applications, parts.portal.reviews, parts.store.accounts, clock),
        ),
        issuer=parts.config.issuer,
    )
