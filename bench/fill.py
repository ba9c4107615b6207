"""Many people, sessions, grants and token families straight into a new database: ``executemany``, or COPY.

Every person has four grants, each with one living sign-in. Rows come in the order of their keys, which is what makes
this fast; the keys themselves are as random as real ones as far as a tree can tell, because they are spread evenly.
"""

import secrets
import sqlite3
import time
from collections.abc import Iterator
from hashlib import blake2b
from itertools import islice

import psycopg
from psycopg import sql
from rich.progress import Progress

from lingpai.server.database_url import is_postgresql, sqlite_path

GRANTS_EACH = 4
_BATCH = 20_000
_DAY_S = 86_400
_PERMISSIONS = '{"openid":%d,"profile":%d}'

Row = tuple[object, ...]
_TABLES = {
    "account": (
        *("id", "username", "password_hash", "name", "picture", "email", "email_verified", "locale", "claims"),
        *("created_at", "updated_at"),
    ),
    "session": ("digest", "account_id", "sid", "auth_time", "amr", "user_agent", "created_at", "expires_at"),
    "account_grant": (
        *("account_id", "client_id", "id", "permissions", "declined", "lifetime", "revision", "created_at"),
        "updated_at",
    ),
    "token_family": (
        *("account_id", "id", "client_id", "grant_id", "scope", "resource", "generation", "auth_time", "created_at"),
        *("rotated_at", "expires_at", "revoke_reason"),
    ),
}


def rows(table: str, people: int, now: int) -> Iterator[Row]:
    """The rows of one table, in the order of its key."""
    for number in range(people):
        account_id = spread(number, people, "account")
        if table == "account":
            name = f"filler{number:09}"
            yield account_id, name, None, name, "", f"{name}@example.com", 1, "", '{"nickname":"Filler"}', now, now
        elif table == "session":
            # The digest of a random secret: evenly spread, of 32 bytes.
            digest = spread(number, people, "session") + bytes(16)
            yield digest, account_id, secrets.token_bytes(16), now, '["pwd"]', "Mozilla/5.0", now, now + 14 * _DAY_S
        else:
            for grant in range(GRANTS_EACH):
                yield _of_grant(table, account_id, grant, now)


def _of_grant(table: str, account_id: bytes, number: int, now: int) -> Row:
    client_id, grant_id = f"filler{number}", account_id[:15] + bytes([number])
    if table == "account_grant":
        permissions = _PERMISSIONS % (now, now)
        return account_id, client_id, grant_id, permissions, "[]", "forever", 1, now, now
    family_id = bytes([number * 60]) + secrets.token_bytes(15)
    scope, expires_at = "openid profile", now + 30 * _DAY_S
    return account_id, family_id, client_id, grant_id, scope, "[]", 3, now, now, now, expires_at, ""


def spread(number: int, of: int, salt: str) -> bytes:
    """The id of row ``number`` of so many: ascending with the number, evenly over all there are."""
    noise = blake2b(f"{salt} {number}".encode(), digest_size=16).digest()
    room = (1 << 64) // of
    return (number * room + int.from_bytes(noise[:8], "big") % room).to_bytes(8, "big") + noise[8:]


def fill(url: str, grants: int) -> None:
    """So many grants into the database of that URL, with a bar that shows how far it is."""
    people, now = max(1, grants // GRANTS_EACH), int(time.time())
    write = _copy if is_postgresql(url) else _insert
    with Progress(transient=True) as bar:
        total = people * (2 + 2 * GRANTS_EACH)
        task = bar.add_task(f"{grants:,} grants", total=total)
        for number in write(url, people, now):
            bar.advance(task, number)


def _insert(url: str, people: int, now: int) -> Iterator[int]:
    connection = sqlite3.connect(sqlite_path(url), isolation_level=None)
    connection.execute("PRAGMA synchronous=OFF")
    connection.execute("PRAGMA cache_size=-262144")
    for table, columns in _TABLES.items():
        marks = ", ".join("?" * len(columns))
        statement = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})"  # noqa: S608 - our own names
        for batch in _batches(rows(table, people, now)):
            connection.execute("BEGIN")
            connection.executemany(statement, batch)
            connection.execute("COMMIT")
            yield len(batch)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


def _copy(url: str, people: int, now: int) -> Iterator[int]:
    with psycopg.connect(url, autocommit=True) as connection:
        for table, columns in _TABLES.items():
            names = sql.SQL(", ").join(map(sql.Identifier, columns))
            statement = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table), names)
            for batch in _batches(rows(table, people, now)):
                with connection.cursor().copy(statement) as copy:
                    for row in batch:
                        copy.write_row(row)
                yield len(batch)
        connection.execute("VACUUM ANALYZE")  # as it would be by itself some minutes later
        connection.execute("CHECKPOINT")


def _batches(of: Iterator[Row]) -> Iterator[list[Row]]:
    while batch := list(islice(of, _BATCH)):
        yield batch
