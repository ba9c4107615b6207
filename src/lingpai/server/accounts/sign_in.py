"""Name and password in, account out; or a refusal that says nothing about which of the two was wrong.

Owns the order of throttling, hashing and counting. Leaves hashing to ``passwords``, counting to ``rate_limit``, the
session that follows to ``session``, and what the person reads to the pages. Every way to give a password goes through
here, so that all of them share the counters.
"""

from contextlib import suppress
from typing import Literal

from msgspec import Struct

from lingpai.server.accounts.account import canonical_username
from lingpai.server.accounts.passwords import Passwords, PasswordsBusy
from lingpai.server.audit import SIGN_IN, SIGN_IN_REFUSED, Audit
from lingpai.server.rate_limit import Throttle, network_of
from lingpai.server.storage.accounts import Accounts
from lingpai.server.storage.records import Account

BUSY_RETRY_AFTER_S = 2


class SignInRefused(Struct, frozen=True):
    """Nobody is signed in. ``retry_after_s``: seconds after which another try makes sense; 0: at once."""

    reason: Literal["wrong", "throttled", "busy"]
    retry_after_s: int = 0


class SignIn:
    """Signs people in by password.

    Unknown account, disabled account, account without a password and wrong password get the same answer after the same
    work and are counted the same: nobody can find out who has an account (RFC 9700 leaves it to us; account
    enumeration is among the oldest findings in servers like this one).

    The counting, step by step, and what each step is against:

    1. Both throttles are asked before anything is counted or hashed. A refused try costs no hash and
       is not counted: an attacker cannot prolong the refusal for the owner by going on.
    2. The try is counted **before** it is hashed, and the throttles are asked again with it. Counting failures after
       the hash would let a hundred parallel guesses pass the same check while the first is still being hashed.
    3. A good password clears the account's counter, the hit of this try included. The address only gets this one hit
       back: if it were cleared, an attacker with an account of his own would sign in to it between guesses.
    4. A try that was not hashed because the pool was full gets its hits back, or an overload would lock people out. A
       try whose request was cancelled keeps them, or hanging up early would make guessing free.

    The counter is kept under the canonical username whether or not such an account exists. Spellings (and, once there
    are any, aliases such as an e-mail address) are resolved to it first: one counter per account, not per alias.

    Spec: RFC 6749 §10.10
    """

    def __init__(
        self,
        accounts: Accounts,
        passwords: Passwords,
        throttle_account: Throttle,
        throttle_address: Throttle,
        audit: Audit,
    ) -> None:
        self._accounts = accounts
        self._passwords = passwords
        self._throttle_account = throttle_account
        self._throttle_address = throttle_address
        self._audit = audit

    async def attempt(self, username: str, password: str, *, ip: str, now: int) -> Account | SignInRefused:
        """The account whose name and password these are. ``ip``: the address the person comes from."""
        name, network = _name_or_nobody(username), network_of(ip)
        wait_s = await self._count(name, network, now)
        if wait_s:
            # Only a line: this can be repeated without limit. The tries that led here are in the audit log.
            self._audit.note(SIGN_IN_REFUSED, ip=ip, reason="throttled")
            return SignInRefused("throttled", wait_s)
        account = await self._accounts.get_by_username(name)
        may_sign_in = account is not None and account.disabled_at is None
        try:
            proven = await self._passwords.verify(account.password_hash if account and may_sign_in else None, password)
        except PasswordsBusy:
            await self._give_back(name, network, now)
            self._audit.note(SIGN_IN_REFUSED, ip=ip, reason="busy")
            return SignInRefused("busy", BUSY_RETRY_AFTER_S)
        if account is None or not proven or not await self._still_has(account):
            await self._record_refusal(account, ip, now)
            return SignInRefused("wrong")
        await self._throttle_account.clear(name)
        await self._throttle_address.give_back(network, now=now)
        await self._rehash_if_outdated(account, password)
        await self._audit.record(SIGN_IN, now=now, account_id=account.id, ip=ip, method="pwd")
        return account

    async def _still_has(self, account: Account) -> bool:
        """Whether the password just proven is still the account's: hashing took its time, and its owner may have set
        another one meanwhile because somebody knows this one.
        """
        current = await self._accounts.get(account.id)
        return current is not None and current.disabled_at is None and current.password_hash == account.password_hash

    async def _count(self, name: str, network: str, now: int) -> int:
        """Count a try of ``name`` from ``network``: 0, or the seconds to wait, and then it is not counted."""
        wait_s = max(
            await self._throttle_account.retry_after_s(name, now=now),
            await self._throttle_address.retry_after_s(network, now=now),
        )
        if wait_s:
            return wait_s
        wait_s = max(
            await self._throttle_account.hit(name, now=now),
            await self._throttle_address.hit(network, now=now),
        )
        if wait_s:
            await self._give_back(name, network, now)
        return wait_s

    async def _give_back(self, name: str, network: str, now: int) -> None:
        await self._throttle_account.give_back(name, now=now)
        await self._throttle_address.give_back(network, now=now)

    async def _record_refusal(self, account: Account | None, ip: str, now: int) -> None:
        # The name that was typed is not kept: people type their password into the wrong field.
        if account is None:
            await self._audit.record(SIGN_IN_REFUSED, now=now, ip=ip, reason="no_such_account")
        else:
            reason = "wrong" if account.disabled_at is None else "account_disabled"
            await self._audit.record(SIGN_IN_REFUSED, now=now, account_id=account.id, ip=ip, reason=reason)

    async def _rehash_if_outdated(self, account: Account, password: str) -> None:
        """Bring the stored hash to the parameters in force while the password is here. Next time will do as well."""
        if account.password_hash is None or not self._passwords.needs_rehash(account.password_hash):
            return
        with suppress(PasswordsBusy):
            password_hash = await self._passwords.hash(password)
            # Hashing took its time: a password changed meanwhile stays, and so does everything else of the account.
            await self._accounts.rotate_password_hash(account.id, account.password_hash, password_hash)


def _name_or_nobody(username: str) -> str:
    """The canonical username; all that cannot be one are the same nobody, who has no account and one counter."""
    try:
        return canonical_username(username)
    except ValueError:
        return ""
