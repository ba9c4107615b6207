"""What a team does with its applications: one method for each act, each written as one transaction with its history.

Owns which act is possible when. An act refused raises ``ActRefused``; somebody else's change in between is one too, so
that nobody overwrites what they have not seen. Leaves who may act to the caller, who read the application for a member.
"""

from collections.abc import Mapping, Sequence
from typing import Literal

from msgspec.structs import replace

from lingpai.crypto.digest import new_secret
from lingpai.server.audit import CLIENT_CHANGED, CLIENT_CREATED, CLIENT_DELETED, CLIENT_SECRET_ROTATED, Audit
from lingpai.server.client_auth.secret import is_alive
from lingpai.server.config import Config
from lingpai.server.portal.becoming import (
    ApplicationKind,
    client_for,
    first_permissions,
    has_unseen_changes,
    is_live,
    kind_of,
    new_client,
)
from lingpai.server.portal.callbacks import LIMIT_COUNT, Verdict, judge_all
from lingpai.server.registration.secrets import SecretMaker
from lingpai.server.storage.applications import Applications, Kept
from lingpai.server.storage.portal_records import Application, HistoryEntry, WantedPermission
from lingpai.server.storage.records import Account, Client, ClientSecret
from lingpai.server.tokens.admin_scopes import OPERATORS_PREFIX
from lingpai.server.tokens.catalog import Catalog
from lingpai.server.tokens.keyring import default_id_token_alg

SECRETS_LIMIT_COUNT = 2
TEXT_LIMIT_CHARS = 2000

Reason = Literal[
    "changed",
    "full",
    "nothing",
    "justification",
    "state",
    "two_secrets",
    "last_secret",
    "callbacks",
    "text",
    "tester",
    "in_use",
]


