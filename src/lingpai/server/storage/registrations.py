"""Applications that register themselves, and the initial access tokens that let them.

Owns the statements that admit one, change it only if nobody else did meanwhile, and let it go. Leaves what it may
register to ``registration``; reading applications on every request to ``clients``.

Spec: RFC 7591 §3; RFC 7592 §2
"""

from lingpai.server.storage.clients import client_columns, decode_client
from lingpai.server.storage.deleted_clients import deletion
from lingpai.server.storage.driver import Driver, Row, Statement
from lingpai.server.storage.records import Client, RegistrationToken

_INSERT = """INSERT INTO client (client_id, document, legacy, disabled_at, expires_at, created_at, updated_at,
search_name, revision) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 1)"""
_INSERT_BELOW = """INSERT INTO client (client_id, document, legacy, disabled_at, expires_at, created_at, updated_at,
search_name, revision) SELECT $1, $2, $3, $4, $5, $6, $7, $8, 1
WHERE (SELECT count(*) FROM client WHERE expires_at IS NOT NULL) < $9"""
_GET = "SELECT document, revision FROM client WHERE client_id = $1"
_REPLACE = """UPDATE client SET document = $2, legacy = $3, disabled_at = $4, expires_at = $5, created_at = $6,
updated_at = $7, search_name = $8, revision = revision + 1 WHERE client_id = $1 AND revision = $9"""
_DELETE = "DELETE FROM client WHERE client_id = $1 AND revision = $2"

_TOKEN_LIVES = "uses_left > 0 AND expires_at > $2"
_PUT_TOKEN = "INSERT INTO registration_token (digest, uses_left, created_at, expires_at) VALUES ($1, $2, $3, $4)"
_GET_TOKEN = f"SELECT 1 FROM registration_token WHERE digest = $1 AND {_TOKEN_LIVES}"
_USE_TOKEN = f"UPDATE registration_token SET uses_left = uses_left - 1 WHERE digest = $1 AND {_TOKEN_LIVES}"
_LIST_TOKENS = """SELECT digest, uses_left, created_at, expires_at FROM registration_token
WHERE uses_left > 0 AND expires_at > $1 ORDER BY created_at, digest LIMIT 1000"""
_DELETE_TOKEN = "DELETE FROM registration_token WHERE digest = $1"


def insert_statement(client: Client) -> Statement:
    """Insert the client, whose id must be new, in a transaction with something else."""
    return Statement(_INSERT, client_columns(client), expect_rows=1)


def replace_statement(client: Client, revision: int) -> Statement:
    """Write the client in a transaction with something else, unless somebody changed it since ``revision``."""
    return Statement(_REPLACE, (*client_columns(client), revision), expect_rows=1)


class Registrations:
    """Dynamic registration."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver

    async def add_with_token(self, client: Client, token_digest: bytes, now: int) -> bool:
        """Insert the client and count one use of the token, or neither. ``False``: the token has no use left."""
        use = Statement(_USE_TOKEN, (token_digest, now), expect_rows=1)
        return await self._driver.transact([use, insert_statement(client)]) is not None

    async def add_below(self, client: Client, limit: int) -> bool:
        """Insert the client unless there are ``limit`` that strangers registered (those with ``expires_at``)."""
        insert = Statement(_INSERT_BELOW, (*client_columns(client), limit), expect_rows=1, counts="registered")
        return await self._driver.transact([insert]) is not None

    async def get(self, client_id: str) -> tuple[Client, int] | None:
        """The client and its revision, which ``replace`` and ``delete`` want back."""
        row = await self._driver.fetch_one(_GET, (client_id,))
        return None if row is None else (decode_client(row[0]), row[1])

    async def replace(self, client: Client, revision: int) -> bool:
        """Write the client. ``False``: somebody changed it meanwhile; read it again (CVE-2026-107623)."""
        return await self._driver.transact([replace_statement(client, revision)]) is not None

    async def delete(self, client_id: str, revision: int) -> bool:
        """Delete the client and what people allowed it: every token of it is dead. ``False`` as for ``replace``."""
        statements = [Statement(_DELETE, (client_id, revision), expect_rows=1), *deletion(client_id)]
        return await self._driver.transact(statements) is not None

    async def record_token(self, token: RegistrationToken) -> None:
        """Add an initial access token."""
        args = (token.digest, token.uses_left, token.created_at, token.expires_at)
        await self._driver.transact([Statement(_PUT_TOKEN, args)])

    async def has_token(self, token_digest: bytes, now: int) -> bool:
        """Whether the initial access token is good for one more application."""
        return await self._driver.fetch_one(_GET_TOKEN, (token_digest, now)) is not None

    async def list_tokens(self, now: int) -> list[RegistrationToken]:
        """The initial access tokens that are good for something, oldest first."""
        return [_decode_token(row) for row in await self._driver.fetch_all(_LIST_TOKENS, (now,))]

    async def delete_token(self, token_digest: bytes) -> None:
        """End an initial access token. What was registered with it stays."""
        await self._driver.transact([Statement(_DELETE_TOKEN, (token_digest,))])


def _decode_token(row: Row) -> RegistrationToken:
    return RegistrationToken(digest=row[0], uses_left=row[1], created_at=row[2], expires_at=row[3])
