"""The question about a device: which application asks there, what it wants, whether the person started it.

Owns showing it and taking the answer, once. It is the consent page with the code beside it, and always shown, whatever
was allowed before: somebody may have sent the person the code of a device of his own (CVE-2026-109346).

Spec: RFC 8628 §3.3; RFC 8628 §5.4
"""

from collections.abc import Collection
from typing import Literal

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from lingpai.oauth.errors import InvalidRequest
from lingpai.oauth.scope import parse_scope
from lingpai.server.accounts.csrf import CsrfRefused
from lingpai.server.accounts.notices import Notices
from lingpai.server.accounts.session import SignedIn
from lingpai.server.audit import CONSENT_GIVEN, CONSENT_REFUSED, Audit
from lingpai.server.authorization.consent import (
    ConsentQuestion,
    InvalidAnswer,
    NothingTicked,
    fold_answer,
    question_about,
)
from lingpai.server.authorization.device_visit import DeviceVisits
from lingpai.server.authorization.user_code import show_user_code
from lingpai.server.http import remember_client
from lingpai.server.portal.trials import Trials
from lingpai.server.storage.device_codes import DeviceCodes
from lingpai.server.storage.grants import Grants
from lingpai.server.storage.records import Account, Client, DeviceCode, Grant
from lingpai.server.tokens.catalog import Catalog
from lingpai.server.web.question import question_context, ticked_by
from lingpai.server.web.render import Pages
from lingpai.server.web.views import application_view, image_sources, person_view
from lingpai.server.web.visit import Visit, Visits, device_visit_in, see_other

_REFUSED_STATUS = {"nothing_ticked": 422, "changed": 422, "stale": 403}


class _Sheet(Struct, frozen=True):
    """Everything the page is about."""

    visit: Visit
    sealed: str
    signed_in: SignedIn
    code: DeviceCode
    client: Client
    grant: Grant | None
    question: ConsentQuestion

    @property
    def account(self) -> Account:
        return self.signed_in.account


