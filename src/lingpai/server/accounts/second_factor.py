"""The second factor: one-time codes of an authenticator app, and recovery codes for the day the phone is lost.

Owns when a second factor is asked for, what counts as one, and how often one may guess. Leaves the rows to
``storage.second_factors`` and the sign-in that waits meanwhile to the pages.

Spec: RFC 6238 §5.2; RFC 4226 §7.3; RFC 8176 §2
"""

import secrets
from collections.abc import Collection, Sequence
from typing import Literal

from msgspec import Struct

from lingpai.crypto.digest import equal, keyed_digest
from lingpai.crypto.seal import Unsealable, seal_material, unseal_material
from lingpai.server.audit import SECOND_FACTOR_CHANGED, SECOND_FACTOR_REFUSED, Audit
from lingpai.server.rate_limit import Throttle
from lingpai.server.storage.people_records import Totp
from lingpai.server.storage.records import Account
from lingpai.server.storage.second_factors import SecondFactorRows

STEP_S = 30
_CODE_COUNT = 10
# Without 0 and o, 1, i and l: 31 characters, so that ten of them are nearly 50 bit, behind a throttle.
_CODE_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"
_CODE_LENGTH = 10


class FactorRefused(Struct, frozen=True):
    """Not proven. ``retry_after_s``: seconds after which another try makes sense."""

    reason: Literal["wrong", "throttled"]
    retry_after_s: int = 0


class FactorProven(Struct, frozen=True):
    """Proven. ``amr``: what the sign-in is worth with it. ``codes_left``: ``None`` unless a recovery code was used."""

    amr: tuple[str, ...]
    codes_left: int | None = None


class TotpSetup(Struct, frozen=True):
    """What the person's app must learn. Shown to its owner only, and only until it is confirmed."""

    secret: str
    uri: str
    """``otpauth://…``, for a QR code."""


