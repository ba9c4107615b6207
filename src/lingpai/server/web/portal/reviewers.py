"""The review queue: what waits, one application with all a reviewer must see, and the decision.

Owns who sees it: accounts whose role may review. To everybody else these pages do not exist. Nobody decides about an
application of their own team.
"""

from starlette.requests import Request
from starlette.responses import Response

from lingpai.oauth.params import Params
from lingpai.server.accounts.roles import Role, Roles, may
from lingpai.server.portal.becoming import icon_url
from lingpai.server.portal.desk import TEXT_LIMIT_CHARS, ActRefused
from lingpai.server.portal.reviews import Reviews, decider, waiting_permissions
from lingpai.server.storage.applications import Applications, Kept
from lingpai.server.storage.portal_records import ApplicationState
from lingpai.server.storage.teams import Teams
from lingpai.server.tokens.catalog import Catalog
from lingpai.server.web.account_visits import AccountVisit
from lingpai.server.web.admin_paths import TABS
from lingpai.server.web.portal.application import typed_text
from lingpai.server.web.portal.review import HISTORY_LIMIT_COUNT, before_in, next_before
from lingpai.server.web.portal.visits import OTHERWISE, STATUS, PortalVisits, is_as_seen, revision_of
from lingpai.server.web.portal_paths import REVIEWED, REVIEWS
from lingpai.server.web.views import image_sources, permission_words
from lingpai.server.web.visit import see_other

_STATES: tuple[ApplicationState, ...] = ("submitted", "approved", "changes_asked", "rejected", "suspended", "draft")
_PAGE_COUNT = 25


class ReviewQueuePage:
    """``GET /admin/reviews``."""

    def __init__(self, visits: PortalVisits, roles: Roles) -> None:
        self._visits = visits
        self._roles = roles

    async def get(self, request: Request) -> Response:
        """Who waits, longest first."""
        found = await open_for_reviewer(self._visits, self._roles, request)
        if isinstance(found, Response):
            return found
        opened, role = found
        asked = request.query_params.get("state", "")
        state: ApplicationState = next((known for known in _STATES if known == asked), "submitted")
        applications = self._visits.applications
        kept = await applications.queue(state, _after(request), _PAGE_COUNT)
        cards = [self._visits.card(each) for each in kept]
        last = kept[-1].application if len(kept) == _PAGE_COUNT else None
        return self._visits.accounts.show(
            opened,
            "portal/queue.html",
            extra_img=image_sources(*(card.logo for card in cards)),
            tabs=_tabs(role),
            states=_STATES,
            state=state,
            counts=await applications.count_states(),
            applications=cards,
            address=self._visits.base + REVIEWS,
            after=f"{last.submitted_at}.{last.client_id}" if last else "",
        )


class ReviewedPage:
    """``GET`` and ``POST /admin/reviews/{client_id}``."""

    def __init__(
        self,
        visits: PortalVisits,
        roles: Roles,
        applications: Applications,
        teams: Teams,
        reviews: Reviews,
        catalog: Catalog,
    ) -> None:
        self._visits = visits
        self._roles = roles
        self._applications = applications
        self._teams = teams
        self._reviews = reviews
        self._catalog = catalog

    async def get(self, request: Request) -> Response:
        """Everything side by side: what people see now, what they would see, what it wants and why, what was said."""
        found = await self._open(request)
        return found if isinstance(found, Response) else await self._show(*found)

    async def post(self, request: Request) -> Response:
        """Decide about what was shown."""
        found = await self._open(request)
        if isinstance(found, Response):
            return found
        opened, _, kept = found
        form = await self._visits.read(opened)
        if form is None:
            return await self._show(*found, problem="stale")
        text = typed_text(form, "text", TEXT_LIMIT_CHARS)
        if form.get("action") != "comment" and not is_as_seen(kept, form):
            return await self._show(*found, problem="changed", typed=text)
        if await self._applications.is_member(kept.application.client_id, opened.account.id):
            return await self._show(*found, problem="own", typed=text)
        try:
            await self._decide(opened, kept, form, text)
        except ActRefused as refused:
            return await self._show(*found, problem=refused.reason, typed=text)
        return see_other(f"{self._address(kept)}?done={form.get('action')}")

    async def _decide(self, opened: AccountVisit, kept: Kept, form: Params, text: str) -> None:
        by, now, reviews = decider(opened.account), opened.now, self._reviews
        match form.get("action"):
            case "approve":
                await reviews.approve(kept, form.get_all("permission"), text, by, now)
            case "changes":
                await reviews.ask_for_changes(kept, text, by, now)
            case "reject":
                await reviews.reject(kept, text, by, now)
            case "suspend":
                await reviews.suspend(kept, text, by, now)
            case "resume":
                await reviews.resume(kept, text, by, now)
            case _:
                await reviews.comment(kept, text, by, now)

    async def _open(self, request: Request) -> tuple[AccountVisit, Role, Kept] | Response:
        found = await open_for_reviewer(self._visits, self._roles, request)
        if isinstance(found, Response):
            return found
        kept = await self._applications.get(request.path_params["client_id"])
        return self._visits.missing(request) if kept is None else (*found, kept)

    def _address(self, kept: Kept) -> str:
        return self._visits.base + REVIEWED.replace("{client_id}", kept.application.client_id)

    async def _show(
        self, opened: AccountVisit, role: Role, kept: Kept, *, problem: str = "", typed: str = ""
    ) -> Response:
        request, application = opened.visit.request, kept.application
        locale = self._visits.accounts.pages.locale(request)
        history = await self._applications.history(application.client_id, before_in(request), HISTORY_LIMIT_COUNT)
        card, sensitive = self._visits.card(kept), waiting_permissions(kept, self._catalog)
        return self._visits.accounts.show(
            opened,
            "portal/reviewed.html",
            status=STATUS.get(problem, OTHERWISE) if problem else 200,
            extra_img=image_sources(card.logo, kept.client.logo_uri),
            tabs=_tabs(role),
            application=card,
            wanted=application,
            wanted_logo=icon_url(application.icon, self._visits.issuer),
            client=kept.client,
            permissions=[
                (name, permission_words(name, self._catalog.scopes, locale), asked, name in sensitive)
                for name, asked in application.permissions.items()
            ],
            members=await self._teams.members(application.team_id),
            history=history,
            next_before=next_before(history),
            revision=revision_of(kept),
            problem=problem,
            typed=typed,
            done=request.query_params.get("done", ""),
            address=self._address(kept),
            queue=self._visits.base + REVIEWS,
        )


async def open_for_reviewer(
    visits: PortalVisits, roles: Roles, request: Request
) -> tuple[AccountVisit, Role] | Response:
    """The visit of somebody who may review; for others there is no such page."""
    opened = await visits.open_account(request)
    if isinstance(opened, Response):
        return opened
    role = await roles.role_of(opened.account.id)
    return visits.missing(request) if role is None or not may(role, "review_application") else (opened, role)


def _tabs(role: Role) -> list[tuple[str, str]]:
    """The pages of the administration this one stands among."""
    return [(name, title) for name, title, act in TABS if may(role, act)]


def _after(request: Request) -> tuple[int, str]:
    at, _, client_id = request.query_params.get("after", "").partition(".")
    return (int(at), client_id) if at.isascii() and at.isdigit() and len(at) < 19 else (-1, "")
