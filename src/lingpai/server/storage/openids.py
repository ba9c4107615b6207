"""Identifiers of people that were brought along from QQ Connect. Everybody else's are derived and stored nowhere."""

from collections.abc import Sequence

from msgspec import Struct

from lingpai.server.storage.driver import Driver, Statement

_GET = "SELECT openid FROM qq_openid WHERE client_id = $1 AND account_id = $2"
_GET_UNIONID = "SELECT unionid FROM qq_unionid WHERE developer = $1 AND account_id = $2"
_PUT = """INSERT INTO qq_openid (client_id, account_id, openid) VALUES ($1, $2, $3)
ON CONFLICT (client_id, account_id) DO UPDATE SET openid = excluded.openid"""
_PUT_UNIONID = """INSERT INTO qq_unionid (developer, account_id, unionid) VALUES ($1, $2, $3)
ON CONFLICT (developer, account_id) DO UPDATE SET unionid = excluded.unionid"""


class ImportedOpenid(Struct, frozen=True):
    """What a person is called for one application, and for its developer if ``unionid`` is not empty."""

    client_id: str
    account_id: bytes
    openid: str
    developer: str = ""
    unionid: str = ""


class Openids:
    """Imported identifiers by application or developer, and account."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver

    async def get(self, client_id: str, account_id: bytes) -> str | None:
        """The imported ``openid``."""
        row = await self._driver.fetch_one(_GET, (client_id, account_id))
        return None if row is None else str(row[0])

    async def get_unionid(self, developer: str, account_id: bytes) -> str | None:
        """The imported ``unionid``."""
        row = await self._driver.fetch_one(_GET_UNIONID, (developer, account_id))
        return None if row is None else str(row[0])

    async def put(self, imported: Sequence[ImportedOpenid]) -> bool:
        """Write all of them or none. ``False``: two people would have the same identifier."""
        statements = [Statement(_PUT, (one.client_id, one.account_id, one.openid)) for one in imported]
        statements += [
            Statement(_PUT_UNIONID, (one.developer, one.account_id, one.unionid)) for one in imported if one.unionid
        ]
        return not statements or await self._driver.transact(statements) is not None
