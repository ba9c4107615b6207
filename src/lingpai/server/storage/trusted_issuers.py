"""Issuers whose assertions about our accounts we accept. One JSON document each, like applications."""

import msgspec

from lingpai.server.storage.driver import Driver, Statement
from lingpai.server.storage.records import TrustedIssuer

_decoder = msgspec.json.Decoder(TrustedIssuer)

_GET = "SELECT document FROM trusted_issuer WHERE issuer = $1"
_LIST = "SELECT document FROM trusted_issuer ORDER BY issuer"
_PUT = """INSERT INTO trusted_issuer (issuer, document) VALUES ($1, $2)
ON CONFLICT (issuer) DO UPDATE SET document = excluded.document"""
_DELETE = "DELETE FROM trusted_issuer WHERE issuer = $1"


class TrustedIssuers:
    """Issuers by the ``iss`` of their assertions."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver

    async def get(self, issuer: str) -> TrustedIssuer | None:
        """The issuer, if it is trusted."""
        row = await self._driver.fetch_one(_GET, (issuer,))
        return None if row is None else _decoder.decode(row[0])

    async def list(self) -> list[TrustedIssuer]:
        """Every issuer, by name."""
        return [_decoder.decode(row[0]) for row in await self._driver.fetch_all(_LIST)]

    async def put(self, issuer: TrustedIssuer) -> None:
        """Insert or replace."""
        document = msgspec.json.encode(issuer).decode()
        await self._driver.transact([Statement(_PUT, (issuer.issuer, document))])

    async def delete(self, issuer: str) -> None:
        """Trust it no more. What its assertions were exchanged for lives until it expires or the person ends it."""
        await self._driver.transact([Statement(_DELETE, (issuer,))])
