"""Making oneself an account: an address, a mail with a link, then name and password.

Owns the order, which is what makes it safe. Nothing is chosen before the address is proved, so nobody can prepare an
account with somebody else's address and a password of their own and wait for the owner to confirm it (account
pre-hijacking). And every address gets the same answer, whether or not it has an account: only its mailbox learns.

Spec: OpenID Connect Initiating User Registration 1.0 §3
"""

from typing import Literal

from msgspec import Struct

from lingpai.crypto.digest import new_id
from lingpai.i18n import Translator
from lingpai.server.accounts.link_mails import LinkMails
from lingpai.server.accounts.password_strength import Weakness, weakness_of
from lingpai.server.accounts.passwords import Passwords, PasswordsBusy
from lingpai.server.audit import ACCOUNT_CREATED, Audit
from lingpai.server.mail import texts
from lingpai.server.storage.accounts import Accounts
from lingpai.server.storage.people import People
from lingpai.server.storage.people_records import MailLink
from lingpai.server.storage.records import Account

CONFIRM_PATH = "/register/confirm"
RESET_PATH = "/reset-password"


class JoinRefused(Struct, frozen=True):
    """No account was made. ``taken``: the address got one meanwhile; ``lost``: the link is spent or expired."""

    reason: Literal["weak", "busy", "lost", "taken"]
    weakness: Weakness | None = None


class Joining:
    """Registers people."""

    def __init__(
        self, accounts: Accounts, people: People, passwords: Passwords, links: LinkMails, audit: Audit, *, issuer: str
    ) -> None:
        self._accounts = accounts
        self._people = people
        self._passwords = passwords
        self._links = links
        self._audit = audit
        self._issuer = issuer

    async def retry_after_s(self, ip: str, now: int) -> int:
        """Count one more mail asked for from ``ip``: 0, or the seconds this network address has to wait."""
        return await self._links.retry_after_s(ip, now)

    async def send(self, email: str, words: Translator, *, request: str, now: int) -> None:
        """Send the mail to ``email`` (canonical). ``request``: the sealed authorization request to go on with.

        To be called when the person has their answer: how long this takes tells whether there is an account.
        """
        if await self._links.is_one_too_many(email, now):
            return
        if await self._has_account(email):
            await self._links.tell(email, texts.already_registered(words, link=self._issuer + RESET_PATH), now)
            return
        await self._links.send(
            "register",
            email,
            lambda link, hours: texts.register(words, link=link, hours=hours),
            path=CONFIRM_PATH,
            now=now,
            request=request,
        )

    async def find(self, secret: str, now: int) -> MailLink | None:
        """Whom the link is for; it stays good."""
        return await self._links.find(secret, "register", now)

    async def finish(
        self, secret: str, *, name: str, password: str, locale: str, ip: str, now: int
    ) -> tuple[Account, str] | JoinRefused:
        """The new account, its address proved, and the authorization request to go on with."""
        link = await self._links.find(secret, "register", now)
        if link is None:
            return JoinRefused("lost")
        weakness = weakness_of(password, about=(name, link.email))
        if weakness:
            return JoinRefused("weak", weakness)
        try:
            password_hash = await self._passwords.hash(password)
        except PasswordsBusy:
            return JoinRefused("busy")
        if await self._links.spend(secret, "register", now) is None:
            return JoinRefused("lost")
        account = Account(
            id=new_id(),
            username=link.email,
            password_hash=password_hash,
            name=name,
            email=link.email,
            email_verified=True,
            locale=locale,
            claims={"nickname": name} if name else {},
            created_at=now,
            updated_at=now,
        )
        if await self._has_account(link.email) or not await self._accounts.put(account):
            return JoinRefused("taken")
        await self._audit.record(ACCOUNT_CREATED, now=now, account_id=account.id, ip=ip, by="registration")
        return account, link.request

    async def _has_account(self, email: str) -> bool:
        if await self._accounts.get_by_username(email) is not None:
            return True
        return any(account.email_verified for account in await self._people.list_by_email(email))
