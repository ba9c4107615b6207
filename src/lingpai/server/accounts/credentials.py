"""Changing what an account signs in with and where its mail goes: password, forgotten password, address.

Owns what follows from each change: other browsers are signed out, links sent earlier die, the old address is told.
A reset signs nobody in and takes no second factor away: a mailbox somebody got into is one factor, not all of them.

Spec: NIST SP 800-63B §5.1.1
"""

from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from lingpai.i18n import Translator
from lingpai.server.accounts.link_mails import LinkMails
from lingpai.server.accounts.password_strength import Weakness, weakness_of
from lingpai.server.accounts.passwords import Passwords, PasswordsBusy
from lingpai.server.audit import EMAIL_CHANGED, PASSWORD_CHANGED, Audit
from lingpai.server.mail import texts
from lingpai.server.storage.accounts import Accounts
from lingpai.server.storage.people import People
from lingpai.server.storage.people_records import MailLink
from lingpai.server.storage.records import Account
from lingpai.server.storage.second_factors import SignInSteps
from lingpai.server.storage.sessions import Sessions

RESET_PATH = "/reset-password/confirm"
VERIFY_PATH = "/verify-email"


class ChangeRefused(Struct, frozen=True):
    """Nothing was changed. ``lost``: the link is spent, expired or not ours."""

    reason: Literal["weak", "busy", "lost"]
    weakness: Weakness | None = None


class Credentials:
    """Changes them."""

    def __init__(
        self,
        accounts: Accounts,
        people: People,
        sessions: Sessions,
        steps: SignInSteps,
        passwords: Passwords,
        links: LinkMails,
        audit: Audit,
    ) -> None:
        self._accounts = accounts
        self._people = people
        self._sessions = sessions
        self._steps = steps
        self._passwords = passwords
        self._links = links
        self._audit = audit

    async def retry_after_s(self, ip: str, now: int) -> int:
        """Count one more mail asked for from ``ip``: 0, or the seconds this network has to wait."""
        return await self._links.retry_after_s(ip, now)

    async def send_resets(self, email: str, words: Translator, now: int) -> None:
        """Send a link to every account with this address (canonical), if there is one.

        To be called when the person has their answer: how long this takes tells whether there is.
        """
        found = [account for account in await self._people.list_by_email(email) if account.disabled_at is None]
        if found and not await self._links.is_one_too_many(email, now):
            for account in found:
                await self._send_reset(account, email, words, now)

    async def send_reset(self, account: Account, words: Translator, now: int) -> None:
        """Send a link to this account, whoever asked for it has the right to. Links sent earlier die."""
        await self._links.end_all(account.id)
        await self._send_reset(account, account.email, words, now)

    async def find_reset(self, secret: str, now: int) -> Account | None:
        """Whose password the link may set; it stays good."""
        link = await self._links.find(secret, "reset_password", now)
        account = await self._owner(link)
        # An operator may have given the account another address since: the old mailbox opens it no more.
        is_hers = link is not None and account is not None and link.email.lower() == account.email.lower()
        return account if is_hers else None

    async def reset(self, secret: str, password: str, words: Translator, *, ip: str, now: int) -> ChangeRefused | None:
        """Set the password the link is for. Every session ends, and the person signs in like anybody."""
        account = await self.find_reset(secret, now)
        if account is None:
            return ChangeRefused("lost")
        prepared = await self._prepare(account, password)
        if isinstance(prepared, ChangeRefused):
            return prepared
        if await self._links.spend(secret, "reset_password", now) is None:
            return ChangeRefused("lost")
        # The link came to this mailbox: whoever holds it has proved the address as well.
        changed = replace(account, password_hash=prepared, email_verified=True, updated_at=now)
        if not await self._put(account, changed, words, "reset", ip=ip, now=now):
            return ChangeRefused("lost")
        return None

    async def change_password(
        self, account: Account, password: str, words: Translator, *, ip: str, now: int
    ) -> ChangeRefused | None:
        """Set a new password for somebody who has just proved who they are. Every session ends."""
        prepared = await self._prepare(account, password)
        if isinstance(prepared, ChangeRefused):
            return prepared
        changed = replace(account, password_hash=prepared, updated_at=now)
        if not await self._put(account, changed, words, "change", ip=ip, now=now):
            return ChangeRefused("busy")
        return None

    async def ask_email(self, account: Account, email: str, words: Translator, *, ip: str, now: int) -> int:
        """Send a link to the address that is to be the account's. 0, or the seconds to wait."""
        wait_s = await self._links.retry_after_s(ip, now)
        if wait_s:
            return wait_s
        if await self._links.is_one_too_many(email, now):
            return 0
        await self._links.send(
            "verify_email",
            email,
            lambda link, hours: texts.verify_email(words, username=account.username, link=link, hours=hours),
            path=VERIFY_PATH,
            now=now,
            account_id=account.id,
        )
        return 0

    async def find_email(self, secret: str, now: int) -> tuple[MailLink, Account] | None:
        """Which address the link gives to which account; it stays good."""
        link = await self._links.find(secret, "verify_email", now)
        account = await self._owner(link)
        return (link, account) if link and account else None

    async def verify_email(self, secret: str, words: Translator, *, ip: str, now: int) -> Account | None:
        """Give the account its new, proved address, and tell the old one. ``None``: the link is nothing any more."""
        found = await self.find_email(secret, now)
        if found is None or await self._links.spend(secret, "verify_email", now) is None:
            return None
        link, account = found
        changed = replace(account, email=link.email, email_verified=True, updated_at=now)
        if account.username == account.email.lower() != "":
            # Somebody who signs in with the address goes on doing so, unless another one is called like that.
            renamed = replace(changed, username=link.email)
            changed = renamed if await self._accounts.get_by_username(link.email) is None else changed
        if not await self._accounts.change_email(account, changed):
            return None
        await self._links.end_all(account.id)
        await self._audit.record(EMAIL_CHANGED, now=now, account_id=account.id, ip=ip)
        if account.email and account.email.lower() != link.email:
            content = texts.email_changed(words, username=account.username, new=link.email)
            await self._links.tell(account.email, content, now)
        return changed

    async def _send_reset(self, account: Account, email: str, words: Translator, now: int) -> None:
        await self._links.send(
            "reset_password",
            email,
            lambda link, hours: texts.reset_password(words, username=account.username, link=link, hours=hours),
            path=RESET_PATH,
            now=now,
            account_id=account.id,
        )

    async def _prepare(self, account: Account, password: str) -> str | ChangeRefused:
        weakness = weakness_of(password, about=(account.name, account.username, account.email))
        if weakness:
            return ChangeRefused("weak", weakness)
        try:
            return await self._passwords.hash(password)
        except PasswordsBusy:
            return ChangeRefused("busy")

    async def _put(self, before: Account, changed: Account, words: Translator, how: str, *, ip: str, now: int) -> bool:
        """``False``: while the password was hashed, the account was locked or got another one, which stands."""
        if not await self._accounts.change_password(before, changed):
            return False
        await self._links.end_all(changed.id)
        await self._steps.end_all(changed.id)
        await self._sessions.end_all(changed.id)
        await self._audit.record(PASSWORD_CHANGED, now=now, account_id=changed.id, ip=ip, how=how)
        if changed.email:
            await self._links.tell(changed.email, texts.password_changed(words, username=changed.username), now)
        return True

    async def _owner(self, link: MailLink | None) -> Account | None:
        account = await self._accounts.get(link.account_id) if link and link.account_id else None
        return account if account is not None and account.disabled_at is None else None
