"""What is registered of an application: callbacks, permissions, secrets, test people. A page each."""

from typing import Any

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from lingpai.oauth.params import Params
from lingpai.server.accounts.account import canonical_username
from lingpai.server.audit import CLIENT_CHANGED, Audit
from lingpai.server.portal.becoming import offered
from lingpai.server.portal.callbacks import judge_all
from lingpai.server.portal.desk import ActRefused, Desk, living_secrets
from lingpai.server.rate_limit import Throttle
from lingpai.server.storage.accounts import Accounts
from lingpai.server.storage.applications import TESTERS_PER_APPLICATION
from lingpai.server.storage.records import ScopeDefinition
from lingpai.server.tokens.catalog import Catalog
from lingpai.server.web.portal.application import typed_text
from lingpai.server.web.portal.visits import PortalVisits, Sheet, Tab, is_as_seen
from lingpai.server.web.views import permission_words

_JUSTIFICATION_LIMIT_CHARS = 500
_CALLBACKS_LIMIT_CHARS = 40_000


class _PermissionRow(Struct, frozen=True, kw_only=True):
    """A permission the application may want. ``state`` empty: it does not."""

    name: str
    words: str
    sensitive: bool
    state: str
    justification: str
    resource: str


class _Page:
    """What the pages here share: open, check that the form is ours and about what was seen, act, show."""

    tab: Tab

    def __init__(self, visits: PortalVisits, desk: Desk) -> None:
        self._visits = visits
        self._desk = desk

    async def _opened(self, request: Request) -> tuple[Sheet, Params] | Sheet | Response:
        """The sheet with its form, the sheet alone where the form is not to be acted on, or an answer."""
        sheet = await self._visits.open(request)
        if isinstance(sheet, Response):
            return sheet
        form = await self._visits.read(sheet.opened)
        return sheet if form is None else (sheet, form)


class CallbacksPage(_Page):
    """``GET`` and ``POST /developer/applications/{client_id}/callbacks``."""

    async def get(self, request: Request) -> Response:
        """What is registered."""
        sheet = await self._visits.open(request)
        if isinstance(sheet, Response):
            return sheet
        return self._show(sheet, "\n".join(sheet.kept.client.redirect_uris))

    async def post(self, request: Request) -> Response:
        """Say what is right and wrong about the lines; with ``action=save`` also register them."""
        found = await self._opened(request)
        if isinstance(found, Response):
            return found
        if isinstance(found, Sheet):
            return self._show(found, "\n".join(found.kept.client.redirect_uris), problem="stale")
        sheet, form = found
        typed = _lines(form)
        verdicts = judge_all(typed, sheet.kept.client.application_type)
        if form.get("action") != "save":
            return self._show(sheet, typed, verdicts=verdicts, checked=True)
        if not is_as_seen(sheet.kept, form):
            return self._show(sheet, typed, verdicts=verdicts, problem="changed")
        try:
            verdicts = await self._desk.set_callbacks(sheet.kept, typed, sheet.account, sheet.now)
        except ActRefused as refused:
            return self._show(sheet, typed, problem=refused.reason)
        if any(verdict.problem for verdict in verdicts):
            return self._show(sheet, typed, verdicts=verdicts, problem="verdicts")
        return self._visits.done(sheet, "/callbacks", "saved")

    def _show(self, sheet: Sheet, typed: str, **context: Any) -> Response:
        verdicts = judge_all(typed, sheet.kept.client.application_type)
        values: dict[str, Any] = {"verdicts": verdicts, "checked": False} | context
        return self._visits.show(sheet, "/callbacks", "callbacks.html", typed=typed, **values)


class PermissionsPage(_Page):
    """``GET`` and ``POST /developer/applications/{client_id}/permissions``."""

    def __init__(self, visits: PortalVisits, desk: Desk, catalog: Catalog) -> None:
        super().__init__(visits, desk)
        self._catalog = catalog

    async def get(self, request: Request) -> Response:
        """What it wants, and what there is."""
        sheet = await self._visits.open(request)
        return sheet if isinstance(sheet, Response) else self._show(sheet)

    async def post(self, request: Request) -> Response:
        """Want one, or do without."""
        found = await self._opened(request)
        if isinstance(found, Response):
            return found
        if isinstance(found, Sheet):
            return self._show(found, problem="stale")
        sheet, form = found
        if not is_as_seen(sheet.kept, form):
            return self._show(sheet, problem="changed")
        name, justification = form.get("scope") or "", typed_text(form, "justification", _JUSTIFICATION_LIMIT_CHARS)
        try:
            if name not in {scope.name for scope in offered(self._catalog.scopes, sheet.kept.client)}:
                raise ActRefused("nothing")
            if form.get("action") == "drop":
                await self._desk.drop(sheet.kept, name, sheet.account, sheet.now)
            else:
                await self._desk.want(sheet.kept, name, justification, sheet.account, sheet.now)
        except ActRefused as refused:
            return self._show(sheet, problem=refused.reason, about=name)
        return self._visits.done(sheet, "/permissions", "saved")

    def _show(self, sheet: Sheet, *, problem: str = "", about: str = "") -> Response:
        locale = self._visits.accounts.pages.locale(sheet.opened.visit.request)
        rows = [self._row(sheet, scope, locale) for scope in offered(self._catalog.scopes, sheet.kept.client)]
        return self._visits.show(
            sheet,
            "/permissions",
            "permissions.html",
            problem=problem,
            about=about,
            wanted=[row for row in rows if row.state],
            others=[row for row in rows if not row.state],
        )

    def _row(self, sheet: Sheet, scope: ScopeDefinition, locale: str) -> _PermissionRow:
        wanted = sheet.kept.application.permissions.get(scope.name)
        state: str = "" if wanted is None else wanted.state
        if state == "open" and not scope.sensitive:
            state = "free"
        return _PermissionRow(
            name=scope.name,
            words=permission_words(scope.name, self._catalog.scopes, locale),
            sensitive=scope.sensitive,
            state=state,
            justification=wanted.justification if wanted else "",
            resource=scope.resource or "",
        )


