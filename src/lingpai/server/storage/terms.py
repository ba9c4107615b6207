"""The terms of service in their versions, and who accepted which when."""

import msgspec
from msgspec import Struct

from lingpai.server.storage.driver import Driver, Statement

_PUBLISH = """INSERT INTO terms_version (version, document, active_from, created_at)
SELECT coalesce(max(version), 0) + 1, $1, $2, $3 FROM terms_version"""
_LIST = "SELECT version, document, active_from, created_at FROM terms_version ORDER BY version DESC LIMIT $1"
_NEWEST = """SELECT version, document, active_from, created_at FROM terms_version WHERE active_from <= $1
ORDER BY version DESC LIMIT 1"""
_UNACCEPTED = """SELECT version, document, active_from, created_at FROM terms_version t WHERE active_from <= $1
AND version = (SELECT max(version) FROM terms_version WHERE active_from <= $1)
AND NOT EXISTS (SELECT 1 FROM terms_acceptance a WHERE a.account_id = $2 AND a.version = t.version)"""
_ACCEPT = """INSERT INTO terms_acceptance (account_id, version, accepted_at) VALUES ($1, $2, $3)
ON CONFLICT (account_id, version) DO NOTHING"""
_ACCEPTED = "SELECT version, accepted_at FROM terms_acceptance WHERE account_id = $1 ORDER BY version DESC LIMIT 100"

_texts_decoder = msgspec.json.Decoder(dict[str, str])


class TermsVersion(Struct, frozen=True):
    """The terms as they are from ``active_from`` on. ``texts``: plain text by locale."""

    version: int
    texts: dict[str, str]
    active_from: int
    created_at: int


class Terms:
    """Versions by number; acceptances by account."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver

    async def publish(self, texts: dict[str, str], active_from: int, now: int) -> None:
        """A new version; none is ever changed, because people accepted it as it was."""
        args = (msgspec.json.encode(texts).decode(), active_from, now)
        await self._driver.transact([Statement(_PUBLISH, args, counts="terms")])

    async def list(self, limit: int = 100) -> list[TermsVersion]:
        """Every version, newest first."""
        return [_decode(row) for row in await self._driver.fetch_all(_LIST, (limit,))]

    async def newest(self, now: int) -> TermsVersion | None:
        """The version in force."""
        row = await self._driver.fetch_one(_NEWEST, (now,))
        return None if row is None else _decode(row)

    async def unaccepted(self, account_id: bytes, now: int) -> TermsVersion | None:
        """The version in force, if the account has not accepted it. One read."""
        row = await self._driver.fetch_one(_UNACCEPTED, (now, account_id))
        return None if row is None else _decode(row)

    async def accept(self, account_id: bytes, version: int, now: int) -> None:
        """Keep that the person accepted."""
        await self._driver.transact([Statement(_ACCEPT, (account_id, version, now))])

    async def accepted(self, account_id: bytes) -> dict[int, int]:
        """Version -> when the account accepted it."""
        return {row[0]: row[1] for row in await self._driver.fetch_all(_ACCEPTED, (account_id,))}


def _decode(row: tuple[int, str, int, int]) -> TermsVersion:
    return TermsVersion(row[0], _texts_decoder.decode(row[1]), row[2], row[3])
