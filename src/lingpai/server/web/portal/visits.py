"""What every page about one application does first: somebody is signed in, and the application is their team's.

Owns that check for every path with an id in it, and the frame of these pages. An application of somebody else is
answered like one that does not exist.
"""

import re
from typing import Any, Literal
from urllib.parse import quote

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from lingpai.oauth.params import Params, parse_params
from lingpai.server.accounts.csrf import CsrfRefused
from lingpai.server.http import read_form_body
from lingpai.server.portal.becoming import has_unseen_changes, icon_url, is_live, kind_of
from lingpai.server.storage.applications import Applications, Kept
from lingpai.server.storage.records import Account
from lingpai.server.web.account_visits import AccountVisit, AccountVisits
from lingpai.server.web.errors import error_page
from lingpai.server.web.portal_paths import APPLICATION, APPLICATION_TABS
from lingpai.server.web.return_ticket import ticket_for
from lingpai.server.web.views import image_sources, initial
from lingpai.server.web.visit import see_other

LINE_BREAK = "\u2028"
_LINE_BREAK = re.compile(rb"%0d%0a|%0a|%0d", re.IGNORECASE)

_CONFLICTS = ("changed", "full", "state", "two_secrets", "last_secret", "in_use", "applications")
STATUS = {"stale": 403} | dict.fromkeys(_CONFLICTS, 409)
OTHERWISE = 422

Tab = Literal[
    "",
    "/callbacks",
    "/permissions",
    "/secrets",
    "/people",
    "/review",
    "/usage",
    "/refusals",
    "/snippets",
    "/sandbox",
    "/delete",
]


class ApplicationCard(Struct, frozen=True, kw_only=True):
    """An application as lists and the head of its pages show it."""

    client_id: str
    name: str
    initial: str
    logo: str
    state: str
    is_live: bool
    kind: str
    team: str
    submitted_at: int = 0


class Sheet(Struct, frozen=True):
    """One visit to one application."""

    opened: AccountVisit
    kept: Kept

    @property
    def account(self) -> Account:
        """Who is there."""
        return self.opened.account

    @property
    def now(self) -> int:
        """When."""
        return self.opened.now

    @property
    def client_id(self) -> str:
        """Of the application."""
        return self.kept.application.client_id


class PortalVisits:
    """Opens them."""

    def __init__(self, visits: AccountVisits, applications: Applications, *, issuer: str) -> None:
        self.accounts = visits
        self.applications = applications
        self.issuer = issuer
        self.base = visits.pages.base

    async def open(self, request: Request) -> Sheet | Response:
        """The application of the address for a member of its team; else the way to sign in, or "no such page"."""
        opened = await self.open_account(request)
        if isinstance(opened, Response):
            return opened
        kept = await self.applications.get_for(request.path_params["client_id"], opened.account.id)
        return self.missing(request) if kept is None else Sheet(opened, kept)

    async def open_account(self, request: Request) -> AccountVisit | Response:
        """Somebody signed in; else the way to sign in and back here."""
        opened = await self.accounts.open(request)
        if isinstance(opened, AccountVisit):
            return opened
        return see_other(self.accounts.pages.url("sign_in", ticket_for(request)))

    def missing(self, request: Request) -> Response:
        """What is said about everything that is not there, or not theirs."""
        return error_page(self.accounts.pages, request, "not_found", status=404)

    async def read(self, opened: AccountVisit) -> Params | None:
        """The form of a page of ours; ``None``: it is not. Raises ``InvalidRequest``.

        Line breaks come as ``LINE_BREAK``: what else controls something is refused in a form, and so would they be.
        """
        body = _LINE_BREAK.sub(quote(LINE_BREAK).encode(), await read_form_body(opened.visit.request))
        form = parse_params(body, may_repeat=("permission",))
        try:
            self.accounts.showing.visits.check_form(opened.visit, form)
        except CsrfRefused:
            return None
        return form

    def address(self, sheet: Sheet, tab: Tab = "") -> str:
        """Of one of the application's pages."""
        return self.base + self.path(sheet, tab)

    def path(self, sheet: Sheet, tab: Tab = "") -> str:
        """The same below the issuer's path."""
        return APPLICATION.replace("{client_id}", sheet.client_id) + tab

    def done(self, sheet: Sheet, tab: Tab, what: str) -> Response:
        """Back to the page, which says that it worked."""
        return see_other(f"{self.address(sheet, tab)}?done={what}")

    def card(self, kept: Kept) -> ApplicationCard:
        """The application for a list."""
        application = kept.application
        return ApplicationCard(
            client_id=application.client_id,
            name=application.name,
            initial=initial(application.name),
            logo=icon_url(application.icon, self.issuer),
            state=application.state,
            is_live=is_live(application),
            kind=kind_of(kept.client),
            team=kept.team_name,
            submitted_at=application.submitted_at,
        )

    def show(self, sheet: Sheet, tab: Tab, template: str, *, problem: str = "", **context: Any) -> Response:
        """One of the application's pages. ``problem``: what was refused, which also decides the status."""
        card = self.card(sheet.kept)
        return self.accounts.show(
            sheet.opened,
            f"portal/{template}",
            status=STATUS.get(problem, OTHERWISE) if problem else 200,
            extra_img=image_sources(card.logo),
            application=card,
            client=sheet.kept.client,
            tabs=APPLICATION_TABS,
            tab=tab,
            application_address=self.address(sheet),
            revision=revision_of(sheet.kept),
            has_unseen_changes=has_unseen_changes(sheet.kept.application, sheet.kept.client, issuer=self.issuer),
            problem=problem,
            done=sheet.opened.visit.request.query_params.get("done", ""),
            **context,
        )


def revision_of(kept: Kept) -> str:
    """What a form carries, so that nobody decides about something other than what they saw."""
    return f"{kept.revision}.{kept.client_revision}"


def is_as_seen(kept: Kept, form: Params) -> bool:
    """Whether the application is still what the form's page showed."""
    return form.get("revision") == revision_of(kept)
