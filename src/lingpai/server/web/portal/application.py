"""Making an application, and what it shows of itself: name, site, description, filing number, picture."""

from collections.abc import Mapping

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from lingpai.crypto.digest import new_id
from lingpai.oauth.errors import InvalidRequest
from lingpai.oauth.params import Params
from lingpai.server.accounts.csrf import CsrfRefused
from lingpai.server.accounts.pictures import LIMIT_BYTES, PictureRefused, Pictures
from lingpai.server.http import BodyTooLarge
from lingpai.server.mail.message import one_line
from lingpai.server.portal.becoming import KINDS, kind_of
from lingpai.server.portal.desk import ActRefused, Desk, living_secrets, may_submit, missing
from lingpai.server.storage.portal_records import Icon, Team
from lingpai.server.storage.teams import Teams
from lingpai.server.tokens.catalog import Catalog
from lingpai.server.web.account_visits import AccountVisit
from lingpai.server.web.portal.overview import typed_name
from lingpai.server.web.portal.visits import LINE_BREAK, OTHERWISE, STATUS, PortalVisits, Sheet, is_as_seen
from lingpai.server.web.portal_paths import APPLICATION
from lingpai.server.web.upload import read_upload
from lingpai.server.web.views import web_address
from lingpai.server.web.visit import see_other

_LIMITS_CHARS = {"website": 2000, "description": 500, "filing_number": 64}
_NO_ICON = b"\0" * 16


def typed_text(form: Params, name: str, limit_chars: int) -> str:
    """A text of several lines as it is kept."""
    lines = (form.get(name) or "").split(LINE_BREAK)
    return "\n".join(one_line(line).rstrip() for line in lines).strip()[:limit_chars]


class NewApplicationPage:
    """``GET`` and ``POST /developer/teams/{team_id}/new``."""

    def __init__(self, visits: PortalVisits, teams: Teams, desk: Desk) -> None:
        self._visits = visits
        self._teams = teams
        self._desk = desk

    async def get(self, request: Request) -> Response:
        """The form."""
        found = await self._open(request)
        return found if isinstance(found, Response) else self._show(*found, {})

    async def post(self, request: Request) -> Response:
        """Make it; on to its pages."""
        found = await self._open(request)
        if isinstance(found, Response):
            return found
        opened, team = found
        form = await self._visits.accounts.read(opened)
        if form is None:
            return self._show(opened, team, {}, "stale")
        typed = {
            "name": typed_name(form.get("name")),
            "website": form.get("website") or "",
            "kind": form.get("kind") or "",
            "with_qq": form.get("with_qq") or "",
        }
        kind = next((known for known in KINDS if known == typed["kind"]), None)
        problem = "kind" if kind is None else _problem(typed["name"], typed["website"])
        if problem or kind is None:
            return self._show(opened, team, typed, problem)
        try:
            client_id = await self._desk.create(
                team.id,
                kind,
                name=typed["name"],
                website=typed["website"],
                with_qq=bool(typed["with_qq"]) and kind != "machine",
                by=opened.account,
                now=opened.now,
            )
        except ActRefused as refused:
            return self._show(opened, team, typed, refused.reason)
        return see_other(self._visits.base + APPLICATION.replace("{client_id}", client_id) + "?done=created")

    async def _open(self, request: Request) -> tuple[AccountVisit, Team] | Response:
        opened = await self._visits.open_account(request)
        if isinstance(opened, Response):
            return opened
        found = await self._teams.get_for(bytes.fromhex(request.path_params["team_id"]), opened.account.id)
        return self._visits.missing(request) if found is None else (opened, found[0])

    def _show(self, opened: AccountVisit, team: Team, typed: Mapping[str, str], problem: str = "") -> Response:
        return self._visits.accounts.show(
            opened,
            "portal/new.html",
            status=STATUS.get(problem, OTHERWISE) if problem else 200,
            team=team,
            typed={"name": "", "website": "", "kind": "web", "with_qq": ""} | dict(typed),
            problem=problem,
        )


