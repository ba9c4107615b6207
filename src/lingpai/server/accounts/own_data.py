"""What a person can take along, and leaving for good.

Owns what is in the export, and the order of a deletion: everything goes in one transaction, and the proof of it is
written in the same. What stays in the audit log names the account's id, which nothing leads from any more.
"""

from datetime import UTC, datetime

from msgspec import Struct

from lingpai.server.accounts.account import subject
from lingpai.server.accounts.device_name import device_name
from lingpai.server.accounts.notices import Notices
from lingpai.server.accounts.passkeys import PasskeyRing
from lingpai.server.accounts.second_factor import SecondFactors
from lingpai.server.audit import ACCOUNT_DELETED, Audit
from lingpai.server.mail import texts
from lingpai.server.storage.audit import AuditLog
from lingpai.server.storage.external_identities import ExternalIdentities
from lingpai.server.storage.grants import Grants
from lingpai.server.storage.people import People
from lingpai.server.storage.records import Account, AuditEvent
from lingpai.server.storage.sessions import Sessions
from lingpai.server.storage.teams import Teams
from lingpai.server.storage.terms import Terms

_EVENTS_LIMIT = 5_000


class OwnRows(Struct, frozen=True):
    """Where rows of a person are."""

    people: People
    grants: Grants
    sessions: Sessions
    events: AuditLog
    identities: ExternalIdentities
    terms: Terms
    teams: Teams


class OwnData:
    """Exports and deletes."""

    def __init__(
        self, rows: OwnRows, passkeys: PasskeyRing, second_factors: SecondFactors, notices: Notices, audit: Audit
    ) -> None:
        self._rows = rows
        self._passkeys = passkeys
        self._second_factors = second_factors
        self._notices = notices
        self._audit = audit

    async def export(self, account: Account, now: int) -> dict[str, object]:
        """What we know of the person, without what would open the account: no hash, no key, no secret."""
        rows = self._rows
        accepted = await rows.terms.accepted(account.id)
        return {
            "exported_at": _instant(now),
            "account": {
                "sub": subject(account),
                "username": account.username,
                "name": account.name,
                "picture": account.picture,
                "email": account.email,
                "email_verified": account.email_verified,
                "locale": account.locale,
                "claims": account.claims,
                "created_at": _instant(account.created_at),
                "updated_at": _instant(account.updated_at),
            },
            "sign_in": await self._ways_to_sign_in(account),
            "accepted_terms": [{"version": version, "at": _instant(at)} for version, at in accepted.items()],
            "teams": [{"name": team.name, "role": role} for team, role in await rows.teams.list_for(account.id)],
            "applications": await self._applications(account.id, now),
            "browsers": [
                {"device": device_name(session.user_agent), "signed_in_at": _instant(session.auth_time)}
                for session in await rows.sessions.list(account.id, now)
            ],
            "events": [
                {
                    "at": _instant(event.at),
                    "event": event.event,
                    "client_id": event.client_id,
                    "ip": event.ip,
                    "detail": event.detail,
                }
                for event in await rows.events.list(account.id, _EVENTS_LIMIT)
            ],
        }

    async def delete(self, account: Account, *, ip: str, now: int) -> bool:
        """The account and all that is the person's, at once and for good. ``False``: see ``Teams.held_by``.

        Applications signed in to are told by back-channel logout; their grants and tokens are gone with this.

        Spec: OpenID Connect Back-Channel Logout 1.0 §2.3
        """
        proof = AuditEvent(at=now, event=ACCOUNT_DELETED, account_id=account.id, ip=ip, detail={"by": "owner"})
        if not await self._rows.people.delete_account(account.id, proof):
            return False
        self._audit.note(ACCOUNT_DELETED, account_id=account.id, ip=ip, by="owner")
        await self._notices.tell(account, lambda words: texts.account_deleted(words, username=account.username), now)
        return True

    async def _ways_to_sign_in(self, account: Account) -> dict[str, object]:
        return {
            "password": account.password_hash is not None,
            "authenticator_app": await self._second_factors.is_set_up(account.id),
            "passkeys": [
                {"name": passkey.name, "created_at": _instant(passkey.created_at)}
                for passkey in await self._passkeys.list(account.id)
            ],
            "elsewhere": [
                {
                    "provider": identity.provider,
                    "subject": identity.subject,
                    "label": identity.label,
                    "linked_at": _instant(identity.linked_at),
                    "last_used_at": _instant(identity.last_used_at),
                }
                for identity in await self._rows.identities.list(account.id)
            ],
        }

    async def _applications(self, account_id: bytes, now: int) -> list[dict[str, object]]:
        return [
            {
                "client_id": client.client_id,
                "name": client.client_name,
                "permissions": {name: _instant(since) for name, since in grant.permissions.items()},
                "since": _instant(grant.created_at),
                "until": None if grant.expires_at is None else _instant(grant.expires_at),
            }
            for grant, client in await self._rows.grants.list_with_clients(account_id, now)
        ]


def _instant(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat().replace("+00:00", "Z")
