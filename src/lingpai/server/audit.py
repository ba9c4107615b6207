"""What an operator may have to prove later: the names of the events, and writing one as a row and a log line.

Owns the list of events. Leaves to the callers when one happened. No secret in ``detail``, and nothing a stranger typed:
people type their password into the name field.
"""

from typing import Final

from lingpai.server.log import Logger
from lingpai.server.redaction import redact
from lingpai.server.storage.audit import AuditLog
from lingpai.server.storage.records import AuditEvent

SIGN_IN: Final = "sign_in"
SIGN_IN_REFUSED: Final = "sign_in_refused"
SIGN_OUT: Final = "sign_out"
CONSENT_GIVEN: Final = "consent_given"
CONSENT_REFUSED: Final = "consent_refused"
GRANT_NARROWED: Final = "grant_narrowed"
GRANT_ENDED: Final = "grant_ended"
GRANT_LIFETIME_CHANGED: Final = "grant_lifetime_changed"
USER_CODE_REFUSED: Final = "user_code_refused"
CODE_REPLAYED: Final = "code_replayed"
REFRESH_TOKEN_REPLAYED: Final = "refresh_token_replayed"
TOKEN_REVOKED: Final = "token_revoked"
CLIENT_AUTHENTICATION_REFUSED: Final = "client_authentication_refused"
CLIENT_CREATED: Final = "client_created"
CLIENT_CHANGED: Final = "client_changed"
CLIENT_DELETED: Final = "client_deleted"
CLIENT_SECRET_ROTATED: Final = "client_secret_rotated"
REGISTRATION_TOKEN_CREATED: Final = "registration_token_created"
REGISTRATION_TOKEN_REVOKED: Final = "registration_token_revoked"
ACCOUNT_CREATED: Final = "account_created"
ACCOUNT_CHANGED: Final = "account_changed"
ACCOUNT_DISABLED: Final = "account_disabled"
PASSWORD_CHANGED: Final = "password_changed"
IDENTITY_LINKED: Final = "identity_linked"
IDENTITY_UNLINKED: Final = "identity_unlinked"
SECOND_FACTOR_CHANGED: Final = "second_factor_changed"
SECOND_FACTOR_REFUSED: Final = "second_factor_refused"
PASSKEY_CHANGED: Final = "passkey_changed"
EMAIL_CHANGED: Final = "email_changed"
ACCOUNT_DELETED: Final = "account_deleted"
MAIL_LINK_SENT: Final = "mail_link_sent"
SCOPE_CHANGED: Final = "scope_changed"
RESOURCE_SERVER_CHANGED: Final = "resource_server_changed"
TRUSTED_ISSUER_CHANGED: Final = "trusted_issuer_changed"
KEY_ROTATED: Final = "key_rotated"
KEY_WITHDRAWN: Final = "key_withdrawn"
ROLE_CHANGED: Final = "role_changed"
SESSIONS_ENDED: Final = "sessions_ended"
PASSWORD_RESET_FORCED: Final = "password_reset_forced"
CLIENT_DISABLED: Final = "client_disabled"
SCOPE_DELETED: Final = "scope_deleted"
RESOURCE_SERVER_DELETED: Final = "resource_server_deleted"
ANNOUNCEMENT_CHANGED: Final = "announcement_changed"
TERMS_PUBLISHED: Final = "terms_published"
TERMS_ACCEPTED: Final = "terms_accepted"
AUDIT_EXPORTED: Final = "audit_exported"
TEAM_CHANGED: Final = "team_changed"
APPLICATION_REVIEWED: Final = "application_reviewed"
LOGOUT_NOTICE_SENT: Final = "logout_notice_sent"
LOGOUT_NOTICE_FAILED: Final = "logout_notice_failed"

EVENTS: Final = (
    SIGN_IN,
    SIGN_IN_REFUSED,
    SIGN_OUT,
    CONSENT_GIVEN,
    CONSENT_REFUSED,
    GRANT_NARROWED,
    GRANT_ENDED,
    GRANT_LIFETIME_CHANGED,
    USER_CODE_REFUSED,
    CODE_REPLAYED,
    REFRESH_TOKEN_REPLAYED,
    TOKEN_REVOKED,
    CLIENT_AUTHENTICATION_REFUSED,
    CLIENT_CREATED,
    CLIENT_CHANGED,
    CLIENT_DELETED,
    CLIENT_SECRET_ROTATED,
    REGISTRATION_TOKEN_CREATED,
    REGISTRATION_TOKEN_REVOKED,
    ACCOUNT_CREATED,
    ACCOUNT_CHANGED,
    ACCOUNT_DISABLED,
    PASSWORD_CHANGED,
    SECOND_FACTOR_CHANGED,
    SECOND_FACTOR_REFUSED,
    PASSKEY_CHANGED,
    EMAIL_CHANGED,
    ACCOUNT_DELETED,
    MAIL_LINK_SENT,
    IDENTITY_LINKED,
    IDENTITY_UNLINKED,
    SCOPE_CHANGED,
    RESOURCE_SERVER_CHANGED,
    TRUSTED_ISSUER_CHANGED,
    KEY_ROTATED,
    KEY_WITHDRAWN,
    ROLE_CHANGED,
    SESSIONS_ENDED,
    PASSWORD_RESET_FORCED,
    CLIENT_DISABLED,
    SCOPE_DELETED,
    RESOURCE_SERVER_DELETED,
    ANNOUNCEMENT_CHANGED,
    TERMS_PUBLISHED,
    TERMS_ACCEPTED,
    AUDIT_EXPORTED,
    TEAM_CHANGED,
    APPLICATION_REVIEWED,
    LOGOUT_NOTICE_SENT,
    LOGOUT_NOTICE_FAILED,
)
"""Every event there is, in the order of the constants above."""


class Audit:
    """Writes events. A row is written before its log line: no line claims what is not kept."""

    def __init__(self, rows: AuditLog, log: Logger) -> None:
        self._rows = rows
        self._log = log

    async def record(
        self,
        event: str,
        *,
        now: int,
        account_id: bytes | None = None,
        client_id: str | None = None,
        ip: str = "",
        **detail: object,
    ) -> None:
        """Keep ``event`` durably and write its line. ``detail``: JSON values, never a secret.

        Raises ``StorageUnavailable``: what cannot be proven later must not be done.
        """
        kept = redact(detail)
        await self._rows.record(
            AuditEvent(at=now, event=event, account_id=account_id, client_id=client_id, ip=ip, detail=kept)
        )
        self.note(event, account_id=account_id, client_id=client_id, ip=ip, **kept)

    def note(
        self,
        event: str,
        *,
        account_id: bytes | None = None,
        client_id: str | None = None,
        ip: str = "",
        **detail: object,
    ) -> None:
        """Write only the line: for what anybody can repeat without limit and so could fill the database with."""
        account = None if account_id is None else account_id.hex()
        self._log.info(event, audit=True, account=account, client_id=client_id, ip=ip, **detail)
