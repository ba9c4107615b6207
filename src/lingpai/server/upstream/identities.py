"""Whose account an external identity opens, and the acts that change it: linking, unlinking, a new account.

Owns: the rules. An identity opens the account it was linked to by its owner, and no other: neither an e-mail address
nor a name of it is ever compared with those of accounts, so nobody gets into an account, or learns that there is one,
by what a provider says (account pre-hijacking and takeover). Leaves: proof of the identity to the provider, recent
proof of the account's owner to the pages.

Spec: OpenID Connect Core 1.0 §5.7
"""

import re
from collections.abc import Mapping
from typing import Literal

from lingpai.crypto.digest import new_id
from lingpai.server.accounts.account import canonical_username
from lingpai.server.accounts.notices import Notices
from lingpai.server.audit import (
    ACCOUNT_CREATED,
    IDENTITY_LINKED,
    IDENTITY_UNLINKED,
    SIGN_IN,
    SIGN_IN_REFUSED,
    Audit,
)
from lingpai.server.mail.address import canonical_address
from lingpai.server.storage.accounts import Accounts
from lingpai.server.storage.external_identities import ExternalIdentities, LinkedIdentity
from lingpai.server.storage.passkeys import Passkeys
from lingpai.server.storage.records import Account
from lingpai.server.upstream.provider import ExternalIdentity, UpstreamProvider

PROBLEMS = frozenset(
    {
        "upstream_denied",
        "upstream_failed",
        "upstream_unreachable",
        "upstream_not_fresh",
        "upstream_lost",
        "upstream_closed",
        "upstream_throttled",
        "stale",
    }
)
"""What the sign-in page can say of a way that led nowhere."""

_LOCALES = {"zh": "zh_CN", "en": "en"}
_NOT_IN_A_NAME = re.compile(r"[^\w.-]+")


class Identities:
    """Finds accounts by identity and links them. ``providers``: those in the settings, by name."""

    def __init__(
        self,
        rows: ExternalIdentities,
        accounts: Accounts,
        passkeys: Passkeys,
        audit: Audit,
        notices: Notices,
        providers: Mapping[str, UpstreamProvider],
    ) -> None:
        self._rows = rows
        self._accounts = accounts
        self._passkeys = passkeys
        self._audit = audit
        self._notices = notices
        self._providers = providers

    async def find(self, identity: ExternalIdentity) -> LinkedIdentity | None:
        """The link, if there is one."""
        return await self._rows.get(identity.provider, identity.subject)

    async def sign_in(self, identity: ExternalIdentity, linked: LinkedIdentity, *, ip: str, now: int) -> Account | None:
        """The account it opens. ``None``: that account is switched off."""
        account = await self._accounts.get(linked.account_id)
        detail = {"method": "fed", "provider": identity.provider}
        if account is None or account.disabled_at is not None:
            known = None if account is None else account.id
            await self._audit.record(SIGN_IN_REFUSED, now=now, account_id=known, ip=ip, reason="disabled", **detail)
            return None
        await self._rows.use(linked, identity.label, now)
        await self._audit.record(SIGN_IN, now=now, account_id=account.id, ip=ip, **detail)
        return account

    async def create(
        self, identity: ExternalIdentity, username: str, *, ip: str, now: int
    ) -> Account | Literal["taken", "bad_name"]:
        """A new account that only this identity opens. Its owner can add a password later."""
        try:
            canonical = canonical_username(username)
        except ValueError:
            return "bad_name"
        if "@" in canonical:
            # An address is the username of whoever registers with it, and has proved it.
            return "bad_name"
        email = _address(identity.email)
        account = Account(
            id=new_id(),
            username=canonical,
            name=identity.name or username.strip(),
            picture=identity.picture,
            email=email,
            email_verified=bool(email),
            locale=_LOCALES.get(identity.locale[:2].lower(), ""),
            created_at=now,
            updated_at=now,
        )
        if not await self._rows.record_with_account(_linked(identity, account.id, now), account):
            return "taken"
        await self._audit.record(
            ACCOUNT_CREATED, now=now, account_id=account.id, ip=ip, method="fed", provider=identity.provider
        )
        return account

    async def link(self, identity: ExternalIdentity, account: Account, *, ip: str, now: int) -> bool:
        """``account``'s owner, proven just now, says the identity is theirs. ``False``: it opens another account."""
        if await self._rows.record(_linked(identity, account.id, now)):
            await self._audit.record(IDENTITY_LINKED, now=now, account_id=account.id, ip=ip, provider=identity.provider)
            await self._notices.security_changed(account, "identity_linked", now)
            return True
        linked = await self.find(identity)
        return linked is not None and linked.account_id == account.id

    async def list(self, account_id: bytes) -> list[LinkedIdentity]:
        """What opens the account."""
        return await self._rows.list(account_id)

    async def has_passkey(self, account_id: bytes) -> bool:
        """Whether a passkey opens the account too."""
        return bool(await self._passkeys.list(account_id))

    async def unlink(self, account: Account, provider: str, subject: str, *, ip: str, now: int) -> bool:
        """``False``: then nothing would open the account any more. What is not linked counts as unlinked."""
        linked = await self._rows.get(provider, subject)
        if linked is None or linked.account_id != account.id:
            return True
        living = [other for other in await self._rows.list(account.id) if other.provider in self._providers]
        if not await self._rows.end(linked, next((other for other in living if other != linked), None)):
            return False
        await self._audit.record(IDENTITY_UNLINKED, now=now, account_id=account.id, ip=ip, provider=provider)
        await self._notices.security_changed(account, "identity_unlinked", now)
        return True

    async def propose_username(self, identity: ExternalIdentity) -> str:
        """A name that is free and may be kept or changed; empty if none comes to mind."""
        first = identity.username or identity.name
        base = _NOT_IN_A_NAME.sub("-", first.partition("@")[0]).strip("-.")[:40]
        for candidate in (base, *(f"{base}{number}" for number in range(2, 6))):
            try:
                name = canonical_username(candidate)
            except ValueError:
                return ""
            if await self._accounts.get_by_username(name) is None:
                return name
        return ""


def _address(said: str) -> str:
    """The provider's word for an address as we keep them: mail goes there, so it is one address or none."""
    try:
        return canonical_address(said)
    except ValueError:
        return ""


def _linked(identity: ExternalIdentity, account_id: bytes, now: int) -> LinkedIdentity:
    return LinkedIdentity(
        provider=identity.provider,
        subject=identity.subject,
        account_id=account_id,
        label=identity.label,
        linked_at=now,
        last_used_at=now,
    )
