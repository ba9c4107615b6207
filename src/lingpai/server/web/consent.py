"""The consent page: one checkbox per permission, how long, allow or refuse.

Owns showing the question and reading the answer. Leaves what is asked and what an answer makes of the grant to
``authorization.consent``. Without JavaScript "select all" is a round trip that shows the page again, all ticked.

A form made in another session, so for another account too, is not ours: the page is shown again, 403. Nothing ticked,
or an answer to a question that has changed meanwhile: the page again, 422.
"""

from collections.abc import Collection

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from lingpai.oauth.errors import InvalidRequest
from lingpai.server.accounts.csrf import CsrfRefused
from lingpai.server.accounts.notices import Notices
from lingpai.server.audit import CONSENT_GIVEN, CONSENT_REFUSED, Audit
from lingpai.server.authorization.consent import (
    ConsentQuestion,
    InvalidAnswer,
    NothingTicked,
    consent_question,
    fold_answer,
    must_ask,
)
from lingpai.server.authorization.pending import PendingRequestLost
from lingpai.server.storage.grants import Grants
from lingpai.server.storage.records import Account, Grant
from lingpai.server.tokens.catalog import Catalog
from lingpai.server.web.question import question_context, ticked_by
from lingpai.server.web.render import Pages
from lingpai.server.web.views import application_view, form_action_sources, image_sources, person_view
from lingpai.server.web.visit import Asked, Visit, Visits, see_other

_REFUSED_STATUS = {"nothing_ticked": 422, "changed": 422, "stale": 403}


class _Sheet(Struct, frozen=True):
    """Everything the page is about."""

    visit: Visit
    asked: Asked
    account: Account
    grant: Grant | None
    question: ConsentQuestion


class ConsentPage:
    """``GET`` and ``POST /consent``."""

    def __init__(
        self, pages: Pages, visits: Visits, grants: Grants, catalog: Catalog, audit: Audit, notices: Notices
    ) -> None:
        self._notices = notices
        self._pages = pages
        self._visits = visits
        self._grants = grants
        self._catalog = catalog
        self._audit = audit

    async def get(self, request: Request) -> Response:
        """The question, nothing ticked that the person did not tick."""
        sheet = await self._sheet(request)
        return self._show(sheet) if isinstance(sheet, _Sheet) else sheet

    async def post(self, request: Request) -> Response:
        """Read the answer; nothing is kept unless it says "allow" in so many words."""
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
        """What the page is about, or where to go when nobody is signed in."""
        visit = await self._visits.open(request)
        asked = await self._visits.asked(visit)
        if asked is None:
            raise PendingRequestLost("garbled")
        if visit.signed_in is None:
            return see_other(self._pages.url("sign_in", asked.sealed))
        account = visit.signed_in.account
        grant = await self._grants.get(account.id, asked.client.client_id)
        question = consent_question(asked.request, asked.client, grant, visit.now)
        return _Sheet(visit, asked, account, grant, question)

    async def _allow(self, sheet: _Sheet, ticked: Collection[str], lifetime: str) -> Response:
        visit, client_id = sheet.visit, sheet.asked.client.client_id
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
            return self._look_again(sheet)
        if not await self._grants.put(grant, replaces=sheet.grant):
            changed = await self._sheet(visit.request)
            return self._look_again(changed) if isinstance(changed, _Sheet) else changed
        await self._audit.record(
            CONSENT_GIVEN,
            now=visit.now,
            account_id=sheet.account.id,
            client_id=client_id,
            ip=visit.ip,
            scope=" ".join(sorted(grant.permissions)),
            lifetime=grant.lifetime,
        )
        if sheet.grant is None or sheet.grant.id != grant.id:
            await self._notices.allowed(sheet.account, sheet.asked.client.client_name, visit.now)
        visit.request.scope["lingpai.counted"] = "grants"
        return see_other(self._pages.resume_url(self._visits.answer(sheet.asked, consented=grant.id)))

    def _look_again(self, sheet: _Sheet) -> Response:
        """Somebody answered or took something back meanwhile (two tabs, two clicks): ask only what is still open."""
        if must_ask(sheet.asked.request, sheet.asked.client, sheet.grant, sheet.visit.now):
            return self._show(sheet, problem="changed")
        return see_other(self._pages.resume_url(sheet.asked.sealed))

    async def _refuse(self, sheet: _Sheet) -> Response:
        await self._audit.record(
            CONSENT_REFUSED,
            now=sheet.visit.now,
            account_id=sheet.account.id,
            client_id=sheet.asked.client.client_id,
            ip=sheet.visit.ip,
        )
        return see_other(self._pages.resume_url(self._visits.answer(sheet.asked, refused=True)))

    def _show(
        self, sheet: _Sheet, ticked: Collection[str] = (), lifetime: str | None = None, *, problem: str | None = None
    ) -> Response:
        request = sheet.visit.request
        locale = self._pages.locale(request, sheet.asked.request.ui_locales)
        application, person = application_view(sheet.asked.client), person_view(sheet.account)
        response = self._pages.render(
            "consent.html",
            request,
            status=_REFUSED_STATUS[problem] if problem else 200,
            locale=locale,
            csp_form_action=form_action_sources(sheet.asked.request.redirect_uri),
            csp_img=image_sources(application.logo, person.picture),
            csp_frame=(),
            application=application,
            person=person,
            csrf_token=self._visits.csrf_token(sheet.visit),
            problem=problem,
            **question_context(sheet.question, self._catalog.scopes, locale, ticked=ticked, lifetime=lifetime),
        )
        return self._visits.named(sheet.visit, response)
