"""A grant that follows from something else than our consent page: a password given to an application, an assertion.

It is a grant like any other: the person sees it, narrows it, ends it. What the person took back is not given again
behind their back; only the consent page can do that.
"""

import msgspec

from lingpai.crypto.digest import new_id
from lingpai.oauth.errors import InvalidGrant, TemporarilyUnavailable
from lingpai.oauth.scope import Scope, scope_of
from lingpai.server.storage.grants import Grants
from lingpai.server.storage.records import Client, Grant

_TRIES = 3


class ImpliedGrants:
    """Writes them."""

    def __init__(self, grants: Grants) -> None:
        self._grants = grants

    async def allow(self, account_id: bytes, client: Client, scope: Scope, now: int) -> Grant:
        """The account's grant for the client, with at least ``scope``. One read where nothing is missing.

        Raises ``InvalidGrant`` when the person ended it or took one of these permissions back.
        """
        for _ in range(_TRIES):
            grant = await self._grants.get(account_id, client.client_id)
            if grant is None:
                base = Grant(account_id=account_id, client_id=client.client_id, id=new_id(), created_at=now)
                wanted = msgspec.structs.replace(base, lifetime="forever", permissions=dict.fromkeys(scope, now))
            elif grant.ended_at is not None or (grant.expires_at is not None and grant.expires_at <= now):
                raise InvalidGrant("the person has ended this application's access; send them to the consent page")
            elif scope & scope_of(grant.declined):
                raise InvalidGrant("the person has not allowed all of this; send them to the consent page")
            elif scope <= scope_of(grant.permissions):
                return grant
            else:
                permissions = dict.fromkeys(scope, now) | grant.permissions
                wanted = msgspec.structs.replace(grant, permissions=permissions, updated_at=now)
            if await self._grants.put(wanted, replaces=grant):
                return wanted
        raise TemporarilyUnavailable("the person's permissions are being changed; try again")
