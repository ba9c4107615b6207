"""The first schema. One text for SQLite and PostgreSQL; they differ in the word for bytes.

Keys are chosen so that every hot statement touches rows of one account: families and grants start with
``account_id``, which is what a partitioned or distributed database splits by (docs/decisions/0013).
"""

from alembic import op

revision = "0001"
down_revision = None
oldest_compatible = "0001"

_PARTITIONS = 8
_PARTITIONED = {"token_family": "account_id", "account_grant": "account_id", "session": "digest"}
"""On PostgreSQL: what grows with people and their use, and the column in every hot statement's WHERE."""

_TABLES = """
CREATE TABLE client (
    client_id TEXT PRIMARY KEY,
    document TEXT NOT NULL,
    legacy INTEGER NOT NULL,
    disabled_at BIGINT,
    expires_at BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    revision BIGINT NOT NULL
);
CREATE INDEX client_legacy ON client (legacy) WHERE legacy = 1;
CREATE INDEX client_by_expiry ON client (expires_at) WHERE expires_at IS NOT NULL;
CREATE TABLE registration_token (
    digest {blob} PRIMARY KEY,
    uses_left BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE TABLE account (
    id {blob} PRIMARY KEY,
    username TEXT NOT NULL UNIQUE,
    password_hash TEXT,
    name TEXT NOT NULL,
    picture TEXT NOT NULL,
    email TEXT NOT NULL,
    email_verified INTEGER NOT NULL,
    locale TEXT NOT NULL,
    claims TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    disabled_at BIGINT
);
CREATE TABLE session (
    digest {blob} PRIMARY KEY,
    account_id {blob} NOT NULL,
    sid {blob} NOT NULL,
    auth_time BIGINT NOT NULL,
    amr TEXT NOT NULL,
    user_agent TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
){session};
CREATE INDEX session_by_account ON session (account_id);
CREATE INDEX session_by_expiry ON session (expires_at);
CREATE TABLE account_grant (
    account_id {blob} NOT NULL,
    client_id TEXT NOT NULL,
    id {blob} NOT NULL,
    permissions TEXT NOT NULL,
    declined TEXT NOT NULL,
    lifetime TEXT NOT NULL,
    revision BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    expires_at BIGINT,
    ended_at BIGINT,
    PRIMARY KEY (account_id, client_id)
){account_grant};
CREATE INDEX account_grant_by_client ON account_grant (client_id, account_id);
CREATE INDEX account_grant_by_expiry ON account_grant (expires_at) WHERE expires_at IS NOT NULL;
CREATE INDEX account_grant_by_end ON account_grant (ended_at) WHERE ended_at IS NOT NULL;
CREATE TABLE token_family (
    account_id {blob} NOT NULL,
    id {blob} NOT NULL,
    client_id TEXT NOT NULL,
    grant_id {blob} NOT NULL,
    scope TEXT NOT NULL,
    resource TEXT NOT NULL,
    generation BIGINT NOT NULL,
    auth_time BIGINT NOT NULL,
    sid {blob},
    created_at BIGINT NOT NULL,
    rotated_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    revoked_at BIGINT,
    revoke_reason TEXT NOT NULL,
    PRIMARY KEY (account_id, id)
){token_family};
CREATE INDEX token_family_by_expiry ON token_family (expires_at);
CREATE TABLE spent (
    purpose TEXT NOT NULL,
    id {blob} NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (purpose, id)
);
CREATE INDEX spent_by_expiry ON spent (expires_at);
CREATE TABLE throttle (
    key {blob} NOT NULL,
    window_start BIGINT NOT NULL,
    hits BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (key, window_start)
);
CREATE INDEX throttle_by_expiry ON throttle (expires_at);
CREATE TABLE key_material (
    use_for TEXT NOT NULL,
    alg TEXT NOT NULL,
    sequence BIGINT NOT NULL,
    kid TEXT NOT NULL UNIQUE,
    sealed_material {blob} NOT NULL,
    created_at BIGINT NOT NULL,
    active_from BIGINT NOT NULL,
    expires_at BIGINT,
    PRIMARY KEY (use_for, alg, sequence)
);
CREATE TABLE scope_definition (
    name TEXT PRIMARY KEY,
    document TEXT NOT NULL
);
CREATE TABLE resource_server (
    resource TEXT PRIMARY KEY,
    document TEXT NOT NULL
);
CREATE TABLE trusted_issuer (
    issuer TEXT PRIMARY KEY,
    document TEXT NOT NULL
);
CREATE TABLE device_code (
    digest {blob} PRIMARY KEY,
    user_code TEXT NOT NULL UNIQUE,
    client_id TEXT NOT NULL,
    scope TEXT NOT NULL,
    resource TEXT NOT NULL,
    jkt TEXT NOT NULL,
    network TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    interval_s BIGINT NOT NULL,
    polled_at BIGINT NOT NULL,
    decision TEXT NOT NULL,
    account_id {blob},
    grant_id {blob},
    auth_time BIGINT NOT NULL,
    amr TEXT NOT NULL,
    refresh INTEGER NOT NULL
);
CREATE INDEX device_code_by_client ON device_code (client_id);
CREATE INDEX device_code_by_network ON device_code (network) WHERE network <> '';
CREATE INDEX device_code_by_expiry ON device_code (expires_at);
CREATE TABLE session_client (
    sid {blob} NOT NULL,
    client_id TEXT NOT NULL,
    account_id {blob} NOT NULL,
    expires_at BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    next_at BIGINT,
    PRIMARY KEY (sid, client_id)
);
CREATE INDEX session_client_by_account ON session_client (account_id);
CREATE INDEX session_client_by_expiry ON session_client (expires_at);
CREATE INDEX session_client_due ON session_client (next_at) WHERE next_at IS NOT NULL;
CREATE TABLE audit_event (
    id {serial},
    at BIGINT NOT NULL,
    event TEXT NOT NULL,
    account_id {blob},
    client_id TEXT,
    ip TEXT NOT NULL,
    detail TEXT NOT NULL,
    ip_salt {blob},
    ip_digest {blob},
    hash {blob}
);
CREATE INDEX audit_event_by_account ON audit_event (account_id, id);
CREATE TABLE heartbeat (
    id INTEGER PRIMARY KEY,
    at BIGINT NOT NULL,
    lead BIGINT NOT NULL DEFAULT 0
)
"""

_NAMES = (
    *(
        "heartbeat",
        "audit_event",
        "resource_server",
        "trusted_issuer",
        "device_code",
        "scope_definition",
        "key_material",
        "throttle",
        "spent",
    ),
    "session_client",
    *("token_family", "account_grant", "session", "account", "registration_token", "client"),
)


def upgrade() -> None:
    """Create every table."""
    words = {"blob": "BLOB", "serial": "INTEGER PRIMARY KEY"} | dict.fromkeys(_PARTITIONED, "")
    more: list[str] = []
    if op.get_context().dialect.name == "postgresql":
        words = {"blob": "BYTEA", "serial": "BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY"}
        words |= {table: f" PARTITION BY HASH ({column})" for table, column in _PARTITIONED.items()}
        more = [
            f"CREATE TABLE {table}_{number} PARTITION OF {table}"
            f" FOR VALUES WITH (MODULUS {_PARTITIONS}, REMAINDER {number})"
            for table in _PARTITIONED
            for number in range(_PARTITIONS)
        ]
    for statement in (*_TABLES.format(**words).split(";\n"), *more):
        op.execute(statement)


def downgrade() -> None:
    """Drop every table: everything is lost."""
    for name in _NAMES:
        op.execute(f"DROP TABLE {name}")
