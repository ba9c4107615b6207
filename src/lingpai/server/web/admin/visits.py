"""What every page of the administration does first: somebody must be signed in, have a role, and may do this act.

To whoever has no role these pages do not exist. Dangerous acts take proof of the person not older than ten minutes.

Spec: RFC 9470 §3
"""

import re
from typing import Any
from urllib.parse import quote, urlencode

from starlette.requests import Request
from starlette.responses import Response

from lingpai.oauth.params import Params, parse_params
from lingpai.server.accounts.csrf import CsrfRefused
from lingpai.server.accounts.roles import DANGEROUS, Act, Role, Roles, may
from lingpai.server.administration.desk import Actor, ActRefused
from lingpai.server.http import read_form_body
from lingpai.server.web.account_visits import AccountVisit, AccountVisits
from lingpai.server.web.admin_paths import TABS
from lingpai.server.web.errors import error_page
from lingpai.server.web.visit import see_other

LINE_BREAK = "\u2028"
_LINE_BREAK = re.compile(rb"%0D%0A|%0A|%0D", re.IGNORECASE)
_BODY_LIMIT_BYTES = 400_000
"""Terms of service in two languages, every character of them percent-encoded."""
_STATUS = {"not_found": 404, "forbidden": 403, "stale": 403, "conflict": 409, "invalid": 422}


class AdminVisit:
    """A visit of somebody with a role."""

    def __init__(self, opened: AccountVisit, role: Role) -> None:
        self.opened = opened
        self.role = role
        self.now = opened.now
        self.actor = Actor(opened.account.id.hex(), role, opened.ip)

    def may(self, act: Act) -> bool:
        """Whether this person may do the act."""
        return may(self.role, act)


class AdminVisits:
    """Opens them, and shows their pages."""

    def __init__(self, visits: AccountVisits, roles: Roles) -> None:
        self._visits = visits
        self._roles = roles
        self.pages = visits.pages

    async def open(self, request: Request) -> AdminVisit | Response:
        """The visit, the way to the sign-in page, or that there is no such page."""
        opened = await self._visits.open(request)
        if isinstance(opened, Response):
            return opened
        role = await self._roles.role_of(opened.account.id)
        if role is None:
            return error_page(self.pages, request, "not_found", status=404)
        return AdminVisit(opened, role)

    async def open_form(self, request: Request, act: Act, back: str) -> tuple[AdminVisit, Params] | Response:
        """The visit and the form of an act, or why it cannot be done now. ``back``: the path of the page it is on."""
        visit = await self.open(request)
        if isinstance(visit, Response):
            return visit
        if not visit.may(act):
            return self.refused(visit, ActRefused("forbidden"))
        form = await self._form(visit)
        if form is None:
            return self.show(visit, "admin/refused.html", status=403, reason="stale", problems={})
        if act in DANGEROUS and not visit.opened.is_recent:
            return self._visits.confirm_first(back)
        return visit, form

    async def _form(self, visit: AdminVisit) -> Params | None:
        """The form, its line breaks as ``LINE_BREAK``: any other control character is refused in a form."""
        body = await read_form_body(visit.opened.visit.request, limit_bytes=_BODY_LIMIT_BYTES)
        body = _LINE_BREAK.sub(quote(LINE_BREAK).encode(), body)
        form = parse_params(body, limit_bytes=2 * _BODY_LIMIT_BYTES, value_limit_bytes=_BODY_LIMIT_BYTES)
        try:
            self._visits.showing.visits.check_form(visit.opened.visit, form)
        except CsrfRefused:
            return None
        return form

    def refused(self, visit: AdminVisit, refused: ActRefused) -> Response:
        """The page that says why an act was not done."""
        if refused.reason == "not_found":
            return error_page(self.pages, visit.opened.visit.request, "not_found", status=404)
        return self.show(
            visit,
            "admin/refused.html",
            status=_STATUS[refused.reason],
            reason=refused.reason,
            problems=refused.problems,
        )

    def done(self, path: str, what: str) -> Response:
        """Back to the page at ``path``, which says that it worked."""
        return see_other(f"{self.pages.base}{path}?done={what}")

    def show(self, visit: AdminVisit, template: str, *, status: int = 200, **context: Any) -> Response:
        """A page of the administration."""
        return self._visits.show(
            visit.opened,
            template,
            status=status,
            role=visit.role,
            may=visit.may,
            tabs=[(name, title) for name, title, act in TABS if visit.may(act)],
            done=visit.opened.visit.request.query_params.get("done", ""),
            **context,
        )


def next_link(path: str, **values: str) -> str:
    """The address of the next page of a list; empty values are left out."""
    return f"{path}?{urlencode({name: value for name, value in values.items() if value})}"
