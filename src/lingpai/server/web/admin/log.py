"""The audit log: filtered, page by page, and taken out as JSON lines.

Only what lies in an index can be filtered by, so a page takes the same time however long the log is.
"""

from datetime import UTC, datetime, timedelta

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from lingpai.oauth.params import Params
from lingpai.server.accounts.account import canonical_username
from lingpai.server.administration.desk import ActRefused, Desk
from lingpai.server.audit import AUDIT_EXPORTED, EVENTS
from lingpai.server.http import read_query
from lingpai.server.storage.accounts import Accounts
from lingpai.server.storage.audit import LAST_ID, AuditFilter, AuditLog
from lingpai.server.storage.audit_chain import export_row, walk
from lingpai.server.storage.driver import Driver
from lingpai.server.web.admin.query import one, query_in
from lingpai.server.web.admin.visits import AdminVisits, next_link
from lingpai.server.web.admin_paths import AUDIT

_PAGE_ROWS = 50
_EXPORT_ROWS = 10_000
_ID_CHARS = 32


class AuditPage:
    """``GET /admin/audit``."""

    def __init__(self, visits: AdminVisits, events: AuditLog, accounts: Accounts) -> None:
        self._visits = visits
        self._events = events
        self._accounts = accounts

    async def get(self, request: Request) -> Response:
        """The newest events that fit the filters."""
        visit = await self._visits.open(request)
        if isinstance(visit, Response):
            return visit
        query = query_in(read_query(request))
        wanted, is_known = await self._filter(query)
        found = await self._events.list_page(wanted, await self._before(query), _PAGE_ROWS + 1) if is_known else []
        asked = {name: one(query, name) for name in ("event", "account", "client", "until")}
        more = ""
        if len(found) > _PAGE_ROWS:
            before = str(found[_PAGE_ROWS - 1].id)
            more = next_link(self._visits.pages.base + AUDIT, **{**asked, "until": "", "before": before})
        return self._visits.show(
            visit, "admin/audit.html", events=found[:_PAGE_ROWS], asked=asked, kinds=EVENTS, more=more
        )

    async def _filter(self, query: Params) -> tuple[AuditFilter, bool]:
        """The filter, and whether there can be anything that fits."""
        event = one(query, "event")
        account = one(query, "account")
        account_id = await self._account_id(account) if account else None
        wanted = AuditFilter(
            event=event if event in EVENTS else None, account_id=account_id, client_id=one(query, "client") or None
        )
        return wanted, not account or account_id is not None

    async def _account_id(self, text: str) -> bytes | None:
        """Of a username, or an id: those of deleted accounts stay in the log."""
        try:
            account = await self._accounts.get_by_username(canonical_username(text))
            if account is not None:
                return account.id
            return bytes.fromhex(text) if len(text) == _ID_CHARS else None
        except ValueError:
            return None

    async def _before(self, query: Params) -> int:
        before = one(query, "before")
        if before.isdecimal() and before.isascii() and len(before) < len(str(LAST_ID)):
            return int(before)
        try:
            until = datetime.strptime(one(query, "until"), "%Y-%m-%d").replace(tzinfo=UTC) + timedelta(days=1)
        except (ValueError, OverflowError):
            return LAST_ID
        return await self._events.last_id_before(int(until.timestamp())) + 1


class AuditExport:
    """``POST /admin/audit/export``."""

    def __init__(self, visits: AdminVisits, driver: Driver, desk: Desk) -> None:
        self._visits = visits
        self._driver = driver
        self._desk = desk

    async def post(self, request: Request) -> Response:
        """The oldest rows behind ``after``, oldest first, ten thousand at most. The command line has no limit."""
        opened = await self._visits.open_form(request, "export_audit", AUDIT)
        if isinstance(opened, Response):
            return opened
        visit, form = opened
        after = form.get("after") or "0"
        after_id = int(after) if after.isdecimal() and after.isascii() and len(after) < len(str(LAST_ID)) else 0
        try:
            await self._desk.write(visit.actor, "export_audit", AUDIT_EXPORTED, _nothing, now=visit.now, after=after_id)
        except ActRefused as refused:
            return self._visits.refused(visit, refused)
        lines: list[bytes] = []
        async for row in walk(self._driver, after_id):
            lines.append(msgspec.json.encode(export_row(row)))
            if len(lines) == _EXPORT_ROWS:
                break
        name = f'attachment; filename="audit-after-{after_id}.jsonl"'
        headers = {"Cache-Control": "no-store", "Content-Disposition": name, "X-Content-Type-Options": "nosniff"}
        return Response(b"".join(line + b"\n" for line in lines), media_type="application/jsonl", headers=headers)


async def _nothing(_driver: Driver) -> None:
    """Reading changes nothing; that it was read is kept."""
