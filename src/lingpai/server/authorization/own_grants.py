"""What a person does to a grant of their own: take one permission back, choose another time, end it.

Owns that each is in the audit log and survives a race: every change is made again on what somebody else left. Leaves
what a change makes of the grant to ``authorization.consent``.
"""

from collections.abc import Callable

from lingpai.server.audit import GRANT_ENDED, GRANT_LIFETIME_CHANGED, GRANT_NARROWED, Audit
from lingpai.server.authorization.consent import change_lifetime, is_live, take_back
from lingpai.server.storage.grants import Grants
from lingpai.server.storage.records import Client, Grant

_TRIES = 3


class GrantKeepsChanging(Exception):
    """Somebody else changed the grant each time it was about to be."""


class OwnGrants:
    """Changes grants for the person who gave them. What is not in force is left alone, and that is no error."""

    def __init__(self, grants: Grants, audit: Audit) -> None:
        self._grants = grants
        self._audit = audit

    async def end(self, account_id: bytes, client_id: str, *, ip: str, now: int) -> None:
        """Every token under it is refused from now on."""
        if await self._grants.end(account_id, client_id, now):
            await self._audit.record(GRANT_ENDED, now=now, account_id=account_id, client_id=client_id, ip=ip)

    async def take_back(self, account_id: bytes, client_id: str, name: str, *, ip: str, now: int) -> None:
        """The grant without one permission; ended when it was the last. Raises ``GrantKeepsChanging``."""

        def narrowed(grant: Grant) -> Grant | None:
            return take_back(grant, name, now) if name in grant.permissions else None

        grant = await self._change(account_id, client_id, narrowed, now)
        if grant is not None:
            event = GRANT_NARROWED if grant.ended_at is None else GRANT_ENDED
            await self._audit.record(event, now=now, account_id=account_id, client_id=client_id, ip=ip, scope=name)

    async def change_lifetime(self, account_id: bytes, client: Client, lifetime: str, *, ip: str, now: int) -> None:
        """Longer or shorter, counted from now. Raises ``InvalidAnswer`` and ``GrantKeepsChanging``."""

        def moved(grant: Grant) -> Grant | None:
            return change_lifetime(grant, lifetime, client.grant_lifetimes, now)

        grant = await self._change(account_id, client.client_id, moved, now)
        if grant is not None:
            await self._audit.record(
                GRANT_LIFETIME_CHANGED,
                now=now,
                account_id=account_id,
                client_id=client.client_id,
                ip=ip,
                lifetime=grant.lifetime,
            )

    async def _change(
        self, account_id: bytes, client_id: str, change: Callable[[Grant], Grant | None], now: int
    ) -> Grant | None:
        """The grant as ``change`` left it; ``None``: there was nothing to change."""
        for _ in range(_TRIES):
            grant = await self._grants.get(account_id, client_id)
            changed = change(grant) if grant is not None and is_live(grant, now) else None
            if grant is None or changed is None:
                return None
            if await self._grants.put(changed, replaces=grant):
                return changed
        raise GrantKeepsChanging
