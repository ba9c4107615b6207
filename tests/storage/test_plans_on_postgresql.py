"""Every statement of a hot path finds its rows by an index on PostgreSQL: none reads a whole table, and of
a partitioned one each touches a single partition.
"""

import re
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg.sql import SQL

from lingpai.server.storage import (
    accounts,
    audit,
    clients,
    device_codes,
    grants,
    session_clients,
    sessions,
    spent,
    sweep,
    throttles,
    token_families,
)

_MODULES = (accounts, audit, clients, device_codes, grants, session_clients, sessions, spent, throttles, token_families)
_STATEMENTS = {
    f"{module.__name__.rpartition('.')[2]}.{name}": value
    for module in _MODULES
    for name, value in vars(module).items()
    if isinstance(value, str) and value.startswith(("SELECT", "INSERT", "UPDATE", "DELETE")) and "{" not in value
}
_SWEEPS = {f"sweep.{table}": sql for table, sql in sweep._STATEMENTS.items()}  # noqa: SLF001 - it has no other name
_SMALL = {"sweep.key_material", "sweep.registration_token"}
"""Tables of tens of rows, which need no index for this."""


@pytest.mark.parametrize("name", sorted((_STATEMENTS | _SWEEPS).keys() - _SMALL))
def test_no_statement_reads_a_whole_table(everybodys_postgresql: str, name: str) -> None:
    with psycopg.connect(everybodys_postgresql) as connection:
        # On an empty table reading all of it is cheapest; forbidden, it is chosen only where there is no other way.
        connection.execute("SET LOCAL enable_seqscan = off")
        explain = SQL("EXPLAIN (GENERIC_PLAN) {}").format(SQL((_STATEMENTS | _SWEEPS)[name]))
        plan = "\n".join(line for (line,) in connection.execute(explain))
    assert "Seq Scan" not in plan, plan


_PARTITIONED = ("token_family", "account_grant", "session")
_HOT = [
    name
    for name, sql in sorted(_STATEMENTS.items())
    if name.startswith(("token_families.", "grants._", "sessions._")) and "INSERT" not in sql
]
_OF_MANY = {"sessions._LIST", "sessions._END_ALL", "sessions._INHERIT", "sessions._KEEP_NOTICES"}
"""What a person does with all their sessions, or when they sign in again: rare, and an index in each partition."""
_VALUES = {"bytea": "'\\x01'", "text": "'1'", "bigint": "1", "integer": "1"}
_ROWS = (
    "INSERT INTO client VALUES ('1', '{}', 0, NULL, NULL, 0, 0, 1)",
    """INSERT INTO account (id, username, name, picture, email, email_verified, locale, claims, created_at, updated_at)
    VALUES ('\\x01', '1', '', '', '', 0, '', '{}', 0, 0)""",
    """INSERT INTO account_grant (account_id, client_id, id, permissions, declined, lifetime, revision, created_at,
    updated_at) VALUES ('\\x01', '1', '\\x01', '{}', '[]', 'forever', 1, 0, 0)""",
    """INSERT INTO token_family (account_id, id, client_id, grant_id, scope, resource, generation, auth_time,
    created_at, rotated_at, expires_at, revoke_reason)
    VALUES ('\\x01', '\\x01', '1', '\\x01', '', '[]', 1, 0, 0, 0, 9, '')""",
    """INSERT INTO session (digest, account_id, sid, auth_time, amr, user_agent, created_at, expires_at)
    VALUES ('\\x01', '\\x01', '\\x01', 0, '[]', '', 0, 9)""",
)
"""Rows that the statements find when every argument is 1."""


@pytest.mark.parametrize("name", [name for name in _HOT if name not in _OF_MANY])
def test_a_hot_statement_touches_one_partition_of_each_table(everybodys_postgresql: str, name: str) -> None:
    with psycopg.connect(everybodys_postgresql) as connection:
        for row in _ROWS:
            connection.execute(SQL(row))
        for setting in ("enable_seqscan", "enable_hashjoin", "enable_mergejoin"):
            connection.execute(SQL("SET LOCAL {} = off").format(SQL(setting)))
        connection.execute(SQL("PREPARE hot AS {}").format(SQL(_STATEMENTS[name])))
        (types,) = connection.execute(
            "SELECT CAST(parameter_types AS text[]) FROM pg_prepared_statements WHERE name = 'hot'"
        ).fetchone() or ((),)
        given = SQL("({})").format(SQL(", ".join(_VALUES[kind] for kind in types)))
        (plans,) = connection.execute(
            SQL("EXPLAIN (ANALYZE, FORMAT JSON) EXECUTE hot {}").format(given)
        ).fetchone() or ([],)
        connection.rollback()
        connection.execute("DEALLOCATE ALL")
    touched = set(_partitions(plans[0]["Plan"]))
    assert touched, "a statement that finds nothing proves nothing"
    for table in _PARTITIONED:
        assert len({name for name in touched if name.rpartition("_")[0] == table}) <= 1, touched


def _partitions(node: dict[str, Any]) -> Iterator[str]:
    """The partitions that were really looked into."""
    name = str(node.get("Relation Name", ""))
    if node["Actual Loops"] and re.fullmatch(rf"({'|'.join(_PARTITIONED)})_\d+", name):
        yield name
    for child in node.get("Plans", ()):
        yield from _partitions(child)