class BasicsPage:
    """``GET`` and ``POST /developer/applications/{client_id}``, ``POST …/icon``."""

    def __init__(self, visits: PortalVisits, desk: Desk, pictures: Pictures, catalog: Catalog) -> None:
        self._visits = visits
        self._desk = desk
        self._pictures = pictures
        self._catalog = catalog

    async def get(self, request: Request) -> Response:
        """What it shows, and what is still missing."""
        sheet = await self._visits.open(request)
        return sheet if isinstance(sheet, Response) else self._show(sheet)

    async def post(self, request: Request) -> Response:
        """Change the texts."""
        sheet = await self._visits.open(request)
        if isinstance(sheet, Response):
            return sheet
        form = await self._visits.read(sheet.opened)
        if form is None or not is_as_seen(sheet.kept, form):
            return self._show(sheet, "stale" if form is None else "changed")
        name, website = typed_name(form.get("name")), form.get("website") or ""
        fields = {
            "name": name,
            "website": website,
            "description": typed_text(form, "description", _LIMITS_CHARS["description"]),
            "filing_number": typed_text(form, "filing_number", _LIMITS_CHARS["filing_number"]),
        }
        problem = _problem(name, website)
        if problem:
            return self._show(sheet, problem, fields)
        try:
            await self._desk.describe(sheet.kept, sheet.account, sheet.now, **fields)
        except ActRefused as refused:
            return self._show(sheet, refused.reason, fields)
        return self._visits.done(sheet, "", "saved")

    async def post_icon(self, request: Request) -> Response:
        """A new picture, or none."""
        sheet = await self._visits.open(request)
        if isinstance(sheet, Response):
            return sheet
        try:
            form, body = await read_upload(request, limit_bytes=LIMIT_BYTES)
        except BodyTooLarge:
            return self._show(sheet, "large")
        except ClientDisconnect:
            raise InvalidRequest("the body ended early") from None
        again = await self._visits.open(request)  # a picture takes its time: who sent it may have been signed out
        return again if isinstance(again, Response) else await self._keep_icon(again, form, body)

    async def _keep_icon(self, sheet: Sheet, form: Params, body: bytes) -> Response:
        try:
            self._visits.accounts.showing.visits.check_form(sheet.opened.visit, form)
            if form.get("action") == "remove":
                await self._desk.describe(sheet.kept, sheet.account, sheet.now, icon="")
                return self._visits.done(sheet, "", "icon_removed")
            picture = await self._pictures.encode(body)
            icon = Icon(
                id=new_id(),
                client_id=sheet.client_id,
                content_type=picture.content_type,
                body=picture.body,
                created_at=sheet.now,
            )
            # The picture first: an address that is shown must lead somewhere.
            await self._visits.applications.put_icon(icon, _live_icon(sheet))
            await self._desk.describe(sheet.kept, sheet.account, sheet.now, icon=icon.id.hex())
        except CsrfRefused:
            return self._show(sheet, "stale")
        except (PictureRefused, ActRefused) as refused:
            return self._show(sheet, refused.reason)
        return self._visits.done(sheet, "", "icon")

    def _show(self, sheet: Sheet, problem: str = "", typed: Mapping[str, str] | None = None) -> Response:
        application, client = sheet.kept.application, sheet.kept.client
        needs_secret = client.token_endpoint_auth_method != "none"
        return self._visits.show(
            sheet,
            "",
            "basics.html",
            problem=problem,
            typed=typed
            or {
                "name": application.name,
                "website": application.website,
                "description": application.description,
                "filing_number": application.filing_number,
            },
            missing=missing(sheet.kept),
            needs_secret=needs_secret and not living_secrets(client, sheet.now),
            may_submit=may_submit(sheet.kept, self._catalog, issuer=self._visits.issuer),
            kind=kind_of(client),
            shown_name=client.client_name,
        )


def _problem(name: str, website: str) -> str:
    if not name:
        return "name"
    is_site = len(website) <= _LIMITS_CHARS["website"] and "@" not in website and web_address(website)
    return "" if not website or is_site else "website"


def _live_icon(sheet: Sheet) -> bytes:
    """Id of the picture people see, which stays while a reviewer looks at the new one."""
    _, _, icon = sheet.kept.client.logo_uri.partition("/application-icon?id=")
    return bytes.fromhex(icon) if icon else _NO_ICON