class SecondFactors:
    """Sets them up, asks for them, takes them away."""

    def __init__(
        self, rows: SecondFactorRows, throttle: Throttle, audit: Audit, *, key: bytes, service_name: str
    ) -> None:
        self._rows = rows
        self._throttle = throttle
        self._audit = audit
        self._key = key
        self._service_name = service_name

    async def is_set_up(self, account_id: bytes) -> bool:
        """Whether the account has one that is asked for."""
        totp = await self._rows.get_totp(account_id)
        return totp is not None and totp.confirmed_at is not None

    async def next_factor(self, account_id: bytes, amr: Collection[str]) -> Literal["otp"] | None:
        """What else somebody must prove who has proved ``amr``. Every way to sign in asks here, or it is a way around.

        Spec: RFC 8176 §2
        """
        if "mfa" in amr or not await self.is_set_up(account_id):
            return None
        return "otp"

    async def begin(self, account: Account, now: int) -> TotpSetup | None:
        """A new secret that waits to be confirmed. ``None``: there is one in force."""
        import pyotp  # noqa: PLC0415 - loaded by who sets one up or has one

        secret = pyotp.random_base32()
        sealed = seal_material(self._key, _name(account.id), secret.encode())
        if not await self._rows.begin_totp(account.id, sealed, now):
            return None
        return self._setup(account, secret)

    async def waiting(self, account: Account) -> TotpSetup | None:
        """The secret that waits to be confirmed, to be shown again."""
        totp = await self._rows.get_totp(account.id)
        if totp is None or totp.confirmed_at is not None:
            return None
        secret = self._open(totp)
        return self._setup(account, secret) if secret else None

    async def confirm(self, account: Account, code: str, *, ip: str, now: int) -> tuple[str, ...] | FactorRefused:
        """Put the waiting secret in force if ``code`` proves that the app has it: the recovery codes, shown once."""
        wait_s = await self._count(account.id, now)
        if wait_s:
            return FactorRefused("throttled", wait_s)
        totp = await self._rows.get_totp(account.id)
        if totp is None or totp.confirmed_at is not None:
            return FactorRefused("wrong")
        step = self._step_of(totp, code, now)
        if step is None:
            return FactorRefused("wrong")
        codes = _new_codes()
        if not await self._rows.confirm_totp(totp, step, self._digests(account.id, codes), now):
            return FactorRefused("wrong")
        await self._throttle.clear(account.id.hex())
        await self._audit.record(SECOND_FACTOR_CHANGED, now=now, account_id=account.id, ip=ip, change="totp_added")
        return codes

    async def verify(
        self, account_id: bytes, code: str, amr: Sequence[str], *, ip: str, now: int
    ) -> FactorProven | FactorRefused:
        """Whether ``code`` is this account's: of the app and not used before, or a recovery code, which is then gone.

        Counted before it is looked at, so that guesses that arrive together do not pass together.
        """
        wait_s = await self._count(account_id, now)
        if wait_s:
            self._audit.note(SECOND_FACTOR_REFUSED, account_id=account_id, ip=ip, reason="throttled")
            return FactorRefused("throttled", wait_s)
        proven = await self._prove(account_id, code, amr, now)
        if proven is None:
            await self._audit.record(SECOND_FACTOR_REFUSED, now=now, account_id=account_id, ip=ip, reason="wrong")
            return FactorRefused("wrong")
        await self._throttle.clear(account_id.hex())
        return proven

    async def new_recovery_codes(self, account_id: bytes, *, ip: str, now: int) -> tuple[str, ...]:
        """New ones in place of the old, shown once."""
        codes = _new_codes()
        await self._rows.replace_recovery_codes(account_id, self._digests(account_id, codes), now)
        await self._audit.record(SECOND_FACTOR_CHANGED, now=now, account_id=account_id, ip=ip, change="recovery_codes")
        return codes

    async def codes_left(self, account_id: bytes) -> int:
        """How many recovery codes there are."""
        return await self._rows.count_recovery_codes(account_id)

    async def remove(self, account_id: bytes, *, ip: str, now: int) -> None:
        """The password alone is enough again."""
        await self._rows.delete(account_id)
        await self._audit.record(SECOND_FACTOR_CHANGED, now=now, account_id=account_id, ip=ip, change="totp_removed")

    async def _prove(self, account_id: bytes, code: str, amr: Sequence[str], now: int) -> FactorProven | None:
        totp = await self._rows.get_totp(account_id)
        if totp is None or totp.confirmed_at is None:
            return None
        reached = tuple(dict.fromkeys((*amr, "otp", "mfa")))
        step = self._step_of(totp, code, now)
        if step is not None:
            return FactorProven(reached) if await self._rows.spend_step(account_id, step) else None
        digest = keyed_digest(self._key, "recovery", account_id, _typed(code))
        if await self._rows.spend_recovery_code(account_id, digest):
            return FactorProven(reached, await self._rows.count_recovery_codes(account_id))
        return None

    def _step_of(self, totp: Totp, code: str, now: int) -> int | None:
        """The time step whose code this is: now's, or one before or after for a clock that is off."""
        import pyotp  # noqa: PLC0415 - as above

        secret, typed = self._open(totp), _typed(code)
        if not secret or len(typed) != 6 or not (typed.isascii() and typed.isdigit()):
            return None
        generator = pyotp.HOTP(secret)
        steps = [now // STEP_S + offset for offset in (0, -1, 1)]
        matching = [step for step in steps if equal(generator.at(step), typed)]
        return matching[0] if matching else None

    async def _count(self, account_id: bytes, now: int) -> int:
        key = account_id.hex()
        return await self._throttle.retry_after_s(key, now=now) or await self._throttle.hit(key, now=now)

    def _digests(self, account_id: bytes, codes: Sequence[str]) -> list[bytes]:
        return [keyed_digest(self._key, "recovery", account_id, _typed(code)) for code in codes]

    def _open(self, totp: Totp) -> str:
        try:
            return unseal_material(self._key, _name(totp.account_id), totp.sealed_secret).decode()
        except Unsealable:  # under another master key: no code is right, but a recovery code may be
            return ""

    def _setup(self, account: Account, secret: str) -> TotpSetup:
        import pyotp  # noqa: PLC0415 - as above

        uri = pyotp.TOTP(secret).provisioning_uri(name=account.username, issuer_name=self._service_name)
        return TotpSetup(secret=" ".join(secret[at : at + 4] for at in range(0, len(secret), 4)), uri=uri)


def _new_codes() -> tuple[str, ...]:
    codes = ("".join(secrets.choice(_CODE_ALPHABET) for _ in range(_CODE_LENGTH)) for _ in range(_CODE_COUNT))
    return tuple(f"{code[:5]}-{code[5:]}" for code in codes)


def _typed(code: str) -> str:
    """A code without what people put between its characters."""
    return "".join(char for char in code[:64].lower() if char.isalnum())


def _name(account_id: bytes) -> str:
    """Sealed for this account: a row copied to another one opens nothing."""
    return f"totp {account_id.hex()}"