class SecretsPage(_Page):
    """``GET`` and ``POST /developer/applications/{client_id}/secrets``."""

    async def get(self, request: Request) -> Response:
        """When each was made; never what it is."""
        sheet = await self._visits.open(request)
        return sheet if isinstance(sheet, Response) else self._show(sheet)

    async def post(self, request: Request) -> Response:
        """Make one, which is shown in this answer and never again; or end one. Both need a fresh proof of who acts."""
        found = await self._opened(request)
        if isinstance(found, Response):
            return found
        if isinstance(found, Sheet):
            return self._show(found, problem="stale")
        sheet, form = found
        if not sheet.opened.is_recent:
            return self._visits.accounts.confirm_first(self._visits.path(sheet, "/secrets"))
        if not is_as_seen(sheet.kept, form):
            return self._show(sheet, problem="changed")
        try:
            if form.get("action") == "end":
                digest = bytes.fromhex(form.get("digest") or "")
                await self._desk.end_secret(sheet.kept, digest, sheet.account, sheet.now)
                return self._visits.done(sheet, "/secrets", "ended")
            secret = await self._desk.make_secret(sheet.kept, sheet.account, sheet.now)
        except ActRefused as refused:
            return self._show(sheet, problem=refused.reason)
        except ValueError:
            return self._show(sheet, problem="changed")
        kept = await self._visits.applications.get_for(sheet.client_id, sheet.account.id)
        return self._show(sheet if kept is None else Sheet(sheet.opened, kept), secret=secret)

    def _show(self, sheet: Sheet, *, problem: str = "", secret: str = "") -> Response:
        living = living_secrets(sheet.kept.client, sheet.now)
        return self._visits.show(
            sheet,
            "/secrets",
            "secrets.html",
            problem=problem,
            secret=secret,
            secrets=[(known.digest.hex(), known.created_at) for known in living],
        )


class TestersPage(_Page):
    """``GET`` and ``POST /developer/applications/{client_id}/people``."""

    def __init__(self, visits: PortalVisits, desk: Desk, accounts: Accounts, throttle: Throttle, audit: Audit) -> None:
        super().__init__(visits, desk)
        self._accounts = accounts
        self._throttle = throttle
        self._audit = audit

    async def get(self, request: Request) -> Response:
        """Who they are."""
        sheet = await self._visits.open(request)
        return sheet if isinstance(sheet, Response) else await self._show(sheet)

    async def post(self, request: Request) -> Response:
        """Add one by username, or take one off the list."""
        found = await self._opened(request)
        if isinstance(found, Response):
            return found
        if isinstance(found, Sheet):
            return await self._show(found, "stale")
        sheet, form = found
        try:
            if form.get("action") == "remove":
                account_id = bytes.fromhex(form.get("account_id") or "")
                await self._visits.applications.remove_tester(sheet.client_id, account_id, sheet.now)
            elif problem := await self._add(sheet, form.get("username") or ""):
                return await self._show(sheet, problem, form.get("username") or "")
        except ValueError:
            return await self._show(sheet, "tester")
        await self._audit.record(
            CLIENT_CHANGED,
            now=sheet.now,
            account_id=sheet.account.id,
            client_id=sheet.client_id,
            by="developer portal",
            change="test people",
        )
        return self._visits.done(sheet, "/people", "saved")

    async def _add(self, sheet: Sheet, typed: str) -> str:
        """The problem, if there is one. Counted, because the answer tells whether there is such an account."""
        if await self._throttle.hit(sheet.account.id.hex(), now=sheet.now):
            return "throttled"
        account = await self._accounts.get_by_username(canonical_username(typed))
        if account is None or account.disabled_at is not None:
            return "tester"
        testers = await self._visits.applications.testers(sheet.client_id)
        if len(testers) >= TESTERS_PER_APPLICATION:
            return "full"
        await self._visits.applications.add_tester(sheet.client_id, account.id, sheet.now)
        return ""

    async def _show(self, sheet: Sheet, problem: str = "", typed: str = "") -> Response:
        testers = await self._visits.applications.testers(sheet.client_id)
        return self._visits.show(
            sheet,
            "/people",
            "testers.html",
            problem=problem,
            typed=typed,
            testers=testers,
            limit=TESTERS_PER_APPLICATION,
        )


def _lines(form: Params) -> str:
    return typed_text(form, "redirect_uris", _CALLBACKS_LIMIT_CHARS)
