"""Accounts and roles."""

from typing import Annotated

from fastapi import APIRouter, Query, Request

from lingpai.server.accounts.account import canonical_username
from lingpai.server.accounts.roles import Roles
from lingpai.server.administration.accounts import AccountActs
from lingpai.server.clock import Clock
from lingpai.server.endpoints.admin_api.models import AccountOut, Done, GrantOut, ResetOut, RoleBody
from lingpai.server.endpoints.admin_api.parts import AccountId, After, ClientId, Limit, Page, actor_of
from lingpai.server.storage.directory import AccountKey, Directory
from lingpai.server.storage.records import Account

_Prefix = Annotated[str, Query(max_length=254)]
_ID_CHARS = 32


class PeopleRoutes:
    """Below ``/accounts``, and ``/roles``."""

    def __init__(self, acts: AccountActs, directory: Directory, roles: Roles, clock: Clock) -> None:
        self._acts = acts
        self._directory = directory
        self._roles = roles
        self._clock = clock

    def add_to(self, router: APIRouter) -> None:
        """Register every route."""
        router.add_api_route("/accounts", self.list_accounts, methods=["GET"])
        router.add_api_route("/accounts/{account_id}", self.get_account, methods=["GET"])
        router.add_api_route("/accounts/{account_id}/disable", self.disable, methods=["POST"])
        router.add_api_route("/accounts/{account_id}/enable", self.enable, methods=["POST"])
        router.add_api_route("/accounts/{account_id}/end-sessions", self.end_sessions, methods=["POST"])
        router.add_api_route("/accounts/{account_id}/force-reset", self.force_reset, methods=["POST"])
        router.add_api_route("/accounts/{account_id}/reset-second-factor", self.reset_second_factor, methods=["POST"])
        router.add_api_route("/accounts/{account_id}/role", self.put_role, methods=["PUT"])
        router.add_api_route("/accounts/{account_id}/grants", self.list_grants, methods=["GET"])
        router.add_api_route("/accounts/{account_id}/grants/{client_id}", self.end_grant, methods=["DELETE"])
        router.add_api_route("/roles", self.list_roles, methods=["GET"])

    async def list_accounts(
        self, username: _Prefix = "", email: _Prefix = "", after: After = "", limit: Limit = 50
    ) -> Page[AccountOut]:
        """Accounts whose username, or else e-mail address, begins with a text."""
        found = await (self._by_email(email, after, limit) if email else self._by_username(username, after, limit))
        following = None
        if len(found) > limit:
            last = found[limit - 1]
            following = f"{last.id.hex()}{last.email.lower()}" if email else last.username
        return Page(items=[AccountOut.of(account) for account in found[:limit]], next=following)

    async def get_account(self, account_id: AccountId) -> AccountOut:
        """One account."""
        return AccountOut.of(await self._acts.find(bytes.fromhex(account_id)))

    async def disable(self, request: Request, account_id: AccountId) -> Done:
        """Nobody signs in with it; its sessions end and its tokens stop working."""
        await self._acts.disable(actor_of(request), bytes.fromhex(account_id), self._clock())
        return Done()

    async def enable(self, request: Request, account_id: AccountId) -> Done:
        """It works again."""
        await self._acts.enable(actor_of(request), bytes.fromhex(account_id), self._clock())
        return Done()

    async def end_sessions(self, request: Request, account_id: AccountId) -> Done:
        """Sign it out of every browser."""
        await self._acts.end_sessions(actor_of(request), bytes.fromhex(account_id), self._clock())
        return Done()

    async def force_reset(self, request: Request, account_id: AccountId) -> ResetOut:
        """Take its password away and send a link to set a new one."""
        sent = await self._acts.force_reset(actor_of(request), bytes.fromhex(account_id), self._clock())
        return ResetOut(mail_sent=sent)

    async def reset_second_factor(self, request: Request, account_id: AccountId) -> Done:
        """Take its authenticator app and recovery codes away, sign it out everywhere and tell its owner."""
        await self._acts.reset_second_factor(actor_of(request), bytes.fromhex(account_id), self._clock())
        return Done()

    async def put_role(self, request: Request, account_id: AccountId, body: RoleBody) -> Done:
        """Give it a role, or take its role away."""
        await self._acts.put_role(actor_of(request), bytes.fromhex(account_id), body.role, self._clock())
        return Done()

    async def list_grants(self, account_id: AccountId, after: After = "", limit: Limit = 50) -> Page[GrantOut]:
        """What it allowed, living or not."""
        found = await self._directory.grants_of_account(bytes.fromhex(account_id), after, limit + 1)
        following = found[limit - 1][0].client_id if len(found) > limit else None
        return Page(items=[GrantOut.of(grant) for grant, _ in found[:limit]], next=following)

    async def end_grant(self, request: Request, account_id: AccountId, client_id: ClientId) -> Done:
        """Take back what it allowed an application."""
        await self._acts.end_grant(actor_of(request), bytes.fromhex(account_id), client_id, self._clock())
        return Done()

    async def list_roles(self) -> dict[str, str]:
        """Username -> role, of everybody with one."""
        return {holder.username: holder.role for holder in await self._roles.list()}

    async def _by_username(self, prefix: str, after: str, limit: int) -> list[Account]:
        try:
            canonical = canonical_username(prefix) if prefix else ""
        except ValueError:
            return []
        return await self._directory.accounts_by_username(canonical, after, limit + 1)

    async def _by_email(self, prefix: str, after: str, limit: int) -> list[Account]:
        try:
            key = AccountKey(after[_ID_CHARS:], bytes.fromhex(after[:_ID_CHARS]))
        except ValueError:
            key = AccountKey()
        return await self._directory.accounts_by_email(prefix.lower(), key, limit + 1)