class DeviceQuestionPage:
    """``GET`` and ``POST /device/confirm``."""

    def __init__(  # noqa: PLR0913, PLR0917 - each is one thing it uses
        self,
        pages: Pages,
        visits: Visits,
        device_visits: DeviceVisits,
        device_codes: DeviceCodes,
        grants: Grants,
        catalog: Catalog,
        audit: Audit,
        notices: Notices,
        trials: Trials,
    ) -> None:
        self._notices = notices
        self._pages = pages
        self._visits = visits
        self._device_visits = device_visits
        self._device_codes = device_codes
        self._grants = grants
        self._catalog = catalog
        self._audit = audit
        self._trials = trials

    async def get(self, request: Request) -> Response:
        """The question; once it is answered, what the answer was."""
        sheet = await self._sheet(request)
        return self._show(sheet) if isinstance(sheet, _Sheet) else sheet

    async def post(self, request: Request) -> Response:
        """Read the answer; nothing is allowed unless it says "allow" in so many words."""
        sheet = await self._sheet(request)
        if not isinstance(sheet, _Sheet):
            return sheet
        try:
            form = await self._visits.read_form(sheet.visit, may_repeat=("scope",))
        except CsrfRefused:
            return self._show(sheet, problem="stale")
        ticked, lifetime = form.get_all("scope"), form.get("lifetime") or sheet.question.default_lifetime
        if "select" in form:
            return self._show(sheet, ticked_by(sheet.question, form.get("select")), lifetime)
        match form.get("decision"):
            case "allow":
                return await self._allow(sheet, ticked, lifetime)
            case "refuse":
                return await self._refuse(sheet)
            case _:
                raise InvalidRequest("decision must be allow or refuse")

    async def _sheet(self, request: Request) -> _Sheet | Response:
        """What the page is about, or what to show or where to go when there is nothing to ask."""
        visit = await self._visits.open(request)
        sealed = device_visit_in(request) or ""
        begun = self._device_visits.unseal(sealed, visit.browser, visit.now)
        if begun is None:
            return see_other(self._pages.url("device"))
        if visit.signed_in is None:
            return see_other(self._pages.url("sign_in", sealed))
        account = visit.signed_in.account
        if account.id != begun.account_id:
            # Somebody else sits here now: they enter the code themselves.
            return see_other(self._pages.url("device", sealed))
        found = await self._device_codes.get_with_client(begun.device)
        if found is None:
            return self._outcome(visit, "gone")
        code, client = found
        if code.decision != "pending" and code.account_id == account.id:
            return self._outcome(visit, code.decision, client)
        if code.decision != "pending" or code.expires_at <= visit.now:
            return self._outcome(visit, "gone")
        remember_client(request, client)
        if not await self._trials.allow(client, account.id):
            return self._outcome(visit, "trial", client)
        grant = await self._grants.get(account.id, client.client_id)
        question = question_about(parse_scope(code.scope), client, grant, visit.now, everything=True)
        return _Sheet(visit, sealed, visit.signed_in, code, client, grant, question)

    async def _allow(self, sheet: _Sheet, ticked: Collection[str], lifetime: str) -> Response:
        visit, client_id = sheet.visit, sheet.client.client_id
        try:
            grant = fold_answer(
                sheet.question,
                ticked,
                lifetime,
                grant=sheet.grant,
                account_id=sheet.account.id,
                client_id=client_id,
                now=visit.now,
            )
        except NothingTicked:
            return self._show(sheet, (), lifetime, problem="nothing_ticked")
        except InvalidAnswer:
            return self._show(sheet, problem="changed")
        session = sheet.signed_in.session
        if not await self._device_codes.allow(sheet.code, grant, replaces=sheet.grant, session=session, now=visit.now):
            return await self._look_again(sheet)
        detail = {"scope": " ".join(sorted(grant.permissions)), "lifetime": grant.lifetime}
        await self._record(CONSENT_GIVEN, sheet, **detail)
        if sheet.grant is None or sheet.grant.id != grant.id:
            await self._notices.allowed(sheet.account, sheet.client.client_name, visit.now)
        visit.request.scope["lingpai.counted"] = "grants"
        return self._answered(sheet)

    async def _refuse(self, sheet: _Sheet) -> Response:
        if not await self._device_codes.refuse(sheet.code, sheet.account.id, sheet.visit.now):
            return await self._look_again(sheet)
        await self._record(CONSENT_REFUSED, sheet)
        return self._answered(sheet)

    async def _look_again(self, sheet: _Sheet) -> Response:
        """The code was answered (two tabs, two clicks) or expired, or the grant was changed meanwhile."""
        changed = await self._sheet(sheet.visit.request)
        return self._show(changed, problem="changed") if isinstance(changed, _Sheet) else changed

    async def _record(self, event: str, sheet: _Sheet, **detail: str) -> None:
        visit = sheet.visit
        await self._audit.record(
            event,
            now=visit.now,
            account_id=sheet.account.id,
            client_id=sheet.client.client_id,
            ip=visit.ip,
            through="device",
            **detail,
        )

    def _answered(self, sheet: _Sheet) -> Response:
        return see_other(self._pages.url("device_question", sheet.sealed))

    def _show(
        self, sheet: _Sheet, ticked: Collection[str] = (), lifetime: str | None = None, *, problem: str | None = None
    ) -> Response:
        visit = sheet.visit
        locale = self._pages.locale(visit.request)
        application, person = application_view(sheet.client), person_view(sheet.account)
        response = self._pages.render(
            "device_question.html",
            visit.request,
            status=_REFUSED_STATUS[problem] if problem else 200,
            locale=locale,
            csp_form_action=(),
            csp_img=image_sources(application.logo, person.picture),
            csp_frame=(),
            application=application,
            person=person,
            csrf_token=self._visits.csrf_token(visit),
            user_code=show_user_code(sheet.code.user_code),
            problem=problem,
            **question_context(sheet.question, self._catalog.scopes, locale, ticked=ticked, lifetime=lifetime),
        )
        return self._visits.named(visit, response)

    def _outcome(
        self, visit: Visit, outcome: Literal["allowed", "refused", "gone", "trial"], client: Client | None = None
    ) -> Response:
        """How it ended; "gone" says nothing about the device, which may not be this person's."""
        application = application_view(client) if client else None
        return self._pages.render(
            "device_outcome.html",
            visit.request,
            status=410 if outcome == "gone" else 200,
            csp_img=image_sources(application.logo) if application else (),
            outcome=outcome,
            application=application,
        )
