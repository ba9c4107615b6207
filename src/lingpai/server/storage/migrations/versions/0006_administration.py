"""Administrators' roles, the chain of the audit log, announcements, terms of service, the admin API's memory."""

from alembic import op

revision = "0006"
down_revision = "0005"
oldest_compatible = "0006"

_TABLES = """
CREATE TABLE admin_role (
    account_id {blob} PRIMARY KEY,
    role TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE TABLE announcement (
    id {blob} PRIMARY KEY,
    document TEXT NOT NULL,
    begins_at BIGINT NOT NULL,
    ends_at BIGINT NOT NULL
);
CREATE INDEX announcement_by_end ON announcement (ends_at);
CREATE TABLE terms_version (
    version BIGINT PRIMARY KEY,
    document TEXT NOT NULL,
    active_from BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE TABLE terms_acceptance (
    account_id {blob} NOT NULL,
    version BIGINT NOT NULL,
    accepted_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, version)
);
CREATE TABLE idempotency_key (
    principal TEXT NOT NULL,
    digest {blob} NOT NULL,
    request {blob} NOT NULL,
    status BIGINT,
    sealed {blob},
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (principal, digest)
);
CREATE INDEX idempotency_key_by_expiry ON idempotency_key (expires_at);
CREATE INDEX audit_event_by_event ON audit_event (event, id);
CREATE INDEX audit_event_by_client ON audit_event (client_id, id) WHERE client_id IS NOT NULL;
CREATE INDEX audit_event_by_instant ON audit_event (at, id);
CREATE INDEX account_by_email_and_id ON account (lower(email), id) WHERE email <> '';
CREATE INDEX client_by_name ON client (search_name, client_id)
"""

_NAMES = ("idempotency_key", "terms_acceptance", "terms_version", "announcement", "admin_role")
_INDEXES = (
    *("client_by_name", "account_by_email_and_id"),
    *("audit_event_by_instant", "audit_event_by_client", "audit_event_by_event"),
)

# SQLite has no SHA-256: its driver brings the function along. Here both databases are given the same name for it.
_CHAIN_POSTGRESQL = """CREATE FUNCTION audit_chain(previous bytea, digest bytea) RETURNS bytea
LANGUAGE sql IMMUTABLE STRICT AS 'SELECT sha256($1 || $2)'"""

# Searching by the beginning of a name needs the order of the bytes, which SQLite always has.
_SEARCH_POSTGRESQL = (
    'ALTER TABLE account ALTER COLUMN username TYPE TEXT COLLATE "C"',
    'ALTER TABLE account ALTER COLUMN email TYPE TEXT COLLATE "C"',
    'ALTER TABLE client ALTER COLUMN client_id TYPE TEXT COLLATE "C"',
    """ALTER TABLE client ADD COLUMN search_name TEXT COLLATE "C" NOT NULL DEFAULT ''""",
)
_SEARCH_SQLITE = "ALTER TABLE client ADD COLUMN search_name TEXT NOT NULL DEFAULT ''"


def upgrade() -> None:
    """Create the tables."""
    words = {"blob": "BLOB"}
    if op.get_context().dialect.name == "postgresql":
        words = {"blob": "BYTEA"}
        for statement in (_CHAIN_POSTGRESQL, *_SEARCH_POSTGRESQL):
            op.execute(statement)
    else:
        op.execute(_SEARCH_SQLITE)
    for statement in _TABLES.format(**words).split(";\n"):
        op.execute(statement)


def downgrade() -> None:
    """Drop the tables with all they hold."""
    for name in _INDEXES:
        op.execute(f"DROP INDEX {name}")
    for name in _NAMES:
        op.execute(f"DROP TABLE {name}")
    op.execute("ALTER TABLE client DROP COLUMN search_name")
    if op.get_context().dialect.name == "postgresql":
        op.execute("DROP FUNCTION audit_chain(bytea, bytea)")
