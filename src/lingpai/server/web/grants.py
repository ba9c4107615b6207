"""What each application may do, since when and until when; and taking it back, one by one or all at once.

Owns the page and its two forms. Leaves what taking back makes of a grant to ``authorization.consent``.
"""

from urllib.parse import urlencode

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from lingpai.oauth.errors import InvalidRequest
from lingpai.oauth.params import Params
from lingpai.server.accounts.csrf import CsrfRefused
from lingpai.server.accounts.session import SignedIn
from lingpai.server.audit import CODE_REPLAYED, GRANT_ENDED, GRANT_NARROWED, REFRESH_TOKEN_REPLAYED, Audit
from lingpai.server.authorization.consent import is_live, take_back
from lingpai.server.storage.audit import AuditLog
from lingpai.server.storage.clients import Clients
from lingpai.server.storage.grants import Grants
from lingpai.server.storage.records import Account, Client, Grant
from lingpai.server.tokens.catalog import Catalog
from lingpai.server.web.render import Pages
from lingpai.server.web.views import (
    ApplicationView,
    PermissionView,
    application_view,
    image_sources,
    permission_words,
    person_view,
    web_address,
)
from lingpai.server.web.visit import Visit, Visits, see_other

_TRIES = 3
_WARN_FOR_S = 14 * 86_400
_WARNINGS = 3


class _GrantView(Struct, frozen=True, kw_only=True):
    """One card of the page."""

    application: ApplicationView
    client_id: str
    open_at: str
    """Where the application begins a sign-in with us; empty: it did not say."""
    lifetime: str
    created_at: int
    expires_at: int | None
    permissions: list[PermissionView]


class _Warning(Struct, frozen=True, kw_only=True):
    """Tokens of an application were used twice, so its sign-in was ended."""

    at: int
    application: str


class GrantsPage:
    """``GET`` and ``POST /account/grants``."""

    def __init__(
        self,
        pages: Pages,
        visits: Visits,
        grants: Grants,
        clients: Clients,
        events: AuditLog,
        catalog: Catalog,
        audit: Audit,
        *,
        issuer: str,
    ) -> None:
        self._issuer = issuer
        self._clients = clients
        self._events = events
        self._pages = pages
        self._visits = visits
        self._grants = grants
        self._catalog = catalog
        self._audit = audit

    async def get(self, request: Request) -> Response:
        """All living grants of whoever is signed in."""
        visit = await self._visits.open(request)
        if visit.signed_in is None:
            return see_other(self._pages.url("sign_in"))
        return await self._show(visit, visit.signed_in, done=request.query_params.get("done"))

    async def post(self, request: Request) -> Response:
        """Take one permission back, or end the whole grant."""
        visit = await self._visits.open(request)
        if visit.signed_in is None:
            return see_other(self._pages.url("sign_in"))
        try:
            form = await self._visits.read_form(visit)
        except CsrfRefused:
            return await self._show(visit, visit.signed_in, problem="stale", status=403)
        match form.get("action"):
            case "end":
                await self._end(visit, visit.signed_in, form.require("client_id"))
                return see_other(f"{self._pages.url('grants')}?done=ended")
            case "take_back":
                await self._take_back(visit, visit.signed_in, form)
                return see_other(f"{self._pages.url('grants')}?done=taken_back")
            case _:
                raise InvalidRequest("action must be end or take_back")

    async def _end(self, visit: Visit, signed_in: SignedIn, client_id: str) -> None:
        account_id = signed_in.account.id
        if await self._grants.end(account_id, client_id, visit.now):
            await self._audit.record(
                GRANT_ENDED, now=visit.now, account_id=account_id, client_id=client_id, ip=visit.ip
            )

    async def _take_back(self, visit: Visit, signed_in: SignedIn, form: Params) -> None:
        """Only narrows, so a race is simply run again: whatever else changed, this permission goes."""
        account_id, client_id, name = signed_in.account.id, form.require("client_id"), form.require("scope")
        for _ in range(_TRIES):
            grant = await self._grants.get(account_id, client_id)
            if grant is None or not is_live(grant, visit.now) or name not in grant.permissions:
                return
            narrowed = take_back(grant, name, visit.now)
            if await self._grants.put(narrowed, replaces=grant):
                event = GRANT_NARROWED if narrowed.ended_at is None else GRANT_ENDED
                await self._audit.record(
                    event, now=visit.now, account_id=account_id, client_id=client_id, ip=visit.ip, scope=name
                )
                return
        raise InvalidRequest("the grant keeps changing")

    async def _show(
        self,
        visit: Visit,
        signed_in: SignedIn,
        *,
        done: str | None = None,
        problem: str | None = None,
        status: int = 200,
    ) -> Response:
        locale = self._pages.locale(visit.request)
        rows = await self._grants.list_with_clients(signed_in.account.id, visit.now)
        grants = [self._view(grant, client, signed_in.account, locale) for grant, client in rows]
        person = person_view(signed_in.account)
        warnings = await self._warnings(signed_in.account.id, visit.now)
        response = self._pages.render(
            "grants.html",
            visit.request,
            status=status,
            locale=locale,
            csp_img=image_sources(person.picture, *(grant.application.logo for grant in grants)),
            person=person,
            csrf_token=self._visits.csrf_token(visit),
            grants=grants,
            warnings=warnings,
            done=done,
            problem=problem,
        )
        return self._visits.named(visit, response)

    async def _warnings(self, account_id: bytes, now: int) -> list[_Warning]:
        """Where a code or token came twice lately: either a broken application, or somebody has a copy.

        Spec: RFC 9700 §4.14.2
        """
        kinds = (CODE_REPLAYED, REFRESH_TOKEN_REPLAYED)
        events = await self._events.list_two_events(account_id, kinds, now - _WARN_FOR_S, _WARNINGS)
        clients = [await self._clients.get(event.client_id or "") for event in events]
        return [
            _Warning(at=event.at, application=application_view(client).name)
            for event, client in zip(events, clients, strict=True)
            if client is not None
        ]

    def _open_at(self, grant: Grant, client: Client, account: Account) -> str:
        """The name goes along only where the application may see it. Spec: OpenID Connect Core 1.0 §4"""
        address = web_address(client.initiate_login_uri)
        if not address:
            return ""
        sent = {"iss": self._issuer}
        if any(name in grant.permissions for name in self._catalog.scopes_opening("preferred_username")):
            sent["login_hint"] = account.username
        return address + ("&" if "?" in address else "?") + urlencode(sent)

    def _view(self, grant: Grant, client: Client, account: Account, locale: str) -> _GrantView:
        permissions = [
            PermissionView(name=name, description=permission_words(name, self._catalog.scopes, locale), since=since)
            for name, since in sorted(grant.permissions.items())
        ]
        return _GrantView(
            application=application_view(client),
            client_id=client.client_id,
            open_at=self._open_at(grant, client, account),
            lifetime=grant.lifetime,
            created_at=grant.created_at,
            expires_at=grant.expires_at,
            permissions=permissions,
        )
