"""Helping people, and locking them out: what is done to somebody else's account.

A forced reset takes the password away: the next one is set through a mail to the account's address.
"""

from lingpai.server.accounts.credentials import Credentials
from lingpai.server.accounts.lost_factor import take_second_factor_away
from lingpai.server.accounts.notices import Notices
from lingpai.server.accounts.roles import Role, Roles
from lingpai.server.administration.desk import Actor, ActRefused, Desk
from lingpai.server.audit import (
    ACCOUNT_CHANGED,
    ACCOUNT_DISABLED,
    GRANT_ENDED,
    PASSWORD_RESET_FORCED,
    ROLE_CHANGED,
    SECOND_FACTOR_CHANGED,
    SESSIONS_ENDED,
)
from lingpai.server.storage.accounts import Accounts
from lingpai.server.storage.driver import Driver
from lingpai.server.storage.grants import Grants
from lingpai.server.storage.records import Account
from lingpai.server.storage.second_factors import SecondFactorRows, SignInSteps
from lingpai.server.storage.sessions import Sessions


class AccountActs:
    """Acts on one account. Each raises ``ActRefused``; nobody does any to themselves, lest they lock themselves out."""

    def __init__(
        self,
        desk: Desk,
        accounts: Accounts,
        grants: Grants,
        roles: Roles,
        credentials: Credentials,
        notices: Notices,
        second_factors: SecondFactorRows,
    ) -> None:
        self._desk = desk
        self._accounts = accounts
        self._grants = grants
        self._roles = roles
        self._credentials = credentials
        self._notices = notices
        self._second_factors = second_factors

    async def find(self, account_id: bytes) -> Account:
        """The account. Raises ``ActRefused``."""
        account = await self._accounts.get(account_id)
        if account is None:
            raise ActRefused("not_found")
        return account

    async def disable(self, actor: Actor, account_id: bytes, now: int) -> None:
        """Nobody signs in with it, its sessions end, its tokens stop working."""
        account = await self._other(actor, account_id)

        async def work(driver: Driver) -> None:
            await Accounts(driver).disable(account.id, now)
            await SignInSteps(driver).end_all(account.id)
            await Sessions(driver).end_all(account.id)

        await self._desk.write(actor, "help_account", ACCOUNT_DISABLED, work, now=now, account_id=account.id)

    async def enable(self, actor: Actor, account_id: bytes, now: int) -> None:
        """What it allowed to applications is as it was."""
        account = await self._other(actor, account_id)

        async def work(driver: Driver) -> None:
            await Accounts(driver).enable(account.id, now)

        await self._desk.write(
            actor, "help_account", ACCOUNT_CHANGED, work, now=now, account_id=account.id, fields=["disabled"]
        )

    async def end_sessions(self, actor: Actor, account_id: bytes, now: int) -> None:
        """Sign it out of every browser."""
        account = await self._other(actor, account_id)

        async def work(driver: Driver) -> None:
            await SignInSteps(driver).end_all(account.id)
            await Sessions(driver).end_all(account.id)

        await self._desk.write(actor, "help_account", SESSIONS_ENDED, work, now=now, account_id=account.id)

    async def force_reset(self, actor: Actor, account_id: bytes, now: int) -> bool:
        """Take the password away and sign it out everywhere. ``True``: a link to set a new one was sent."""
        account = await self._other(actor, account_id)

        async def work(driver: Driver) -> None:
            await Accounts(driver).set_password_hash(account.id, None, now)
            await SignInSteps(driver).end_all(account.id)
            await Sessions(driver).end_all(account.id)

        await self._desk.write(actor, "help_account", PASSWORD_RESET_FORCED, work, now=now, account_id=account.id)
        if not account.email or account.disabled_at is not None:
            return False
        await self._credentials.send_reset(account, self._notices.words_for(account), now)
        return True

    async def has_second_factor(self, account_id: bytes) -> bool:
        """Whether a code is asked for when it signs in."""
        totp = await self._second_factors.get_totp(account_id)
        return totp is not None and totp.confirmed_at is not None

    async def reset_second_factor(self, actor: Actor, account_id: bytes, now: int) -> None:
        """For somebody who lost the phone and the recovery codes: the password is enough again. The person is told."""
        account = await self._other(actor, account_id)
        if not await self.has_second_factor(account.id):
            raise ActRefused("conflict", {"second_factor": "not_set_up"})

        async def work(driver: Driver) -> None:
            await take_second_factor_away(driver, account.id)

        await self._desk.write(
            actor, "help_account", SECOND_FACTOR_CHANGED, work, now=now, account_id=account.id, change="totp_reset"
        )
        await self._notices.security_changed(account, "totp_reset", now)

    async def end_grant(self, actor: Actor, account_id: bytes, client_id: str, now: int) -> None:
        """Take back for the person what they allowed an application."""
        account = await self._other(actor, account_id)
        grant = await self._grants.get(account.id, client_id)
        if grant is None or grant.ended_at is not None:
            raise ActRefused("not_found")

        async def work(driver: Driver) -> None:
            await Grants(driver).end(account.id, client_id, now)

        await self._desk.write(
            actor, "end_grant", GRANT_ENDED, work, now=now, account_id=account.id, client_id=client_id
        )

    async def put_role(self, actor: Actor, account_id: bytes, role: Role | None, now: int) -> None:
        """Give the account a role, or take its role away (``None``)."""
        account = await self._other(actor, account_id)

        async def work(driver: Driver) -> None:
            roles = Roles(driver)
            await (roles.put(account.id, role, now) if role else roles.remove(account.id))

        if role is None and await self._roles.role_of(account.id) is None:
            return
        await self._desk.write(actor, "change_role", ROLE_CHANGED, work, now=now, account_id=account.id, role=role)

    async def _other(self, actor: Actor, account_id: bytes) -> Account:
        account = await self.find(account_id)
        if account.id.hex() == actor.name:
            raise ActRefused("conflict", {"account": "is_yourself"})
        # Support helps people; whoever could lock out or take over an administrator would be one.
        if actor.role != "administrator" and await self._roles.role_of(account.id) is not None:
            raise ActRefused("forbidden")
        return account
