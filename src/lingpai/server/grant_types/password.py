"""``grant_type=password``: the person's name and password, given to the application. Legacy, and only where marked.

Goes through the same sign-in as the page, so throttling, equal work and audit cannot be bypassed (CVE-2026-9792). The
person who types a password into an application has allowed it what it asks for: a grant is written, which they see and
can end like any other; once they ended it, the password alone does not bring it back.

Spec: RFC 6749 §4.3; RFC 9700 §2.4
"""

from typing import ClassVar

from lingpai.crypto.digest import new_id
from lingpai.oauth.errors import InvalidGrant, TemporarilyUnavailable
from lingpai.oauth.names import PASSWORD
from lingpai.server.accounts.acr import ONE_FACTOR
from lingpai.server.accounts.second_factor import SecondFactors
from lingpai.server.accounts.sign_in import SignIn, SignInRefused
from lingpai.server.grant_types.base import TokenRequest
from lingpai.server.policy import check_resource, scope_to_ask
from lingpai.server.storage.records import Account
from lingpai.server.tokens.authorization import Authorization
from lingpai.server.tokens.catalog import Catalog
from lingpai.server.tokens.implied_grant import ImpliedGrants
from lingpai.server.tokens.redemption import Credential, Redemption


class PasswordGrant:
    """A person's password for tokens."""

    name: ClassVar[str] = PASSWORD
    parameters: ClassVar[frozenset[str]] = frozenset({"username", "password", "scope", "resource"})

    def __init__(
        self,
        sign_in: SignIn,
        second_factors: SecondFactors,
        implied: ImpliedGrants,
        catalog: Catalog,
        redemption: Redemption,
    ) -> None:
        self._second_factors = second_factors
        self._sign_in = sign_in
        self._implied = implied
        self._catalog = catalog
        self._redemption = redemption

    async def authorize(self, request: TokenRequest) -> Authorization:
        """Tokens for whoever the password belongs to. Raises ``InvalidGrant`` without saying what was wrong."""
        params, client, now = request.params, request.client, request.now
        resource = params.get_all("resource")
        check_resource(client, resource)
        self._catalog.check_resources(resource)
        scope = scope_to_ask(client, params.get("scope"))
        account = await self._account(request)
        grant = await self._implied.allow(account.id, client, scope, now)
        credential = Credential(
            family_id=new_id(),
            account_id=account.id,
            grant_id=grant.id,
            scope=scope,
            resource=resource,
            auth_time=now,
            acr=ONE_FACTOR,
            refresh=grant.lifetime != "once",
            expires_at=now,
        )
        authorization = await self._redemption.redeem(client, credential, resource=resource, jkt=request.jkt, now=now)
        if authorization is None:
            raise InvalidGrant("the person's permission has ended", detail="the grant ended while tokens were made")
        return authorization

    async def _account(self, request: TokenRequest) -> Account:
        username, password = request.params.require("username"), request.params.require("password")
        result = await self._sign_in.attempt(username, password, ip=request.ip, now=request.now)
        if not isinstance(result, SignInRefused):
            if await self._second_factors.next_factor(result.id, ("pwd",)) is not None:
                # This grant has no page to ask for the other one on, and a password must not be a way around it.
                raise InvalidGrant("this account needs a second factor: send the person to the authorization endpoint")
            return result
        match result.reason:
            case "busy":
                raise TemporarilyUnavailable("too many sign-ins at once; try again in a moment")
            case "throttled":
                raise InvalidGrant(f"too many attempts; try again in {result.retry_after_s} seconds")
            case _:
                raise InvalidGrant("username or password is wrong")
