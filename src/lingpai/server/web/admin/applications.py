"""Applications: found by the beginning of their name or by their id, and one of them with what may be done to it."""

from starlette.requests import Request
from starlette.responses import Response

from lingpai.oauth.errors import InvalidRequest
from lingpai.server.administration.applications import ApplicationActs
from lingpai.server.administration.desk import ActRefused
from lingpai.server.http import read_query
from lingpai.server.storage.audit import AuditFilter, AuditLog
from lingpai.server.storage.clients import Clients
from lingpai.server.storage.deleted_clients import COUNT_LIMIT
from lingpai.server.storage.directory import Directory
from lingpai.server.storage.records import Client
from lingpai.server.web.admin.query import one, query_in
from lingpai.server.web.admin.visits import AdminVisit, AdminVisits, next_link
from lingpai.server.web.admin_paths import APPLICATIONS
from lingpai.server.web.views import application_view

_PAGE_ROWS = 50
_EVENTS_SHOWN = 20


class ApplicationsPage:
    """``GET /admin/applications``."""

    def __init__(self, visits: AdminVisits, directory: Directory, clients: Clients) -> None:
        self._visits = visits
        self._directory = directory
        self._clients = clients

    async def get(self, request: Request) -> Response:
        """The search and what it found; an application with just this id comes first."""
        visit = await self._visits.open(request)
        if isinstance(visit, Response):
            return visit
        query = query_in(read_query(request))
        text = one(query, "q")
        found = await self._directory.clients_by_name(
            text.lower(), (one(query, "name"), one(query, "after")), _PAGE_ROWS + 1
        )
        more = ""
        if len(found) > _PAGE_ROWS:
            last = found[_PAGE_ROWS - 1]
            where = self._visits.pages.base + APPLICATIONS
            more = next_link(where, q=text, name=last.client_name.lower(), after=last.client_id)
        shown = found[:_PAGE_ROWS]
        exact = await self._clients.get(text) if text else None
        if exact is not None and exact not in shown:
            shown = [exact, *shown]
        return self._visits.show(visit, "admin/applications.html", q=text, clients=shown, more=more)


class ApplicationPage:
    """``GET`` and ``POST /admin/applications/{client_id}``."""

    def __init__(self, visits: AdminVisits, acts: ApplicationActs, events: AuditLog) -> None:
        self._visits = visits
        self._acts = acts
        self._events = events

    async def get(self, request: Request) -> Response:
        """What is registered, without secrets, and what happened to it."""
        visit = await self._visits.open(request)
        if isinstance(visit, Response):
            return visit
        try:
            client = await self._acts.find(request.path_params["client_id"])
        except ActRefused as refused:
            return self._visits.refused(visit, refused)
        return self._visits.show(
            visit,
            "admin/application.html",
            client=client,
            application=application_view(client),
            facts=_facts(client),
            events=await self._events.list_page(AuditFilter(client_id=client.client_id), limit=_EVENTS_SHOWN),
        )

    async def post(self, request: Request) -> Response:
        """One act, named by its button."""
        client_id = request.path_params["client_id"]
        back = f"{APPLICATIONS}/{client_id}"
        opened = await self._visits.open_form(request, "change_application", back)
        if isinstance(opened, Response):
            return opened
        visit, form = opened
        action = form.get("action") or ""
        try:
            match action:
                case "disable":
                    await self._acts.disable(visit.actor, client_id, visit.now)
                case "enable":
                    await self._acts.enable(visit.actor, client_id, visit.now)
                case "mark_legacy" | "unmark_legacy":
                    legacy = action == "mark_legacy"
                    await self._acts.mark_legacy(visit.actor, client_id, visit.now, legacy=legacy)
                case _:
                    raise InvalidRequest("action must be one of this page")
        except ActRefused as refused:
            return self._visits.refused(visit, refused)
        return self._visits.done(back, action)


class DeleteApplicationPage:
    """``GET`` and ``POST /admin/applications/{client_id}/delete``."""

    def __init__(self, visits: AdminVisits, acts: ApplicationActs) -> None:
        self._visits = visits
        self._acts = acts

    async def get(self, request: Request) -> Response:
        """What goes with it."""
        visit = await self._visits.open(request)
        if isinstance(visit, Response):
            return visit
        return await self._show(visit, request.path_params["client_id"])

    async def post(self, request: Request) -> Response:
        """Delete it."""
        client_id = request.path_params["client_id"]
        opened = await self._visits.open_form(request, "change_application", f"{APPLICATIONS}/{client_id}/delete")
        if isinstance(opened, Response):
            return opened
        visit, form = opened
        if form.get("sure") != "yes":
            return await self._show(visit, client_id, status=422)
        try:
            await self._acts.delete(visit.actor, client_id, visit.now)
        except ActRefused as refused:
            return self._visits.refused(visit, refused)
        return self._visits.done(APPLICATIONS, "delete")

    async def _show(self, visit: AdminVisit, client_id: str, *, status: int = 200) -> Response:
        try:
            client = await self._acts.find(client_id)
        except ActRefused as refused:
            return self._visits.refused(visit, refused)
        people = await self._acts.count_people(client_id, visit.now)
        return self._visits.show(
            visit,
            "admin/delete_application.html",
            status=status,
            client=client,
            application=application_view(client),
            people=min(people, COUNT_LIMIT),
            is_more=people > COUNT_LIMIT,
            problem="not_ticked" if status == 422 else "",
        )


def _facts(client: Client) -> list[tuple[str, tuple[str, ...]]]:
    """What is registered, by the names of RFC 7591; nothing of it is secret."""
    facts: list[tuple[str, tuple[str, ...]]] = [
        ("redirect_uris", client.redirect_uris),
        ("scope", tuple(client.scope.split())),
        ("grant_types", client.grant_types),
        ("response_types", client.response_types),
        ("token_endpoint_auth_method", (client.token_endpoint_auth_method,)),
        ("application_type", (client.application_type,)),
        ("dialects", client.dialects),
        ("contacts", client.contacts),
        ("client_uri", (client.client_uri,)),
        ("policy_uri", (client.policy_uri,)),
        ("tos_uri", (client.tos_uri,)),
        ("developer", (client.developer,)),
    ]
    return [(name, values) for name, values in facts if any(values)]
