"""Permissions and resource servers: the lists, and a form for one of each in both languages."""

from starlette.requests import Request
from starlette.responses import Response

from lingpai.i18n import LOCALES
from lingpai.oauth.errors import InvalidRequest
from lingpai.oauth.params import Params
from lingpai.server.administration.catalog import CatalogActs
from lingpai.server.administration.desk import ActRefused
from lingpai.server.http import read_query
from lingpai.server.storage.records import AccessTokenFormat, ResourceServer, ScopeDefinition
from lingpai.server.web.admin.query import one, query_in
from lingpai.server.web.admin.visits import AdminVisit, AdminVisits
from lingpai.server.web.admin_paths import PERMISSION, PERMISSIONS, RESOURCE_SERVER


class PermissionsPage:
    """``GET /admin/permissions``."""

    def __init__(self, visits: AdminVisits, acts: CatalogActs) -> None:
        self._visits = visits
        self._acts = acts

    async def get(self, request: Request) -> Response:
        """Both lists."""
        visit = await self._visits.open(request)
        if isinstance(visit, Response):
            return visit
        scopes, servers = await self._acts.scopes(), await self._acts.resource_servers()
        return self._visits.show(visit, "admin/permissions.html", scopes=scopes, servers=servers)


class PermissionPage:
    """``GET`` and ``POST /admin/permissions/edit``."""

    def __init__(self, visits: AdminVisits, acts: CatalogActs) -> None:
        self._visits = visits
        self._acts = acts

    async def get(self, request: Request) -> Response:
        """The form, filled in where ``name`` is one there is."""
        visit = await self._visits.open(request)
        if isinstance(visit, Response):
            return visit
        name = one(query_in(read_query(request)), "name")
        try:
            scope = await self._acts.find_scope(name) if name else ScopeDefinition(name="")
        except ActRefused as refused:
            return self._visits.refused(visit, refused)
        return await self._show(visit, scope, is_new=not name)

    async def post(self, request: Request) -> Response:
        """Save or delete."""
        opened = await self._visits.open_form(request, "change_permission", PERMISSION)
        if isinstance(opened, Response):
            return opened
        visit, form = opened
        scope = _scope_in(form)
        try:
            if form.get("action") == "delete":
                await self._acts.delete_scope(visit.actor, scope.name, visit.now)
                return self._visits.done(PERMISSIONS, "deleted")
            await self._acts.put_scope(visit.actor, scope, visit.now)
        except ActRefused as refused:
            if refused.reason != "invalid":
                return self._visits.refused(visit, refused)
            is_new = scope.name not in {known.name for known in await self._acts.scopes()}
            return await self._show(visit, scope, is_new=is_new, problems=dict(refused.problems))
        return self._visits.done(PERMISSIONS, "saved")

    async def _show(
        self, visit: AdminVisit, scope: ScopeDefinition, *, is_new: bool, problems: dict[str, str] | None = None
    ) -> Response:
        return self._visits.show(
            visit,
            "admin/permission.html",
            status=422 if problems else 200,
            scope=scope,
            is_new=is_new,
            problems=problems or {},
            servers=await self._acts.resource_servers(),
        )


class ResourceServerPage:
    """``GET`` and ``POST /admin/resource-servers/edit``."""

    def __init__(self, visits: AdminVisits, acts: CatalogActs, *, signing_algs: tuple[str, ...]) -> None:
        self._visits = visits
        self._acts = acts
        self._signing_algs = signing_algs

    async def get(self, request: Request) -> Response:
        """The form, filled in where ``resource`` is one there is."""
        visit = await self._visits.open(request)
        if isinstance(visit, Response):
            return visit
        resource = one(query_in(read_query(request)), "resource")
        try:
            server = await self._acts.find_resource_server(resource) if resource else ResourceServer(resource="")
        except ActRefused as refused:
            return self._visits.refused(visit, refused)
        return self._show(visit, server, is_new=not resource)

    async def post(self, request: Request) -> Response:
        """Save or delete."""
        opened = await self._visits.open_form(request, "change_permission", RESOURCE_SERVER)
        if isinstance(opened, Response):
            return opened
        visit, form = opened
        server = _server_in(form)
        try:
            if form.get("action") == "delete":
                await self._acts.delete_resource_server(visit.actor, server.resource, visit.now)
                return self._visits.done(PERMISSIONS, "deleted")
            await self._acts.put_resource_server(visit.actor, server, visit.now)
        except ActRefused as refused:
            if refused.reason != "invalid":
                return self._visits.refused(visit, refused)
            is_new = server.resource not in {known.resource for known in await self._acts.resource_servers()}
            return self._show(visit, server, is_new=is_new, problems=dict(refused.problems))
        return self._visits.done(PERMISSIONS, "saved")

    def _show(
        self, visit: AdminVisit, server: ResourceServer, *, is_new: bool, problems: dict[str, str] | None = None
    ) -> Response:
        return self._visits.show(
            visit,
            "admin/resource_server.html",
            status=422 if problems else 200,
            server=server,
            is_new=is_new,
            problems=problems or {},
            signing_algs=self._signing_algs,
        )


def _scope_in(form: Params) -> ScopeDefinition:
    return ScopeDefinition(
        name=(form.get("name") or "").strip(),
        descriptions={locale: (form.get(f"description_{locale}") or "").strip() for locale in LOCALES},
        resource=form.get("resource") or None,
        claims=tuple((form.get("claims") or "").split()),
        sensitive=form.get("sensitive") is not None,
    )


def _server_in(form: Params) -> ResourceServer:
    lifetime = form.get("access_token_lifetime_s") or ""
    if lifetime and not (lifetime.isdecimal() and lifetime.isascii() and len(lifetime) < 12):
        raise InvalidRequest("access_token_lifetime_s must be a number")
    token_format: AccessTokenFormat = "at+jwt" if form.get("access_token_format") == "at+jwt" else "opaque"
    return ResourceServer(
        resource=(form.get("resource") or "").strip(),
        name=(form.get("name") or "").strip(),
        access_token_format=token_format,
        access_token_signing_alg=form.get("access_token_signing_alg") or "ES256",
        access_token_lifetime_s=int(lifetime) if lifetime else None,
        client_ids=tuple((form.get("client_ids") or "").split()),
    )