class ActRefused(Exception):
    """Not now, or not like this; nothing was changed. ``changed``: look again, somebody was faster."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


class Desk:
    """Where teams work."""

    def __init__(
        self, applications: Applications, catalog: Catalog, secrets: SecretMaker, audit: Audit, config: Config
    ) -> None:
        self._applications = applications
        self._catalog = catalog
        self._secrets = secrets
        self._audit = audit
        self._issuer = config.issuer
        self._id_token_alg = default_id_token_alg(config.signing_algs)

    async def create(
        self, team_id: bytes, kind: ApplicationKind, *, name: str, website: str, with_qq: bool, by: Account, now: int
    ) -> str:
        """Make an application on trial; its id. Raises ``ActRefused`` (``full``)."""
        client = new_client(kind, name=name, with_qq=with_qq, team_id=team_id, id_token_alg=self._id_token_alg, now=now)
        application = Application(
            client_id=client.client_id,
            team_id=team_id,
            name=name,
            website=website,
            permissions=first_permissions(client),
            created_at=now,
            updated_at=now,
        )
        client = client_for(application, client, self._catalog.scopes, issuer=self._issuer, now=now)
        if not await self._applications.add(application, client, _entry(application, "created", by, now)):
            raise ActRefused("full")
        await self._audit.record(
            CLIENT_CREATED, now=now, account_id=by.id, client_id=client.client_id, by="developer portal", kind=kind
        )
        return client.client_id

    async def describe(self, kept: Kept, by: Account, now: int, **fields: str) -> None:
        """Change name, website, description, filing number or icon."""
        await self._write(kept, replace(kept.application, **fields), by=by, now=now, what="description")

    async def set_callbacks(self, kept: Kept, typed: str, by: Account, now: int) -> tuple[Verdict, ...]:
        """Register exactly the lines of ``typed``, all or none. The verdicts; nothing happened if one has a problem."""
        verdicts = judge_all(typed, kept.client.application_type)
        if len(verdicts) > LIMIT_COUNT:
            raise ActRefused("callbacks")
        if not any(verdict.problem for verdict in verdicts):
            client = replace(kept.client, redirect_uris=tuple(verdict.uri for verdict in verdicts))
            await self._write(kept, kept.application, client, by=by, now=now, what="callbacks", event="callbacks")
        return verdicts

    async def want(self, kept: Kept, name: str, justification: str, by: Account, now: int) -> None:
        """Ask for a permission, or say better what it is for. What was decided about it stays decided."""
        definition = self._catalog.scopes.get(name)
        if definition is None or name.startswith(OPERATORS_PREFIX):
            raise ActRefused("nothing")
        if definition.sensitive and not justification:
            raise ActRefused("justification")
        before = kept.application.permissions.get(name)
        state = before.state if before is not None and before.state == "approved" else "open"
        wanted = WantedPermission(justification=justification, state=state)
        permissions = kept.application.permissions | {name: wanted}
        await self._write(kept, replace(kept.application, permissions=permissions), by=by, now=now, what="permissions")

    async def drop(self, kept: Kept, name: str, by: Account, now: int) -> None:
        """Do without a permission: tokens lose it at once, and a sensitive one must be approved anew."""
        permissions = {
            kept_name: wanted for kept_name, wanted in kept.application.permissions.items() if kept_name != name
        }
        await self._write(kept, replace(kept.application, permissions=permissions), by=by, now=now, what="permissions")

    async def make_secret(self, kept: Kept, by: Account, now: int) -> str:
        """A new secret, which nobody can read again; the one before it goes on working until it is ended."""
        living = living_secrets(kept.client, now)
        if kept.client.token_endpoint_auth_method == "none":
            raise ActRefused("nothing")
        if len(living) >= SECRETS_LIMIT_COUNT:
            raise ActRefused("two_secrets")
        secret = new_secret()
        made = ClientSecret(self._secrets.digest(kept.client.client_id, secret), created_at=now)
        client = replace(kept.client, client_secrets=(*living, made))
        await self._write(kept, kept.application, client, by=by, now=now, what="secret", event="secret_made")
        return secret

    async def end_secret(self, kept: Kept, digest: bytes, by: Account, now: int) -> None:
        """End the secret with that digest. The last one only goes when there is another."""
        living = living_secrets(kept.client, now)
        remaining = tuple(known for known in living if known.digest != digest)
        if len(remaining) == len(living):
            raise ActRefused("changed")
        if not remaining:
            raise ActRefused("last_secret")
        client = replace(kept.client, client_secrets=remaining)
        await self._write(kept, kept.application, client, by=by, now=now, what="secret", event="secret_ended")

    async def submit(self, kept: Kept, text: str, by: Account, now: int) -> None:
        """Hand the application to the reviewers."""
        if not may_submit(kept, self._catalog, issuer=self._issuer):
            raise ActRefused("state")
        if missing(kept):
            raise ActRefused("nothing")
        submitted = replace(kept.application, state="submitted", submitted_at=now)
        await self._write(kept, submitted, by=by, now=now, what="state", event="submitted", text=text)

    async def withdraw(self, kept: Kept, by: Account, now: int) -> None:
        """Take it back from the reviewers, as it was before."""
        if kept.application.state != "submitted":
            raise ActRefused("state")
        state = "approved" if is_live(kept.application) else "draft"
        await self._write(kept, replace(kept.application, state=state), by=by, now=now, what="state", event="withdrawn")

    async def delete(self, kept: Kept, by: Account, now: int) -> None:
        """Delete an application and all that people allowed it. A suspended one stays for whoever looks into it."""
        client_id = kept.application.client_id
        if kept.application.state == "suspended":
            raise ActRefused("state")
        if any(client_id in server.client_ids for server in self._catalog.resource_servers.values()):
            raise ActRefused("in_use")
        if is_live(kept.application):
            kept = await self._switch_off(kept, by, now)
        if not await self._applications.delete(kept):
            raise ActRefused("changed")
        await self._audit.record(CLIENT_DELETED, now=now, account_id=by.id, client_id=client_id, by="developer portal")

    async def _switch_off(self, kept: Kept, by: Account, now: int) -> Kept:
        """Nothing of it works from here on, while what people allowed it is deleted piece by piece."""
        client = replace(kept.client, disabled_at=kept.client.disabled_at or now)
        await self._write(kept, kept.application, client, by=by, now=now, what="disabled")
        switched_off = await self._applications.get(kept.application.client_id)
        if switched_off is None:
            raise ActRefused("changed")
        return switched_off

    async def comment(self, kept: Kept, text: str, by: Account, now: int) -> None:
        """Say something to the reviewers."""
        if not text:
            raise ActRefused("text")
        if not await self._applications.say(_entry(kept.application, "comment", by, now, text)):
            raise ActRefused("full")

    async def _write(
        self,
        kept: Kept,
        application: Application,
        client: Client | None = None,
        *,
        by: Account,
        now: int,
        what: str,
        event: str = "",
        text: str = "",
    ) -> None:
        application = replace(application, updated_at=now)
        base = kept.client if client is None else replace(client, updated_at=now)
        changed = client_for(application, base, self._catalog.scopes, issuer=self._issuer, now=now)
        entries = [_entry(application, event, by, now, text)] if event else []
        if not await self._applications.put(kept, application, changed, entries):
            raise ActRefused("changed")
        name = CLIENT_SECRET_ROTATED if what == "secret" else CLIENT_CHANGED
        await self._audit.record(
            name,
            now=now,
            account_id=by.id,
            client_id=application.client_id,
            by="developer portal",
            change=event or what,
        )


def living_secrets(client: Client, now: int) -> tuple[ClientSecret, ...]:
    """The secrets that work."""
    return tuple(known for known in client.client_secrets if is_alive(known, now))


def missing(kept: Kept) -> Sequence[str]:
    """What an application needs before a reviewer can look at it: ``website``, ``description``, ``callbacks``."""
    application, client = kept.application, kept.client
    checks: Mapping[str, bool] = {
        "website": bool(application.website),
        "description": bool(application.description),
        "callbacks": bool(client.redirect_uris) or kind_of(client) == "machine",
    }
    return [name for name, is_there in checks.items() if not is_there]


def may_submit(kept: Kept, catalog: Catalog, *, issuer: str) -> bool:
    """Whether there is anything for a reviewer to decide."""
    application = kept.application
    if application.state in ("draft", "changes_asked", "rejected"):
        return True
    waits = any(
        wanted.state == "open" and name in catalog.scopes and catalog.scopes[name].sensitive
        for name, wanted in application.permissions.items()
    )
    return application.state == "approved" and (waits or has_unseen_changes(application, kept.client, issuer=issuer))


def _entry(application: Application, event: str, by: Account, now: int, text: str = "") -> HistoryEntry:
    return HistoryEntry(
        client_id=application.client_id,
        at=now,
        event=event,
        by_reviewer=False,
        author=by.name or by.username,
        text=text[:TEXT_LIMIT_CHARS],
    )
