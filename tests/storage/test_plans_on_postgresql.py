"""Every statement of a hot path finds its rows by an index on PostgreSQL: none reads a whole table."""

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
