"""Registered applications. The metadata is one JSON document: a new field needs no migration."""

import functools

import msgspec

from lingpai.server.storage.driver import Driver, Statement, Value
from lingpai.server.storage.memory import Memory
from lingpai.server.storage.records import Client

_decoder = msgspec.json.Decoder(Client)
_encoder = msgspec.json.Encoder()

_GET = "SELECT document FROM client WHERE client_id = $1"
_LIST = "SELECT document FROM client WHERE client_id > $1 ORDER BY client_id LIMIT $2"
_PUT = """INSERT INTO client (client_id, document, legacy, disabled_at, expires_at, created_at, updated_at,
search_name, revision) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 1)
ON CONFLICT (client_id) DO UPDATE SET document = excluded.document, legacy = excluded.legacy,
disabled_at = excluded.disabled_at, expires_at = excluded.expires_at, updated_at = excluded.updated_at,
search_name = excluded.search_name, revision = client.revision + 1"""


@functools.lru_cache(maxsize=256)
def decode_client(document: str) -> Client:
    """The record in a ``document`` column. The same text need not be decoded again."""
    return _decoder.decode(document)


def client_columns(client: Client) -> tuple[Value, ...]:
    """The columns of a client but its revision, in the order of the table."""
    marks = (int(client.legacy), client.disabled_at, client.expires_at, client.created_at, client.updated_at)
    return (client.client_id, _encoder.encode(client).decode(), *marks, client.client_name.lower())


def put_client(client: Client) -> Statement:
    """Insert or replace, for transactions of others."""
    return Statement(_PUT, client_columns(client))


class Clients:
    """Applications by ``client_id``."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver
        self._memory: Memory[Client] = Memory(driver)

    async def get(self, client_id: str) -> Client | None:
        """The application, disabled or not."""
        return await self._memory.get(client_id, self._read, client_id)

    async def _read(self, client_id: str) -> Client | None:
        row = await self._driver.fetch_one(_GET, (client_id,))
        return None if row is None else decode_client(row[0])

    async def list(self, after: str = "", limit: int = 100) -> list[Client]:
        """Up to ``limit`` applications whose id sorts behind ``after``."""
        return [decode_client(row[0]) for row in await self._driver.fetch_all(_LIST, (after, limit))]

    async def put(self, client: Client) -> None:
        """Insert or replace."""
        await self._driver.transact([put_client(client)])
