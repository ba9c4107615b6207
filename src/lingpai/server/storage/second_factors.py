"""Second factors and the step of a sign-in that waits for one."""

import msgspec

from lingpai.server.storage.driver import Driver, Row, Statement
from lingpai.server.storage.people_records import SignInStep, Totp

_TOTP_COLUMNS = "account_id, sealed_secret, last_step, created_at, confirmed_at"
_GET = f"SELECT {_TOTP_COLUMNS} FROM totp WHERE account_id = $1"
# A secret in force is replaced by nobody: it must be taken away first, which asks for proof.
_BEGIN = """INSERT INTO totp (account_id, sealed_secret, last_step, created_at, confirmed_at)
VALUES ($1, $2, 0, $3, NULL) ON CONFLICT (account_id) DO UPDATE SET sealed_secret = excluded.sealed_secret,
last_step = 0, created_at = excluded.created_at WHERE totp.confirmed_at IS NULL"""
_CONFIRM = """UPDATE totp SET confirmed_at = $3, last_step = $4
WHERE account_id = $1 AND sealed_secret = $2 AND confirmed_at IS NULL"""
_SPEND_STEP = "UPDATE totp SET last_step = $2 WHERE account_id = $1 AND last_step < $2 AND confirmed_at IS NOT NULL"
_DELETE = "DELETE FROM totp WHERE account_id = $1"

_RECORD_CODE = "INSERT INTO recovery_code (account_id, digest, created_at) VALUES ($1, $2, $3)"
_SPEND_CODE = "DELETE FROM recovery_code WHERE account_id = $1 AND digest = $2"
_COUNT_CODES = "SELECT count(*) FROM recovery_code WHERE account_id = $1"
_DELETE_CODES = "DELETE FROM recovery_code WHERE account_id = $1"

_STEP_COLUMNS = "digest, account_id, amr, next_page, created_at, expires_at"
_RECORD_STEP = f"INSERT INTO sign_in_step ({_STEP_COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6)"
_GET_STEP = f"SELECT {_STEP_COLUMNS} FROM sign_in_step WHERE digest = $1 AND expires_at > $2"
_END_STEP = "DELETE FROM sign_in_step WHERE digest = $1"
_END_STEPS = "DELETE FROM sign_in_step WHERE account_id = $1"

_amr_decoder = msgspec.json.Decoder(tuple[str, ...])


class SecondFactorRows:
    """One-time code secrets and recovery codes by account."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver

    async def get_totp(self, account_id: bytes) -> Totp | None:
        """The secret, confirmed or not."""
        row = await self._driver.fetch_one(_GET, (account_id,))
        return None if row is None else Totp(**dict(zip(Totp.__struct_fields__, row, strict=True)))

    async def begin_totp(self, account_id: bytes, sealed_secret: bytes, now: int) -> bool:
        """Keep a secret to be confirmed, in place of an earlier one. ``False``: there is one in force."""
        statement = Statement(_BEGIN, (account_id, sealed_secret, now), expect_rows=1)
        return await self._driver.transact([statement]) is not None

    async def confirm_totp(self, totp: Totp, step: int, digests: list[bytes], now: int) -> bool:
        """Put the secret and the recovery codes in force. ``False``: it is not the one that waits any more."""
        account_id = totp.account_id
        statements = [
            Statement(_CONFIRM, (account_id, totp.sealed_secret, now, step), expect_rows=1),
            Statement(_DELETE_CODES, (account_id,)),
            *(Statement(_RECORD_CODE, (account_id, digest, now)) for digest in digests),
        ]
        return await self._driver.transact(statements) is not None

    async def spend_step(self, account_id: bytes, step: int) -> bool:
        """Accept a code of this step. ``False``: it, or a later one, was accepted before. Spec: RFC 6238 §5.2"""
        return await self._driver.transact([Statement(_SPEND_STEP, (account_id, step), expect_rows=1)]) is not None

    async def replace_recovery_codes(self, account_id: bytes, digests: list[bytes], now: int) -> None:
        """New codes; the old ones are nothing any more."""
        codes = [Statement(_RECORD_CODE, (account_id, digest, now)) for digest in digests]
        await self._driver.transact([Statement(_DELETE_CODES, (account_id,)), *codes])

    async def spend_recovery_code(self, account_id: bytes, digest: bytes) -> bool:
        """Use up a code. Of concurrent calls exactly one gets ``True``."""
        return await self._driver.transact([Statement(_SPEND_CODE, (account_id, digest), expect_rows=1)]) is not None

    async def count_recovery_codes(self, account_id: bytes) -> int:
        """How many are left."""
        row = await self._driver.fetch_one(_COUNT_CODES, (account_id,))
        return int(row[0]) if row else 0

    async def delete(self, account_id: bytes) -> None:
        """Take the second factor and its recovery codes away."""
        await self._driver.transact([Statement(_DELETE, (account_id,)), Statement(_DELETE_CODES, (account_id,))])


class SignInSteps:
    """Sign-ins that wait for a second factor, by the digest of the browser's secret for it."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver

    async def record(self, step: SignInStep) -> None:
        """Begin to wait. What waited for the same account in other browsers goes on waiting."""
        amr = msgspec.json.encode(step.amr).decode()
        args = (step.digest, step.account_id, amr, step.next_page, step.created_at, step.expires_at)
        await self._driver.transact([Statement(_RECORD_STEP, args)])

    async def get(self, digest: bytes, now: int) -> SignInStep | None:
        """The living step."""
        row = await self._driver.fetch_one(_GET_STEP, (digest, now))
        return None if row is None else _decode_step(row)

    async def end(self, digest: bytes) -> bool:
        """It is over. ``False``: it was before."""
        return await self._driver.transact([Statement(_END_STEP, (digest,), expect_rows=1)]) is not None

    async def end_all(self, account_id: bytes) -> None:
        """Whoever waits must begin again: the password they gave is not the one in force any more."""
        await self._driver.transact([Statement(_END_STEPS, (account_id,))])


def _decode_step(row: Row) -> SignInStep:
    return SignInStep(
        digest=row[0],
        account_id=row[1],
        amr=_amr_decoder.decode(row[2]),
        next_page=row[3],
        created_at=row[4],
        expires_at=row[5],
    )
