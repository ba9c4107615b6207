"""What reviewers decide: each decision one transaction, refused if the application is not as the reviewer saw it.

Owns the states a decision leads to, and that the team is told. Leaves who is a reviewer to the caller.
"""

from collections.abc import Callable, Collection, Sequence

from msgspec import Struct
from msgspec.structs import replace

from lingpai.i18n import Translator
from lingpai.server.accounts.notices import Notices
from lingpai.server.audit import APPLICATION_REVIEWED, Audit
from lingpai.server.mail import portal_texts
from lingpai.server.mail.message import Content
from lingpai.server.portal.becoming import client_for, is_live
from lingpai.server.portal.desk import TEXT_LIMIT_CHARS, ActRefused
from lingpai.server.storage.accounts import Accounts
from lingpai.server.storage.applications import Applications, Kept
from lingpai.server.storage.portal_records import Application, ApplicationState, HistoryEntry, WantedPermission
from lingpai.server.storage.records import Account, Client
from lingpai.server.storage.teams import Teams
from lingpai.server.tokens.catalog import Catalog


class Decider(Struct, frozen=True):
    """Who decides: a person, or (without an account) a program in the operator's name. ``name``: the team reads it."""

    name: str
    account_id: bytes | None


def decider(account: Account) -> Decider:
    """The reviewer with that account."""
    return Decider(account.name or account.username, account.id)


class Reviews:
    """Where reviewers decide."""

    def __init__(
        self,
        applications: Applications,
        teams: Teams,
        accounts: Accounts,
        catalog: Catalog,
        notices: Notices,
        audit: Audit,
        *,
        issuer: str,
    ) -> None:
        self._applications = applications
        self._teams = teams
        self._accounts = accounts
        self._catalog = catalog
        self._notices = notices
        self._audit = audit
        self._issuer = issuer

    async def approve(self, kept: Kept, permissions: Collection[str], text: str, by: Decider, now: int) -> None:
        """Let everybody use it, with those of the sensitive permissions that are named; the others are refused."""
        _expect(kept, "submitted")
        decided = {
            name: self._decided(name, wanted, permissions) for name, wanted in kept.application.permissions.items()
        }
        first = kept.application.approved_at
        application = replace(
            kept.application, state="approved", permissions=decided, approved_at=now if first is None else first
        )
        await self._decide(kept, application, "approved", text, by, now, approving=True)

    async def ask_for_changes(self, kept: Kept, text: str, by: Decider, now: int) -> None:
        """Say what must change first."""
        await self._send_back(kept, "changes_asked", text, by, now)

    async def reject(self, kept: Kept, text: str, by: Decider, now: int) -> None:
        """Say why not."""
        await self._send_back(kept, "rejected", text, by, now)

    async def suspend(self, kept: Kept, text: str, by: Decider, now: int) -> None:
        """Stop it for everybody, at once."""
        if kept.application.state == "suspended":
            raise ActRefused("state")
        _expect_text(text)
        client = replace(kept.client, disabled_at=now, updated_at=now)
        application = replace(kept.application, state="suspended")
        await self._decide(kept, application, "suspended", text, by, now, client=client)

    async def resume(self, kept: Kept, text: str, by: Decider, now: int) -> None:
        """Let it go on as it was."""
        _expect(kept, "suspended")
        client = replace(kept.client, disabled_at=None, updated_at=now)
        application = replace(kept.application, state="approved" if is_live(kept.application) else "draft")
        await self._decide(kept, application, "resumed", text, by, now, client=client)

    async def comment(self, kept: Kept, text: str, by: Decider, now: int) -> None:
        """Say something to the team."""
        _expect_text(text)
        await self._applications.say(_entry(kept.application, "comment", by, now, text))
        await self._tell(kept, "comment", text, now)

    def _decided(self, name: str, wanted: WantedPermission, named: Collection[str]) -> WantedPermission:
        definition = self._catalog.scopes.get(name)
        if definition is None or not definition.sensitive:
            return wanted
        return replace(wanted, state="approved" if name in named else "refused")

    async def _send_back(self, kept: Kept, state: ApplicationState, text: str, by: Decider, now: int) -> None:
        _expect(kept, "submitted")
        _expect_text(text)
        await self._decide(kept, replace(kept.application, state=state), state, text, by, now)

    async def _decide(
        self,
        kept: Kept,
        application: Application,
        event: str,
        text: str,
        by: Decider,
        now: int,
        *,
        client: Client | None = None,
        approving: bool = False,
    ) -> None:
        application = replace(application, updated_at=now)
        changed = client or client_for(
            application, kept.client, self._catalog.scopes, issuer=self._issuer, now=now, approving=approving
        )
        if not await self._applications.put(kept, application, changed, [_entry(application, event, by, now, text)]):
            raise ActRefused("changed")
        await self._audit.record(
            APPLICATION_REVIEWED,
            now=now,
            account_id=by.account_id,
            client_id=application.client_id,
            decision=event,
            by=by.name if by.account_id is None else "reviewer",
        )
        await self._tell(kept, event, text, now)

    async def _tell(self, kept: Kept, event: str, text: str, now: int) -> None:
        for account_id in await self._teams.account_ids(kept.application.team_id):
            account = await self._accounts.get(account_id)
            if account is not None:
                await self._notices.tell(account, self._writer(kept, event, text), now)

    def _writer(self, kept: Kept, event: str, text: str) -> Callable[[Translator], Content]:
        link = f"{self._issuer}/developer/applications/{kept.application.client_id}/review"
        return lambda words: portal_texts.reviewed(
            words, application=kept.application.name, event=event, comment=text, link=link
        )


def waiting_permissions(kept: Kept, catalog: Catalog) -> Sequence[str]:
    """The sensitive permissions a reviewer decides about."""
    return [name for name in kept.application.permissions if name in catalog.scopes and catalog.scopes[name].sensitive]


def _expect(kept: Kept, state: ApplicationState) -> None:
    if kept.application.state != state:
        raise ActRefused("changed")


def _expect_text(text: str) -> None:
    if not text:
        raise ActRefused("text")


def _entry(application: Application, event: str, by: Decider, now: int, text: str) -> HistoryEntry:
    return HistoryEntry(
        client_id=application.client_id,
        at=now,
        event=event,
        by_reviewer=True,
        author=by.name,
        text=text[:TEXT_LIMIT_CHARS],
    )
