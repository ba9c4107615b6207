"""Administrators' roles, announcements, terms of service."""

from alembic import op

revision = "0006"
down_revision = "0005"

_TABLES = """
"""

_NAMES: tuple[str, ...] = ()


def upgrade() -> None:
    """Create the tables."""
    words = {"blob": "BLOB", "serial": "INTEGER PRIMARY KEY"}
    if op.get_context().dialect.name == "postgresql":
        words = {"blob": "BYTEA", "serial": "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY"}
    for statement in _TABLES.format(**words).split(";\n"):
        if statement.strip():
            op.execute(statement)


def downgrade() -> None:
    """Drop the tables with all they hold."""
    for name in _NAMES:
        op.execute(f"DROP TABLE {name}")
