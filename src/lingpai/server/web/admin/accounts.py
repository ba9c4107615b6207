"""Accounts: found by the beginning of a username or an address, and one of them with what may be done to it."""

from starlette.requests import Request
from starlette.responses import Response

from lingpai.oauth.errors import InvalidRequest
from lingpai.server.accounts.account import canonical_username
from lingpai.server.accounts.device_name import device_name
from lingpai.server.accounts.roles import ROLES, Role, Roles
from lingpai.server.administration.accounts import AccountActs
from lingpai.server.administration.desk import ActRefused
from lingpai.server.http import read_query
from lingpai.server.storage.audit import AuditFilter, AuditLog
from lingpai.server.storage.directory import AccountKey, Directory
from lingpai.server.storage.records import Account
from lingpai.server.storage.sessions import Sessions
from lingpai.server.storage.terms import Terms
from lingpai.server.web.admin.query import one, query_in
from lingpai.server.web.admin.visits import AdminVisit, AdminVisits, next_link
from lingpai.server.web.admin_paths import ACCOUNTS

_PAGE_ROWS = 50
_GRANTS_SHOWN = 50
_EVENTS_SHOWN = 20


class AccountsPage:
    """``GET /admin/accounts``."""

    def __init__(self, visits: AdminVisits, directory: Directory) -> None:
        self._visits = visits
        self._directory = directory

    async def get(self, request: Request) -> Response:
        """The search and what it found."""
        visit = await self._visits.open(request)
        if isinstance(visit, Response):
            return visit
        query = query_in(read_query(request))
        text, after = one(query, "q"), one(query, "after")
        by_email = "@" in text
        accounts = await (self._by_email(text, after) if by_email else self._by_username(text, after))
        more = ""
        if len(accounts) > _PAGE_ROWS:
            last = accounts[_PAGE_ROWS - 1]
            key = f"{last.id.hex()}{last.email.lower()}" if by_email else last.username
            more = next_link(self._visits.pages.base + ACCOUNTS, q=text, after=key)
        return self._visits.show(visit, "admin/accounts.html", q=text, accounts=accounts[:_PAGE_ROWS], more=more)

    async def _by_username(self, text: str, after: str) -> list[Account]:
        try:
            prefix = canonical_username(text) if text else ""
        except ValueError:
            return []
        return await self._directory.accounts_by_username(prefix, after, _PAGE_ROWS + 1)

    async def _by_email(self, text: str, after: str) -> list[Account]:
        try:
            key = AccountKey(after[32:], bytes.fromhex(after[:32]))
        except ValueError:
            key = AccountKey()
        return await self._directory.accounts_by_email(text.lower(), key, _PAGE_ROWS + 1)


class AccountPage:
    """``GET`` and ``POST /admin/accounts/{account_id}``."""

    def __init__(
        self,
        visits: AdminVisits,
        acts: AccountActs,
        directory: Directory,
        sessions: Sessions,
        roles: Roles,
        events: AuditLog,
        terms: Terms,
    ) -> None:
        self._visits = visits
        self._acts = acts
        self._directory = directory
        self._sessions = sessions
        self._roles = roles
        self._events = events
        self._terms = terms

    async def get(self, request: Request) -> Response:
        """The account, where it is signed in, what it allowed, what happened to it."""
        visit = await self._visits.open(request)
        if isinstance(visit, Response):
            return visit
        try:
            account = await self._acts.find(bytes.fromhex(request.path_params["account_id"]))
        except ActRefused as refused:
            return self._visits.refused(visit, refused)
        return await self._show(visit, account)

    async def post(self, request: Request) -> Response:
        """One act, named by its button."""
        account_id = request.path_params["account_id"]
        back = f"{ACCOUNTS}/{account_id}"
        # The act is in the form, and whether the form may be read depends on the act: support's is the least of them.
        opened = await self._visits.open_form(request, "help_account", back)
        if isinstance(opened, Response):
            return opened
        visit, form = opened
        try:
            done = await self._do(
                visit, form.get("action") or "", bytes.fromhex(account_id), form.get("client_id"), form.get("role")
            )
        except ActRefused as refused:
            return self._visits.refused(visit, refused)
        return self._visits.done(back, done)

    async def _do(
        self, visit: AdminVisit, action: str, account_id: bytes, client_id: str | None, role: str | None
    ) -> str:
        acts, actor, now = self._acts, visit.actor, visit.now
        match action:
            case "disable":
                await acts.disable(actor, account_id, now)
            case "enable":
                await acts.enable(actor, account_id, now)
            case "end_sessions":
                await acts.end_sessions(actor, account_id, now)
            case "force_reset":
                return "reset_sent" if await acts.force_reset(actor, account_id, now) else "reset_unsent"
            case "reset_second_factor":
                await acts.reset_second_factor(actor, account_id, now)
            case "end_grant":
                await acts.end_grant(actor, account_id, client_id or "", now)
            case "put_role":
                await acts.put_role(actor, account_id, _role_in(role), now)
            case _:
                raise InvalidRequest("action must be one of this page")
        return action

    async def _show(self, visit: AdminVisit, account: Account) -> Response:
        grants = await self._directory.grants_of_account(account.id, limit=_GRANTS_SHOWN)
        sessions = await self._sessions.list(account.id, visit.now)
        return self._visits.show(
            visit,
            "admin/account.html",
            shown=account,
            account_id=account.id.hex(),
            is_self=account.id == visit.opened.account.id,
            its_role=await self._roles.role_of(account.id),
            roles=ROLES,
            has_second_factor=await self._acts.has_second_factor(account.id),
            grants=[(grant, client) for grant, client in grants if _is_living(grant.ended_at, grant.expires_at, visit)],
            sessions=[(device_name(session.user_agent), session.created_at) for session in sessions],
            events=await self._events.list_page(AuditFilter(account_id=account.id), limit=_EVENTS_SHOWN),
            accepted=sorted((await self._terms.accepted(account.id)).items(), reverse=True),
        )


def _is_living(ended_at: int | None, expires_at: int | None, visit: AdminVisit) -> bool:
    return ended_at is None and (expires_at is None or expires_at > visit.now)


def _role_in(text: str | None) -> Role | None:
    if not text:
        return None
    found = next((role for role in ROLES if role == text), None)
    if found is None:
        raise InvalidRequest("role must be one of this page")
    return found
